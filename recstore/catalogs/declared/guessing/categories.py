"""Finds the columns whose values sort items: one word each, or several in a list, however the list is written."""

from __future__ import annotations

import re

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.names import bare
from recstore.catalogs.declared.guessing.profiles import Profile, Table
from recstore.catalogs.declared.guessing.words import words_of

_SQL = "recstore.catalogs.declared.guessing.sql"
#: What stands between several values, the surest first.
_MARKS = ("|", ";", " / ", " > ", ", ", ",", "/")
#: Lists of numbers that differ in more than this share of the rows are measures, and no kinds.
_COMES_BACK = 0.5
_PEOPLE = frozenset(
    [
        "author",
        "authors",
        "autor",
        "auteur",
        "autore",
        "creator",
        "artist",
        "actor",
        "director",
        "composer",
        "writer",
        "editor",
        "illustrator",
        "forfatter",
        "autores",
        "auteurs",
        "creators",
        "autoren",
        "verfasser",
        "name",
    ]
)
_PLACES = frozenset("rank image images img url link path file phone email address zip postal hash ip".split())  # noqa: SIM905


def tokens_of(connection: duckdb.DuckDBPyConnection, table: Table, column: Profile) -> str | None:
    """Return SQL of the categories that a column holds, or None where it holds none."""
    words = words_of(column.name)
    if not column.filled or column.links > 0.1 * column.filled or column.is_nested or set(words) & _PLACES:
        return None
    if column.is_list:
        is_words = re.match(r"(VARCHAR|ENUM.*)\[\d*\]$", column.type) and not is_list_of_texts(column)
        return bare(column.name) if is_words and not any("://" in value for value, _n in column.common) else None
    if column.is_number or column.numeric > 0.9 * column.filled:
        return _of_number(table, column, words)
    if not column.is_text or column.is_time or column.distinct < 2:
        return None
    if column.bracketed > 0.9 * column.filled:
        return _of_written_list(column)
    return _of_text(connection, table, column)


def is_list_of_texts(column: Profile) -> bool:
    """Tell whether the lists of a column are of sentences, or of one long text each."""
    values = [value for value, _n in column.common if value != "[]"]
    words = sum(value.count(" ") + 1 for value in values)
    parts = sum(value.count(", ") + 1 for value in values)
    return column.type.startswith("VARCHAR[") and column.named("text") >= 0.6 and words > 3 * parts


def _of_text(connection: duckdb.DuckDBPyConnection, table: Table, column: Profile) -> str | None:
    """Return the categories of texts: the parts of each, or each as it is, where they come back in other rows."""
    named = column.named("category")
    is_short = column.length < 60 and column.named("title") < 1
    mark = _mark(connection, table, column) if named or is_short else None
    if mark:
        return f"string_split({bare(column.name)}, {sql.literal(mark)})"
    if column.length > 60 or (column.named("text") and not named):
        return None
    # What nearly every item has another of sorts nothing.
    few = column.variety < 0.5 or column.filled < 50
    sorts = (named >= 0.6 and (column.variety < 0.95 or column.filled < 50)) or (few and column.variety < 0.3)
    return bare(column.name) if sorts else None


def _of_number(table: Table, column: Profile, words: tuple[str, ...]) -> str | None:
    """Return the categories of numbers that stand for something: such as brand 17."""
    is_code = column.named("category") == 1 and column.is_whole and column.distinct > 1 and column.variety < 0.3
    if not is_code or (not column.is_key and column.distinct > 200) or column.named("value") or column.named("at"):
        return None
    stem = [word for word in words if word not in ("id", "no", "nr", "code", "key", "number")]
    if {"count", "ratings", "rating", "rank", "age", "size", "num"} & set(words):
        return None
    for other in table.columns.values():
        if other.name != column.name and other.is_text and words_of(other.name)[: len(stem)] == tuple(stem):
            # The same stands there in words.
            return None
    return f"{sql.literal(' '.join(stem) + ' ')} || {bare(column.name)}"


def _of_written_list(column: Profile) -> str | None:
    """Return the categories of lists that are written as Python or JSON writes them."""
    name, values = bare(column.name), [value for value, _n in column.common if len(value) > 2]
    if not values:
        return None
    if all(value.startswith("[{") for value in values):
        if all(re.search(r"""['"]name['"]: ?['"]""", value) for value in values):
            return f"""regexp_extract_all({name}, '[''"]name[''"]: ?[''"]([^''"]+)[''"]', 1)"""
        return None
    parts = [value.strip("[]") for value in values]
    pieces = [piece for part in parts for piece in part.split(",")]
    if sum(map(len, pieces)) > 25 * len(pieces):
        return None
    if not any(re.search(r"[A-Za-z]", part) for part in parts):
        # Numbers of kinds come back in other rows; those of a vector do not.
        is_code = all(re.fullmatch(r" *\d+ *", piece) for piece in pieces) and column.variety < _COMES_BACK
        stem = sql.literal(" ".join(words_of(column.name)) + " ")
        return (
            f"list_transform(string_split(trim({name}, '[]'), ','), lambda x: {stem} || trim(x))" if is_code else None
        )
    return f"list_transform(string_split(trim({name}, '[]'), ','), lambda x: trim(x, ' ''\"'))"


def _mark(connection: duckdb.DuckDBPyConnection, table: Table, column: Profile) -> str | None:
    """Return what several values of a text are separated by, where they come back with others."""
    for mark in _MARKS:
        names = {"mark": sql.literal(mark), "column": sql.identifier(column.name), "source": table.sample}
        n, having, once, parts, distinct, length = connection.execute(sql.render(_SQL, "parts", **names)).fetchall()[0]
        if having < max(0.02 * n, 2) or length > 40 or (mark in ",/ " and length < 2):
            continue
        if mark.strip() == "," and once > 0.8 * n and set(words_of(column.name)) & _PEOPLE:
            # "Breuss, Fritz" is one.
            continue
        if mark.strip() in ("/", ",") and not column.named("category") and having < 0.3 * n:
            continue
        repeated = 1 - distinct / parts if parts else 0
        whole = 1 - column.distinct / n
        if repeated > whole + 0.02 or (repeated > 0.5 and having > 0.1 * n):
            return mark
    return None
