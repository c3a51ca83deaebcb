"""Owns stderr, the exit codes and the progress bar. stdout is for data alone; `running` runs what prints."""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

from recstore.errors import RecstoreError, cannot, full, is_full
from recstore.text import one_line, shown


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
    """Print one line of words to stderr, or for programs an object: time, level, event, text and `facts`.

    An end of a line in `text` came with a path or another value, and is written out.
    """
    _write(one_line(text) if State.log_format is LogFormat.TEXT else _as_json(text, event, facts))


def say_lines(text: str, event: str = "notice", **facts: object) -> None:
    """Print as `say` does what has lines of its own: what DuckDB says of a statement shows the place in it."""
    _write(shown(text) if State.log_format is LogFormat.TEXT else _as_json(text, event, facts))


def _as_json(text: str, event: str, facts: dict[str, object]) -> str:
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": "error" if event == "error" else "info",
        "event": event,
        "text": text,
    }
    # All other control characters are written out by JSON itself.
    return json.dumps(entry | facts).replace("\x7f", "\\u007f")


def _write(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


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
    # What was closed is nothing: `print` would take stdout for it, and a file that is opened get its number.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")
    try:
        sys.argv[1:] = [_as_text(argument) for argument in sys.argv[1:]]
    except UnicodeDecodeError as error:
        say(f"recstore: the argument {error.object!r} is not UTF-8, which names and SQL have to be here.")
        sys.exit(Exit.USAGE)


def say_wrong_call(error: Any) -> Exit:  # noqa: ANN401 - typer keeps click's errors to itself
    """Say what is wrong with a command line, and where its help is; return the exit code."""
    kind, context = type(error).__name__, getattr(error, "ctx", None)
    # Where nothing was asked, the help is on the terminal already.
    is_told = kind == "NoArgsIsHelpError" and State.log_format is LogFormat.TEXT
    if not is_told:
        text = "Name a command." if kind == "NoArgsIsHelpError" else error.format_message().strip()
        text = text.removeprefix("Invalid value: ")
        end = "" if text.endswith((".", "?", "!", ")")) else "."
        asked = context.command_path if context is not None else "recstore"
        say(f"recstore: {text}{end} See: {asked} --help", "error", exit_code=Exit.USAGE.value, error=kind)
    return Exit.USAGE


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
        text = _message(error)
        (say_lines if "\nLINE " in text else say)(f"recstore: {text}", "error", **facts)
    else:
        what = f"{type(error).__name__}: {error}"
        say(f"recstore: this is a fault of recstore's own ({what}). Run it with --debug.", "error", **facts)
    return code


def _message(error: BaseException) -> str:
    if isinstance(error, RecstoreError):
        return str(error)
    if isinstance(error, MemoryError):
        return "The memory of this machine is not enough for it."
    if is_full(error) and not getattr(error, "filename", None):
        return str(full("what was to be written", error))
    if isinstance(error, OSError) and error.filename:
        return cannot(os.fsdecode(error.filename), "be used", error)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    text = str(error).strip()
    return text or type(error).__name__
