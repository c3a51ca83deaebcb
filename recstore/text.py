"""Text from outside: SQL cut by characters, and files in whichever Unicode encoding they are."""

from __future__ import annotations

import codecs
import os
import re
import shlex
import stat
from pathlib import Path

import duckdb

from recstore.errors import OptionError, SourceError, cannot

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


#: Control characters but the tab and the end of a line, and those that turn the direction of what follows round.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """Return `text` as it may go to a terminal: what would steer the terminal is written out, such as \\x1b."""
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """Return `text` as `shown` does, on one line: an end of a line in it, such as one in a path, is written out."""
    return shown(text).replace("\n", "\\n")


def tokens(query: str) -> list[tuple[int, object]]:
    """Return where the tokens of `query` begin, counted in characters, and of which kind they are.

    DuckDB counts the bytes of UTF-8.
    """
    found = duckdb.tokenize(query)
    if query.isascii():
        return list(found)
    places, byte = {}, 0
    for place, character in enumerate(query):
        places[byte] = place
        byte += len(character.encode("utf-8", "surrogatepass"))
    return [(places.get(offset, len(query)), kind) for offset, kind in found]


def decoded(content: bytes, name: str) -> str:
    """Return `content` as text: UTF-8, or UTF-16 where it begins with a byte order mark, which is dropped.

    Lines end in \\n. Raises `OptionError`, which calls what it was read from `name`.
    """
    mark = next((mark for mark in _MARKS if content.startswith(mark)), b"")
    encoding = _MARKS.get(mark, "utf-8")
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise OptionError(f"{name} is not {encoding.upper()} (line {line}); save it as UTF-8.") from error
    if "\0" in text:
        raise OptionError(f"{name} is no text: there is a zero byte in it.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def pasted(path: str | os.PathLike[str]) -> str:
    """Return a path as it can be pasted into a command line: quoted, and never taken for an option."""
    text = os.fspath(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)


def read_text(path: Path) -> str:
    """Return the text of a file, as `decoded` does; raises as `read_file` does."""
    return decoded(read_file(path), str(path))


def read_file(path: Path) -> bytes:
    """Return what is in a file, and read nothing else: a pipe would be waited for, and some devices never end.

    Raises `SourceError` where it is no file or cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            what = "a folder" if path.is_dir() else "a pipe or a device"
            raise SourceError(f"{path} is {what}, and no file; name a file.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise SourceError(cannot(path, "be read", error)) from error
