"""What a command writes goes to a file whole or not at all, and never onto what a store needs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from repeated import repeated
from runner import run

import recstore
from recstore import heatmap
from recstore.errors import OptionError
from recstore.reports.output_files import whole_file


@pytest.fixture
def store(sample_store, tmp_path) -> Path:
    return Path(shutil.copy(sample_store, tmp_path / "s.duckdb"))


@pytest.fixture
def contents(tmp_path):
    """Everything that must stay, and a function that tells whether it did."""

    def read() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}

    return read


def make(kind: str, store: Path, sample_folder: Path) -> Path:
    """Return a name under which writing would destroy something of the store, or of another."""
    folder, source = store.parent, sample_folder / "ratings.csv"
    places = {
        "itself": store,
        "a relative name": folder / "inner" / ".." / "s.duckdb",
        "a kept version": folder / "s.duckdb.previous-1",
        "a source": source,
    }
    target = places.get(kind, folder / kind)
    if kind == "a link":
        target.symlink_to(store)
    elif kind == "a hard link":
        os.link(store, target)
    elif kind == "another database":
        duckdb.connect(str(target)).close()
    elif kind in ("a kept version", "a source elsewhere"):
        shutil.copy(store if kind == "a kept version" else source, target)
    return target


@pytest.mark.parametrize(
    "kind",
    repeated(["itself", "a link", "a hard link", "a relative name", "a kept version", "another database",
              "a source elsewhere", "a source", "s.duckdb.wal", ".s.duckdb.lock", "s.duckdb.previous-7",
              ".s.duckdb.previous", "."], "itself", "a source", "s.duckdb.wal"),
)  # fmt: skip
def test_nothing_that_a_store_needs_is_overwritten(kind, store, sample_folder, contents):
    (store.parent / "inner").mkdir()
    target, source = make(kind, store, sample_folder), (sample_folder / "ratings.csv").read_bytes()
    before = contents()
    for form in ("table", "csv", "markdown", "parquet"):
        code, said = run("sql", store, "SELECT 1", "--format", form, "-o", target)
        assert (code, said.count("\n")) == (2, 1), said
        assert str(target) in said or "folder" in said
    assert contents() == before
    assert (sample_folder / "ratings.csv").read_bytes() == source


def test_every_command_that_writes_refuses(store, contents, tmp_path):
    own, asked = tmp_path / "own.sqlite.duckdb", tmp_path / "asked.sql"
    duckdb.connect(str(own)).close()
    asked.write_text("SELECT 1")
    picture = tmp_path / "s.png"
    picture.symlink_to(store)
    before = contents()
    for arguments in (
        ["similar", store, "movies", 1, "-o", store],
        ["query", store, "-o", store],
        ["query", store, asked, "-o", asked],
        ["query", store, asked, "--attach", own, "-o", own],
        ["heatmap", store, "movies", 1, 2, "-o", picture],
        ["evaluate", store, "--plot", picture],
        ["export-audio-json", store, store],
    ):
        code, said = run(*arguments)
        assert (code, "would be overwritten" in said) == (2, True), (arguments, said)
    assert contents() == before
    with pytest.raises(OptionError, match="would be overwritten"):
        heatmap(store, "movies", [1, 2], picture)


@pytest.mark.parametrize("form", repeated(["table", "csv", "json", "markdown", "parquet"]))
def test_an_error_leaves_what_was_there(form, store, contents, tmp_path):
    (tmp_path / "out").write_text("precious")
    before = contents()
    assert run("sql", store, "SELECT error('no') FROM range(10)", "--format", form, "-o", tmp_path / "out")[0] == 1
    assert contents() == before
    assert run("sql", store, "SELECT 42 AS answer", "--format", form, "-o", tmp_path / "out")[0] == 0
    assert contents().keys() == before.keys()
    assert b"precious" not in (tmp_path / "out").read_bytes()


def test_mode_and_links_stay_and_devices_get_what_is_written(store, tmp_path):
    file, link = tmp_path / "out.csv", tmp_path / "link.csv"
    file.touch(mode=0o640)
    file.chmod(0o640)
    link.symlink_to(file)
    assert run("sql", store, "SELECT 1 AS a", "--format", "csv", "-o", link)[0] == 0
    assert link.is_symlink()
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("a\n1\n", 0o640)
    assert run("sql", store, "SELECT 1 AS a", "--format", "csv", "-o", "/dev/null")[0] == 0
    assert run("sql", store, "SELECT 1 AS a", "--format", "csv", "-o", tmp_path / "no" / "a.csv")[0] == 2
    assert run("sql", store, "SELECT 1 AS a", "--format", "csv", "-o", tmp_path / "a.csv.gz")[0] == 0
    assert (tmp_path / "a.csv.gz").read_bytes()[:2] == b"\x1f\x8b"


def test_a_file_is_there_when_it_is_whole(tmp_path):
    with whole_file(tmp_path / "a.txt") as part:
        part.write_text("half")
        assert not (tmp_path / "a.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "a.txt") as part:
        part.write_text(str(1 // 0))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["half"]


def test_readers_keep_their_lock_while_a_target_is_looked_at(store, tmp_path):
    """To open and close the store would let go of the lock that keeps writers out."""
    with recstore.connect(store) as connection:
        for name in (store, tmp_path / "s.duckdb.previous-3"):
            with pytest.raises(OptionError), whole_file(name, connection):
                pass
        assert os.system(f"{os.sys.executable} -c \"import duckdb; duckdb.connect('{store}')\" 2>/dev/null") != 0


_KILLED = """
import os, signal, sys
from pathlib import Path
from recstore.scratch import REPLACED, scratch_folder

place = Path(sys.argv[1])
with scratch_folder(beside=place) as folder:
    (folder / REPLACED).mkdir()
    place.rename(folder / REPLACED / place.name)
    (folder / "new").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_is_swept_and_what_it_was_to_replace_is_back(store, tmp_path):
    place = tmp_path / "an earlier export"
    place.mkdir()
    (place / "file").write_text("whole")
    not_ours = [tmp_path / ".recstore-0123456789abcdef", tmp_path / ".recstore-notes"]
    for one in not_ours:
        one.mkdir()
        (one / "file").write_text("somebody's")
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(place)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not place.exists()
    assert run("sql", store, "SELECT 1 AS one", "--format", "csv", "-o", tmp_path / "one.csv")[0] == 0
    assert (place / "file").read_text() == "whole"
    assert sorted(tmp_path.glob(".recstore-*")) == sorted(not_ours)
    assert (tmp_path / "one.csv").read_text() == "one\n1\n"


def test_a_pipe_that_nobody_reads_is_not_waited_for(store, tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    assert "is a pipe that nobody reads from" in run("sql", store, "SELECT 1", "-o", pipe)[1]
    for words in (
        ["build", tmp_path / "new.duckdb", "--config", pipe], ["manifest", store, "--verify", pipe],
        ["build", tmp_path / "new.duckdb", "--config", tmp_path], ["manifest", store, "--verify", "/dev/zero"],
    ):  # fmt: skip
        code, said = run(*words)
        assert code == 1
        assert "and no file; name a file." in said
