"""A disk that is full, wherever a command writes: one sentence with the remedy, exit code 4, and all is as it was."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from repeated import repeated
from runner import ask
from shops import books

import recstore
import recstore.spark
from recstore.errors import FullError
from recstore.scratch import require_room
from recstore.store import prepared

COMMANDS = {
    "build from files": ["build", "STORE", "--config", "DIR/shop/recstore.toml", "--quiet"],
    "build from tables": ["build", "DIR/new.duckdb", "--tables", "DIR/tables", "--quiet"],
    "rebuild": ["rebuild", "STORE", "--quiet"],
    "add": ["add", "STORE", "--items", "DIR/shop/books.csv", "--quiet"],
    "evaluate": ["evaluate", "STORE", "--quiet"],
    "rollback": ["rollback", "STORE"],
    "backup": ["backup", "STORE", "DIR/copy.duckdb"],
    "restore": ["restore", "STORE", "DIR/backup.duckdb"],
    "export": ["export", "STORE", "DIR/new"],
    "export over another": ["export", "STORE", "DIR/tables"],
    "sql -o csv": ["sql", "STORE", "FROM books, range(9000)", "--format", "csv", "-o", "DIR/out.csv"],
    "sql -o parquet": ["sql", "STORE", "SELECT uuid() FROM range(90000)", "--format", "parquet", "-o", "DIR/out.pq"],
    "report": ["report", "STORE", "-o", "DIR/report.html"],
    "heatmap": ["heatmap", "STORE", "books", "b1", "b2", "-o", "DIR/heat.png"],
    "explore --map": ["explore", "STORE", "--map", "--no-browser"],
    "init": ["init", "DIR/shop/books.csv", "-o", "DIR/new.toml"],
}
#: What makes no file of more than some kB beside the store.
SHORT = {"heatmap", "init", "report", "sql -o csv"}


@pytest.fixture(scope="module")
def laid_out(standing_twice, once) -> Path:
    """A store with a version before it, a backup, its tables, and the files of a shop."""

    def fill(folder: Path) -> None:
        recstore.build(folder / "store.duckdb", {"books": recstore.Items(source=books(), id="isbn", text=("title",))})
        recstore.rebuild(folder / "store.duckdb")
        recstore.backup(folder / "store.duckdb", folder / "backup.duckdb")
        recstore.spark.export(folder / "store.duckdb", folder / "tables")
        (folder / "shop").mkdir()
        books().to_csv(folder / "shop" / "books.csv", index=False)
        declared = '[books]\nitems = "books.csv"\nid = "isbn"\ntext = "title"\n'
        (folder / "shop" / "recstore.toml").write_text(declared)

    return once("laid-out", fill)


def content(folder: Path) -> dict[str, str]:
    """Return the digest of every file below a folder, hidden ones too."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@contextmanager
def no_larger(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def little_disk(folder: Path, size: str) -> Iterator[None]:
    """Put a file system of so many bytes at a folder."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "recstore-test", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system takes rights that are not there")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def refused(name: str, folder: Path, limit) -> str:
    """Run a command that a full disk ends; return what it said. All in the folder is as it was before."""
    before = content(folder)
    words = [word.replace("STORE", f"{folder}/store.duckdb").replace("DIR", str(folder)) for word in COMMANDS[name]]
    with limit:
        code, _out, said = ask(*words)
    assert code == 4, said
    sentences = [line for line in said.splitlines() if line.startswith("recstore: ")]
    assert sentences == said.splitlines()[-1:]
    assert any(remedy in said for remedy in ("make room", "ulimit -f"))
    assert content(folder) == before
    return said


@pytest.mark.parametrize("size", repeated([1, 20_000]))
@pytest.mark.parametrize("name", COMMANDS)
def test_files_that_may_not_grow(name, size, laid_out, tmp_path):
    """The system says EFBIG, and of a full disk ENOSPC, which the tests below do."""
    if size > 1 and name in SHORT:
        pytest.skip("it writes less")
    folder = Path(shutil.copytree(laid_out, tmp_path / "there"))
    refused(name, folder, no_larger(size))


@pytest.mark.parametrize("name", repeated([*COMMANDS], "build from tables", "export", "init"))
def test_a_file_system_without_room(name, laid_out, tmp_path):
    disk = tmp_path / "disk"
    with little_disk(disk, "200m"):
        folder = Path(shutil.copytree(laid_out, disk / "there"))
        with (disk / "rest").open("wb") as rest:
            os.posix_fallocate(rest.fileno(), 0, shutil.disk_usage(disk).free)
        refused(name, folder, nullcontext())
        assert {path.name for path in disk.iterdir()} == {"there", "rest"}


@pytest.mark.parametrize("name", repeated(["build from files", "add", "rebuild"], "build from files"))
def test_the_folder_for_what_is_needed_for_a_while_is_full(name, laid_out, tmp_path, monkeypatch):
    """Functions that stand nowhere parsed are parsed there, and so are the sources of a catalogue."""
    folder = Path(shutil.copytree(laid_out, tmp_path / "there"))
    with little_disk(tmp_path / "t", "100k"):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
        monkeypatch.setenv("RECSTORE_CACHE", str(tmp_path / "t" / "cache"))
        prepared._folder.cache_clear()
        said = refused(name, folder, nullcontext())
        assert f"to {tmp_path / 't'} " in said
        assert "TMPDIR" in said
    prepared._folder.cache_clear()


@pytest.mark.parametrize("limit", ["EFBIG", "ENOSPC"])
def test_a_declaration_is_not_lost_for_one_that_could_not_be_written(limit, laid_out, tmp_path):
    mine = tmp_path / "disk" / "recstore.toml"
    with little_disk(mine.parent, "20k"):
        mine.write_text("# mine\n" + "#" * 15_000)
        with no_larger(1) if limit == "EFBIG" else nullcontext():
            code, _out, said = ask("init", laid_out / "shop" / "books.csv", "-o", mine, "--force")
        assert (code, "There is no room to write" in said) == (4, True), said
        assert mine.read_text().startswith("# mine\n###")
        assert [path.name for path in mine.parent.iterdir()] == [mine.name]


def test_what_is_too_large_to_unpack_is_told_before(tmp_path):
    with pytest.raises(FullError, match="Make room there, or name another folder"):
        require_room(tmp_path, 1 << 60, "The archive")


def test_a_device_that_is_full(laid_out):
    code, _out, said = ask("sql", laid_out / "store.duckdb", "FROM books", "-o", "/dev/full")
    assert (code, said) == (
        4,
        "recstore: There is no room to write /dev/full (No space left on device): make room there, or name another "
        "place.\n",
    )
