"""What a long piece of work tells whoever watches it. The library itself prints nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Hears of stages, steps and notices; this one is silent. Override what you want to show."""

    def started(self, stage: str, steps: int | None) -> None:
        """A stage begins; `steps` is how many steps it will report, if that is known."""

    def advanced(self, steps: int = 1) -> None:
        """The running stage got on by so many steps."""

    def finished(self, stage: str, seconds: float) -> None:
        """The running stage is done."""

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


def room_said(disk: int, free: int) -> str:
    """Return a sentence on the room that a new store is likely to take."""
    there = f"{free / 1e6:,.1f} MB are free"
    if not disk:
        return f"How much of the disk the new store takes is not known yet; {there}."
    doubt = "" if disk <= free else ": if that is too little, nothing is changed"
    return f"The new store is likely to take {disk / 1e6:,.1f} MB of the disk, and {there}{doubt}."
