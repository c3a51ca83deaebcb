"""What `benchmarks/` shows at length, in short: kills, readers during rebuilds, a disk that is full, older files."""

from __future__ import annotations

import gzip
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import shells
from repeated import repeated

import recstore

RECSTORE = str(Path(sys.executable).parent / "recstore")
FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.thorough
@pytest.mark.parametrize("times", [1, 3])
def test_killed_builds(times, benchmarks):
    """One killed build, and two builders at once: make test has them in test_publish.py and test_interrupts.py."""
    import kills

    killed, at_once = kills.run(times, 1, float("inf"))
    assert killed["killed at work"] == times
    assert at_once["rounds"] == 1
    assert at_once["rows found"] == at_once["rows written"]
    assert at_once["stores whole"] > times


@pytest.mark.parametrize(("times", "loops"), repeated([(1, 1), (2, 5)]))
def test_readers_during_rebuilds(times, loops, benchmarks):
    import readers

    shell = shells.CLIENTS / "shell-1.5" / "duckdb_cli" / "duckdb"
    counted = readers.run(times, str(shell) if shell.exists() else None, loops)
    assert counted["errors"] == 0
    assert counted["answers"] > 0


def test_a_disk_that_is_full(sample_store, movielens, tmp_path):
    store = shutil.copy(sample_store, tmp_path / "store.duckdb")
    before = store.read_bytes()

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))

    command = [RECSTORE, "build", str(store), "--movielens", str(movielens), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, check=False)
    assert done.returncode == 4
    assert "make room in" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert store.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["store.duckdb"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MB, in memory; and what mounts it anew with other options."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", f"{options},size=24m", "recstore-test", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting a file system takes rights that are not there")

    mount("rw")
    yield folder, mount
    subprocess.run(["umount", str(folder)], check=True)


def test_a_small_file_system_and_one_that_cannot_be_written(small_disk, sample_store, movielens):
    folder, mount = small_disk
    store = shutil.copy(sample_store, folder / "store.duckdb")
    before = store.read_bytes()
    for options, told in (("remount,rw", "make room in"), ("remount,ro", "cannot be written")):
        mount(options)
        command = [RECSTORE, "build", str(store), "--movielens", str(movielens), "--quiet", "--allow-loss"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == (4 if options == "remount,rw" else 1)
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert store.read_bytes() == before
        # A store that cannot be written is read as ever.
        with recstore.connect(store) as con:
            assert len(con.execute("FROM similar_movies(1)").fetchall()) == 10
    assert [path.name for path in folder.iterdir()] == ["store.duckdb"]


@pytest.mark.parametrize("fixture", sorted(path.name for path in FIXTURES.glob("format-*.duckdb.gz")))
def test_stores_of_every_format_are_read_and_rebuilt(fixture, tmp_path):
    store = tmp_path / "store.duckdb"
    store.write_bytes(gzip.decompress((FIXTURES / fixture).read_bytes()))
    with recstore.connect(store) as con:
        assert len(con.execute("FROM similar_movies(1, k := 3)").fetchall()) == 3
    recstore.rebuild(store)
    assert [finding for finding in recstore.check(store) if finding.fault] == []
    with duckdb.connect(str(store), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM movies").fetchall() == [(100,)]
