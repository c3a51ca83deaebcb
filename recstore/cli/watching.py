"""Shows how far a long command is: bars on a terminal, lines or JSON elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from recstore.cli.console import LogFormat, State, say
from recstore.progress import Outlook, Progress, memory_in_use, room_said, time_said
from recstore.text import one_line

#: So many seconds pass between two lines on one stage.
_PAUSE = 10.0


class QuietProgress(Progress):
    """Notices alone: they are warnings."""

    def notice(self, text: str) -> None:
        """Print the notice."""
        say(text)


class PlainProgress(QuietProgress):
    """One plain line for each stage that is done, and others while a long one goes on: for logs and pipes."""

    def __init__(self) -> None:
        """Begin without a stage."""
        self._outlook = Outlook()
        self._said = time.perf_counter()

    def expected(self, seconds: Mapping[str, float]) -> None:
        """Know the stages to come."""
        self._outlook.expected(seconds)

    def started(self, stage: str, steps: int | None) -> None:
        """Begin with a stage."""
        self._outlook.started(stage, steps)
        self._said = time.perf_counter()

    def advanced(self, steps: int = 1) -> None:
        """Say from time to time what is done."""
        self._outlook.advanced(steps)
        if time.perf_counter() - self._said >= _PAUSE:
            self._said = time.perf_counter()
            self._say_advance(self._outlook)

    def _say_advance(self, outlook: Outlook) -> None:
        say(f"{outlook.stage}: {_share(outlook)} done{_state(outlook)}")

    def finished(self, stage: str, seconds: float) -> None:
        """Print the stage with its seconds."""
        self._outlook.finished(stage, seconds)
        self._say_end(stage, seconds, self._outlook)

    def _say_end(self, stage: str, seconds: float, outlook: Outlook) -> None:
        say(f"{stage}: {seconds:.2f} s{_state(outlook)}")

    def estimated(self, disk: int, free: int) -> None:
        """Say how much of the disk will be taken."""
        say(room_said(disk, free))


class JsonProgress(PlainProgress):
    """One object for each stage that begins or is done, and for what is done of a long one."""

    def started(self, stage: str, steps: int | None) -> None:
        """Say that a stage begins."""
        super().started(stage, steps)
        say(stage, "stage started", stage=stage, steps=steps, **_facts(self._outlook))

    def _say_advance(self, outlook: Outlook) -> None:
        facts = {"stage": outlook.stage, "steps": outlook.steps or None, "done": outlook.done, **_facts(outlook)}
        say(f"{outlook.stage}: {_share(outlook)} done", "stage advanced", **facts)

    def _say_end(self, stage: str, seconds: float, outlook: Outlook) -> None:
        say(f"{stage}: {seconds:.2f} s", "stage finished", stage=stage, seconds=round(seconds, 3), **_facts(outlook))

    def estimated(self, disk: int, free: int) -> None:
        """Say how much of the disk will be taken."""
        say(room_said(disk, free), "disk", needed_bytes=disk, free_bytes=free)


class BarProgress(Progress):
    """A progress bar on a terminal."""

    def __init__(self) -> None:
        """Start the bar; it is drawn on stderr and goes when the process ends."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            ProgressColumn,
            SpinnerColumn,
            Task,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.text import Text

        self._outlook = outlook = Outlook()

        class State(ProgressColumn):
            """What is done, the memory in use and the time that is left, as they are whenever the bar is drawn."""

            def render(self, task: Task) -> Text:
                return Text(
                    ((_share(outlook) if outlook.steps else "") + _state(outlook)).removeprefix(", "), no_wrap=True
                )

        self._bars = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(12), TimeElapsedColumn(), State(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._task = self._bars.add_task("", total=None)
        self._bars.start()

    def expected(self, seconds: Mapping[str, float]) -> None:
        """Know the stages to come."""
        self._outlook.expected(seconds)

    def started(self, stage: str, steps: int | None) -> None:
        """Begin a new bar."""
        self._outlook.started(stage, steps)
        # A bar of unknown length is a new one: what is reset keeps its length.
        self._bars.remove_task(self._task)
        self._task = self._bars.add_task(stage, total=steps)

    def advanced(self, steps: int = 1) -> None:
        """Move the bar."""
        self._outlook.advanced(steps)
        self._bars.advance(self._task, steps)

    def finished(self, stage: str, seconds: float) -> None:
        """Remember how long the stage took."""
        self._outlook.finished(stage, seconds)

    def notice(self, text: str) -> None:
        """Print the notice above the bar."""
        self._bars.console.print(one_line(text), markup=False, highlight=False)

    def estimated(self, disk: int, free: int) -> None:
        """Print how much of the disk will be taken."""
        self.notice(room_said(disk, free))

    def stop(self) -> None:
        """Take the bar away."""
        self._bars.stop()


def watch(quiet: bool) -> Progress:
    """Return the progress that fits where stderr goes."""
    if State.log_format is LogFormat.JSON and not quiet:
        return JsonProgress()
    if quiet:
        return QuietProgress()
    return BarProgress() if sys.stderr.isatty() else PlainProgress()


def _share(outlook: Outlook) -> str:
    return f"{outlook.done:,} of {outlook.steps:,}" if outlook.steps else f"{outlook.done:,}"


def _state(outlook: Outlook) -> str:
    """Write the memory in use, and the time that is left, as far as they are known."""
    memory, left = memory_in_use(), outlook.remaining()
    text = f", {memory / 1e6:,.0f} MB in use" if memory else ""
    return text if not left else f"{text}, about {time_said(left)} left"


def _facts(outlook: Outlook) -> dict[str, object]:
    left = outlook.remaining()
    return {"memory_bytes": memory_in_use(), "remaining_seconds": None if left is None else round(left, 1)}
