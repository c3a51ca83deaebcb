"""Kills builds at random moments, lets two build at once, and shows that no store breaks and no row is lost.

    python benchmarks/kills.py [--killed 1000] [--builders 20] [--seconds 3600]

Builds of a generated sample over a store, with options that give other vectors than those before, are killed: by
SIGKILL, in every third round by SIGTERM. The stage to be hit is chosen in turn, and in it a moment at random; only
builds that the signal ended count. Every fourth round finds a `.wal` that a killed writer left, with a row in a table
of the user's; every twentieth finds a writer that is alive, and is told so. Then two build at once, while a third
process writes a row.

Each build is the command's own code in a process of its own, forked from one that has imported it and opened nothing:
what it does not do is start an interpreter.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from pathlib import Path

import duckdb

import recstore
from recstore.progress import Progress
from recstore.samples.movies import write_sample

_STAGES = ("begin", "copy", "load", "prepare", "vectors", "neighbours", "indexes", "weights", "carry", "check", "put")
#: Facts of a build, which differ from one to the next.
_NOT_CONTENT = ("builds", "store_info", "evaluations", "diary")


class _Telling(Progress):
    """Writes each stage as one line, in one piece, to stdout."""

    def started(self, stage: str, steps: int | None) -> None:
        """Tell the stage that begins."""
        os.write(1, f"stage {stage}\n".encode())


def _build(store: str, source: str, dimensions: int, anew: bool, wait: float) -> int:
    from recstore.cli.console import run

    def work() -> None:
        options = recstore.BuildOptions(content_dimensions=dimensions, collaborative_dimensions=10)
        progress = _Telling()
        progress.started("begin", None)
        if anew:
            recstore.build(store, {"movielens": source}, options=options, wait=wait, progress=progress)
        else:
            recstore.rebuild(store, options=options, wait=wait, progress=progress)

    return run(work, debug=False)


def _write(store: str, line: int, then: str) -> int:
    """Commit a row, in the log alone, and end, stay or die; returns 1 where the store is in use."""
    try:
        connection = duckdb.connect(store)
    except duckdb.IOException:
        return 1
    connection.execute("SET checkpoint_threshold = '1GB'; CREATE TABLE IF NOT EXISTS diary (line INTEGER)")
    connection.execute("INSERT INTO diary VALUES (?)", [line])
    os.write(1, b"stage written\n")
    if then == "stay":
        signal.pause()
    if then == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    connection.close()
    return 0


def _fork_on_demand() -> None:
    """Fork a process for each line of stdin, and say how it ended."""
    import annoy  # noqa: F401 - what a build imports late
    import pyarrow  # noqa: F401

    import recstore.cli.console
    import recstore.models.collaborative
    import recstore.models.content
    import recstore.models.ease
    import recstore.pipeline.build
    import recstore.pipeline.indexes

    recstore.store.definition.definition(recstore.catalogs.registry.to_be_stored(()))
    child = 0
    for line in sys.stdin:
        if child:
            os.waitpid(child, 0)
        task, arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit({"build": _build, "write": _write}[task](**arguments))
        os.write(1, f"pid {child}\n".encode())
        # It keeps its number until its end was told and the next is asked for: a late signal strikes nobody else.
        found = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert found is not None
        code = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        os.write(1, f"ended {code}\n".encode())


class Nursery:
    """A process that has imported everything, and forks one process after the other."""

    def __init__(self) -> None:
        command = [sys.executable, __file__, "--fork-on-demand"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.pid = 0
        self._said: deque[tuple[str, str]] = deque()

    def __enter__(self) -> Nursery:
        """Use it in a `with`."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End it."""
        self._process.communicate("")

    def start(self, task: str, **arguments: object) -> None:
        """Start a process, and learn its number."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([task, arguments]) + "\n")
        self._process.stdin.flush()
        # The child may tell its first stage before its parent tells who it is.
        while (said := self._line())[0] != "pid":
            self._said.append(said)
        self.pid = int(said[1])

    def stage(self) -> str | int:
        """Return the next stage of the running process, or how it ended."""
        kind, value = self._said.popleft() if self._said else self._line()
        return value if kind == "stage" else int(value)

    def end(self) -> int:
        """Wait for the running process, and return how it ended."""
        while isinstance(said := self.stage(), str):
            pass
        return said

    def _line(self) -> tuple[str, str]:
        assert self._process.stdout is not None
        kind, _space, value = self._process.stdout.readline().strip().partition(" ")
        return kind, value


class Trial:
    """A store under trial: what it may hold, and what its user has written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "source"
        self.store = folder / "store.duckdb"
        self.lines = 0
        self.checks = 0
        write_sample(self.source, movies=90, users=30)
        self.digests: dict[int, str] = {}

    def content(self) -> tuple[str, int]:
        """Return a digest of all that a build makes, and how many lines the user's diary has."""
        with duckdb.connect(str(self.store), read_only=True) as connection:
            rows = connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' ORDER BY ALL"
            ).fetchall()
            tables = [name for (name,) in rows]
            sums = [f"(SELECT sum(hash(t)) FROM {name} AS t)" for name in tables if name not in _NOT_CONTENT]
            digest = connection.execute(f"SELECT md5(concat_ws('-', {', '.join(sums)}))").fetchall()[0][0]
            lines = connection.execute("SELECT count(*) FROM diary").fetchall()[0][0] if "diary" in tables else 0
        return digest, lines

    def judge(self) -> int:
        """Return which of the known stores this is; the version before must be whole, too."""
        digest, lines = self.content()
        assert lines == self.lines, f"{lines} of {self.lines} lines of the diary are there"
        assert digest in self.digests.values(), "neither the old store nor the new one"
        if self.checks % 50 == 49:
            self.prove()
        previous = self.store.with_name(f"{self.store.name}.previous-1")
        if previous.exists():
            with duckdb.connect(str(previous), read_only=True) as connection:
                assert connection.execute("SELECT count(*) FROM movies").fetchall() == [(90,)]
        self.checks += 1
        return next(dimensions for dimensions, its in self.digests.items() if its == digest)

    def tally(self) -> dict[str, int]:
        """Return how many stores were looked at in all and found whole, and the rows written and found."""
        return {"stores whole": self.checks, "rows written": self.lines, "rows found": self.content()[1]}

    def prove(self) -> None:
        """Check the store as `recstore check` does."""
        findings = [finding for finding in recstore.check(self.store) if finding.fault]
        assert not findings, findings

    def command(self, dimensions: int, anew: bool, wait: float = 0.0) -> dict[str, object]:
        """Return the arguments of a build."""
        return {
            "store": str(self.store),
            "source": str(self.source),
            "dimensions": dimensions,
            "anew": anew,
            "wait": wait,
        }


def _measure(trial: Trial, nursery: Nursery) -> dict[str, float]:
    """Build each store that there may be, and return about how long each stage takes."""
    seconds: dict[str, float] = {}
    for dimensions, anew in ((10, True), (15, True), (10, False)):
        nursery.start("build", **trial.command(dimensions, anew))
        stage, begun = "", time.monotonic()
        while isinstance(said := nursery.stage(), str):
            seconds[stage] = max(time.monotonic() - begun, seconds.get(stage, 0.0))
            stage, begun = said.split()[0], time.monotonic()
        seconds[stage] = time.monotonic() - begun
        assert said == 0, said
        found = trial.content()[0]
        assert trial.digests.setdefault(dimensions, found) == found, "two builds differ"
        trial.prove()
    return seconds


def _write_before(trial: Trial, nursery: Nursery, number: int, dimensions: int, counted: Counter[str]) -> bool:
    """Have a writer leave a row in its log, dead; in some rounds it is alive first. Returns whether there is a log."""
    if number % 20 == 19:
        with Nursery() as other:
            other.start("write", store=str(trial.store), line=number, then="stay")
            assert other.stage() == "written"
            nursery.start("build", **trial.command(dimensions, anew=True))
            assert nursery.end() != 0
            os.kill(other.pid, signal.SIGKILL)
            other.end()
        counted["told that a writer has the store"] += 1
    elif number % 4 == 3:
        nursery.start("write", store=str(trial.store), line=number, then="die")
        assert nursery.end() == -signal.SIGKILL
    else:
        return False
    trial.lines += 1
    return True


def kill(trial: Trial, nursery: Nursery, killed: int, at_most: float) -> Counter[str]:
    """Kill so many builds at work, and count by stage; a store that is not whole ends it."""
    rng = random.Random(0)
    counted: Counter[str] = Counter()
    seconds = _measure(trial, nursery)
    now, number, begun = 10, 0, time.monotonic()
    while counted["killed at work"] < killed and time.monotonic() - begun < at_most:
        number += 1
        beside_log = _write_before(trial, nursery, number, 25 - now, counted)
        wanted = _STAGES[number % len(_STAGES)]
        sign = signal.SIGTERM if number % 3 == 2 else signal.SIGKILL
        nursery.start("build", **trial.command(25 - now, anew=wanted != "copy"))
        said: str | int = ""
        while isinstance(said, str) and said.split()[:1] != [wanted]:
            said = nursery.stage()
        assert isinstance(said, str), f"a build ended with {said} before its stage {wanted}"
        time.sleep(rng.uniform(0, seconds[wanted]))
        os.kill(nursery.pid, sign)
        ended = nursery.end()
        found = trial.judge()
        if ended in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGABRT, 128 + signal.SIGTERM):
            counted["of them aborted by DuckDB"] += ended == -signal.SIGABRT
            counted["killed at work"] += 1
            counted[f"by {sign.name}"] += 1
            counted[f"in {wanted}"] += 1
            counted["new store in place" if found != now else "old store in place"] += 1
            counted["beside a .wal"] += beside_log
        else:
            assert ended == 0, ended
            assert found == 25 - now
            counted["had ended before"] += 1
        now = found
        if number % 20 == 0:
            print(f"{time.monotonic() - begun:,.0f} s: {dict(counted)}", flush=True)
    nursery.start("build", **trial.command(now, anew=False))
    assert nursery.end() == 0
    left = [path.name for path in trial.folder.iterdir() if path.name.startswith(".") or path.suffix == ".wal"]
    assert not left, left
    trial.prove()
    counted.update(trial.tally())
    return counted


def build_at_once(trial: Trial, nurseries: tuple[Nursery, Nursery, Nursery], rounds: int) -> Counter[str]:
    """Let two build at once, the second a moment later, patiently or not, while a third process writes a row."""
    rng = random.Random(1)
    counted: Counter[str] = Counter()
    first, second, writer = nurseries
    for number in range(rounds):
        first.start("build", **trial.command(10, anew=True, wait=600))
        time.sleep(rng.uniform(0, 0.2))
        second.start("build", **trial.command(15, anew=False, wait=600 if number % 2 else 0))
        time.sleep(rng.uniform(0, 1))
        writer.start("write", store=str(trial.store), line=number, then="end")
        wrote = writer.end() == 0
        trial.lines += wrote
        ended = [first.end(), second.end()]
        counted["rounds"] += 1
        counted["rows written meanwhile"] += wrote
        counted["builds published"] += ended.count(0)
        counted["builds told to come later"] += 2 - ended.count(0)
        assert 0 in ended, ended
        trial.judge()
        trial.prove()
    counted.update(trial.tally())
    return counted


def run(killed: int, builders: int, at_most: float) -> tuple[Counter[str], Counter[str]]:
    """Do both in a folder of their own."""
    with tempfile.TemporaryDirectory() as name, Nursery() as one, Nursery() as two, Nursery() as three:
        trial = Trial(Path(name))
        return kill(trial, one, killed, at_most), build_at_once(trial, (one, two, three), builders)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill builds at random moments, and show that the store is whole.")
    parser.add_argument("--killed", type=int, default=1000, help="how many builds to kill at work")
    parser.add_argument("--builders", type=int, default=20, help="how often to let two build at once")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="kill no more after so long")
    parser.add_argument("--fork-on-demand", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fork_on_demand:
        _fork_on_demand()
    else:
        for counts in run(given.killed, given.builders, given.seconds):
            print(json.dumps(counts, indent=2))
