"""Of which types the columns of a text file are: of such as hold every value as it is written, or else text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from recstore import sql
from recstore.sources.dialect import Dialect

_SQL = "recstore.sources.sql"
#: How programs write "there is none", where all other values of the column are numbers or times.
MISSING = ("NULL", "null", "\\N", "NA", "N/A", "n/a", "NaN", "nan", "None", "-")
_SAMPLE = 2000
#: Times as people write them; a pair that differs by the order of day and month is told apart by the days above 12.
_CLOCKS = ("", " %H:%M", " %H:%M:%S")
_DATES = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d")
_RIVALS = {"%d/%m/%Y": "%m/%d/%Y", "%d-%m-%Y": "%m-%d-%Y", "%m/%d/%Y": "%d/%m/%Y", "%m-%d-%Y": "%d-%m-%Y"}


@dataclass(frozen=True)
class Kind:
    """A type that text may be of: what a value becomes, and when it is `odd`, of another type; `{c}` is the column.

    A column is tried only where its first value `looks` so. `rival` is another kind which must not fit, too, or nobody
    could say which of the two is meant.
    """

    type: str
    value: str
    odd: str
    looks: str = ""
    rival: str | None = None


TEXT = Kind("VARCHAR", "{c}", "false")


def _number(type_: str, pattern: str, plain: str) -> Kind:
    """Return a kind of numbers: `plain` is a quick test that most of them pass, `pattern` the exact one."""
    value = f"TRY_CAST({{c}} AS {type_})"
    exact = f"NOT regexp_full_match({{c}}, {sql.literal(pattern)})"
    return Kind(type_, value, f"CASE WHEN {value} IS NULL THEN true WHEN {plain} THEN false ELSE {exact} END", _NUMBER)


def _strptime(date: str, clock: str, looks: str) -> Kind:
    value = f"try_strptime({{c}}, {sql.literal(date + clock)})"
    type_ = "TIMESTAMP" if clock else "DATE"
    rival = _RIVALS.get(date)
    return Kind(type_, f"CAST({value} AS {type_})", f"{value} IS NULL", looks, rival and rival + clock)


_NUMBER = r"\s*[+-]?[\d.,]"
_ISO = r"\s*\d{4}-\d"
_DAY = r"\s*(\d{1,2}[./-]\d{1,2}[./-]\d|\d{4}/)"
#: What comes after the day of a time ends in its offset from UTC, or says that there is none.
HAS_ZONE = "regexp_matches(substr({c}, 11), '\\d(Z| ?UTC|[+-]\\d{2}(:?\\d{2})?)\\s*$')"
#: By name, from the narrowest on; the first one that fits a column is its kind.
KINDS: Mapping[str, Kind] = {
    "boolean": Kind("BOOLEAN", "lower({c}) = 'true'", "lower({c}) NOT IN ('true', 'false')", "(?i)(true|false)$"),
    "whole": _number("BIGINT", r"\s*[+-]?(0|[1-9]\d*)\s*", "CAST(TRY_CAST({c} AS BIGINT) AS VARCHAR) = {c}"),
    # Fifteen digits are what a DOUBLE holds; with more, or with a zero in front, it is a code rather than a number.
    "number": _number(
        "DOUBLE",
        r"\s*[+-]?((0|[1-9]\d{0,14})(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*",
        "strlen({c}) <= 15 AND ascii({c}) BETWEEN 49 AND 57 AND isfinite(TRY_CAST({c} AS DOUBLE))"
        " AND NOT contains({c}, '_')",
    ),
    "comma": Kind(
        "DOUBLE",
        "TRY_CAST(replace(replace({c}, '.', ''), ',', '.') AS DOUBLE)",
        r"NOT regexp_full_match({c}, '\s*[+-]?(0|[1-9]\d{0,14}|[1-9]\d{0,2}(\.\d{3}){1,4})(,\d*)?\s*')",
        _NUMBER,
    ),
    "date": Kind("DATE", "TRY_CAST({c} AS DATE)", "TRY_CAST({c} AS DATE) IS NULL OR strlen({c}) > 10", _ISO),
    # (DuckDB drops the offset of a time that it takes for one without.)
    "time": Kind(
        "TIMESTAMP", "TRY_CAST({c} AS TIMESTAMP)", f"TRY_CAST({{c}} AS TIMESTAMP) IS NULL OR {HAS_ZONE}", _ISO
    ),
    "zoned": Kind(
        "TIMESTAMP",
        "make_timestamp(epoch_us(TRY_CAST({c} AS TIMESTAMPTZ)))",
        f"NOT {HAS_ZONE} OR TRY_CAST({{c}} AS TIMESTAMPTZ) IS NULL",
        _ISO,
    ),
    **{date + clock: _strptime(date, clock, _DAY) for date in _DATES for clock in _CLOCKS},
    "ctime": _strptime("%a %b %d", " %H:%M:%S %Y", r"[A-Z][a-z]{2} [A-Z][a-z]{2} "),
}


class Columns:
    """The columns of a text file, each with the kind that it is taken to be of."""

    def __init__(self, names: Sequence[str], dialect: Dialect, as_text: Collection[str]) -> None:
        self.names = tuple(names)
        self._comma = dialect.decimal == "," or (dialect.decimal is None and dialect.delimiter != ",")
        kept = {name.casefold() for name in as_text}
        self._kept = {name for name in self.names if name.casefold() in kept}
        self.kinds: dict[str, Kind] = {}

    @property
    def types(self) -> dict[str, str]:
        """The type of each column."""
        return {name: self.kinds[name].type for name in self.names}

    def guess(self, connection: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Give each column the first kind that all its values in a relation of text fit; text where none does."""
        self.kinds = dict.fromkeys(self.names, TEXT)
        names = [name for name in self.names if name not in self._kept]
        if not names:
            return
        relation = f"(SELECT {', '.join(map(_present, names))} FROM {relation})"
        firsts = ", ".join(f"first({column}) FILTER ({column} IS NOT NULL)" for column in map(sql.identifier, names))
        row = connection.execute(f"SELECT {firsts} FROM {relation}").fetchall()[0]
        tried = {
            name: [kind for kind in KINDS if re.match(KINDS[kind].looks, value)]
            for name, value in zip(names, row, strict=True)
            if value is not None
        }
        # (What the first values are not need not be tried on all.)
        pairs = [(name, kind) for name, kinds in tried.items() for kind in kinds]
        pairs = _fitting(connection, f"(FROM {relation} LIMIT {_SAMPLE})", pairs)
        pairs = _fitting(connection, relation, pairs)
        self.kinds |= {name: self._first({kind for one, kind in pairs if one == name}) for name in tried}

    def _first(self, fits: set[str]) -> Kind:
        for name, kind in KINDS.items():
            if name in fits and kind.rival not in fits and (name != "comma" or self._comma):
                return kind
        return TEXT

    def present(self) -> str:
        """Return what selects the columns as text, those of numbers and times without what stands for none."""
        return ", ".join(sql.identifier(name) if self.kinds[name] is TEXT else _present(name) for name in self.names)

    def values(self) -> str:
        """Return what selects each column of `present` in its type."""
        return ", ".join(
            f"{self.kinds[name].value.replace('{c}', sql.identifier(name))} AS {sql.identifier(name)}"
            for name in self.names
        )

    def odd(self) -> str:
        """Return the condition that any value of a row of `present` is not of its column's type."""
        typed = [name for name in self.names if self.kinds[name] is not TEXT]
        return " OR ".join(_odd(name, self.kinds[name]) for name in typed) or "false"


def _fitting(
    connection: duckdb.DuckDBPyConnection, relation: str, pairs: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return those pairs of a column and a kind in which all values fit."""
    if not pairs:
        return []
    fits = ",\n".join(f"NOT coalesce(bool_or({_odd(name, KINDS[kind])}), false)" for name, kind in pairs)
    row = connection.execute(f"SELECT {fits} FROM {relation}").fetchall()[0]
    return [pair for pair, is_fit in zip(pairs, row, strict=True) if is_fit]


def _odd(name: str, kind: Kind) -> str:
    """Return the condition that a value is there, and of no such kind."""
    column = sql.identifier(name)
    return f"({column} IS NOT NULL AND {kind.odd.replace('{c}', column)})"


def _present(name: str) -> str:
    """Return what selects a column without what stands for a missing value."""
    column = sql.identifier(name)
    missing = ", ".join(sql.literal(one) for one in MISSING)
    return f"CASE WHEN {column} NOT IN ({missing}) THEN {column} END AS {column}"
