"""What the benchmarks share: running and timing things in processes of their own, and printing the report."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from recstore.progress import Progress

T = TypeVar("T")

GB = 1e9


class Stage(NamedTuple):
    """What a stage took: seconds of CPU and by the clock, and the peak resident memory while it ran, in bytes."""

    cpu: float
    seconds: float
    peak: int


class StageCosts(Progress):
    """Keeps what each stage takes; those of one name add up."""

    def __init__(self, *, is_loud: bool = False) -> None:
        self.stages: dict[str, Stage] = {}
        self._is_loud = is_loud
        self._begun = 0.0

    def started(self, stage: str, steps: int | None) -> None:
        """Begin to count."""
        forget_peak()
        self._begun = time.process_time()

    def finished(self, stage: str, seconds: float) -> None:
        """Add what it took."""
        before = self.stages.get(stage, Stage(0.0, 0.0, 0))
        cpu = before.cpu + time.process_time() - self._begun
        self.stages[stage] = Stage(cpu, before.seconds + seconds, max(before.peak, peak_memory()))
        if self._is_loud:
            found = self.stages[stage]
            say(f"      {stage}: {found.cpu:.1f} s of CPU, {found.seconds:.1f} s, peak {found.peak / GB:.2f} GB")


def forget_peak() -> None:
    """Let the peak of this process's memory begin anew, where the system can: Linux alone."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def peak_memory() -> int:
    """Return the peak resident memory of this process in bytes, since it began or the last `forget_peak`."""
    with suppress(OSError):
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


class Run(NamedTuple):
    """One run of a command: seconds from start to end, peak resident memory in bytes, and what it said."""

    seconds: float
    peak: int
    output: str


def run(*command: str | Path) -> Run:
    """Run a command to its end and measure it; a failure ends the benchmark with what the command said."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    with process.stdout as said:
        output = said.read()
    # Not RUSAGE_CHILDREN, which gives the largest of all children so far.
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{output}")
    return Run(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), output)


def in_own_process(task: Callable[..., T], *arguments: object) -> T:
    """Run a function in a fresh process. (A child's peak memory begins at its parent's, so this one stays small.)"""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(task, *arguments).result()


def seconds_of(task: Callable[[], object]) -> float:
    """Time one call."""
    begun = time.perf_counter()
    task()
    return time.perf_counter() - begun


def run_recstore(*arguments: str | Path) -> Run:
    """Run the command line that belongs to this interpreter, and measure it."""
    command = shutil.which("recstore", path=str(Path(sys.executable).parent))
    if command is None:
        sys.exit(f"There is no recstore beside {sys.executable}; install the project first.")
    return run(command, *arguments)


def build(store: Path, data: Path) -> Run:
    """Build a store of a MovieLens release."""
    return run_recstore("build", store, "--movielens", data)


def milliseconds(seconds: float) -> str:
    """Write a time in milliseconds."""
    return f"{seconds * 1000:,.1f} ms"


def verdict(value: float, bar: float, unit: str = "") -> str:
    """Say whether a figure keeps to its bar."""
    return f"{'within' if value <= bar else 'ABOVE'} the bar of {f'{bar:g} {unit}'.rstrip()}"


def row(label: str, first: str, second: str = "", note: str = "") -> None:
    """Print one line of the report."""
    say(f"    {label:<48}{first:>12}{second:>12}  {note}".rstrip())


def say(text: str) -> None:
    """Print at once, for whoever waits."""
    print(text, flush=True)
