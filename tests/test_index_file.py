"""The file of an Annoy index in the user's cache: verified, private, shared, and left there by the build."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import tempfile
from pathlib import Path

import pytest

import recstore
from recstore.search import annoy_index
from recstore.search.index_file import (
    BuiltFile,
    DamagedIndexError,
    form_of,
    index_file,
    keep_indexes,
    verified,
    was_opened,
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RECSTORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / "cache" / "annoy"


CONTENT = [b"first", b"second", b""]
SHA256 = hashlib.sha256(b"".join(CONTENT)).hexdigest()


def chunks(content=tuple(CONTENT)):
    return lambda: [(data, hashlib.sha256(data).hexdigest()) for data in content]


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def never():
    raise AssertionError("the chunks are read although the cache has the file")


def read(source=None, sha256=SHA256, size=11):
    with index_file(sha256, size, lambda: verified((source or chunks())())) as path:
        return path, path.read_bytes()


def test_the_cache_is_private_and_read_again(cache):
    path, content = read()
    assert content == b"firstsecond"
    assert path == cache / f"{SHA256}.ann"
    assert oct(cache.stat().st_mode)[-3:] == "700"
    assert oct(path.stat().st_mode)[-3:] == "600"
    assert read(never) == (path, content)
    assert names(cache) == [path.name, f"{path.name}.verified"]


@pytest.mark.parametrize("how", ["other", "cut", "link", "folder", "open to all"])
def test_other_content_in_the_cache_is_not_used(cache, how, tmp_path):
    path, content = read()
    if how == "other":
        path.write_bytes(b"firstsecone")
    elif how == "cut":
        path.write_bytes(b"first")
    elif how == "link":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    elif how == "folder":
        cache.rename(tmp_path / "moved")
        cache.symlink_to(tmp_path / "moved")
    else:
        cache.chmod(0o777)
    read_from, again = read()
    assert again == content
    assert not read_from.is_symlink()
    if how in ("folder", "open to all"):
        # Not through a link, and not where others could put something else: a temporary file, which is gone.
        assert read_from.parent.parent == tmp_path
        assert not read_from.exists()
    else:
        assert read(never) == (path, content)


def test_a_cache_that_cannot_be_written_is_no_error(cache, tmp_path):
    (tmp_path / "cache").write_text("a file, not a folder")
    path, content = read()
    assert content == b"firstsecond"
    assert path.parent.parent == tmp_path
    assert not path.exists()


@pytest.mark.parametrize(
    "source",
    [
        chunks((b"first", b"other")),
        chunks((b"first",)),
        chunks((b"second", b"first")),
        lambda: [(b"firstsecond", "0" * 64)],
        lambda: [],
    ],
)
def test_damaged_chunks_reach_no_file(cache, source, tmp_path):
    with pytest.raises(DamagedIndexError):
        read(source)
    assert [entry for entry in tmp_path.rglob("*") if entry.is_file()] == []


def test_long_unused_indexes_are_swept_away(cache):
    path, _ = read()
    os.utime(path, (0, 0))
    os.utime(f"{path}.verified", (0, 0))
    other = b"other"
    newer, _ = read(chunks((other,)), hashlib.sha256(other).hexdigest(), len(other))
    assert names(cache) == [newer.name, f"{newer.name}.verified"]


def test_a_verified_file_is_not_read_again_as_long_as_it_is_unchanged(cache, monkeypatch):
    path, content = read()
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert read(never) == (path, content)
    os.utime(f"{path}.verified", (0, 0))
    assert read(never) == (path, content)
    assert (path.parent / f"{path.name}.verified").stat().st_mtime > 0
    monkeypatch.undo()


@pytest.mark.parametrize("how", ["written", "replaced", "same times", "record of others", "record of nothing"])
def test_what_was_verified_is_read_again_when_anything_about_it_is_other(cache, how, monkeypatch):
    monkeypatch.setenv("RECSTORE_CACHE", str(cache.parent))
    path, content = read()
    record, before = cache / f"{path.name}.verified", path.stat()
    if how == "replaced":
        (cache / "other").write_bytes(b"firstsecone")
        (cache / "other").replace(path)
    else:
        with path.open("r+b") as file:
            file.write(b"F")
    if how == "same times":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif how.startswith("record"):
        status = path.stat()
        facts = json.loads(record.read_text())
        facts["file"] = [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
        record.write_text(json.dumps(facts) if how == "record of others" else "[" * 100_000)
        record.chmod(0o622)
    assert read() == (path, content)
    assert path.read_bytes() == content


def built_file(folder):
    path = folder / "built"
    path.write_bytes(b"firstsecond")
    path.chmod(0o644)
    return BuiltFile(path, SHA256, 11)


@pytest.mark.parametrize("disk", ["the same", "another"])
def test_a_built_file_becomes_that_of_the_cache(cache, disk, tmp_path):
    memory = Path("/dev/shm")
    if disk == "another" and (not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev):
        pytest.skip("there is one file system alone")
    with tempfile.TemporaryDirectory(dir=memory if disk == "another" else tmp_path) as folder:
        built = built_file(Path(folder))
        keep_indexes([built])
        assert built.path.exists() == (disk == "another")
    path, content = read(never)
    assert content == b"firstsecond"
    assert oct(path.stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize("why", ["no room", "no folder", "open to all"])
def test_a_built_file_that_the_cache_does_not_take_stays(cache, why, tmp_path, monkeypatch):
    if why == "no room":
        monkeypatch.setenv("RECSTORE_CACHE_SIZE", "0")
    elif why == "no folder":
        cache.parent.write_text("a file")
    else:
        cache.mkdir(parents=True)
        cache.chmod(0o777)
    built = built_file(tmp_path)
    keep_indexes([built])
    assert built.path.read_bytes() == b"firstsecond"
    assert why == "no folder" or not cache.exists() or names(cache) == []


def _read_in_process(_number):
    return read()[1]


def test_processes_share_the_cache(cache):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_read_in_process, range(4)) == [b"firstsecond"] * 4
    assert names(cache) == [f"{SHA256}.ann", f"{SHA256}.ann.verified"]


def test_a_build_leaves_its_index_where_the_first_question_finds_it_and_trusts_it(
    cache, small_store, tmp_path, monkeypatch
):
    monkeypatch.setattr("recstore.pipeline.indexes._times", lambda *_: {"annoy is faster": 1.0})
    store = shutil.copy(small_store, tmp_path / "store.duckdb")
    recstore.rebuild(store)
    assert sorted(path.name for path in tmp_path.iterdir() if "staging" in path.name) == []
    monkeypatch.setattr("recstore.connection.annoy_functions._chunks", lambda *_: never())
    with recstore.connect(store) as con, recstore.connect(store, exact=True) as exactly:
        question = (
            "FROM nearest_movies((SELECT vector FROM movie_vectors WHERE space = 'hybrid' LIMIT 1), space := 'hybrid')"
        )
        assert con.execute(question).fetchall() == exactly.execute(question).fetchall()
    # Nor are the nodes looked at, as the build did it: until anything is other, and then once.
    monkeypatch.undo()
    monkeypatch.setenv("RECSTORE_CACHE", str(cache.parent))
    looks = []
    looked = annoy_index._sound_trees
    monkeypatch.setattr(annoy_index, "_sound_trees", lambda *given: looks.append(1) or looked(*given))

    def ask():
        looks.clear()
        monkeypatch.setattr("recstore.connection.annoy_functions._stores", {})  # as in another process
        with recstore.connect(store, exact=False) as con:
            con.execute("FROM nearest_movies((SELECT vector FROM movie_vectors WHERE space = 'content' LIMIT 1), "
                        "space := 'content')").fetchall()  # fmt: skip
        return len(looks)

    with recstore.connect(store) as con:
        [(sha256, dimensions, items)] = con.sql(
            "SELECT sha256, dimensions, items FROM annoy_indexes WHERE index_name = 'movies_content'"
        ).fetchall()
    path, form = cache / f"{sha256}.ann", form_of(dimensions, items)
    assert was_opened(path, sha256, form)
    assert not was_opened(path, sha256, form_of(dimensions, items - 1))
    assert ask() == 0
    os.utime(path)
    assert not was_opened(path, sha256, form)
    assert (ask(), ask()) == (1, 0)
    # Of an earlier version.
    record = path.with_name(f"{path.name}.verified")
    facts = json.loads(record.read_text())
    del facts["form"]
    record.write_text(json.dumps(facts))
    assert (ask(), ask()) == (1, 0)
