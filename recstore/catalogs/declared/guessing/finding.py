"""Finds the tables in the folders that somebody named: files by their endings, and others by how their lines look."""

from __future__ import annotations

import re
from pathlib import Path

from recstore.errors import OptionError, SourceError, cannot
from recstore.paths import typed
from recstore.sources.addresses import shown
from recstore.sources.endings import DATA_FILE
from recstore.sources.located import files_below

#: Endings of files that hold no data, or none that is read here.
_NO_DATA = (
    ".md",
    ".rst",
    ".pdf",
    ".toml",
    ".yaml",
    ".yml",
    ".duckdb",
    ".py",
    ".ipynb",
    ".sql",
    ".html",
    ".sha256",
    ".md5",
)
#: Names of files that people are to read.
_FOR_PEOPLE = re.compile(r"(?i)(readme|licen[cs]e|copying|changelog|changes|notice|authors)(\.\w+)?")
#: So many bytes of a text show whether it is a table, and whether a file is a database.
_SHOWN = 1 << 16
_DATABASES = (b"SQLite format 3\x00", b"DUCK")
#: A line of numbers with blanks between them.
_NUMBERS = re.compile(r"[-+]?\d[\d.eE+-]*( [-+]?\d[\d.eE+-]*)*")


def parts(source: str, folder: Path) -> list[str]:
    """Return a folder's files, those whose names differ by digits alone as one pattern; another source as it is.

    Raises `OptionError` for a folder of nothing but a database, which says how to name it.
    """
    try:
        path = folder / typed(source)
        if not path.is_dir():
            return [source]
        below = [one for one in files_below(path) if one.stat().st_size > 0]
        files = [one for one in below if _is_data(one)]
        databases = [] if files else [one for one in below if _is_database(one)]
    except OSError as error:
        raise SourceError(cannot(repr(shown(source)[:200]), "be a file or folder", error)) from error
    if databases:
        raise OptionError(
            f"The folder {source} holds a database, {databases[0].name}. Name it, and its tables of items and of "
            f"interactions: recstore init --database {databases[0]} TABLE TABLE."
        )
    groups: dict[str, list[str]] = {}
    for one in files:
        inside = one.relative_to(path).as_posix()
        groups.setdefault(re.sub(r"\d+", "*", inside), []).append(inside)
    if len(groups) < 2 and len(files) != 1 and all(map(DATA_FILE.search, groups)):
        # Files of one kind, or none, which is said by who reads it.
        return [source]
    found = []
    for pattern, names in groups.items():
        found.append(f"{source.rstrip('/')}/{pattern if len(names) > 1 else names[0]}")
    return found


def left_out(source: str, folder: Path) -> list[str]:
    """Return the files of a folder that are not looked into: what they hold nobody can tell."""
    path = folder / typed(source)
    if not path.is_dir():
        return []
    files = [one for one in files_below(path) if one.stat().st_size > 0 and not _is_data(one)]
    return [
        one.relative_to(path).as_posix()
        for one in files[:10]
        if one.suffix.lower() not in _NO_DATA and not _FOR_PEOPLE.fullmatch(one.name)
    ]


def _is_data(file: Path) -> bool:
    if DATA_FILE.search(file.name):
        return True
    is_other = file.suffix.lower() in _NO_DATA or _FOR_PEOPLE.fullmatch(file.name)
    return not is_other and _is_table(file)


def _is_database(file: Path) -> bool:
    with file.open("rb") as opened:
        beginning = opened.read(16)
    return beginning == _DATABASES[0] or beginning[8:12] == _DATABASES[1]


def _is_table(file: Path) -> bool:
    """Tell whether all lines of a text have as many fields as its first, and several, or list ids: prose does not."""
    lines = first_lines(file)
    return len(lines) > 1 and (has_fields(lines) or listing(lines) is not None)


def first_lines(file: Path) -> list[str]:
    """Return the first whole lines of a text; none of what is no text."""
    with file.open("rb") as opened:
        beginning = opened.read(_SHOWN)
    if b"\0" in beginning:
        return []
    lines = beginning.decode(errors="replace").splitlines()
    return [line for line in (lines if len(beginning) < _SHOWN else lines[:-1]) if line.strip()]


def has_fields(lines: list[str]) -> bool:
    """Tell whether all lines have as many fields as the first, and several."""
    marks = ["\t", ";", "|", ",", "::"] + ([" "] if all(map(_NUMBERS.fullmatch, lines)) else [])
    return any(all(line.count(mark) == lines[0].count(mark) > 0 for line in lines) for mark in marks)


def listing(lines: list[str]) -> tuple[str, str] | None:
    """Return what stands between the ids of lines that are lists, each of another length, and what such a line is.

    That is "user": the first id is whose line it is; "counted": the first number says how many follow; "basket": all
    are alike. None for lines that are no lists.
    """
    if len(lines) < 5:
        return None
    for mark, token in ((" ", r"\d+"), ("\t", r"\d+"), (",", r"[^,\"]{1,60}")):
        if not all(re.fullmatch(rf"{token}({mark}{token})*{mark}*", line) for line in lines):
            continue
        fields = [line.strip(mark).split(mark) for line in lines]
        lengths = [len(one) for one in fields]
        commonest = max(map(lengths.count, set(lengths)))
        tokens = [token for one in fields for token in one[1:]]
        if len(set(lengths)) < 4 or commonest > 0.7 * len(lines) or len(set(tokens)) > 0.7 * len(tokens):
            continue
        if mark != "," and all(one[0] == str(len(one) - 1) for one in fields):
            return mark, "counted"
        return mark, "user" if len({one[0] for one in fields}) == len(fields) and mark != "," else "basket"
    return None
