"""Opens the sources that a declaration is to be guessed from: what each file or table holds, and how it is written."""

from __future__ import annotations

import codecs
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.profiles import Profile, Table, count, profiles
from recstore.catalogs.declared.guessing.words import meanings, weight_of_event, words_of
from recstore.errors import OptionError, SourceError, cannot
from recstore.paths import real, typed
from recstore.sources.addresses import shown
from recstore.sources.csv_form import Form, LongHeaderError, find_form
from recstore.sources.csv_records import Grammar, records
from recstore.sources.dialect import Dialect
from recstore.sources.endings import DATA_FILE
from recstore.sources.located import DataFile, files_below, locate
from recstore.sources.plain_text import plain_text, read_lines
from recstore.sources.relations import Relation, gather
from recstore.sources.selects import is_select

_UNNAMED = re.compile(r"column\d+")
_NO_DATA = (".md", ".txt", ".pdf", ".toml", ".duckdb", ".py", ".sql", ".html", ".sha256", ".md5", "")
#: Endings of texts that may be tables or not.
_MAYBE = (".dat", ".txt")
#: So many bytes of a text show whether it is a table.
_SHOWN = 1 << 16


def open_sources(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[str], database: str | None, folder: Path
) -> list[Table]:
    """Return what each source holds; a folder whose files have different columns is several.

    Raises `SourceError` where one cannot be read, or holds nothing.
    """
    named = list(sources) if database else [part for source in sources for part in _parts(source, folder)]
    if len(set(named)) < len(named):
        twice = next(name for name, times in Counter(named).items() if times > 1)
        raise OptionError(f"{shown(twice)} is named twice; name each file once.")
    tables = [_open(connection, source, database, folder, number) for number, source in enumerate(named)]
    left = [] if database else [name for source in sources for name in _left_out(source, folder)]
    if left:
        tables[0].notes.append(f"Not read, since their endings say nothing: {', '.join(left)}. Name them to have them.")
    return tables


def _left_out(source: str, folder: Path) -> list[str]:
    """Return the files of a folder that are not looked into: what they hold nobody can tell."""
    path = folder / typed(source)
    if not path.is_dir():
        return []
    files = [one for one in files_below(path) if one.stat().st_size > 0 and not _is_data(one)]
    return [one.relative_to(path).as_posix() for one in files[:10] if one.suffix not in _NO_DATA]


def _parts(source: str, folder: Path) -> list[str]:
    """Return a folder's files, those whose names differ by digits alone as one pattern; another source as it is."""
    try:
        path = folder / typed(source)
        if not path.is_dir():
            return [source]
        files = [one for one in files_below(path) if one.stat().st_size > 0 and _is_data(one)]
    except OSError as error:
        raise SourceError(cannot(repr(shown(source)[:200]), "be a file or folder", error)) from error
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


def _is_data(file: Path) -> bool:
    return bool(DATA_FILE.search(file.name)) or (file.suffix.lower() in _MAYBE and _is_table(file))


def _is_table(file: Path) -> bool:
    """Tell whether all lines of a text have as many fields as its first, and several: prose has not."""
    with file.open("rb") as opened:
        lines = opened.read(_SHOWN).decode(errors="replace").splitlines()[:-1] or [""]
    return len(lines) > 1 and any(
        all(line.count(mark) == lines[0].count(mark) > 0 for line in lines) for mark in "\t;|,"
    )


def _open(connection: duckdb.DuckDBPyConnection, source: str, database: str | None, folder: Path, number: int) -> Table:
    dialect, path, grammar = Dialect(), None, None
    notes: list[str] = []
    if database is None and not is_select(source):
        files = locate(source, folder)
        path = folder / typed(source)
        if files[0].kind == "CSV":
            dialect, grammar, notes = _mended(files[0])
    place = f"source_{number}"
    relation = gather(connection, source, database=database, dialect=dialect, folder=folder, name_of_table=place)
    if not relation.columns:
        raise SourceError(f"{relation.name} has no columns; name a source that has some.")
    sample = f"sample_{number}"
    columns = profiles(connection, relation, sample)
    if not next(iter(columns.values())).rows:
        raise SourceError(f"{relation.name} has no rows to tell its columns by; name a source that has some.")
    if all(_UNNAMED.fullmatch(name) for name in columns):
        names = _names(columns.values())
        dialect = replace(dialect, columns=tuple(names.values()), header=False)
        relation = _renamed(relation, names)
        columns = profiles(connection, relation, sample)
        notes.append(f"{relation.name} has no line of names; these are guesses from what stands below them.")
    rows = count(connection, relation.text)
    title = source if database else relation.name
    is_plain = grammar is None or _is_plain(connection, path, dialect, relation)
    return Table(
        source, title, relation, rows, sample, columns, path, dialect, grammar, is_select(source), is_plain, notes
    )


def _is_plain(connection: duckdb.DuckDBPyConnection, path: Path | None, dialect: Dialect, relation: Relation) -> bool:
    """Tell whether DuckDB finds the columns of a CSV file by itself."""
    encoding = f", encoding = {sql.literal(dialect.encoding)}" if dialect.encoding else ""
    try:
        rows = connection.execute(f"DESCRIBE FROM read_csv({sql.literal(str(path))}{encoding})").fetchall()
    except duckdb.Error:
        return False
    return [row[0] for row in rows] == list(relation.columns)


def _renamed(relation: Relation, names: dict[str, str]) -> Relation:
    listed = ", ".join(f"{sql.identifier(old)} AS {sql.identifier(new)}" for old, new in names.items())
    text = f"(SELECT {listed}, _rs_line FROM {relation.text})"
    types = {names[old]: type_ for old, type_ in relation.columns.items()}
    return Relation(relation.name, text, types, relation.files, relation.rejects, relation.is_text)


def _mended(file: DataFile) -> tuple[Dialect, Grammar, list[str]]:
    """Return how a CSV file is to be read, how its fields are delimited, and what is to be said of it.

    Text that is not UTF-8 is taken for Latin-1. Where the header has fewer names than lines have fields, the names are
    laid where they fit.
    """
    dialect, notes = Dialect(), []
    with plain_text(file, None) as path:
        if not _is_utf8(path):
            dialect = Dialect(encoding="latin-1")
            notes.append(f"{file.name} is not UTF-8: read as Latin-1, as Windows writes it.")
    with plain_text(file, dialect.encoding) as path:
        try:
            form = find_form(path, str(file.path), dialect)
        except LongHeaderError:
            raise
        except SourceError:
            form = find_form(path, str(file.path), replace(dialect, header=False))
            names, said = _laid(path, form, file.name)
            return replace(dialect, columns=tuple(names)), form.grammar, [*notes, *said]
    return dialect, form.grammar, notes


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as opened:
        try:
            while block := opened.read(1 << 24):
                decoder.decode(block)
        except UnicodeDecodeError:
            return False
    return True


def _laid(path: Path, form: Form, named: str) -> tuple[list[str], list[str]]:
    """Return as many names as there are fields: those of the header where they fit best, and guesses for the others."""
    found = list(islice(records(read_lines(path), form.grammar), 1000))
    header = [field or "" for field in found[0].fields or ()]
    width = len(form.names)
    rows = [one.fields for one in found[1:] if one.fields is not None and len(one.fields) == width]
    columns = [[row[place] or "" for row in rows] for place in range(width)]
    if not rows:
        raise SourceError(f"{named} has no line of {width} fields, as most of its lines have.")
    spare = width - len(header)
    # R writes the names of rows without a name of their own; so the first column is often the one that lacks it.
    fits = {
        place: sum(_fits(name, columns[place + at]) for at, name in enumerate(header))
        + (0.5 if place == 1 and len(set(columns[0])) == len(columns[0]) else 0)
        for place in range(spare + 1)
    }
    best = max(fits, key=lambda place: (fits[place], -place))
    names = [_called(columns[at], at, at < best) for at in range(width)]
    names[best : best + len(header)] = header
    once: dict[str, int] = {}
    for at, name in enumerate(names):
        times = once[name.casefold()] = once.get(name.casefold(), 0) + 1
        names[at] = name if times == 1 else f"{name}_{times}"
    ours = ", ".join(name for at, name in enumerate(names) if not best <= at < best + len(header))
    note = (
        f"The header of {named} has {len(header)} names for {width} fields: check that these stand over what they "
        f"name. {ours}: such names are given here, so call them what they are."
    )
    return names, [note]


def _fits(name: str, values: Sequence[str]) -> float:
    """Return how well a name fits the values below it."""
    there = [value for value in values if value]
    if not there:
        return -0.5
    says = meanings(name)
    number = _share(r"[-+]?\d+([.,]\d+)?", there)
    length, variety = sum(map(len, there)) / len(there), len(set(there)) / len(there)
    tests = (
        ("year" in words_of(name), _share(r"(1[5-9]|20)\d\d(\.0)?", there)),
        (bool(set(words_of(name)) & {"lang", "language"}), float(length < 8 and len(set(there)) < 100)),
        (any(map(says.get, ("rating", "value", "price"))), number),
        ("text" in says, 0.5 * (length > 15 and number < 0.2)),
        ("title" in says, 0.5 * (length > 8 and variety > 0.5)),
    )
    return next((fit for is_meant, fit in tests if is_meant), 0.0)


def _share(pattern: str, values: Sequence[str]) -> float:
    return sum(bool(re.fullmatch(pattern, value)) for value in values) / len(values)


def _called(values: Sequence[str], place: int, is_before: bool) -> str:
    """Return a name for a column that has none."""
    there = [value for value in values if value]
    if not there:
        return f"empty{place}"
    if is_before and len(set(values)) == len(values):
        return "id"
    return "description" if sum(map(len, there)) / len(there) > 60 else f"field{place}"


def _names(columns: Iterable[Profile]) -> dict[str, str]:
    """Return names for columns that have none, by what they hold: values such as session_4795 name themselves."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for one in columns:
        name = wanted = _stem(one) or _name(one, taken)
        number = 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name)
        names[one.name] = name
    return names


def _stem(column: Profile) -> str | None:
    """Return the word that all values begin with, where it says what they are: "session" of session_4795."""
    stems = {re.match(r"[A-Za-z]*", value)[0].lower() for value, _n in column.common}  # type: ignore[index]
    if len(stems) == 1 and column.distinct > 10:
        [stem] = stems
        if len(stem) > 1 and meanings(stem):
            return stem
    return None


def _name(column: Profile, taken: set[str]) -> str:
    """Return a name for what a column holds: "time", "rating", "user", and so on."""
    filled, few = column.filled, column.distinct <= 21
    is_id = column.can_be_id and not column.spaced and column.distinct > 1
    is_phrase = column.is_text and column.spaced > 0.5 * filled and column.variety > 0.5
    events = sum(weight_of_event(value) is not None for value, _n in column.common)
    is_small = column.least is not None and column.most is not None and column.least >= -1 and column.most <= 100
    tests = (
        ("empty", not filled),
        ("time", column.is_time or column.is_day or _is_written_time(column)),
        ("url", column.links > 0.5 * filled),
        ("rating", column.is_number and few and is_small and column.distinct > 1),
        ("number", column.is_number and few),
        ("event", column.is_text and few and not column.spaced and 2 * events >= len(column.common)),
        ("category", column.is_text and few and filled > 10 * column.distinct and not column.spaced),
        ("list", column.bracketed > 0.5 * filled or _is_list(column)),
        ("title", is_phrase and column.length < 120 and "title" not in taken),
        ("text", column.length > 60),
        ("id", is_id and column.is_unique and column.rows > 1),
        ("user", is_id and not taken & {"user", "session", "item"}),
        ("item", is_id and "item" not in taken),
        ("number", column.is_number),
        ("title", column.is_text and (column.variety > 0.5 or (not few and column.spaced > 0.3 * filled))),
        ("code", is_id and column.is_text and not few),
    )
    return next((name for name, is_meant in tests if is_meant), "category")


def _is_list(column: Profile) -> bool:
    """Tell whether texts are codes with blanks between them, and no words."""
    return column.spaced > 0.3 * column.filled and all(
        all(re.search(r"\d", word) for word in value.split()) for value, _n in column.common
    )


def _is_written_time(column: Profile) -> bool:
    date = r"\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{4}.*|\w{3} \w{3} +\d{1,2} \d\d:\d\d:\d\d \d{4}"
    return bool(column.common) and all(re.fullmatch(date, value) for value, _n in column.common)


def as_written(source: str, start: Path, folder: Path) -> str:
    """Return a path as it is written in a file of `folder`; a relative one is meant from `start`."""
    if Path(source).is_absolute() or source.startswith("~") or is_select(source):
        return source
    if real(start) == real(folder):
        return source
    return Path(os.path.relpath(real(start) / source, real(folder))).as_posix()
