"""Owns stderr, the exit codes and the progress bar. stdout is for data alone."""

from __future__ import annotations

import ctypes
import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from enum import IntEnum
from types import FrameType
from typing import NoReturn

from recstore.errors import OptionError, RecstoreError
from recstore.progress import Progress


class Exit(IntEnum):
    """What the process returns."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130
    TERMINATED = 143


#: How long the work may take to end by itself after it was asked to; then the process ends without it.
_GRACE_SECONDS = 1.0
_PAUSE_SECONDS = 0.1


class Interrupt:
    """Remembers which signal asked us to stop: what DuckDB raises then does not say so."""

    code: Exit | None = None
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
        say("Interrupted. Nothing was changed.")
        os._exit(cls.code)


def say(text: str) -> None:
    """Print one line of words to stderr."""
    print(text, file=sys.stderr, flush=True)


def print_data(text: str) -> None:
    """Write text that is meant for programs to stdout: as UTF-8, whatever the terminal takes."""
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


class State:
    """What `recstore --debug` sets for whatever command follows."""

    debug = False


def run_command(work: Callable[[], None]) -> NoReturn:
    """Run what a command does, and leave with its exit code."""
    import typer

    raise typer.Exit(run(work, State.debug))


def run(command: Callable[[], object], debug: bool) -> int:
    """Run a command and return its exit code; an error becomes one message, a traceback only with `debug`.

    Ctrl-C and SIGTERM end it within seconds: in order where it can be, else by ending the process.
    """
    import duckdb

    Interrupt.heed()
    work = _Work(command)
    work.start()
    Interrupt.at_work = True
    while not work.done.wait(_PAUSE_SECONDS):
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
    from recstore import publish, target

    code = Interrupt.code or Exit.INTERRUPTED
    publish.interrupt()
    work.interrupt()
    in_order = work.done.wait(_GRACE_SECONDS)
    publish.abandon()
    target.abandon()
    if not in_order and sys.stderr.isatty():
        print("\r\x1b[K\x1b[?25h", end="", file=sys.stderr)  # the progress bar hides the cursor
    say(f"Interrupted. {'The new store was in place already' if publish.has_published() else 'Nothing was changed'}.")
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
        return QuietProgress()
    return BarProgress() if sys.stderr.isatty() else PlainProgress()
