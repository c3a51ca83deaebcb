"""Rows of a driver's, batch by batch, as columns of a table: in types that hold every value that comes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import duckdb

from recstore import sql
from recstore.sources.csv_types import HAS_ZONE
from recstore.sources.streams import numbered, place_of, registered, unique_names

#: So many rows are in memory at once.
_BATCH = 50_000
_BIGGEST = 1 << 63
#: What an exact number may have: digits, and those after the point.
_MOST_DIGITS = 38
#: SQLite has no times, and writes them as text.
_TIMES = {"DATE": "DATE", "DATETIME": "TIMESTAMP", "TIMESTAMP": "TIMESTAMP"}
_SCALARS: tuple[tuple[type, str], ...] = (
    (bool, "BOOLEAN"), (int, "BIGINT"), (float, "DOUBLE"), (str, "VARCHAR"), (datetime, "TIMESTAMP"), (date, "DATE"),
    (time, "TIME"), (timedelta, "INTERVAL"), (bytes, "BLOB"), (bytearray, "BLOB"), (memoryview, "BLOB"),
    (UUID, "UUID"),
)  # fmt: skip
#: Values of Python that Arrow takes as they are, by the type that they become.
_AS_THEY_ARE: dict[str, set[type]] = {
    "BOOLEAN": {bool}, "BIGINT": {int}, "DOUBLE": {float}, "VARCHAR": {str}, "DATE": {date}, "TIME": {time},
    "BLOB": {bytes},
}  # fmt: skip
#: Of two types, the one that holds the values of both; of all other pairs it is text.
_WIDER = {
    frozenset(("BOOLEAN", "BIGINT")): "BIGINT",
    frozenset(("DATE", "TIMESTAMP")): "TIMESTAMP",
}  # fmt: skip


def batches(result: Any) -> Iterator[Sequence[Sequence[Any]]]:  # noqa: ANN401 - SQLAlchemy is not imported here
    """Give the rows of a result of SQLAlchemy in batches.

    The result is asked, not the driver's cursor: of a stream the first rows are with SQLAlchemy already.
    """
    while batch := result.fetchmany(_BATCH):
        yield batch


class RowTable:
    """A table that grows by batches of rows; a column's type widens where a value needs it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]) -> None:
        self.connection = connection
        self.place = place_of(table)
        self.names = unique_names(names)
        #: None for a column in which there was no value yet.
        self.types: list[str | None] = [None] * len(self.names)
        columns = ", ".join(f"{sql.identifier(name)} VARCHAR" for name in self.names)
        connection.execute(f"CREATE TABLE {self.place} ({columns})")

    def append(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows, one value a column each."""
        import pyarrow as pa

        columns = list(zip(*rows, strict=True))
        for place, column in enumerate(columns):
            self._widen(place, _type_of(column))
        arrays = [_array(column, type_) for column, type_ in zip(columns, self.types, strict=True)]
        with registered(self.connection, pa.table(arrays, [f"c{place}" for place in range(len(arrays))])) as view:
            values = ", ".join(f"CAST(c{place} AS {type_ or 'VARCHAR'})" for place, type_ in enumerate(self.types))
            self.connection.execute(f"INSERT INTO {self.place} SELECT {values} FROM {view}")

    def finish(self, declared: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Return what stands in FROM, and the types; text that is `declared` a time becomes one if all of it is."""
        for place, name in enumerate(self.names):
            wanted = _TIMES.get(declared.get(name, "").partition("(")[0].strip())
            if wanted and self.types[place] == "VARCHAR":
                column = sql.identifier(name)
                is_one = f"TRY_CAST({column} AS {wanted}) IS NOT NULL AND NOT {HAS_ZONE.replace('{c}', column)}"
                fits = f"SELECT coalesce(bool_and({is_one}), true) FROM {self.place}"
                if self.connection.execute(f"{fits} WHERE {column} IS NOT NULL").fetchall()[0][0]:
                    self._change(place, wanted)
        types = {name: type_ or "VARCHAR" for name, type_ in zip(self.names, self.types, strict=True)}
        return numbered(self.place, types), types

    def _widen(self, place: int, found: str | None) -> None:
        held = self.types[place]
        if found is None or held == found:
            return
        wider = found if held is None else _wider(held, found)
        if wider != held:
            self._change(place, wider)

    def _change(self, place: int, type_: str) -> None:
        column = sql.identifier(self.names[place])
        self.connection.execute(f"ALTER TABLE {self.place} ALTER COLUMN {column} SET DATA TYPE {type_}")
        self.types[place] = type_


def _wider(one: str, other: str) -> str:
    """Return the type that holds the values of two, which differ."""
    pair = {one, other}
    digits = [found for type_ in (one, other) if (found := _digits(type_))]
    if "DOUBLE" in pair and len(digits) == 1:
        return "DOUBLE"
    if len(digits) == 2:
        whole, scale = (max(places) for places in zip(*digits, strict=True))
        return f"DECIMAL({whole + scale}, {scale})" if whole + scale <= _MOST_DIGITS else "VARCHAR"
    if one.endswith("[]") and other.endswith("[]"):
        return f"{_wider(one[:-2], other[:-2])}[]"
    return _WIDER.get(frozenset(pair), "VARCHAR")


def _digits(type_: str) -> tuple[int, int] | None:
    """Return how many digits before and after the point an exact type has."""
    if type_ == "BIGINT":
        return 19, 0
    if type_.startswith("DECIMAL("):
        precision, scale = (int(part) for part in type_[8:-1].split(","))
        return precision - scale, scale
    return None


def _type_of(column: Sequence[Any]) -> str | None:
    """Return the type that holds all values of a column; None where it has none."""
    found: str | None = None
    for kind in set(map(type, column)) - {type(None)}:
        values = [value for value in column if type(value) is kind]
        type_ = _type_of_kind(kind, values)
        found = type_ if found is None or type_ is None or found == type_ else _wider(found, type_)
    return found


def _type_of_kind(kind: type, values: Sequence[Any]) -> str | None:
    if issubclass(kind, int) and kind is not bool and not -_BIGGEST <= min(values) <= max(values) < _BIGGEST:
        longest = max(len(str(abs(value))) for value in values)
        return f"DECIMAL({longest}, 0)" if longest <= _MOST_DIGITS else "VARCHAR"
    if issubclass(kind, Decimal):
        return _decimal_type(values)
    if issubclass(kind, list | tuple):
        inner = _type_of([one for value in values for one in value])
        return f"{inner or 'VARCHAR'}[]"
    return next((type_ for one, type_ in _SCALARS if issubclass(kind, one)), "VARCHAR")


def _decimal_type(values: Sequence[Decimal]) -> str:
    """Return the exact type of numbers that has room for all of them, or DOUBLE."""
    if not all(value.is_finite() for value in values):
        return "DOUBLE"
    scale = max(max(-int(value.as_tuple().exponent), 0) for value in values)
    whole = max(max(value.adjusted() + 1, 1) for value in values)
    return f"DECIMAL({whole + scale}, {scale})" if whole + scale <= _MOST_DIGITS else "DOUBLE"


def _array(column: Sequence[Any], type_: str | None) -> Any:  # noqa: ANN401 - PyArrow is not typed
    """Return values as an Arrow array of such a type, or of text that DuckDB casts to it."""
    import pyarrow as pa

    made: dict[str, tuple[Any, Callable[[Any], Any]]] = {
        "BOOLEAN": (pa.bool_(), bool), "BIGINT": (pa.int64(), int), "DOUBLE": (pa.float64(), float),
        "TIMESTAMP": (pa.timestamp("us"), _in_utc), "DATE": (pa.date32(), lambda value: value),
        "TIME": (pa.time64("us"), lambda value: value), "INTERVAL": (pa.duration("us"), lambda value: value),
        "BLOB": (pa.binary(), bytes),
    }  # fmt: skip
    if type_ is not None and type_.endswith("[]"):
        return pa.array([None if value is None else json.dumps(value, default=_text) for value in column], pa.string())
    arrow, change = made.get(type_ or "VARCHAR", (pa.string(), _text))
    if set(map(type, column)) - {type(None)} <= _AS_THEY_ARE.get(type_ or "VARCHAR", set()):
        return pa.array(column, arrow)
    return pa.array([None if value is None else change(value) for value in column], arrow)


def _in_utc(value: Any) -> datetime:  # noqa: ANN401
    if not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _text(value: Any) -> str:  # noqa: ANN401
    """Return a value as text: a tree as JSON, bytes as DuckDB writes them."""
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=_text)
    if isinstance(value, datetime):
        return str(_in_utc(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode(errors="backslashreplace")
    return str(value)
