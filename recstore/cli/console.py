"""Owns stderr, the exit codes and the progress bar. stdout is for data alone."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from types import FrameType

from recstore.errors import OptionError, RecstoreError
from recstore.progress import Progress


class Exit(IntEnum):
    """What the process returns."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130
    TERMINATED = 143


class _Interrupt:
    """Remembers which signal asked us to stop: what DuckDB raises then does not say so."""

    code: Exit | None = None

    @classmethod
    def heed(cls) -> None:
        """Let Ctrl-C and a polite kill end the work by an exception, so that what was begun is cleaned away."""
        signal.signal(signal.SIGINT, cls._stop)
        signal.signal(signal.SIGTERM, cls._stop)

    @classmethod
    def _stop(cls, number: int, _frame: FrameType | None) -> None:
        cls.code = Exit.TERMINATED if number == signal.SIGTERM else Exit.INTERRUPTED
        raise KeyboardInterrupt


def say(text: str) -> None:
    """Print one line of words to stderr."""
    print(text, file=sys.stderr, flush=True)


def run(command: Callable[[], object], debug: bool) -> int:
    """Run a command and return its exit code; an error becomes one message, a traceback only with `debug`."""
    import duckdb

    _Interrupt.heed()
    try:
        command()
    except BaseException as error:
        if _Interrupt.code is not None:
            say("Interrupted. Nothing was changed.")
            return _Interrupt.code
        return _explain(error, debug, duckdb.Error)
    return Exit.DONE


def _explain(error: BaseException, debug: bool, database_error: type[Exception]) -> int:
    """Say what went wrong, and return the exit code."""
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has seen enough; keep the interpreter from complaining when it flushes.
        sys.stdout = None
        return Exit.DONE
    if not isinstance(error, Exception):
        raise error
    if debug:
        traceback.print_exception(error)
    if isinstance(error, (RecstoreError, database_error, OSError, MemoryError)):
        say(f"recstore: {_message(error)}")
    else:
        say(f"recstore: this is a fault of recstore's own ({type(error).__name__}: {error}). Run it with --debug.")
    return Exit.USAGE if isinstance(error, OptionError) else Exit.FAILED


def _message(error: BaseException) -> str:
    if isinstance(error, RecstoreError):
        return str(error)
    if isinstance(error, MemoryError):
        return "The memory of this machine is not enough for it."
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    text = str(error).strip()
    return text or type(error).__name__


class PlainProgress(Progress):
    """One plain line for each stage that is done: for logs and pipes."""

    def finished(self, stage: str, seconds: float) -> None:
        """Print the stage with its seconds."""
        say(f"{stage}: {seconds:.2f} s")

    def notice(self, text: str) -> None:
        """Print the notice."""
        say(text)


class BarProgress(Progress):
    """A progress bar on a terminal."""

    def __init__(self) -> None:
        """Start the bar; it is drawn on stderr and goes when the process ends."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bars = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._task = self._bars.add_task("", total=None)
        self._bars.start()

    def started(self, stage: str, steps: int | None) -> None:
        """Begin a new bar."""
        self._bars.reset(self._task, description=stage, total=steps)

    def advanced(self, steps: int = 1) -> None:
        """Move the bar."""
        self._bars.advance(self._task, steps)

    def notice(self, text: str) -> None:
        """Print the notice above the bar."""
        self._bars.console.print(text, markup=False, highlight=False)

    def stop(self) -> None:
        """Take the bar away."""
        self._bars.stop()


def watch(quiet: bool) -> Progress:
    """Return the progress that fits where stderr goes."""
    if quiet:
        return Progress()
    return BarProgress() if sys.stderr.isatty() else PlainProgress()
