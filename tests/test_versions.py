"""Files that are not ours: none beside a store is removed, overwritten or moved, whatever it is called."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import duckdb
import pytest
from repeated import repeated
from runner import run
from shops import books

import recstore
from recstore import StoreError
from recstore.progress import Progress

RECSTORE = str(Path(sys.executable).parent / "recstore")


class Heard(Progress):
    def __init__(self) -> None:
        self.said = ""

    def notice(self, text: str) -> None:
        self.said += text + "\n"


def copied(store: Path, folder: Path) -> Path:
    for file in store.parent.iterdir():
        shutil.copy2(file, folder / file.name)
    return folder / store.name


@pytest.fixture
def store(standing_twice, tmp_path) -> Path:
    return copied(standing_twice, tmp_path)


def change(store: Path, script: str) -> None:
    with duckdb.connect(str(store)) as con:
        con.execute(script)


def identity(store: Path) -> object:
    with duckdb.connect(str(store), read_only=True) as con:
        return con.execute("SELECT value FROM store_info WHERE key = 'publication'").fetchall()


def beside(store: Path) -> list[str]:
    return sorted(path.name.removeprefix("store.duckdb") for path in store.parent.iterdir())


def place(store: Path, number: int) -> Path:
    return Path(f"{store}.previous-{number}")


def test_what_to_keep_stays_until_somebody_says_otherwise(store):
    def kept() -> list[str]:
        assert recstore.info(store).versions[0]["path"] == f"{store}.previous-1"
        return beside(store)

    two = ["", ".previous-1", ".previous-2"]
    assert run("rebuild", store, "--keep", 2, "--quiet")[0] == 0
    assert kept() == two
    recstore.rebuild(store)
    recstore.evaluate(store)
    recstore.rollback(store)
    assert kept() == two
    saved = store.parent.parent / f"{store.parent.name}-saved.duckdb"
    recstore.backup(store, saved)
    assert recstore.restore(store, saved) == place(store, 1)
    recstore.add(store, items=books(("b9", "Book 9 of dogs", "[1, 0.5]")).tail(1))
    assert kept() == two
    place(store, 7).write_text("mine")
    recstore.rebuild(store, keep=0)
    assert beside(store) == ["", ".previous-7"]
    recstore.rebuild(store)
    assert beside(store) == ["", ".previous-7"]
    # A restore keeps what it replaces all the same; the next build goes by what is recorded.
    recstore.restore(store, saved)
    assert beside(store) == ["", ".previous-1", ".previous-7"]
    recstore.rebuild(store)
    assert beside(store) == ["", ".previous-7"]


def make_folder(there: Path, _store: Path) -> None:
    there.mkdir()
    (there / "mine").write_text("mine")


STRANGERS = {
    "text": lambda there, _store: there.write_text("mine"),
    "folder": make_folder,
    "dangling link": lambda there, store: there.symlink_to(store.parent / "nowhere"),
    "link to the store": lambda there, store: there.symlink_to(store),
    "second name of the store": lambda there, store: os.link(store, there),
    "pipe": lambda there, _store: os.mkfifo(there),
    "database": lambda there, _store: change(there, "CREATE TABLE mine AS SELECT 1 AS x"),
    "copy of the store": lambda there, store: shutil.copy2(store, there),
    "another store": lambda there, store: (
        shutil.copy2(store, there), change(there, "UPDATE store_info SET value = 'x' WHERE key = 'publication'")
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", repeated(STRANGERS))
def test_what_is_no_version_keeps_its_place(kind, store):
    there = place(store, 1)
    there.unlink()
    STRANGERS[kind](there, store)
    before, facts, now = place(store, 3), there.lstat(), identity(store)
    shutil.copy2(store, before)
    for keep in (2, None, 0):
        recstore.rebuild(store, keep=keep, progress=(heard := Heard()))
        if keep == 2:
            # The version before has the next number that is free, and is found by all who ask for it.
            assert f"{there} is no version" in heard.said
            assert recstore.info(store).versions[0]["path"] == f"{store}.previous-2"
            assert identity(place(store, 2)) == now
            assert recstore.rollback(store) == place(store, 2)
    found = there.lstat()
    assert (found.st_ino, found.st_size, found.st_mtime_ns) == (facts.st_ino, facts.st_size, facts.st_mtime_ns)
    assert [name for name in beside(store) if name not in ("nowhere",)] == ["", ".previous-1", ".previous-3"]


def test_a_version_that_somebody_wrote_to_is_moved_but_never_removed(store):
    change(place(store, 1), "CREATE TABLE mine AS SELECT 1 AS x")
    recstore.rebuild(store, keep=2)
    for keep in (1, 0, 1):
        recstore.rebuild(store, keep=keep, progress=(heard := Heard()))
        with duckdb.connect(str(place(store, 3 if keep == 2 else 2)), read_only=True) as con:
            assert con.execute("FROM mine").fetchall() == [(1,)]
    assert beside(store) == ["", ".previous-1", ".previous-2"]
    # Told once, when it leaves the versions; one in the first place has its number passed over.
    change(place(store, 1), "CREATE TABLE mine AS SELECT 1 AS x")
    recstore.rebuild(store, progress=(heard := Heard()))
    assert f"{place(store, 1)} was written to after it was kept, so it stays" in heard.said
    assert beside(store) == ["", ".previous-1", ".previous-2", ".previous-3"]


def test_a_version_under_another_name_is_somebodys(store):
    place(store, 1).rename(place(store, 7))
    recstore.rebuild(store, keep=3)
    recstore.rebuild(store, keep=0)
    assert beside(store) == ["", ".previous-7"]
    with pytest.raises(StoreError, match=r"no version before.*that the store knows of.*recstore restore"):
        recstore.rollback(store)


@pytest.mark.parametrize("name", [".store.duckdb.previous", ".store.duckdb.lock"])
@pytest.mark.parametrize("kind", repeated(["text", "folder", "dangling link", "pipe", "database"]))
def test_a_name_that_a_build_needs_is_looked_at_before_the_work(name, kind, store, monkeypatch):
    there = store.with_name(name)
    STRANGERS[kind](there, store)
    facts, bytes_before, names = there.lstat(), store.read_bytes(), beside(store)
    monkeypatch.setattr("recstore.pipeline.finish.compute", lambda *_: pytest.fail("the work has begun"))
    for work in (recstore.rebuild, recstore.rollback):
        with pytest.raises(StoreError, match="Move it away"):
            work(store)
    found = there.lstat()
    assert (found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns) == (
        facts.st_ino, facts.st_mode, facts.st_size, facts.st_mtime_ns,
    )  # fmt: skip
    assert (store.read_bytes(), beside(store)) == (bytes_before, names)


def test_only_marked_folders_are_swept(store):
    folder, ours, empty, named = (
        store.with_name(f".store.duckdb.staging-{end}") for end in ("89abcdef", "01234567", "00000000", "mine")
    )
    for each in (folder, ours, empty, named):
        each.mkdir()
    (folder / "mine").write_text("mine")
    (ours / "recstore-builds-here").touch()
    (ours / "store.duckdb").touch()
    store.with_name(".store.duckdb.staging-76543210").write_text("mine")
    store.with_name(".store.duckdb.staging-fedcba98").symlink_to(folder)
    recstore.rebuild(store)
    assert (folder / "mine").read_text() == "mine"
    assert [name for name in beside(store) if "staging" in name] == [
        f".store.duckdb.staging-{end}" for end in ("76543210", "89abcdef", "fedcba98", "mine")
    ]


def test_what_a_stranger_wrote_into_the_record_proves_nothing(store):
    for value in ("{", '{"keep": "7"}', '{"keep": -1}', '{"kept": [{"store": 1}]}', "[]", '{"dropped": 7}'):
        change(store, f"UPDATE store_info SET value = '{value}' WHERE key = 'versions'")
        assert recstore.info(store).versions == []
    recstore.rebuild(store)
    assert beside(store) == ["", ".previous-1", ".previous-2"]


def test_a_version_of_an_older_recstore_is_left_alone(store):
    change(store, "DELETE FROM store_info WHERE key IN ('publication', 'versions')")
    old = place(store, 1).read_bytes()
    recstore.rebuild(store, progress=(heard := Heard()))
    assert f"{place(store, 1)} is no version" in heard.said
    recstore.rebuild(store)
    assert place(store, 1).read_bytes() == old
    assert beside(store) == ["", ".previous-1", ".previous-2"]
