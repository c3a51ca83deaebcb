"""Kills builds at random moments, and shows that the store is whole each time: exactly the old one or the new one.

    python benchmarks/kills.py [--runs 200] [--seconds 600]

Each run builds over the store, from a generated sample, with options that give other vectors than those before, and is
killed: by SIGKILL, in every third run by SIGTERM. Every fourth run finds a `.wal` that a killed writer left, with a row
in a table of the user's that must not be lost; every tenth finds a writer that is alive, and is told so.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import duckdb

import recstore
from recstore.sample import write_sample

RECSTORE = str(Path(sys.executable).parent / "recstore")
_WRITER = """
import sys, duckdb
con = duckdb.connect(sys.argv[1])
con.execute("SET checkpoint_threshold = '1GB'; CREATE TABLE IF NOT EXISTS diary (line INTEGER)")
con.execute("INSERT INTO diary VALUES (?)", [int(sys.argv[2])])
print("ready", flush=True)
sys.stdin.read()
"""


def content(store: Path) -> tuple[str, int]:
    """Return a digest of what a build computes, and how many lines the user's diary has."""
    with duckdb.connect(str(store), read_only=True) as connection:
        sums = [f"(SELECT sum(hash(t)) FROM {table} AS t)" for table in ("movie_vectors", "movie_neighbors", "ratings")]
        digest = connection.execute(f"SELECT md5(concat({', '.join(sums)}))").fetchall()[0][0]
        there = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'diary'").fetchall()[0][0]
        lines = connection.execute("SELECT count(*) FROM diary").fetchall()[0][0] if there else 0
    return digest, lines


def start_writer(store: Path, number: int) -> subprocess.Popen[str]:
    """Start a process that writes a line and stays, with the line in the log only."""
    command = [sys.executable, "-c", _WRITER, str(store), str(number)]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def run(runs: int, at_most: float) -> Counter[str]:
    """Kill so many builds and return what became of them; a store that is not whole ends it."""
    rng = random.Random(0)
    counted: Counter[str] = Counter()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder / "source", movies=200, users=120)
        store = folder / "store.duckdb"
        digests = {}
        for dimensions in (20, 30):
            took = -time.monotonic()
            options = recstore.BuildOptions(content_dimensions=dimensions)
            recstore.build(store, {"movielens": folder / "source"}, options=options, keep=0)
            took += time.monotonic()
            digests[dimensions] = content(store)[0]
        now, lines = 30, 0
        for number in range(runs):
            if time.monotonic() - begun > at_most:
                break
            writer = None
            if number % 4 == 3 or number % 10 == 9:
                writer = start_writer(store, number)
                lines += 1
                if number % 10 != 9:
                    writer.kill()
                    writer.wait()
            counted["beside a .wal" if writer else "alone"] += 1
            other = 50 - now
            command = [RECSTORE, "build", store, "--movielens", folder / "source", "--content-dimensions", str(other)]
            sign = signal.SIGTERM if number % 3 == 2 else signal.SIGKILL
            killed = _kill(command, store, rng.uniform(0, 1.2 * took), sign)
            if writer:
                writer.communicate("")
            findings = [finding for finding in recstore.check(store) if finding.fault]
            assert not findings, findings
            digest, found = content(store)
            assert found == lines, f"{found} of {lines} lines of the diary are there"
            assert digest in digests.values()
            assert killed or digest == digests[other] or number % 10 == 9
            counted[f"{sign.name}, {'killed' if killed else 'ended before'}"] += 1
            counted["new store" if digest == digests[other] else "old store"] += 1
            now = next(dimensions for dimensions, its in digests.items() if its == digest)
        recstore.rebuild(store)
        left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
        assert not left, left
    return counted


def _kill(command: list[object], store: Path, seconds: float, number: signal.Signals) -> bool:
    """Run a build, kill it so long after it took the lock, and say whether it was still running."""
    lock = store.with_name(f".{store.name}.lock")
    lock.unlink(missing_ok=True)
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.DEVNULL)
    while not lock.exists() and process.poll() is None:
        time.sleep(0.001)
    time.sleep(seconds)
    running = process.poll() is None
    process.send_signal(number)
    process.wait()
    return running


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill builds at random moments, and show that the store is whole.")
    parser.add_argument("--runs", type=int, default=200, help="how many builds to kill")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no more after so long")
    given = parser.parse_args()
    print(dict(run(given.runs, given.seconds)))
