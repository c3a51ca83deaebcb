"""Kills builds at random moments, lets two build at once, and shows that no store breaks and no row is lost.

    python benchmarks/kills.py [--killed 1000] [--builders 20] [--at-once 4] [--seconds 3600]

Builds of a generated sample over a store, with options that give other vectors than those before, are killed: by
SIGKILL, in every third round by SIGTERM. The stage to be hit is chosen in turn, and in it a moment at random; only
builds that the signal ended count. Every fourth round finds a `.wal` that a killed writer left, with a row in a table
of the user's; every twentieth finds a writer that is alive, and is told so. `--at-once` stores are tried side by side.

Then two build at once: the second begins in a stage of the first that is chosen at random. A third process writes row
after row into the store all the while, whenever it gets in.

Each build is the command's own code in a process of its own, forked from one that has imported it and opened nothing:
what it does not do is start an interpreter.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb

import recstore
from recstore.cli.console import Exit
from recstore.progress import Progress
from recstore.samples.movies import write_sample

#: Facts of a build, which differ from one to the next.
_NOT_CONTENT = ("builds", "store_info", "evaluations", "diary")


class _Telling(Progress):
    """Writes each stage as one line, in one piece, to stdout."""

    def started(self, stage: str, steps: int | None) -> None:
        """Tell the stage that begins."""
        os.write(1, f"stage {stage}\n".encode())


def _build(store: str, source: str, dimensions: int, anew: bool, wait: float) -> int:
    from recstore.cli.running import run

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
    """Commit a row, in the log alone, and stay or die."""
    connection = duckdb.connect(store)
    connection.execute("SET checkpoint_threshold = '1GB'; CREATE TABLE IF NOT EXISTS diary (line INTEGER)")
    connection.execute("INSERT INTO diary VALUES (?)", [line])
    os.write(1, b"stage written\n")
    if then == "stay":
        signal.pause()
    os.kill(os.getpid(), signal.SIGKILL)
    return 1


def _keep_writing(store: str, line: int) -> int:
    """Commit a row and close the store, again and again until SIGTERM; tell each row, and where the store is in use."""
    rng, ended = random.Random(line), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    while not ended.wait(rng.uniform(0, 0.1)):
        try:
            connection = duckdb.connect(store)
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise
            os.write(1, b"stage refused\n")
            continue
        connection.execute("CREATE TABLE IF NOT EXISTS diary (line INTEGER)")
        connection.execute("INSERT INTO diary VALUES (?)", [line])
        os.write(1, b"stage written\n")
        connection.close()
    return 0


def _fork_on_demand() -> None:
    """Fork a process for each line of stdin, and say how it ended and what it wrote to stderr."""
    import annoy  # noqa: F401 - what a build imports late
    import pyarrow  # noqa: F401

    import recstore.cli.running
    import recstore.models.collaborative
    import recstore.models.content
    import recstore.models.ease
    import recstore.pipeline.build
    import recstore.pipeline.indexes

    recstore.store.definition.definition(recstore.catalogs.registry.to_be_stored(()))
    faulthandler.enable()
    child = 0
    for line in sys.stdin:
        if child:
            os.waitpid(child, 0)
        task, arguments = json.loads(line)
        with tempfile.TemporaryFile() as told:
            child = os.fork()
            if child == 0:
                os.dup2(told.fileno(), 2)
                os._exit({"build": _build, "write": _write, "keep writing": _keep_writing}[task](**arguments))
            os.write(1, f"pid {child}\n".encode())
            # It keeps its number until its end was told and the next is asked for: a late signal strikes nobody else.
            found = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            assert found is not None
            code = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
            told.seek(0)
            os.write(1, f"ended {json.dumps([code, told.read().decode(errors='replace')])}\n".encode())


class Nursery:
    """A process that has imported everything, and forks one process after the other."""

    def __init__(self) -> None:
        command = [sys.executable, __file__, "--fork-on-demand"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = 0
        #: What the process that ended last wrote to stderr.
        self.told = ""
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
        if kind == "stage":
            return value
        ended, self.told = json.loads(value)
        return int(ended)

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
        folder.mkdir()
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


@dataclass
class _Stage:
    """How often each build comes to a stage of this name, `index` once a space, and how long it takes at most."""

    times: int = sys.maxsize
    seconds: float = 0.0


def _measure(trial: Trial, nursery: Nursery) -> dict[str, _Stage]:
    """Build each store that there may be, and return the stages that builds go through."""
    stages: defaultdict[str, _Stage] = defaultdict(_Stage)
    for dimensions, anew in ((10, True), (15, True), (10, False)):
        nursery.start("build", **trial.command(dimensions, anew))
        times: Counter[str] = Counter()
        stage, begun = "", time.monotonic()
        while isinstance(said := nursery.stage(), str):
            stages[stage].seconds = max(time.monotonic() - begun, stages[stage].seconds)
            stage, begun = said.split()[0], time.monotonic()
            times[stage] += 1
        stages[stage].seconds = max(time.monotonic() - begun, stages[stage].seconds)
        for stage, number in times.items():
            stages[stage].times = min(number, stages[stage].times)
        assert said == 0, nursery.told
        found = trial.content()[0]
        assert trial.digests.setdefault(dimensions, found) == found, "two builds differ"
        trial.prove()
    del stages[""]
    return dict(stages)


def _write_before(trial: Trial, nursery: Nursery, number: int, dimensions: int, counted: Counter[str]) -> bool:
    """Have a writer leave a row in its log, dead; in some rounds it is alive first. Returns whether there is a log."""
    if number % 20 == 19:
        with Nursery() as other:
            other.start("write", store=str(trial.store), line=number, then="stay")
            assert other.stage() == "written"
            nursery.start("build", **trial.command(dimensions, anew=True))
            assert nursery.end() == Exit.BUSY, nursery.told
            os.kill(other.pid, signal.SIGKILL)
            other.end()
        counted["told that a writer has the store"] += 1
    elif number % 4 == 3:
        nursery.start("write", store=str(trial.store), line=number, then="die")
        assert nursery.end() == -signal.SIGKILL, nursery.told
    else:
        return False
    trial.lines += 1
    return True


def _wait_for(nursery: Nursery, wanted: str, times: int = 1) -> None:
    """Read what a build tells until it comes to a stage for the given time."""
    while times:
        said = nursery.stage()
        assert isinstance(said, str), f"a build ended with {said} before its stage {wanted}: {nursery.told}"
        times -= said.split()[0] == wanted


def kill(trial: Trial, nursery: Nursery, killed: int, at_most: float, seed: int = 0) -> Counter[str]:
    """Kill so many builds at work, and count by stage; a store that is not whole ends it."""
    rng = random.Random(seed)
    counted: Counter[str] = Counter()
    stages = _measure(trial, nursery)
    now, number, begun = 10, 0, time.monotonic()
    while counted["killed at work"] < killed and time.monotonic() - begun < at_most:
        number += 1
        beside_log = _write_before(trial, nursery, number, 25 - now, counted)
        wanted = list(stages)[number % len(stages)]
        sign = signal.SIGTERM if number % 3 == 2 else signal.SIGKILL
        nursery.start("build", **trial.command(25 - now, anew=wanted != "copy"))
        _wait_for(nursery, wanted, rng.randint(1, stages[wanted].times))
        time.sleep(rng.uniform(0, stages[wanted].seconds))
        os.kill(nursery.pid, sign)
        ended = nursery.end()
        found = trial.judge()
        if ended in (-signal.SIGKILL, Exit.TERMINATED):
            counted["killed at work"] += 1
            counted[f"by {sign.name}"] += 1
            counted[f"in {wanted}, by {sign.name}"] += 1
            counted["new store in place" if found != now else "old store in place"] += 1
            counted["beside a .wal"] += beside_log
        else:
            assert ended == 0, f"a build got {sign.name} in {wanted} and ended with {ended}: {nursery.told}"
            assert found == 25 - now
            counted["had ended before"] += 1
        now = found
        if number % 20 == 0:
            print(f"{time.monotonic() - begun:,.0f} s: {dict(counted)}", flush=True)
    nursery.start("build", **trial.command(now, anew=False))
    assert nursery.end() == 0, nursery.told
    left = [path.name for path in trial.folder.iterdir() if path.name.startswith(".") or path.suffix == ".wal"]
    assert not left, left
    trial.prove()
    counted.update(trial.tally())
    return counted


def build_at_once(trial: Trial, nurseries: list[Nursery], rounds: int) -> Counter[str]:
    """Let two build at once, the second patiently in every other round, while a third process writes rows."""
    rng = random.Random(1)
    counted: Counter[str] = Counter()
    first, second, writer = nurseries
    stages = [stage for stage in _measure(trial, first) if stage != "copy"]
    for number in range(rounds):
        writer.start("keep writing", store=str(trial.store), line=number)
        first.start("build", **trial.command(10, anew=True, wait=600))
        wanted = rng.choice(stages)
        _wait_for(first, wanted)
        second.start("build", **trial.command(15, anew=False, wait=600 if number % 2 else 0))
        ended = {"first": first.end(), "second": second.end()}
        os.kill(writer.pid, signal.SIGTERM)
        while isinstance(said := writer.stage(), str):
            counted[f"rows {said} meanwhile"] += 1
            trial.lines += said == "written"
        told = f"{ended}: {first.told} {second.told} {writer.told}"
        assert said == 0, told
        assert ended["first"] == 0, told
        assert ended["second"] in ((0,) if number % 2 else (0, Exit.BUSY)), told
        counted["rounds"] += 1
        counted[f"second begun in {wanted} of the first"] += 1
        counted["builds published"] += list(ended.values()).count(0)
        counted["builds told to come later"] += list(ended.values()).count(Exit.BUSY)
        trial.judge()
        trial.prove()
    counted.update(trial.tally())
    return counted


def run(killed: int, builders: int, at_most: float, at_once: int = 1) -> tuple[Counter[str], Counter[str]]:
    """Do both, the second on the first of the stores that were tried side by side."""
    shares = [killed // at_once + (seed < killed % at_once) for seed in range(at_once)]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        nurseries = [stack.enter_context(Nursery()) for _ in range(max(at_once, 3))]
        trials = [Trial(Path(name) / str(seed)) for seed in range(at_once)]
        with ThreadPoolExecutor(at_once) as pool:
            kills = pool.map(kill, trials, nurseries, shares, [at_most] * at_once, range(at_once))
            counted = sum(kills, Counter[str]())
        return counted, build_at_once(trials[0], nurseries[:3], builders)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill builds at random moments, and show that the store is whole.")
    parser.add_argument("--killed", type=int, default=1000, help="how many builds to kill at work")
    parser.add_argument("--builders", type=int, default=20, help="how often to let two build at once")
    parser.add_argument("--at-once", type=int, default=2, help="how many stores to try side by side")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="kill no more after so long")
    parser.add_argument("--fork-on-demand", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fork_on_demand:
        _fork_on_demand()
    else:
        for counts in run(given.killed, given.builders, given.seconds, given.at_once):
            print(json.dumps(counts, indent=2), flush=True)
