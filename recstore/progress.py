"""What a long piece of work tells whoever watches it. The library itself prints nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path


class Progress:
    """Hears of stages, steps and notices; this one is silent. Override what you want to show."""

    def started(self, stage: str, steps: int | None) -> None:
        """A stage begins; `steps` is how many steps it will report, if that is known."""

    def advanced(self, steps: int = 1) -> None:
        """The running stage got on by so many steps."""

    def finished(self, stage: str, seconds: float) -> None:
        """The running stage is done."""

    def expected(self, seconds: Mapping[str, float]) -> None:
        """The whole is likely to have these stages, in this order; `seconds` are right in proportion."""

    def notice(self, text: str) -> None:
        """Something that the user should know, and that stops nothing."""

    def estimated(self, disk: int, free: int) -> None:
        """What is made is likely to take `disk` bytes of the `free` ones where it will be."""

    def stop(self) -> None:
        """All is done, well or not."""


class Stages:
    """Runs stages one after the other and keeps their seconds."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, steps: int | None = None) -> Iterator[Progress]:
        """Time one stage and report it; seconds of a name that comes twice add up."""
        begun = time.perf_counter()
        self.progress.started(name, steps)
        yield self.progress
        taken = time.perf_counter() - begun
        self.seconds[name] = self.seconds.get(name, 0.0) + taken
        self.progress.finished(name, taken)


class Outlook(Progress):
    """How far the running stage is, and how many seconds the whole is likely to take yet.

    Stages to come take as long as was expected of them, times what the stages before took of what was expected of them.
    """

    def __init__(self) -> None:
        self.stage, self.steps, self.done = "", 0, 0
        self._begun = time.perf_counter()
        self._expected: dict[str, float] = {}
        self._taken: dict[str, float] = {}

    def expected(self, seconds: Mapping[str, float]) -> None:
        """Take over what is expected."""
        self._expected = dict(seconds)

    def started(self, stage: str, steps: int | None) -> None:
        """Begin with a stage."""
        self.stage, self.steps, self.done = stage, steps or 0, 0
        self._begun = time.perf_counter()

    def advanced(self, steps: int = 1) -> None:
        """Count what is done."""
        self.done += steps

    def finished(self, stage: str, seconds: float) -> None:
        """Remember how long the stage took."""
        self._taken[stage] = self._taken.get(stage, 0.0) + seconds

    def remaining(self) -> float | None:
        """Return the seconds that are left; None in the first stage, and where nothing is known of the stages."""
        known = [stage for stage in self._taken if stage in self._expected]
        if not self._taken or not self._expected:
            return None
        usual = sum(self._expected[stage] for stage in known)
        pace = sum(self._taken[stage] for stage in known) / usual if usual else 1.0
        order = list(self._expected)
        reached = max((order.index(stage) for stage in (*known, self.stage) if stage in self._expected), default=-1)
        rest = pace * sum(self._expected[stage] for stage in order[reached + 1 :])
        if self.stage in self._taken:
            return rest
        elapsed = time.perf_counter() - self._begun
        if self.done and self.steps:
            return rest + elapsed * max(0, self.steps - self.done) / self.done
        return rest + max(0.0, pace * self._expected.get(self.stage, 0.0) - elapsed)


def memory_in_use() -> int | None:
    """Return how many bytes of memory this process has now; None where the system does not say: only Linux does."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def time_said(seconds: float) -> str:
    """Return seconds in words, as exact as an estimate is."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def room_said(disk: int, free: int) -> str:
    """Return a sentence on the room that a new store is likely to take."""
    there = f"{free / 1e6:,.1f} MB are free"
    if not disk:
        return f"How much of the disk the new store takes is not known yet; {there}."
    doubt = "" if disk <= free else ": if that is too little, nothing is changed"
    return f"The new store is likely to take {disk / 1e6:,.1f} MB of the disk, and {there}{doubt}."
