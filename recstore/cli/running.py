"""Runs a command so that Ctrl-C, SIGTERM and the end of its time end it soon, and in order where it can be.

Python's own way, KeyboardInterrupt in the main thread, does not do here. A signal reaches Python code only when the
main thread executes Python again, and a command may be in one native call of DuckDB, NumPy or SciPy for minutes. Some
of these calls can be told to stop (`tools.interrupt` does that for DuckDB), most cannot. So the work runs in a thread
of its own and the main thread waits for it, where signals reach it at once:

1. It asks DuckDB to stop, and has KeyboardInterrupt raised in the thread at work (`PyThreadState_SetAsyncExc`, the one
   way that CPython has to raise something in another thread). It is raised when that thread executes Python again; then
   every `with` of the work cleans up behind itself.
2. After a second at most it stops waiting: it removes what was begun and not finished, says so, and ends the process by
   `os._exit`, since the interpreter's own end would wait for the thread.

A handler of signals never raises: an exception raised there may strike anywhere, even where it is dropped.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from types import FrameType
from typing import NoReturn

from recstore.cli.console import Exit, LogFormat, State, explain, say, say_warning, use_unicode

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


def run_app(app: Callable[..., object]) -> NoReturn:
    """Run the command line, and leave with its exit code."""
    Interrupt.heed()
    use_unicode()
    warnings.showwarning = say_warning  # type: ignore[assignment]
    # A command line that cannot be read is an error like others: it is not known yet what was asked for.
    if "--log-format=json" in sys.argv or ("--log-format", "json") in pairwise(sys.argv):
        State.log_format = LogFormat.JSON
    app()
    sys.exit(Exit.DONE)


class _Work(threading.Thread):
    """Runs a command beside the main thread, which signals reach at once, whatever native call the command is in."""

    def __init__(self, command: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._command = command
        self.done = threading.Event()
        self.error: BaseException | None = None
        self._end = threading.Lock()

    def run(self) -> None:
        """Keep how the command ended."""
        try:
            try:
                self._command()
            except BaseException as error:
                self.error = error
            self._finish()
        except KeyboardInterrupt:  # it came when the command had ended
            self._finish()

    def _finish(self) -> None:
        with self._end:
            self.done.set()

    def interrupt(self) -> None:
        """Have Python raise KeyboardInterrupt in this thread as soon as it executes Python again, once at most."""
        # Not in the last steps of a thread: Python would print what is raised there.
        with self._end:
            if not self.done.is_set():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self.ident or 0), ctypes.py_object(KeyboardInterrupt)
                )


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
    return Exit.DONE if error is None else explain(error, debug, duckdb.Error)


def run_interactively(command: Callable[[], object], debug: bool) -> int:
    """Run a command that deals with Ctrl-C itself, by KeyboardInterrupt, and return its exit code."""
    import duckdb

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        command()
    except KeyboardInterrupt:
        say("Interrupted.", "error", exit_code=Exit.INTERRUPTED.value, error="Interrupted")
        return Exit.INTERRUPTED
    except Exception as error:
        return explain(error, debug, duckdb.Error)
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
