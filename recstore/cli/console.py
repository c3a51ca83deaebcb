"""Owns stderr, the exit codes and the progress bar. stdout is for data alone."""

from __future__ import annotations

import ctypes
import io
import json
import math
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from itertools import pairwise
from types import FrameType
from typing import NoReturn

from recstore.errors import RecstoreError, is_full
from recstore.progress import Progress, room_said
from recstore.text import shown


class Exit(IntEnum):
    """What the process returns; the documentation lists what each means."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    BUSY = 3
    FULL = 4
    BELOW = 5
    UNSOUND = 6
    LOST = 7
    INTERRUPTED = 130
    TERMINATED = 143


_MEANINGS = {
    Exit.DONE: "done",
    Exit.FAILED: "failed",
    Exit.USAGE: "wrong call",
    Exit.BUSY: "the store is in use",
    Exit.FULL: "the disk is full",
    Exit.BELOW: "below a bar",
    Exit.UNSOUND: "not sound",
    Exit.LOST: "a build would lose something",
    Exit.INTERRUPTED: "Ctrl-C",
    Exit.TERMINATED: "SIGTERM",
}
#: By the name of the class, or of one that it derives from.
_CODES = {
    "OptionError": Exit.USAGE,
    "BusyError": Exit.BUSY,
    "FullError": Exit.FULL,
    "BelowBarError": Exit.BELOW,
    "UnsoundError": Exit.UNSOUND,
    "LossError": Exit.LOST,
}


def exit_codes() -> str:
    """Return what the exit codes mean, in one line."""
    return ", ".join(f"{code.value} {meaning}" for code, meaning in _MEANINGS.items())


def exit_code(error: BaseException) -> Exit:
    """Return the exit code of an error: that of its class, or of the nearest that it derives from."""
    found = (code for kind in type(error).__mro__ if (code := _CODES.get(kind.__name__)))
    return next(found, Exit.FULL if is_full(error) else Exit.FAILED)


class LogFormat(StrEnum):
    """What is written to stderr: lines of words, or one JSON object a line."""

    TEXT = "text"
    JSON = "json"


class State:
    """What `recstore --debug --log-format json` set for whatever command follows."""

    debug = False
    log_format = LogFormat.TEXT


#: How long the work may take to end by itself after it was asked to; then the process ends without it.
_GRACE_SECONDS = 1.0
_PAUSE_SECONDS = 0.1


class Interrupt:
    """Remembers which signal asked us to stop: what DuckDB raises then does not say so."""

    code: Exit | None = None
    reason = "Interrupted"
    at_work = False

    @classmethod
    def heed(cls) -> None:
        """Let Ctrl-C and a polite kill end the work in order, so that what was begun is cleaned away."""
        signal.signal(signal.SIGINT, cls._stop)
        signal.signal(signal.SIGTERM, cls._stop)

    @classmethod
    def _stop(cls, number: int, _frame: FrameType | None) -> None:
        if cls.code is not None:
            return
        cls.code = Exit.TERMINATED if number == signal.SIGTERM else Exit.INTERRUPTED
        # An exception raised here could strike anywhere, even where it is dropped: who waits for the work looks.
        if cls.at_work:
            return
        with suppress(OSError):  # whoever read it may be gone: the code says it, too
            say("Interrupted. Nothing was changed.", "error", exit_code=cls.code.value, error="Interrupted")
        os._exit(cls.code)


def say(text: str, event: str = "notice", **facts: object) -> None:
    """Print one line of words to stderr, or for programs an object: time, level, event, text and `facts`."""
    if State.log_format is LogFormat.JSON:
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": "error" if event == "error" else "info",
            "event": event,
            "text": text,
        }
        text = json.dumps(entry | facts)
    # JSON has control characters written out already.
    print(shown(text), file=sys.stderr, flush=True)


def print_data(text: str) -> None:
    """Write text that is meant for programs to stdout: as UTF-8, whatever the terminal takes."""
    if sys.stdout.isatty():
        text = shown(text)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def use_unicode() -> None:
    """Let what a terminal cannot write become a question mark, and take the arguments for the UTF-8 that they are.

    An argument that is not UTF-8 ends the process: neither SQL nor the path of a database can be.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")
    try:
        sys.argv[1:] = [_as_text(argument) for argument in sys.argv[1:]]
    except UnicodeDecodeError as error:
        say(f"recstore: the argument {error.object!r} is not UTF-8, which names and SQL have to be here.")
        sys.exit(Exit.USAGE)


def run_app(app: Callable[..., object]) -> NoReturn:
    """Run the command line, and leave with its exit code; a wrong call is an error like others where JSON is asked."""
    Interrupt.heed()
    use_unicode()
    warnings.showwarning = _say_warning  # type: ignore[assignment]
    if "--log-format=json" not in sys.argv and ("--log-format", "json") not in pairwise(sys.argv):
        app()
    State.log_format = LogFormat.JSON
    try:
        code = app(standalone_mode=False)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        say(f"recstore: {error.format_message()}", "error", exit_code=Exit.USAGE.value, error=type(error).__name__)
        code = Exit.USAGE
    sys.exit(code if isinstance(code, int) else Exit.DONE)


def _say_warning(message: Warning | str, *_where: object) -> None:
    """Print what a library warns of as one line."""
    say(f"warning: {message}", "warning")


def _as_text(argument: str) -> str:
    """Return an argument of which the locale did not know what its bytes mean as the UTF-8 that it is."""
    is_known = argument.isascii() or argument == argument.encode("utf-8", "replace").decode()
    return argument if is_known else os.fsencode(argument).decode("utf-8")


class _Work(threading.Thread):
    """Runs a command beside the main thread, which signals reach at once, whatever native call the command is in."""

    def __init__(self, command: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._command = command
        self.done = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        """Keep how the command ended."""
        try:
            self._command()
        except BaseException as error:
            self.error = error
        finally:
            self.done.set()

    def interrupt(self) -> None:
        """Have Python raise KeyboardInterrupt in this thread as soon as it executes Python again."""
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident or 0), ctypes.py_object(KeyboardInterrupt))


def run_command(work: Callable[[], None], timeout: float | None = None, untrusted: bool = False) -> NoReturn:
    """Run what a command does, and leave with its exit code.

    It has `timeout` seconds; without that, 60 with a stranger's store.
    """
    import typer

    from recstore.cli.arguments import seconds

    raise typer.Exit(run(work, State.debug, seconds(timeout, untrusted)))


def run(command: Callable[[], object], debug: bool, seconds: float | None = None) -> int:
    """Run a command and return its exit code; an error becomes one message, a traceback only with `debug`.

    Ctrl-C, SIGTERM and the end of its `seconds` end it soon: in order where it can be, else by ending the process.
    """
    import duckdb

    Interrupt.heed()
    work = _Work(command)
    work.start()
    Interrupt.at_work = True
    end = math.inf if seconds is None else time.monotonic() + seconds
    while not work.done.wait(_PAUSE_SECONDS):
        if Interrupt.code is None and time.monotonic() > end:
            Interrupt.code = Exit.FAILED
            Interrupt.reason = f"It took more than {seconds:g} seconds; --timeout gives it longer"
        if Interrupt.code is not None:
            _stop(work)
    Interrupt.at_work = False
    work.join()
    # The error's traceback holds the thread: what it holds in turn, connections too, goes only if the circle is broken.
    error, work.error = work.error, None
    return Exit.DONE if error is None else _explain(error, debug, duckdb.Error)


def run_interactively(command: Callable[[], object], debug: bool) -> int:
    """Run a command that deals with Ctrl-C itself, by KeyboardInterrupt, and return its exit code."""
    import duckdb

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        command()
    except Exception as error:
        return _explain(error, debug, duckdb.Error)
    return Exit.DONE


def _stop(work: _Work) -> NoReturn:
    from recstore import tools

    code = Interrupt.code or Exit.INTERRUPTED
    in_order = False
    try:
        tools.interrupt()
        work.interrupt()
        in_order = work.done.wait(_GRACE_SECONDS)
        tools.abandon()
    except Exception as error:  # the process ends here, with its code, whatever it leaves
        with suppress(OSError):
            say(f"Not all that was begun could be cleared away: {error}", "error", error=type(error).__name__)
    if not in_order and sys.stderr.isatty() and State.log_format is LogFormat.TEXT:
        print("\r\x1b[K\x1b[?25h", end="", file=sys.stderr)  # the progress bar hides the cursor
    state = "The new store was in place already" if tools.has_published() else "Nothing was changed"
    with suppress(OSError):  # whoever read it may be gone: the code says it, too
        say(f"{Interrupt.reason}. {state}.", "error", exit_code=code.value, error="Interrupted")
    # Nothing is left to be cleaned up, and threads may still be at work: the interpreter's own end would wait for them.
    os._exit(code)


def _explain(error: BaseException, debug: bool, database_error: type[Exception]) -> int:
    """Say what went wrong, and return the exit code."""
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has seen enough; keep the interpreter from complaining when it flushes.
        sys.stdout = None
        return Exit.DONE
    if not isinstance(error, Exception):
        raise error
    code = exit_code(error)
    facts: dict[str, object] = {"exit_code": code.value, "error": type(error).__name__}
    if debug and State.log_format is LogFormat.JSON:
        facts["traceback"] = "".join(traceback.format_exception(error))
    elif debug:
        traceback.print_exception(error)
    if isinstance(error, (RecstoreError, database_error, OSError, MemoryError)):
        say(f"recstore: {_message(error)}", "error", **facts)
    else:
        what = f"{type(error).__name__}: {error}"
        say(f"recstore: this is a fault of recstore's own ({what}). Run it with --debug.", "error", **facts)
    return code


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


class QuietProgress(Progress):
    """Notices alone: they are warnings."""

    def notice(self, text: str) -> None:
        """Print the notice."""
        say(text)


class PlainProgress(QuietProgress):
    """One plain line for each stage that is done, too: for logs and pipes."""

    def finished(self, stage: str, seconds: float) -> None:
        """Print the stage with its seconds."""
        say(f"{stage}: {seconds:.2f} s")

    def estimated(self, disk: int, free: int) -> None:
        """Say how much of the disk will be taken."""
        say(room_said(disk, free))


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
        self._bars.console.print(shown(text), markup=False, highlight=False)

    def estimated(self, disk: int, free: int) -> None:
        """Print how much of the disk will be taken."""
        self.notice(room_said(disk, free))

    def stop(self) -> None:
        """Take the bar away."""
        self._bars.stop()


class JsonProgress(QuietProgress):
    """One object for each stage that begins or is done."""

    def started(self, stage: str, steps: int | None) -> None:
        """Say that a stage begins."""
        say(stage, "stage started", stage=stage, steps=steps)

    def finished(self, stage: str, seconds: float) -> None:
        """Say that a stage is done, and how long it took."""
        say(f"{stage}: {seconds:.2f} s", "stage finished", stage=stage, seconds=round(seconds, 3))

    def estimated(self, disk: int, free: int) -> None:
        """Say how much of the disk will be taken."""
        say(room_said(disk, free), "disk", needed_bytes=disk, free_bytes=free)


def watch(quiet: bool) -> Progress:
    """Return the progress that fits where stderr goes."""
    if State.log_format is LogFormat.JSON and not quiet:
        return JsonProgress()
    if quiet:
        return QuietProgress()
    return BarProgress() if sys.stderr.isatty() else PlainProgress()
