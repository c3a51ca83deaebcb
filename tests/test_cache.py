"""The cache: what is in it is the user's own and as it was fetched, it has a size, and it can be seen and cleared."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile

import pytest
from runner import recstore as run_recstore

import recstore
from recstore import OptionError, SourceError, cache
from recstore.progress import Progress
from recstore.search.index_file import index_file
from recstore.sources.download import dataset


class Heard(Progress):
    def __init__(self):
        self.said = []

    def notice(self, text):
        self.said.append(text)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RECSTORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "datasets"


@pytest.fixture
def server(folder, monkeypatch):
    """Instead of a server: every address gives a zip that says how often something was fetched."""
    fetched = []

    def download(url, target, _progress, record=False, **_wanted):
        fetched.append(url)
        target.unlink(missing_ok=True)
        with zipfile.ZipFile(target, "w") as packed:
            packed.writestr("content", f"{len(fetched)}" + "x" * 1000)
        whole = target.read_bytes()
        if record:
            facts = {"url": url, "bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
            target.with_name(f"{target.name}.fetched").write_text(json.dumps(facts))
        return target

    monkeypatch.setattr("recstore.sources.download.download", download)
    return fetched


def content(name="a.zip", heard=None):
    with (
        dataset(name, "https://localhost/a.zip", heard or Progress()) as path,
        zipfile.ZipFile(path) as packed,
    ):
        return packed.read("content")[:1].decode()


def test_a_cached_data_set_is_fetched_once(server, folder):
    assert [content(), content()] == ["1", "1"]
    assert sorted(path.name for path in folder.iterdir()) == ["a.zip", "a.zip.fetched"]
    assert oct(folder.stat().st_mode)[-3:] == oct(folder.parent.stat().st_mode)[-3:] == "700"
    assert oct((folder / "a.zip").stat().st_mode)[-2:] != "22"


def _link(folder, tmp_path):
    shutil.move(folder / "a.zip", tmp_path / "elsewhere.zip")
    (folder / "a.zip").symlink_to(tmp_path / "elsewhere.zip")


def _flip(folder, _tmp_path):
    whole = bytearray((folder / "a.zip").read_bytes())
    whole[40] ^= 1
    (folder / "a.zip").write_bytes(whole)


def _flip_unrecorded(folder, tmp_path):
    _flip(folder, tmp_path)
    (folder / "a.zip.fetched").unlink()


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder, _: (folder / "a.zip").chmod(0o666),
        lambda folder, _: (folder / "a.zip").chmod(0o620),
        lambda folder, _: (folder / "a.zip").write_bytes((folder / "a.zip").read_bytes()[:-5]),
        lambda folder, _: (folder / "a.zip").write_bytes(b""),
        lambda folder, _: (folder / "a.zip").write_bytes((folder / "a.zip").read_bytes() + b"x"),
        lambda folder, _: (folder / "a.zip.fetched").write_text('{"bytes": 1, "sha256": "0"}'),
        _link,
        _flip,
        _flip_unrecorded,
    ],
)
def test_what_others_may_have_written_or_is_damaged_is_fetched_again(harm, server, folder, tmp_path):
    assert content() == "1"
    harm(folder, tmp_path)
    heard = Heard()
    assert content(heard=heard) == "2"
    assert "it is not used, and fetched again" in heard.said[0]
    assert content() == "2"
    assert not (folder / "a.zip").is_symlink()


def test_a_file_of_somebody_else_is_not_used(server, folder):
    if os.getuid() != 0:
        pytest.skip("only root can give a file away")
    assert content() == "1"
    os.chown(folder / "a.zip", 12345, 12345)
    assert content() == "2"


@pytest.mark.parametrize("record", ["no JSON", "[]", "[" * 100_000, '{"bytes": "1"}', ""])
def test_a_zip_whose_record_says_nothing_is_checked_as_a_zip(record, server, folder):
    content()
    (folder / "a.zip.fetched").write_text(record)
    assert content() == "1"


@pytest.mark.parametrize("place", ["datasets", "."])
def test_a_folder_that_others_can_write_is_not_used(place, server, folder):
    content()
    (folder.parent / place).chmod(0o777)
    heard = Heard()
    assert [content(heard=heard), content()] == ["2", "3"]
    assert "is not used as a cache: others may write there" in heard.said[-1]
    assert cache.entries() == []


def test_a_cache_that_cannot_be(server, folder, tmp_path):
    for number, make in enumerate(
        [
            lambda path: path.write_text("a file"),
            lambda path: path.symlink_to(tmp_path / "nowhere"),
            lambda path: (path.mkdir(mode=0o700), (path / "datasets").symlink_to(tmp_path)),
        ]
    ):
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.parent.unlink(missing_ok=True)
        make(folder.parent)
        heard = Heard()
        assert content(heard=heard) == str(number + 1)
        assert "is not used as a cache" in heard.said[-1]
    # The user's own link to another disk is one.
    folder.parent.joinpath("datasets").unlink()
    (tmp_path / "disk").mkdir(mode=0o700)
    folder.parent.rmdir()
    folder.parent.symlink_to(tmp_path / "disk")
    assert [content(), content()] == ["4", "4"]


@pytest.mark.parametrize("value", ["relative/cache", "~/cache", "", "~nobody-of-this-name/x"])
def test_where_the_cache_is(value, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RECSTORE_CACHE", value)
    if "nobody" in value:
        with pytest.raises(OptionError, match="RECSTORE_CACHE is '~nobody-of-this-name/x'"):
            cache.folder()
    else:
        assert cache.folder().is_absolute()
        assert cache.folder().is_relative_to(tmp_path) == bool(value) or not value
        assert "~" not in str(cache.folder())


@pytest.mark.parametrize("value", ["x", "-1", "nan", "inf", "1e400", "1 GB"])
def test_a_size_that_is_none(value, monkeypatch):
    monkeypatch.setenv("RECSTORE_CACHE_SIZE", value)
    with pytest.raises(OptionError, match="RECSTORE_CACHE_SIZE is a number of GB"):
        cache.size_limit()


def test_the_least_recently_used_goes_and_nothing_else(server, folder, monkeypatch):
    for number, name in enumerate(["a.zip", "b.zip", "c.zip"]):
        content(name)
        os.utime(folder / name, (number, number))
    (folder / "notes.txt").write_text("x" * 5000)
    (folder / "mine.zip").write_text("x" * 5000)
    size = (folder / "a.zip").stat().st_size
    monkeypatch.setenv("RECSTORE_CACHE_SIZE", str(size * 2.5 / 1e9))
    with cache.held(folder / "a.zip") as is_there:
        assert is_there
        cache.trim()
        assert sorted(path.name for path in folder.glob("*.zip")) == ["a.zip", "c.zip", "mine.zip"]
    content("d.zip")
    assert sorted(path.name for path in folder.glob("*.zip")) == ["c.zip", "d.zip", "mine.zip"]
    assert (folder / "notes.txt").exists()
    assert {path.name for path in folder.glob("*.fetched")} == {"c.zip.fetched", "d.zip.fetched"}
    monkeypatch.setenv("RECSTORE_CACHE_SIZE", "0")
    assert content("e.zip")
    assert sorted(path.name for path in folder.glob("*.zip")) == ["mine.zip"]


def test_what_an_interrupted_download_left_goes_and_a_running_one_stays(server, folder):
    content()
    (folder / ".recstore-abcdefgh.part").write_text("half")
    with cache.new_file(folder) as (_descriptor, running):
        cache.trim()
        assert running.exists()
        assert not (folder / ".recstore-abcdefgh.part").exists()
    assert not running.exists()


def put_index():
    data = b"an index"
    digest = hashlib.sha256(data).hexdigest()
    with index_file(digest, len(data), lambda: [data]) as path:
        return path


def test_a_users_file_among_the_indexes_stays(folder):
    path = put_index()
    for name in ("notes.txt", "mine.ann"):
        (path.parent / name).write_text("the user's")
        os.utime(path.parent / name, (0, 0))
    os.utime(path, (0, 0))
    os.utime(f"{path}.verified", (0, 0))
    cache.trim()
    assert sorted(left.name for left in path.parent.iterdir()) == ["mine.ann", "notes.txt"]


def test_the_command_shows_and_clears(server, folder):
    content()
    index = put_index()
    (folder / "notes.txt").write_text("the user's")
    done = run_recstore("cache", "--format", "json")
    shown = {row["path"]: row["kind"] for row in json.loads(done.stdout)}
    assert shown == {str(folder / "a.zip"): "dataset", str(index): "index", str(folder / "notes.txt"): "other"}
    assert "of at most 20,000 MB" in done.stderr
    assert "--indexes say what is removed" in run_recstore("cache", "--indexes").stderr
    assert "not 'empty'" in run_recstore("cache", "empty").stderr
    done = run_recstore("cache", "clear", "--indexes")
    assert not index.exists()
    assert (folder / "a.zip").exists()
    done = run_recstore("cache", "clear")
    assert "stay: 1, such as 'notes.txt'" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    assert run_recstore("cache").returncode == 0


def test_clear_leaves_what_is_in_use(server, folder):
    content()
    with cache.held(folder / "a.zip"):
        assert cache.clear() == []
    assert [entry.path.name for entry in cache.clear(indexes=False)] == ["a.zip"]
    assert list(folder.iterdir()) == []


def test_offline_what_is_unsafe_is_an_error_that_says_what_to_do(folder, monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_options: (_ for _ in ()).throw(OSError("offline")))
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    (folder / "a.zip").write_bytes(b"damaged")
    with (
        pytest.raises(SourceError, match=r"cannot be fetched .*pass the path of the file instead"),
        dataset("a.zip", "https://localhost/a.zip", Progress()),
    ):
        pass
    assert (folder / "a.zip").read_bytes() == b"damaged"


def test_parsed_functions_are_kept_and_whatever_is_wrong_with_them_the_answers_are_right(folder, sample_store):
    functions = folder.parent / "functions"

    def answer():
        with recstore.connect(sample_store) as connection:
            return connection.sql("SELECT movie_id, score FROM similar_movies(1, k := 3)").fetchall()

    first = answer()
    (kept,) = functions.iterdir()
    assert [entry.kind for entry in cache.entries()] == ["functions"]
    assert answer() == first
    for harm in (b"", b"no database", kept.read_bytes()[:-5000]):
        kept.write_bytes(harm)
        assert answer() == first
        # Made anew by the next question.
        assert answer() == first
        assert kept.exists()
    kept.unlink()
    functions.chmod(0o777)
    assert answer() == first
    assert not list(functions.iterdir())
    functions.chmod(0o700)
    assert answer() == first
    assert [entry.path for entry in cache.clear(datasets=False)] == [kept]


def test_what_tidies_the_system_s_folder_does_not_stop_a_service(folder, small_folder, tmp_path, monkeypatch):
    """A process that builds each night keeps what it parsed in a folder there, which may be gone by the next."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    for night in range(2):
        recstore.build(tmp_path / f"{night}.duckdb", {"movielens": small_folder})
        for left in (tmp_path / "scratch").iterdir():
            shutil.rmtree(left)
        for kept in (folder.parent / "functions").iterdir():
            kept.unlink()
