"""Opens the sources that a declaration is to be guessed from: what each file or table holds, and how it is written."""

from __future__ import annotations

import codecs
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.encodings import encoding_of
from recstore.catalogs.declared.guessing.finding import first_lines, left_out, listing, parts
from recstore.catalogs.declared.guessing.profiles import Profile, Table, count, profiles
from recstore.catalogs.declared.guessing.wide import is_matrix
from recstore.catalogs.declared.guessing.words import meanings, weight_of_event, words_of
from recstore.errors import OptionError, SourceError
from recstore.paths import real, typed
from recstore.sources.addresses import shown
from recstore.sources.csv_form import Form, LongHeaderError, find_form
from recstore.sources.csv_records import Grammar, records
from recstore.sources.dialect import Dialect
from recstore.sources.located import DataFile, locate
from recstore.sources.plain_text import plain_text, read_lines
from recstore.sources.relations import Relation, gather
from recstore.sources.selects import is_select

_UNNAMED = re.compile(r"column\d+")
_FOR_TESTS = frozenset(("test", "testing", "valid", "validation", "val", "dev", "eval", "holdout", "probe"))
_FOR_TRAINING = frozenset(("train", "training"))
#: What stands in no line of a text that is read line by line.
_UNUSED = ("\t", "|", ";", "~", "^")


def open_sources(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[str], database: str | None, folder: Path
) -> tuple[list[Table], list[str]]:
    """Return what each source holds, and what is to be said; a folder whose files have different columns is several.

    Raises `SourceError` where one cannot be read, or holds nothing.
    """
    named = list(sources) if database else [part for source in sources for part in parts(source, folder)]
    if len(set(named)) < len(named):
        twice = next(name for name, times in Counter(named).items() if times > 1)
        raise OptionError(f"{shown(twice)} is named twice; name each file once.")
    tables: list[Table] = []
    faults: list[SourceError] = []
    for number, source in enumerate(named):
        try:
            tables.append(_open(connection, source, database, folder, number))
        except SourceError as error:
            # What lies in a folder nobody asked for by its name.
            if source in sources or len(named) == 1:
                raise
            faults.append(error)
    if not tables:
        raise faults[0]
    left = [] if database else [name for source in sources for name in left_out(source, folder)]
    notes = [f"Not read: {error}" for error in faults]
    if left:
        notes.append(f"Not read, since they look like no tables: {', '.join(left)}. Name them to have them.")
    kept = [table for table in tables if table.source in sources or not _is_held_out(table, tables)]
    if len(kept) < len(tables):
        held = ", ".join(table.title for table in tables if table not in kept)
        notes.append(f"Not read, since they seem to be kept for a test of the others: {held}. Name them to have them.")
    return kept, notes


def _is_held_out(table: Table, tables: Sequence[Table]) -> bool:
    """Tell whether a file is called as another one of as many columns, but "test" where that is called "train"."""

    def about(name: str, words: frozenset[str]) -> tuple[str, ...] | None:
        found = re.findall(r"[a-z]+", name.lower())
        return tuple(word for word in found if word not in words) if words & set(found) else None

    ours = about(table.title, _FOR_TESTS)
    return ours is not None and any(
        about(other.title, _FOR_TRAINING) == ours for other in tables if other is not table
    )  # fmt: skip


def _open(connection: duckdb.DuckDBPyConnection, source: str, database: str | None, folder: Path, number: int) -> Table:
    dialect, path, grammar = Dialect(), None, None
    notes: list[str] = []
    if database is None and not is_select(source):
        files = locate(source, folder)
        path = folder / typed(source)
        if files[0].kind == "CSV" and listing(first_lines(files[0].path)):
            dialect, grammar = _by_line(files[0].path)
        elif files[0].kind == "CSV":
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
        names = _names(list(columns.values()))
        dialect = replace(dialect, columns=tuple(names.values()), header=False)
        relation = _renamed(relation, names)
        columns = profiles(connection, relation, sample)
        notes.append(f"{relation.name} has no line of names; these are guesses from what stands below them.")
    rows = count(connection, relation.text)
    rejected = count(connection, relation.rejects) if relation.rejects else 0
    if rejected:
        notes.append(
            f"{rejected:,} lines of {relation.name} cannot be read, most since they have another number of fields. A "
            "build rejects them, and stops where they are more than --max-reject-rate; a query leaves them out."
        )
    title = source if database else relation.name
    is_plain = grammar is None or _is_plain(connection, path, dialect, relation)
    return Table(
        source, title, relation, rows, sample, columns, path, dialect, grammar, is_select(source), is_plain, notes
    )


def _by_line(path: Path) -> tuple[Dialect, Grammar]:
    """Return how to read a text whose lines are lists: each line is one field."""
    text = "".join(first_lines(path))
    delimiter = next(one for one in _UNUSED if one not in text)
    return Dialect(columns=("line",), header=False, delimiter=delimiter, quote=""), Grammar(delimiter, "", "")


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
            dialect = Dialect(encoding=encoding_of(path))
            how = "Latin-1, as Windows writes it" if dialect.encoding == "latin-1" else str(dialect.encoding)
            notes.append(f"{file.name} is not UTF-8: read as {how}.")
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


def _names(columns: Sequence[Profile]) -> dict[str, str]:
    """Return names for columns that have none, by what they hold: values such as session_4795 name themselves."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    if is_matrix(columns):
        return {one.name: str(place) for place, one in enumerate(columns, 0 if columns[0].is_whole else 1)}
    describes = any(one.is_unique for one in columns) and any(map(_is_phrase, columns))
    for one in columns:
        name = wanted = _stem(one) or _name(one, taken, describes=describes)
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


def _is_phrase(column: Profile) -> bool:
    is_text = column.is_text and column.spaced > 0.5 * column.filled and column.variety > 0.5
    return is_text and not _is_list(column) and not _is_written_time(column)


def _is_counted(column: Profile) -> bool:
    """Tell whether numbers count how often something was: 1 is the commonest, and the more the rarer; no ratings."""
    if not column.is_whole or not column.is_number or column.least != 1 or column.common[0][0] != "1":
        return False
    times = [n for _value, n in sorted((float(value), n) for value, n in column.common)]
    is_falling = all(more >= less for more, less in pairwise(times))
    return times[0] > 0.3 * column.filled and (is_falling or (column.most or 0) > 10)


def _name(column: Profile, taken: set[str], *, describes: bool) -> str:
    """Return a name for what a column holds: "time", "rating", "user", and so on; in a table that describes items."""
    filled, few = column.filled, column.distinct <= 21
    is_id = column.can_be_id and not column.spaced and column.distinct > 1
    is_phrase = column.is_text and column.spaced > 0.5 * filled and column.variety > 0.5
    is_year = column.is_whole and (column.least or 0) > 1700 and (column.most or 0) < 2100 and column.distinct > 1
    events = sum(weight_of_event(value) is not None for value, _n in column.common)
    is_small = column.least is not None and column.most is not None and column.least >= -1 and column.most <= 100
    tests = (
        ("empty", not filled),
        ("time", column.is_time or column.is_day or _is_written_time(column)),
        ("url", column.links > 0.5 * filled),
        ("count", _is_counted(column) and not describes),
        ("flag", column.distinct == 2 and {value for value, _n in column.common} == {"0", "1"}),
        ("rating", column.is_number and few and is_small and column.distinct > 1 and not describes),
        ("year", is_year and describes),
        ("number", column.is_number and few),
        ("event", column.is_text and few and not column.spaced and 2 * events >= len(column.common)),
        ("category", column.is_text and few and filled > 10 * column.distinct and not column.spaced),
        ("list", column.bracketed > 0.5 * filled or _is_list(column)),
        ("title", is_phrase and column.length < 120 and "title" not in taken),
        ("text", column.length > 60),
        ("id", is_id and column.is_unique and column.rows > 1),
        ("user", is_id and not describes and not taken & {"user", "session", "item"}),
        ("item", is_id and not describes and "item" not in taken),
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
    date = r"\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{4}.*|\w{3} \w{3} +\d{1,2} \d\d:\d\d:\d\d ([+-]\d{4} )?\d{4}"
    return bool(column.common) and all(re.fullmatch(date, value) for value, _n in column.common)


def as_written(source: str, start: Path, folder: Path) -> str:
    """Return a path as it is written in a file of `folder`; a relative one is meant from `start`."""
    if Path(source).is_absolute() or source.startswith("~") or is_select(source):
        return source
    if real(start) == real(folder):
        return source
    return Path(os.path.relpath(real(start) / source, real(folder))).as_posix()
