"""How much memory and how many threads a build may use, and how that memory is parted.

Half of the memory is DuckDB's, which spills to disk what does not fit. Half is for our own arrays, of which the weights
from movie to movie are the largest: DuckDB has hardly anything to do while they are computed. While the new store is
checked, the connection that made it is still open, and keeps blocks in memory: the check has a quarter for its own
connection and a quarter for its arrays. The interpreter and the libraries come on top: `BASE`.

It bounds what works block by block. The ratings that take part, the sparse matrices made of them and the vectors of
all spaces are held whole, however large, and so is all that `evaluate` fits.

Neither decides a result, but that the weights are of fewer movies where the memory is too little for all: what works
block by block has blocks of one size, and as many workers as both allow.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from recstore.errors import OptionError
from recstore.opening import open_connection

GB = 10**9
#: With less nothing is tried, in GB; what a build needs grows with its data.
LEAST = 0.2
#: What comes on top whatever is built, in bytes: measured are 0.13 GB for the imports and 0.16 GB at work on hardly
#: anything.
BASE = 300 * 10**6
#: Where nobody says how much memory there is to be, the weights take no more, as they would on a machine of 16 GB.
_USUAL_WEIGHTS = 4 * GB


@dataclass(frozen=True)
class Budget:
    """What one piece of work may use: `memory` in bytes, `threads` that compute at a time.

    `is_named` is False where the machine decided.
    """

    memory: int
    threads: int
    is_named: bool = True
    _turns: threading.Semaphore = field(default_factory=threading.Semaphore, compare=False, repr=False)

    @classmethod
    def of(cls, memory: float = 0.0, threads: int = 0) -> Budget:
        """Return the budget of so many GB (0: half of what there is) and threads (0: one for each core there is).

        Raises `OptionError` where that is too little to work with, or nothing that can be.
        """
        if threads < 0:
            raise OptionError(f"threads must not be negative, and is {threads}.")
        if not (memory == 0 or LEAST <= memory < math.inf):
            raise OptionError(f"memory is at least {LEAST:g} (GB), or 0 for half of this machine's, not {memory:g}.")
        count = threads or cores()
        size = round(memory * GB) if memory else max(round(LEAST * GB), machine_memory() // 2)
        return cls(size, count, bool(memory), threading.Semaphore(count))

    @property
    def own(self) -> int:
        """How many bytes are for arrays of our own."""
        return self.memory // 2

    @property
    def weights(self) -> int:
        """How many bytes the matrices of weights may take, all together."""
        return self.own if self.is_named else min(self.own, _USUAL_WEIGHTS)

    def half(self) -> Budget:
        """Return the budget of what works while a connection of this one is open: half of the memory."""
        return Budget(self.memory // 2, self.threads, self.is_named, self._turns)

    def workers(self, size: int) -> int:
        """Return how many workers there may be of which each needs `size` bytes; at least one."""
        return max(1, min(self.threads, self.own // max(1, size)))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Compute while no more than `threads` do; never taken by whoever has one already."""
        with self._turns:
            yield

    def bound(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Hold DuckDB to its half of the memory and to the threads."""
        connection.execute(f"SET memory_limit = '{self.memory // 2} B'; SET threads = {self.threads}")

    @contextmanager
    def arrays_first(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Hold DuckDB to a quarter of the memory meanwhile: it gives back blocks that it kept in case of need."""
        # Where it holds more than that for good, it keeps its half.
        with suppress(duckdb.OutOfMemoryException):
            connection.execute(f"SET memory_limit = '{self.memory // 4} B'")
        try:
            yield
        finally:
            self.bound(connection)


def cores() -> int:
    """Return on how many cores this process may run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine_memory() -> int:
    """Return how many bytes of memory there are for this process: the machine's, or less where a cgroup limits it."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows: DuckDB knows it, and takes four fifths
        with open_connection() as connection:
            query = "SELECT memory_limit FROM pragma_database_size() UNION ALL SELECT current_setting('memory_limit')"
            text = connection.execute(query).fetchall()[-1][0]
        number, unit = text.split()
        size = round(float(number) * 1024 ** ["bytes", "KiB", "MiB", "GiB", "TiB"].index(unit) / 0.8)
    return min([size, *cgroup_limits(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))])


def cgroup_limits(membership: Path, root: Path) -> Iterator[int]:
    """Yield the limits of memory, in bytes, of the cgroups that `membership` lists and of those around them."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:  # no Linux
        return
    for line in lines:
        _number, controllers, place = line.split(":", 2)
        if controllers not in ("", "memory") and "memory" not in controllers.split(","):
            continue
        top, name = (root, "memory.max") if not controllers else (root / "memory", "memory.limit_in_bytes")
        # Inside a container the place may be one that is not seen from there: then the root stands for it.
        inner = top / place.lstrip("/")
        for folder in (inner, *inner.parents):
            try:
                text = (folder / name).read_text().strip()
            except OSError:
                text = ""
            if text.isdecimal():
                yield int(text)
            if folder == top:
                break
