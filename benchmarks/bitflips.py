"""Flips single bits of a store, and shows that no wrong answer comes with a clean report.

    python benchmarks/bitflips.py [--flips 1000]

Each flipped file is opened, checked and asked in a process of its own, so that a crash by a signal would be seen. The
first 12 KB, DuckDB's headers, get a tenth of the flips.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import recstore
from recstore.samples.movies import write_sample

_HEADERS = 12_288
#: Reads files named on stdin; says of each what came of it, and what it answers.
_ASK = """
import sys, duckdb, recstore
query = ("SELECT hash(list((m.movie_id, m.title, s.movie_id, s.score) ORDER BY ALL)) "
         "FROM movies AS m, similar_movies(m.movie_id) AS s")
for line in sys.stdin:
    path = line.rstrip()
    try:
        if any(finding.fault for finding in recstore.check(path)):
            print("found by check", flush=True)
            continue
        with duckdb.connect(path, read_only=True) as con:
            print("clean", con.execute(query).fetchall()[0][0], flush=True)
    except (recstore.StoreError, duckdb.Error):
        print("found on opening", flush=True)
"""


def run(flips: int) -> Counter[str]:
    """Flip so many bits, one at a time, and return what was found; a wrong answer with a clean report ends it."""
    rng = random.Random(0)
    counted: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder / "source", movies=200, users=120)
        store = folder / "store.duckdb"
        recstore.build(store, {"movielens": folder / "source"})
        original = bytearray(store.read_bytes())
        process = _start()
        right = _ask(process, store)
        assert right
        assert right.startswith("clean")
        for number in range(flips):
            place = rng.randrange(_HEADERS if number % 10 == 0 else len(original))
            bit = 1 << rng.randrange(8)
            original[place] ^= bit
            # A new file each time: DuckDB may still hold the one before.
            path = folder / f"{number}.duckdb"
            path.write_bytes(original)
            original[place] ^= bit
            answer = _ask(process, path)
            path.unlink()
            if answer is None:
                process.communicate()
                counted[f"crashed by signal {-process.returncode}"] += 1
                process = _start()
            elif answer.startswith("clean"):
                assert answer == right, f"a wrong answer with a clean report: byte {place}, bit {bit}"
                counted["answers unchanged"] += 1
            else:
                counted[answer] += 1
        process.communicate()
    return counted


def _start() -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _ASK]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def _ask(process: subprocess.Popen[str], path: Path) -> str | None:
    """Return what is said of a file; None where the process is gone."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
    except BrokenPipeError:
        return None
    return process.stdout.readline().rstrip() or None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Flip single bits of a store, and show what is found.")
    parser.add_argument("--flips", type=int, default=1000, help="how many bits to flip")
    print(dict(run(parser.parse_args().flips)))
