"""Archives that are made to harm: each gives one sentence that says what to do, and fills neither disk nor memory."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import os
import resource
import signal
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import need_tensorflow
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import recstore
from recstore import SourceError
from recstore.catalogs.registry import to_be_stored
from recstore.errors import FullError
from recstore.progress import Progress
from recstore.scratch import scratch_folder
from recstore.sources.files import open_source
from recstore.store.definition import definition

MB = 1 << 20
ZEROS = bytes(MB)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where this test's processes unpack: after it nothing is left there."""
    definition(to_be_stored(()))  # which a build makes ahead, at its own time
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def refused(tmp_path, loader, source, message, kind=SourceError):
    with pytest.raises(kind, match=message) as error:
        recstore.build(tmp_path / "store.duckdb", {loader: source})
    assert len(str(error.value).splitlines()) == 1
    assert not (tmp_path / "store.duckdb").exists()


METHODS = [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def zip_of_zeros(target, method, claimed):
    """Write a zip of 4 MB of zeros whose directory claims another size."""
    with zipfile.ZipFile(target, "w", method) as packed, packed.open("ratings.csv", "w") as member:
        for _ in range(4):
            member.write(ZEROS)
    content = bytearray(target.read_bytes())
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", claimed)
    target.write_bytes(content)
    return target


@pytest.mark.parametrize("method", METHODS)
def test_a_zip_of_zeros(method, tmp_path):
    refused(tmp_path, "movielens", zip_of_zeros(tmp_path / "a.zip", method, 400 * MB), "expands suspiciously.*by hand")


@pytest.mark.parametrize("method", METHODS)
def test_a_zip_that_claims_to_be_small(method, tmp_path):
    target = zip_of_zeros(tmp_path / "a.zip", method, 1000)
    refused(tmp_path, "movielens", target, "damaged .*download it again")


def changed_zip(target, change):
    """Write a zip of one file with something changed in its central directory, by name of ZipInfo's attribute."""
    info = zipfile.ZipInfo("ratings.csv")
    for name, value in change.items():
        setattr(info, name, value)
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr(info, "../../etc/passwd")
    return target


@pytest.mark.parametrize(
    ("kind", "message"), [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "a device"), (stat.S_IFCHR, "a device")]
)
def test_a_zip_of_links_and_devices(kind, message, tmp_path):
    target = changed_zip(tmp_path / "a.zip", {"external_attr": (kind | 0o644) << 16})
    refused(tmp_path, "movielens", target, f"{message}.* no file; unpack it by hand")


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [(10, 9, "deflate64"), (10, 93, "zstd"), (10, 77, "method 77"), (8, 1, "is encrypted")],
)
def test_a_zip_that_cannot_be_read(place, value, message, tmp_path):
    target = changed_zip(tmp_path / "a.zip", {})
    content = bytearray(target.read_bytes())
    content[content.rindex(b"PK\x01\x02") + place] = value
    target.write_bytes(content)
    refused(tmp_path, "movielens", target, f"{message}.*unpack it by hand")


def test_a_zip_of_two_releases_or_of_one_name_twice(tmp_path):
    for names in (["a/ratings.csv", "b/ratings.csv"], ["ratings.csv", "a/ratings.csv"]):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
            for name in names:
                packed.writestr(name, "x")
        refused(tmp_path, "movielens", tmp_path / "a.zip", f"twice .{names[0]} and {names[1]}.; unpack it by hand")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("ratings.csv", "x")
        with pytest.warns(UserWarning, match="Duplicate"):
            packed.writestr("ratings.csv", "y")
    refused(tmp_path, "movielens", tmp_path / "a.zip", "holds ratings.csv twice")


def test_a_zip_of_too_many_members(tmp_path):
    # Its list alone, all of one name: nobody waits until it is written honestly.
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 150_000 * len(entry), 0, 0)
    (tmp_path / "a.zip").write_bytes(entry * 150_000 + end)
    refused(tmp_path, "movielens", tmp_path / "a.zip", "150,000 members.*pass the folder")


def test_a_zip_that_does_not_fit(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("ratings.csv", "userId,movieId,rating,timestamp\n")
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=10_000))
    refused(tmp_path, "movielens", tmp_path / "a.zip", "needs 0 MB in .* 0 MB are free. Make room.*TMPDIR", FullError)


WHOLE = {}
for _method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
    _file = io.BytesIO()
    with zipfile.ZipFile(_file, "w", _method) as _packed:
        _packed.writestr("ratings.csv", "userId,movieId,rating,timestamp\n1,1,4.0,1\n" * 20)
    WHOLE[_method] = _file.getvalue()


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_any_damage_is_one_sentence(tmp_path, method, data):
    content = bytearray(WHOLE[method])
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    (tmp_path / "a.zip").write_bytes(content)
    said = "one sentence"
    try:
        with open_source(str(tmp_path / "a.zip"), frozenset(["ratings.csv"]), {}, Progress()) as found:
            assert not found or found["ratings.csv"].is_file()
    except SourceError as error:
        said = str(error)
    assert len(said.splitlines()) == 1


def test_what_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "a.zip")
    refused(tmp_path, "movielens", tmp_path / "a.zip", "neither a folder nor a zip")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "ratings.csv")
    refused(tmp_path, "movielens", tmp_path / "folder", "holds no MovieLens release")
    refused(tmp_path, "movielens", "x" * 5000, "cannot be a file or folder")
    refused(tmp_path, "movielens", "~nobody-of-this-name/x", "is no file or folder here")


# Archives of AudioSet.


@pytest.fixture
def beside(tmp_path):
    """A folder with the labels that a source needs beside it."""
    (tmp_path / "class_labels_indices.csv").write_text('index,mid,display_name\n0,/m/04rlf,"Music"\n')
    (tmp_path / "ontology.json").write_text('[{"id": "/m/04rlf", "child_ids": []}]')
    need_tensorflow()
    # What it takes itself is in memory before anything is measured.
    importlib.import_module("tensorflow")
    return tmp_path


def member(kind, size, name="a.tfrecord"):
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize(
    ("packing", "kind", "message"),
    [
        ("gz", tarfile.XHDTYPE, "header of more than 1 MB"),
        ("bz2", tarfile.XGLTYPE, "header of more than 1 MB"),
        ("xz", tarfile.GNUTYPE_LONGNAME, "header of more than 1 MB"),
        ("gz", tarfile.GNUTYPE_LONGLINK, "header of more than 1 MB"),
        ("gz", tarfile.REGTYPE, "expands suspiciously"),
        ("bz2", tarfile.REGTYPE, "expands suspiciously"),
        ("xz", tarfile.REGTYPE, "expands suspiciously"),
        ("xz", tarfile.SYMTYPE, "expands suspiciously"),
        ("gz", b"Q", "expands suspiciously"),
    ],
)
def test_members_of_zeros(packing, kind, message, beside):
    target = beside / f"features.tar.{packing}"
    # A name that is not wanted, of which nothing is kept, and one that is. What is packed apart may follow as it is.
    pack = PACKERS[packing]
    first = member(tarfile.REGTYPE, 512, "x") + bytes(512)
    second = member(kind, 512 * MB, "b.tfrecord" if kind == tarfile.REGTYPE and packing == "gz" else "c")
    target.write_bytes(pack(first + second) + pack(ZEROS * 8) * 25)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(beside, "audioset", target, message)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


def test_a_size_that_is_not_there(beside):
    # A claim of 8 EB at the end of the file: nobody reads nothing so often.
    info = tarfile.TarInfo("x")
    info.size = 1 << 62
    (beside / "features.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT))
    refused(beside, "audioset", beside / "features.tar", "damaged or cut short")
    (beside / "features.tar").write_bytes(member(tarfile.XHDTYPE, 512) * 5000)
    refused(beside, "audioset", beside / "features.tar", "damaged or cut short|header of more")


def test_sparse_members_and_links_are_rejected_and_named(beside):
    target = beside / "features.tar"
    with tarfile.open(target, "w") as packed:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo(f"x/{kind.decode()}.tfrecord")
            info.type, info.linkname = kind, "/etc/passwd"
            packed.addfile(info)
    refused(beside, "audioset", target, "gave no clip|no .tfrecord file|holds no")


def test_zstd_says_what_to_do(beside):
    (beside / "features.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(100))
    refused(beside, "audioset", beside / "features.tar.zst", "zstd.*unpack it .zstd -d.")


def test_pipes_among_record_files_are_passed_over(beside):
    (beside / "unpacked").mkdir()
    os.mkfifo(beside / "unpacked" / "a.tfrecord")
    refused(beside, "audioset", beside / "unpacked", "holds no .tfrecord")


# What killed processes leave.

_HOLD = """
import sys
from recstore.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "unpacked").write_bytes(bytes(1000))
    print(folder, flush=True)
    sys.stdin.read()
"""


def holder():
    process = subprocess.Popen([sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_unpacked_is_swept_and_nothing_else(temporary):
    dead, left = holder()
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    alive, held = holder()
    not_ours = [temporary / name for name in ("recstore-notes", "recstore-0123456789abcdef", "recstore-other.txt")]
    for folder in not_ours[:2]:
        folder.mkdir()
        (folder / "file").write_text("somebody's")
    not_ours[2].write_text("somebody's")
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / ".recstore-lock").write_bytes((held / ".recstore-lock").read_bytes())
    link = temporary / "recstore-fedcba9876543210"
    link.symlink_to(elsewhere)
    with scratch_folder():
        assert not left.exists()
        assert (held / "unpacked").exists()
    assert all(path.exists() for path in not_ours)
    assert (elsewhere / ".recstore-lock").exists()
    alive.stdin.close()
    assert alive.wait() == 0
    assert not held.exists()
    alive.stdout.close()
    dead.stdin.close()
    dead.stdout.close()
    subprocess.run(["rm", "-r", *map(str, not_ours), str(elsewhere), str(link)], check=True)


def test_a_build_sweeps_what_a_killed_build_unpacked(sample_folder, tmp_path, temporary):
    dead, left = holder()
    dead.send_signal(signal.SIGKILL)
    dead.communicate()
    assert (left / "unpacked").exists()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for path in sample_folder.iterdir():
            packed.write(path, path.name)
    with open_source(str(tmp_path / "a.zip"), frozenset(["ratings.csv"]), {}, Progress()) as found:
        assert found["ratings.csv"].stat().st_size > 0
        assert not left.exists()
    assert tempfile.gettempdir() == str(temporary)
