"""Owns stderr, the exit codes and the progress bar. stdout is for data alone; `running` runs what prints."""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

from recstore.errors import RecstoreError, is_full
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


def say_warning(message: Warning | str, *_where: object) -> None:
    """Print what a library warns of as one line."""
    say(f"warning: {message}", "warning")


def _as_text(argument: str) -> str:
    """Return an argument of which the locale did not know what its bytes mean as the UTF-8 that it is."""
    is_known = argument.isascii() or argument == argument.encode("utf-8", "replace").decode()
    return argument if is_known else os.fsencode(argument).decode("utf-8")


def explain(error: BaseException, debug: bool, database_error: type[Exception]) -> int:
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
    if isinstance(error, UnicodeEncodeError) or str(error) == "std::bad_cast":
        # What DuckDB says of a text that is not Unicode.
        text = "A path here is not UTF-8, and DuckDB opens no such: rename it, or the folder that you are in."
        say(f"recstore: {text}", "error", **facts)
    elif isinstance(error, (RecstoreError, database_error, OSError, MemoryError)):
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
    if isinstance(error, PermissionError) and error.filename:
        return (
            f"{error.filename}: this user has no right to it ({error.strerror}). Give it the right (chmod, chown), or "
            "name another place."
        )
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    text = str(error).strip()
    return text or type(error).__name__
