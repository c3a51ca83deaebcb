"""Ctrl-C and a polite kill end what is running within seconds, with one line, and leave nothing behind."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from repeated import repeated

from recstore.store.publish import abandon, staged_store

RECSTORE = str(Path(sys.executable).parent / "recstore")

#: Builds a store whose factorisation is one native call of half a minute.
_LONG = """
import sys
import numpy as np
import recstore.catalogs.movies.spaces as movies
from recstore.pipeline import build
from recstore.cli.running import run

def spaces(connection, options, budget, progress):
    print("computing", flush=True)
    np.linalg.svd(np.random.default_rng(0).random((7000, 7000)))
    return iter(())

movies.spaces = spaces
sys.exit(run(lambda: build.rebuild(sys.argv[1]), False))
"""

#: Puts a backup in place of a store; a signal comes when all is done but the clearing away.
_LATE = """
import os, sys, time
from recstore import restore
from recstore.cli.running import run

seen = []

def watch(event, facts):
    if event == "os.rmdir" and ".staging-" in str(facts[0]) and not seen:
        seen.append(event)
        os.kill(os.getpid(), int(sys.argv[3]))
        time.sleep(60)

sys.addaudithook(watch)
sys.exit(run(lambda: restore(sys.argv[1], sys.argv[2]), False))
"""


@pytest.mark.parametrize(
    ("number", "seconds"),
    repeated(
        [(signal.SIGINT, 0), (signal.SIGTERM, 0.4), (signal.SIGINT, 0.8), (signal.SIGTERM, 1.3)], (signal.SIGINT, 0.8)
    ),
)
def test_an_interrupt_leaves_the_store_and_no_traceback(number, seconds, movielens, sample_store, tmp_path):
    store = shutil.copy(sample_store, tmp_path / "store.duckdb")
    command = [RECSTORE, "--log-format", "json", "build", str(store), "--movielens", str(movielens)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("stage started" in line for line in process.stderr)
        time.sleep(seconds)
        process.send_signal(number)
        said = process.communicate(timeout=300)[1]
    if process.returncode == 0:
        pytest.skip("the build was quicker")
    assert process.returncode == 128 + number
    assert json.loads(said.splitlines()[-1])["text"] == "Interrupted. Nothing was changed."
    assert "Traceback" not in said
    assert store.read_bytes() == sample_store.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["store.duckdb"]


@pytest.mark.parametrize("number", repeated([signal.SIGINT, signal.SIGTERM], signal.SIGTERM))
def test_a_long_native_call_is_ended_too(number, sample_store, tmp_path):
    store = shutil.copy(sample_store, tmp_path / "store.duckdb")
    command = [sys.executable, "-c", _LONG, str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "computing\n"
        time.sleep(0.3)
        process.send_signal(number)
        said = process.communicate(timeout=300)[1]
    assert process.returncode == 128 + number
    assert said == "Interrupted. Nothing was changed.\n"
    assert store.read_bytes() == sample_store.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["store.duckdb"]


def test_an_interrupt_that_nobody_hears_of_has_its_exit_code(sample_store, tmp_path):
    store = shutil.copy(sample_store, tmp_path / "store.duckdb")
    command = [sys.executable, "-c", _LONG, str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "computing\n"
        process.stderr.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=300) == 128 + signal.SIGTERM
    assert store.read_bytes() == sample_store.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["store.duckdb"]


@pytest.mark.parametrize("number", repeated([signal.SIGINT, signal.SIGTERM], signal.SIGTERM))
def test_an_interrupt_after_the_work_says_that_the_store_is_in_place(number, sample_store, tmp_path):
    store, backup = tmp_path / "store.duckdb", tmp_path / "backup.duckdb"
    for file in (store, backup):
        shutil.copy(sample_store, file)
    before = store.stat().st_ino
    command = [sys.executable, "-c", _LATE, str(store), str(backup), str(number.value)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (128 + number, "Interrupted. The new store was in place already.\n")
    assert store.stat().st_ino != before
    names = {"store.duckdb", "store.duckdb.previous-1", "backup.duckdb"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_an_interrupt_between_beginning_and_work_leaves_nothing(tmp_path):
    # An interrupt may strike in Python's own `with`, which then does not clean up.
    begun = staged_store(tmp_path / "store.duckdb")
    begun.__enter__()
    assert len(list(tmp_path.iterdir())) == 2
    abandon()
    assert list(tmp_path.iterdir()) == []
