"""Statistics of what a source holds, from which guesses are made: of the first rows, and of all where it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.words import meanings
from recstore.sources.csv_records import Grammar
from recstore.sources.dialect import Dialect
from recstore.sources.relations import Relation

_SQL = "recstore.catalogs.declared.guessing.sql"
#: So many rows are looked at, from the first on.
SAMPLE = 100_000
#: A column tells rows apart that has another value in at least so many of them.
_TELLS_APART = 0.99
#: Rows that are there more often on average list no items.
_MOST_AGAIN = 10
_NESTED = ("STRUCT", "MAP", "UNION", "BLOB", "BIT")
_WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
#: Whole numbers at least as far below 0 count nothing: they are hashes, which may be ids.
_HASHED = -(2**31)
#: Seconds since 1970 from 1990 to 2050.
_EPOCH = (6.3e8, 2.6e9)


@dataclass(frozen=True)
class Profile:
    """What a column of the sample holds. `rows` are all, `filled` those with a value, `distinct` the different ones.

    `length`: of the texts, on average. `spaced`, `numeric`, `scientific`, `links`, `bracketed`, `negative`,
    `fractional`: how many values have a blank, are numbers, stand in scientific notation, are addresses, stand in
    brackets, are below 0, are not whole. `least` and `most` are of those that are numbers.
    """

    name: str
    type: str
    rows: int
    filled: int = 0
    distinct: int = 0
    length: float = 0
    spaced: int = 0
    numeric: int = 0
    scientific: int = 0
    links: int = 0
    bracketed: int = 0
    least: float | None = None
    most: float | None = None
    negative: int = 0
    fractional: int = 0
    longest: int = 0
    common: tuple[tuple[str, int], ...] = ()

    @cached_property
    def says(self) -> Mapping[str, float]:
        """What the name says."""
        return meanings(self.name)

    def named(self, role: str) -> float:
        """How surely the name says that the column has a role."""
        return self.says.get(role, 0.0)

    @property
    def is_key(self) -> bool:
        """Whether the name is one of ids."""
        return "key" in self.says

    @property
    def missing(self) -> float:
        """The share of rows without a value."""
        return 1 - self.filled / self.rows if self.rows else 1.0

    @property
    def variety(self) -> float:
        """How many different values there are for one that is there."""
        return self.distinct / self.filled if self.filled else 0.0

    @property
    def is_unique(self) -> bool:
        """Whether every row of the sample has a value of its own."""
        return self.filled == self.rows == self.distinct > 0

    @property
    def is_nested(self) -> bool:
        """Whether values are no scalars and no lists."""
        return self.type.startswith(_NESTED)

    @property
    def is_list(self) -> bool:
        """Whether values are lists."""
        return self.type.endswith("]")

    @property
    def is_text(self) -> bool:
        """Whether values are texts, and not only numbers that are written as such."""
        return (self.type == "VARCHAR" or self.type.startswith("ENUM")) and self.numeric < 0.9 * max(self.filled, 1)

    @property
    def is_number(self) -> bool:
        """Whether values are numbers."""
        return self.type in _WHOLE or self.is_float

    @property
    def is_number_or_written(self) -> bool:
        """Whether values are numbers, or texts of nothing else, as JSON has them."""
        return self.is_number or (self.type == "VARCHAR" and self.numeric == self.filled > 0)

    @property
    def is_float(self) -> bool:
        """Whether the type is one of floating-point or decimal numbers."""
        return self.type in ("DOUBLE", "FLOAT") or self.type.startswith("DECIMAL")

    @property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers, however they are typed."""
        return self.numeric == self.filled > 0 and self.fractional == 0

    @property
    def is_time(self) -> bool:
        """Whether values are dates or times, or numbers that can be such, counted from 1970."""
        if self.type.startswith("TIMESTAMP") or self.type == "DATE":
            return True
        return self.is_number and self._is_epoch

    @property
    def is_day(self) -> bool:
        """Whether values are numbers such as 20180131."""
        if not self.is_whole or self.least is None or self.most is None:
            return False
        is_near = self.least >= 19_000_101 and self.most <= 20_991_231
        return is_near and all(_is_day(value) for value, _n in self.common)

    @property
    def _is_epoch(self) -> bool:
        if self.least is None or self.most is None:
            return False
        return any(_EPOCH[0] * unit <= self.least and self.most <= _EPOCH[1] * unit for unit in (1, 1e3, 1e6, 1e9))

    @property
    def can_be_id(self) -> bool:
        """Whether values can tell things apart: short texts or whole numbers, and no times, addresses or flags."""
        if self.is_nested or self.is_list or self.type in ("BOOLEAN", "DATE", "TIME") or not self.filled:
            return False
        if self.type.startswith("TIMESTAMP") or self.links > 0.5 * self.filled or self.longest > 300:
            return False
        if self.is_number or self.numeric >= 0.9 * self.filled:
            is_hash = self.least is not None and self.least < _HASHED
            return self.fractional == 0 and (self.negative <= 0.01 * self.filled or is_hash)
        return self.length < 80


@dataclass
class Table:
    """A source that was looked at: how it is named in a declaration, and what its columns hold.

    `source` is what stands in the declaration, `path` the file where it is one. `sample` is the name of a temporary
    table of its first rows, `rows` how many there are in all. `dialect` is what must be said of the file, `grammar` how
    its fields are delimited. `is_query`: the source is a query of others. `is_plain`: DuckDB finds the same columns in
    the file when it is told nothing of it.
    """

    source: str
    title: str
    relation: Relation
    rows: int
    sample: str
    columns: dict[str, Profile]
    path: Path | None = None
    dialect: Dialect = field(default_factory=Dialect)
    grammar: Grammar | None = None
    is_query: bool = False
    is_plain: bool = True
    notes: list[str] = field(default_factory=list)

    @property
    def of_rows(self) -> str:
        """What shares are of: of all rows, or of those that were looked at."""
        return f"of the first {SAMPLE:,} rows" if self.rows > SAMPLE else "of the rows"

    def told(self) -> dict[str, object]:
        """Return what must be said of how the file is written, by its keys in a declaration."""
        if self.is_query:
            return {}
        given = self.dialect
        told = {"columns": list(given.columns), "header": given.header, "encoding": given.encoding}
        return {key: value for key, value in told.items() if value not in ([], None)}

    def find(self, role: str, least: float = 0.5) -> list[Profile]:
        """Return the columns that are named for a role, the surest first."""
        found = [one for one in self.columns.values() if one.named(role) >= least]
        return sorted(found, key=lambda one: -one.named(role))


def profiles(connection: duckdb.DuckDBPyConnection, relation: Relation, sample: str) -> dict[str, Profile]:
    """Copy the first rows of a source into the temporary table `sample`, and return what its columns hold.

    Rows that are there again as they are stay out of it where a column tells the others apart: a build merges them.
    """
    listed = ", ".join(map(sql.identifier, relation.columns))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {sample} AS SELECT {listed} FROM {relation.text} LIMIT {SAMPLE}")

    def look() -> dict[str, Profile]:
        rows = count(connection, sample)
        return {name: _profile(connection, sample, name, type_, rows) for name, type_ in relation.columns.items()}

    found = look()
    several = max((one.distinct for one in found.values() if one.can_be_id and one.missing < 0.1), default=0)
    if not several or any(one.is_unique for one in found.values()):
        return found
    rows = different(connection, sample, relation.columns)
    if several < _TELLS_APART * rows or not rows < next(iter(found.values())).rows <= _MOST_AGAIN * rows:
        return found
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {sample} AS SELECT DISTINCT ON ({listed}) * FROM {sample}")
    return look()


def _profile(connection: duckdb.DuckDBPyConnection, sample: str, name: str, type_: str, rows: int) -> Profile:
    if type_.startswith(_NESTED) and not type_.endswith("]"):
        return Profile(name, type_, rows, count(connection, sample, sql.identifier(name)))
    names = {"column": sql.identifier(name), "source": sample}
    found = connection.execute(sql.render(_SQL, "profile_column", **names)).fetchall()[0]
    common = connection.execute(sql.render(_SQL, "commonest_values", **names, limit="30")).fetchall()
    return replace(Profile(name, type_, rows, *found), common=tuple(common))


def different(connection: duckdb.DuckDBPyConnection, source: str, columns: Iterable[str]) -> int:
    """Return how many different rows there are."""
    return count(connection, f"(SELECT DISTINCT {', '.join(map(sql.identifier, columns))} FROM {source})")


def count(connection: duckdb.DuckDBPyConnection, source: str, what: str = "*") -> int:
    """Return how many rows there are, or how many values."""
    return int(connection.execute(f"SELECT count({what}) FROM {source}").fetchall()[0][0])


def _is_day(text: str) -> bool:
    digits = text.split(".", maxsplit=1)[0]
    return len(digits) == 8 and "01" <= digits[4:6] <= "12" and "01" <= digits[6:] <= "31"
