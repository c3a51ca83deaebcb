"""Several users of one folder: who may do what with a store stays, and nobody is locked out by a dead build."""

from __future__ import annotations

import fcntl
import grp
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

import recstore
from recstore.progress import Progress

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become other users")

#: Imported here: the users below may not be able to read where Python is.
_NAMES = (grp, pwd)
ALICE, BOB, TEAM = 2001, 2002, 3001


@contextmanager
def user(number: int, *groups: int) -> Iterator[None]:
    """Be another user, of a group of the same number and of others: for the file system, and without root's rights."""
    before = os.getgroups()
    mask = os.umask(0o022)
    os.setgroups(groups)
    os.setegid(number)
    os.seteuid(number)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)
        os.umask(mask)


class Heard(Progress):
    def __init__(self) -> None:
        self.said = ""

    def notice(self, text: str) -> None:
        self.said += text + "\n"


@pytest.fixture
def store(standing_twice) -> Iterator[Path]:
    """A store of root's and the team's, in a folder that everybody may write."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        path = Path(shutil.copy(standing_twice, folder / "store.duckdb"))
        os.chown(path, 0, TEAM)
        path.chmod(0o664)
        yield path


def rights(path: Path) -> tuple[int, int, int]:
    facts = path.stat()
    return facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)


def previous(store: Path) -> Path:
    return store.with_name(f"{store.name}.previous-1")


def has_books(path: Path) -> bool:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute("SELECT count(*) FROM books").fetchall() == [(8,)]


def test_group_mode_and_attributes_are_kept(store):
    os.setxattr(store, "user.origin", b"the team")
    heard = Heard()
    with user(ALICE, TEAM):
        recstore.rebuild(store, progress=heard)
    assert rights(store) == (ALICE, TEAM, 0o664)
    assert os.getxattr(store, "user.origin") == b"the team"
    assert f"was root's, and is user {ALICE}'s now" in heard.said
    assert "group" not in heard.said
    assert has_books(previous(store))
    # Its own store again: nothing is said, and root gives it back to whom it belongs to.
    os.chown(store, BOB, TEAM)
    recstore.rebuild(store, progress=(heard := Heard()))
    assert rights(store) == (BOB, TEAM, 0o664)
    assert "now" not in heard.said


def test_where_the_group_cannot_be_kept_its_bits_are_dropped_and_the_version_is_a_copy(store):
    heard = Heard()
    with user(BOB):
        recstore.rebuild(store, progress=heard)
    assert rights(store) == (BOB, BOB, 0o604)
    assert f"The group of {store} is {TEAM}" in heard.said
    assert has_books(store)
    assert has_books(previous(store))
    assert sorted(path.name for path in store.parent.iterdir()) == ["store.duckdb", "store.duckdb.previous-1"]


def test_a_version_that_cannot_be_linked_is_copied(store, monkeypatch):
    def link(*_arguments: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", link)
    store.chmod(0o640)
    before = store.read_bytes()
    recstore.rebuild(store, progress=(heard := Heard()))
    assert "kept as a copy" in heard.said
    assert previous(store).read_bytes() == before
    assert rights(previous(store)) == rights(store) == (0, TEAM, 0o640)
    now = store.read_bytes()
    recstore.rollback(store)
    assert previous(store).read_bytes() == now
    assert has_books(store)
    assert sorted(path.name for path in store.parent.iterdir()) == ["store.duckdb", "store.duckdb.previous-1"]


def test_an_access_control_list_is_kept_and_none_is_inherited(store):
    # User 2001 may read; a mask; as the system stores it: version, then (tag, permissions, id) for each entry.
    entries = [(1, 6, -1), (2, 4, ALICE), (4, 4, -1), (16, 4, -1), (32, 0, -1)]
    packed = (2).to_bytes(4, "little") + b"".join(
        tag.to_bytes(2, "little") + bits.to_bytes(2, "little") + (number % 2**32).to_bytes(4, "little")
        for tag, bits, number in entries
    )
    try:
        os.setxattr(store, "system.posix_acl_access", packed)
    except OSError:
        pytest.skip("this file system has no access control lists")
    recstore.rebuild(store)
    assert os.getxattr(store, "system.posix_acl_access") == packed
    os.removexattr(store, "system.posix_acl_access")
    store.chmod(0o600)
    os.setxattr(store.parent, "system.posix_acl_default", packed)
    recstore.rebuild(store)
    assert "system.posix_acl_access" not in os.listxattr(store)
    assert rights(store) == (0, TEAM, 0o600)


def test_a_rollback_revives_no_looser_mode(store):
    recstore.rebuild(store)
    store.chmod(0o600)
    recstore.rollback(store)
    assert rights(store) == rights(previous(store)) == (0, TEAM, 0o600)
    # A version of another user's, whose mode may not be changed.
    os.chown(store, BOB, BOB)
    previous(store).chmod(0o644)
    with user(BOB):
        recstore.rollback(store)
    assert rights(store) == (BOB, BOB, 0o600)
    assert has_books(store)
    assert has_books(previous(store))


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_a_lock_of_another_users_dead_build_is_recognised(mode, store):
    lock = store.with_name(".store.duckdb.lock")
    lock.write_text("process 1 on elsewhere, since 2020-01-01 00:00:00 UTC")
    os.chown(lock, ALICE, ALICE)
    lock.chmod(mode)
    staging = store.with_name(".store.duckdb.staging-00000000")
    staging.mkdir(mode=0o700)
    (staging / "recstore-builds-here").touch()
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with user(BOB), pytest.raises(recstore.BusyError, match="being built"):
            recstore.rebuild(store)
    with user(BOB):
        recstore.rebuild(store, keep=0, progress=(heard := Heard()))
    assert "which a build of another user left, cannot be removed" in heard.said
    assert rights(store)[0] == BOB
    assert not lock.exists()


def test_whose_file_may_not_be_replaced_is_told_before_the_work(store):
    store.parent.chmod(0o1777)
    before = store.read_bytes()
    heard: list[str] = []
    progress = Progress()
    progress.started = lambda stage, steps: heard.append(stage)
    with user(BOB), pytest.raises(recstore.StoreError, match="only the owner of a file may replace it"):
        recstore.rebuild(store, progress=progress)
    assert heard == []
    assert store.read_bytes() == before
    assert [path.name for path in store.parent.iterdir()] == ["store.duckdb"]


_DIES = """
import os, sys, duckdb
con = duckdb.connect(sys.argv[1])
con.execute("SET checkpoint_threshold = '1GB'; CREATE TABLE diary AS SELECT 'committed' AS line")
if len(sys.argv) > 2:
    print("in", flush=True)
    sys.stdin.read()
os.kill(os.getpid(), 9)
"""


def leave_a_log(path: Path) -> None:
    subprocess.run([sys.executable, "-c", _DIES, str(path)], check=False)
    assert path.with_name(f"{path.name}.wal").exists()


def diary(path: Path) -> object:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute("FROM diary").fetchall()


def test_the_log_beside_a_kept_version_is_brought_into_it(store):
    recstore.rebuild(store)
    leave_a_log(previous(store))
    tables, _spaces = recstore.diff(store)
    assert {change.table: change.before for change in tables}["diary"] == 1
    recstore.rebuild(store, keep=2)
    second = store.with_name("store.duckdb.previous-2")
    assert diary(second) == [("committed",)]
    leave_a_log(previous(store))
    recstore.rollback(store)
    assert diary(store) == diary(second) == [("committed",)]
    recstore.rebuild(store, keep=2)
    assert not list(store.parent.glob("*.wal"))
    assert all(has_books(path) for path in (store, previous(store), second))


def test_a_writer_in_a_kept_version_and_logs_without_a_file_stop_a_build(store):
    recstore.rebuild(store)
    command = [sys.executable, "-c", _DIES, str(previous(store)), "stay"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "in\n"
        for work in (recstore.rebuild, recstore.rollback):
            with pytest.raises(recstore.BusyError, match=r"previous-1 is open for writing in another program"):
                work(store)
        writer.communicate("")
    recstore.rollback(store)
    assert diary(store) == [("committed",)]
    store.with_name("store.duckdb.previous-2.wal").write_bytes(b"of a version that is gone")
    with pytest.raises(recstore.StoreError, match=r"previous-2\.wal lies there without its store"):
        recstore.rebuild(store)
    previous(store).write_bytes(b"no store")
    store.with_name("store.duckdb.previous-2.wal").rename(f"{previous(store)}.wal")
    recstore.rebuild(store)
    # What is no version is left alone, with its log.
    assert previous(store).read_bytes() == b"no store"
    assert previous(store).with_name("store.duckdb.previous-1.wal").read_bytes() == b"of a version that is gone"
    assert has_books(store.with_name("store.duckdb.previous-2"))


def test_a_copy_that_a_killed_builder_kept_aside_is_told_from_a_version(store):
    pending = store.with_name(".store.duckdb.previous")
    shutil.copy2(store, pending)
    recstore.rebuild(store, keep=3)
    assert sorted(path.name for path in store.parent.iterdir()) == ["store.duckdb", "store.duckdb.previous-1"]
    # Killed right after its rename: then it is the version before.
    os.utime(previous(store), ns=(1, 1))
    previous(store).rename(pending)
    recstore.rebuild(store, keep=3)
    assert [path.name for path in sorted(store.parent.iterdir())][1:] == [
        "store.duckdb.previous-1", "store.duckdb.previous-2",
    ]  # fmt: skip
    assert store.with_name("store.duckdb.previous-2").stat().st_mtime_ns == 1
