"""A writer in another process, while a thread of this one rebuilds and others of its threads read and close."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
import typer
from repeated import repeated

import recstore
from recstore import BusyError
from recstore.cli.arguments import Wait
from recstore.cli.commands import WaitingCommand
from recstore.progress import Progress
from recstore.store import hold, publish

_WRITER = """
import os, sys, duckdb
try:
    con = duckdb.connect(sys.argv[1])
except duckdb.IOException:
    print("refused", flush=True)
    sys.exit()
if sys.argv[2] == "opens":
    print("in", flush=True)
    sys.stdin.read()
con.execute("SET checkpoint_threshold = '1GB'; CREATE TABLE diary AS SELECT 'committed' AS line")
print("in", flush=True)
if sys.argv[2] == "stays":
    sys.stdin.read()
if sys.argv[2] == "dies":
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def store(standing_twice, tmp_path) -> Path:
    shutil.copy2(f"{standing_twice}.previous-1", tmp_path / "store.duckdb.previous-1")
    return shutil.copy(standing_twice, tmp_path / "store.duckdb")


class Meanwhile(Progress):
    """Has this process read the store and let it go, then another try to write to it, once, at a certain moment."""

    def __init__(self, store: Path, how: str, moment: str = "") -> None:
        self.store, self.how, self.moment = store, how, moment
        self.said: str | None = None
        self.writer: subprocess.Popen[str] | None = None

    def started(self, stage: str, steps: int | None) -> None:
        if self.moment and self.moment in stage and self.said is None:
            self()

    def __call__(self, *_arguments: object) -> None:
        recstore.connect(self.store).close()
        duckdb.connect(str(self.store), read_only=True).close()
        with duckdb.connect() as mine:
            recstore.attach(mine, self.store, "shop")
            mine.execute("DETACH shop; DETACH shop_store")
        self.store.read_bytes()
        self.end()
        command = [sys.executable, "-c", _WRITER, str(self.store), self.how]
        self.writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = self.writer.stdout.readline().strip()
        if self.how in ("ends", "dies") or self.said == "refused":
            self.end()

    def end(self) -> None:
        """Let the writer finish, if there is one."""
        if self.writer is not None:
            self.writer.communicate("")
            self.writer = None


def in_a_thread(work) -> BaseException | None:
    failed = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return failed[0] if failed else None


def prove_whole(store: Path) -> None:
    assert [finding for finding in recstore.check(store) if finding.fault] == []
    beside = [path.name for path in store.parent.iterdir()]
    assert not [name for name in beside if name.startswith(".") or name.endswith(".wal")]


def commands(store: Path, source: Path, progress: Progress):
    return {
        "rebuild": lambda: recstore.rebuild(store, progress=progress),
        "build": lambda: recstore.build(store, {"movielens": source}, progress=progress),
        "add": lambda: recstore.add(store, ratings=source / "ratings.csv", progress=progress, max_reject_rate=1.0),
        "evaluate": lambda: recstore.evaluate(store, progress=progress),
    }


needs_open_file_locks = pytest.mark.skipif(
    hold._OPEN_FILE_LOCK is None, reason="this system has no lock that belongs to an open file"
)


@needs_open_file_locks
@pytest.mark.parametrize(
    ("command", "moment"),
    repeated([("rebuild", "before the rename"), ("build", "load"), ("add", "vectors"), ("evaluate", "copy")]),
)
def test_a_writer_is_refused_whatever_this_process_closes(
    command, moment, small_store, small_folder, tmp_path, monkeypatch
):
    store = shutil.copy(small_store, tmp_path / "store.duckdb")
    meanwhile = Meanwhile(store, "ends", moment)
    if moment == "before the rename":
        monkeypatch.setattr(publish, "prove", meanwhile)
    failure = in_a_thread(commands(store, small_folder, meanwhile)[command])
    assert (failure, meanwhile.said) == (None, "refused")
    # It may write as soon as the new store is there, and what it writes is in that one.
    meanwhile()
    assert meanwhile.said == "in"
    with recstore.connect(store) as con:
        assert con.execute("FROM diary").fetchall() == [("committed",)]
    prove_whole(store)


@pytest.mark.parametrize(
    ("how", "moment"),
    repeated([("ends", "copy"), ("opens", "copy"), ("stays", "before the rename"), ("dies", "before the rename")]),
)
def test_without_such_a_lock_the_build_says_that_somebody_wrote(how, moment, store, small_folder, monkeypatch):
    monkeypatch.setattr(hold, "_OPEN_FILE_LOCK", None)
    meanwhile = Meanwhile(store, how, moment)
    if moment == "before the rename":
        monkeypatch.setattr(publish, "prove", meanwhile)
    before = store.stat().st_ino
    failure = in_a_thread(commands(store, small_folder, meanwhile)["rebuild"])
    assert meanwhile.said == "in"
    assert isinstance(failure, BusyError)
    assert "another program" in str(failure)
    assert store.stat().st_ino == before
    meanwhile.end()
    monkeypatch.undo()
    # What it committed is there, also after the next build.
    with duckdb.connect(str(store), read_only=True) as con:
        assert con.execute("FROM diary").fetchall() == [("committed",)]
    recstore.rebuild(store)
    with recstore.connect(store) as con:
        assert con.execute("FROM diary").fetchall() == [("committed",)]
    prove_whole(store)


@needs_open_file_locks
def test_a_writer_is_refused_during_a_rollback(store, monkeypatch):
    meanwhile = Meanwhile(store, "ends")
    keep_aside = publish.keep_aside
    monkeypatch.setattr(publish, "keep_aside", lambda *arguments: (meanwhile(), keep_aside(*arguments))[1])
    assert in_a_thread(lambda: recstore.rollback(store)) is None
    assert meanwhile.said == "refused"
    prove_whole(store)


@pytest.mark.parametrize("touch", ["written to", "replaced", "a log"])
def test_whatever_comes_of_the_file_meanwhile_stays(touch, store, standing_twice, monkeypatch):
    def change(*_arguments: object) -> None:
        if touch == "written to":
            os.utime(store)
        elif touch == "replaced":
            shutil.copy(standing_twice, store.with_name("other"))
            store.with_name("other").replace(store)
        else:
            store.with_name("store.duckdb.wal").write_bytes(b"")

    monkeypatch.setattr(publish, "prove", change)
    before = store.read_bytes()
    with pytest.raises(BusyError, match="was written to, or replaced, by another program"):
        recstore.rebuild(store)
    assert store.read_bytes() == before


def test_a_store_that_another_program_made_meanwhile_stays(small_folder, tmp_path, monkeypatch):
    store = tmp_path / "new.duckdb"

    def make(*_arguments: object) -> None:
        with duckdb.connect(str(store)) as con:
            con.execute("CREATE TABLE mine AS SELECT 1 AS x")

    monkeypatch.setattr(publish, "prove", make)
    with pytest.raises(recstore.StoreError, match="made by another program meanwhile"):
        recstore.build(store, {"movielens": small_folder})
    with duckdb.connect(str(store), read_only=True) as con:
        assert con.execute("FROM mine").fetchall() == [(1,)]


def test_a_writer_of_this_process_keeps_its_lock_when_a_reader_is_refused(store):
    with duckdb.connect(str(store)) as con:
        con.execute("CREATE TABLE mine AS SELECT 1 AS x")
        for ask in (recstore.connect, recstore.check, recstore.rebuild, recstore.diff, recstore.rollback):
            with pytest.raises(BusyError, match="open in this process already"):
                ask(store)
        command = [sys.executable, "-c", _WRITER, str(store), "ends"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "refused\n"


def test_it_is_waited_for_so_many_seconds_and_no_longer(store):
    with duckdb.connect(str(store)):
        for work in (
            lambda: recstore.rebuild(store, wait=0.3),
            lambda: recstore.rollback(store, wait=0.3),
            lambda: recstore.evaluate(store, wait=0.3),
        ):
            with pytest.raises(BusyError, match=r"It was waited for 0\.3 seconds"):
                work()
    for wait in (-1, float("nan")):
        with pytest.raises(recstore.OptionError, match="wait takes seconds"):
            recstore.rebuild(store, wait=wait)


def test_wait_on_the_command_line(store):
    seen = []
    app = typer.Typer()

    @app.command(cls=WaitingCommand)
    def command(store: str, wait: Wait = 0.0, quiet: bool = False) -> None:
        seen.append((store, wait, quiet))

    for arguments in (
        ["s"], ["s", "--wait"], ["--wait", "s"], ["--wait", "2.5", "s"], ["--wait=3", "s", "--quiet"],
        ["s", "--wait", "--quiet"], ["--wait", "--", "7"], ["--wait", "7", "7"],
    ):  # fmt: skip
        app(arguments, standalone_mode=False)
    forever = float("inf")
    assert seen == [
        ("s", 0.0, False), ("s", forever, False), ("s", forever, False), ("s", 2.5, False), ("s", 3.0, True),
        ("s", forever, True), ("7", forever, False), ("7", 7.0, False),
    ]  # fmt: skip
    with duckdb.connect(str(store)):
        command = [str(Path(sys.executable).parent / "recstore"), "rollback", "--wait", "0.2", str(store)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Waiting." in done.stderr
    assert "It was waited for 0.2 seconds." in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_fork_that_outlives_a_build_keeps_nobody_out(store):
    """A service starts workers during a build that fails: what they inherit must hold no lock on the store."""
    forked = f"""
import os, sys, recstore
from recstore.progress import Progress

class Forking(Progress):
    def started(self, stage, steps):
        child = os.fork()
        if not child:
            os.read(0, 1)
            os._exit(0)
        print(child, flush=True)
        raise recstore.SourceError("It fails.")

try:
    recstore.rebuild({str(store)!r}, progress=Forking())
except recstore.SourceError as error:
    print(error, flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", forked], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().strip().isdigit()
        assert process.stdout.readline() == "It fails.\n"
        process.wait()
        with duckdb.connect(str(store)) as con:
            con.execute("CREATE TABLE diary AS SELECT 1 AS line")
        recstore.rebuild(store)
