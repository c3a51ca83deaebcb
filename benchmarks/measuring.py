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
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")

GB = 1e9


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
