"""How much memory and how many threads a build may use, and how that memory is parted.

The memory is the whole process's. First comes what is taken whatever happens: `BASE`, for the interpreter and the
libraries, and what is held whole once it is known how much that is (`Needs`): the interactions that take part, what is
made of them, the vectors of all spaces. Where too little is left, the work is refused before it begins. Half of the
rest is DuckDB's, which spills to disk what does not fit; half is for what works block by block, of which the weights
from movie to movie are the largest: DuckDB has hardly anything to do while they are computed. While the new store is
checked, the connection that made it is still open, and keeps blocks in memory: the check has a quarter for its own
connection and a quarter for its arrays.

Neither decides a result, but that the weights come from blocks of items, and the search for the constants of
recommendations is of fewer items, where the memory is too little for a square of all: what else works block by block
has blocks of one size, and as many workers as both allow.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from recstore.errors import CapacityError, OptionError
from recstore.opening import open_connection

GB = 10**9
#: With less nothing is tried, in GB; what a build needs grows with its data.
LEAST = 0.6
#: What is taken whatever is built, in bytes: measured are 0.13 GB for the imports and 0.16 GB at work on hardly
#: anything.
BASE = 300 * 10**6
#: What DuckDB, which sorts 10 million rows in 128 MB, and what works block by block cannot do without.
_LEAST_DUCKDB, _LEAST_OWN = 150 * 10**6, 100 * 10**6
#: With less for each of its threads DuckDB fails instead of spilling.
_THREAD = 64 * 10**6
#: Of a machine's memory so much may be used where nobody names a budget and half does not suffice.
_MOST_OF_MACHINE = 0.8
#: Where nobody says how much memory there is to be, the weights take no more, as they would on a machine of 16 GB.
_USUAL_WEIGHTS = 4 * GB


@dataclass(frozen=True)
class Needs:
    """What a piece of work holds whole, in bytes, and `why`: of what, such as "20,000,000 interactions".

    `spared` of it are not held any more while weights are computed.
    """

    size: int = 0
    why: str = ""
    spared: int = 0

    def __add__(self, other: Needs) -> Needs:
        """Return what both need at one time."""
        why = ", ".join(filter(None, (self.why, other.why)))
        return Needs(self.size + other.size, why, self.spared + other.spared)


@dataclass(frozen=True)
class Budget:
    """What one piece of work may use: `memory` in bytes, `threads` that compute at a time.

    `is_named` is False where the machine decided. `taken` bytes of the memory are not to be parted, `spared` of them
    but for what is computed when all vectors are written.
    """

    memory: int
    threads: int
    is_named: bool = True
    taken: int = BASE
    spared: int = 0
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
        return cls(size, count, bool(memory), _turns=threading.Semaphore(count))

    @property
    def own(self) -> int:
        """How many bytes are for arrays of our own that work block by block."""
        return max(_LEAST_OWN // 4, self._shared - self._for_duckdb(2))

    @property
    def _shared(self) -> int:
        return max(0, self.memory - self.taken)

    def _for_duckdb(self, part: int) -> int:
        """Return so large a part of what is shared, at least what DuckDB cannot do without."""
        return max(_LEAST_DUCKDB, self._shared // part)

    @property
    def weights(self) -> int:
        """How many bytes the matrices of weights may take, all together: a fifth of it is for what is copied."""
        size = (max(self.own, self._shared - self._for_duckdb(4)) + self.spared) * 8 // 10
        return size if self.is_named else min(size, _USUAL_WEIGHTS)

    def half(self, connection: duckdb.DuckDBPyConnection) -> Budget:
        """Return the budget of what works while `connection` is open, which is held to the other half."""
        other = replace(self, taken=self.memory - self._shared // 2)
        other.bound(connection)
        return other

    def holding(self, needs: Needs, work: str) -> Budget:
        """Return the budget that is left beside what `work`, such as "building books", holds whole.

        Raises `CapacityError` with the figure where that is too little. Where nobody named the memory, it grows up to
        four fifths of the machine's first.
        """
        wanted = self.taken + needs.size + _LEAST_DUCKDB + _LEAST_OWN
        most = self.memory if self.is_named else max(self.memory, round(machine_memory() * _MOST_OF_MACHINE))
        if wanted > most:
            allowed = "--memory allows" if self.is_named else f"{_MOST_OF_MACHINE:.0%} of this machine's memory are"
            raise CapacityError(
                f"{work[:1].upper()}{work[1:]} needs about {_gb(wanted, math.ceil)} GB of memory ({needs.why}), and "
                f"{allowed} {_gb(most, math.floor)} GB. Nothing was changed. Give it more with --memory "
                f"{_gb(wanted, math.ceil)}, on a machine that has as much; fewer dimensions and fewer rows need less."
            )
        memory = max(self.memory, min(most, 2 * wanted))
        return replace(self, memory=memory, taken=self.taken + needs.size, spared=needs.spared)

    def workers(self, size: int) -> int:
        """Return how many workers there may be of which each needs `size` bytes; at least one."""
        return max(1, min(self.threads, self.own // max(1, size)))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Compute while no more than `threads` do; never taken by whoever has one already."""
        with self._turns:
            yield

    def bound(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Hold DuckDB to its half of what is shared, and to the threads, or as many as can work with that."""
        size = self._for_duckdb(2)
        threads = max(1, min(self.threads, size // _THREAD))
        connection.execute(f"SET memory_limit = '{size} B'; SET threads = {threads}")

    @contextmanager
    def giving_way(self, connection: duckdb.DuckDBPyConnection, other: Budget) -> Iterator[None]:
        """Hold DuckDB to another budget meanwhile."""
        other.bound(connection)
        try:
            yield
        finally:
            self.bound(connection)

    @contextmanager
    def arrays_first(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Hold DuckDB to half of its share meanwhile: it gives back blocks that it kept in case of need."""
        # Where it holds more than that for good, it keeps its half.
        with suppress(duckdb.OutOfMemoryException):
            connection.execute(f"SET memory_limit = '{self._for_duckdb(4)} B'")
        try:
            yield
        finally:
            self.bound(connection)


def _gb(size: int, rounded: Callable[[float], int]) -> str:
    """Write bytes as GB, with one decimal."""
    return f"{rounded(size / GB * 10) / 10:g}"


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
