"""A small shop, sound or spoilt, through each door that a user's own data comes by; what tests of it share."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest

import recstore
from recstore import BuildOptions, Interactions, Items
from recstore.progress import Progress
from recstore.sql import identifier

DOORS = ("file", "frame", "database")
LOOSE = BuildOptions(tune=False, max_reject_rate=1.0)
STRICT = BuildOptions(tune=False)
WAS, FUTURE = datetime(2024, 3, 1, 12), datetime.now() + timedelta(days=400)


_numbers = count()
#: DuckDB's types that PostgreSQL calls otherwise.
_TYPES = {
    "DOUBLE": "float8", "FLOAT": "float4", "HUGEINT": "numeric(38)", "UBIGINT": "numeric(20)",
    "TIMESTAMP_NS": "timestamp", "VARCHAR": "text", '"NULL"': "text", "TINYINT": "int2",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}  # fmt: skip


class Heard(Progress):
    """What a build said."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def notice(self, text: str) -> None:
        self.notices.append(text)


def through(door: str, folder: Path, name: str, frame: pd.DataFrame) -> dict[str, object]:
    """Return where the frame is, as a declaration says it: in a CSV file, as itself, or in PostgreSQL's database.

    Tests that go through the database ask for the fixture `postgres`, which says in the environment where it is.
    """
    if door == "frame":
        return {"source": frame}
    if door == "file":
        frame.to_csv(folder / f"{name}.csv", index=False, na_rep="", date_format="%Y-%m-%d %H:%M:%S")
        return {"source": str(folder / f"{name}.csv")}
    table = f"{name}_{next(_numbers)}"
    with psycopg.connect(os.environ["TESTS_DB"].replace("+psycopg", ""), autocommit=True) as con:
        given = duckdb.from_df(frame)
        columns = ", ".join(
            f"{identifier(column)} {_TYPES.get(str(kind), kind)}"
            for column, kind in zip(given.columns, given.types, strict=True)
        )
        con.execute(f"CREATE TABLE {table} ({columns})")
        places = ", ".join(["%s"] * len(given.columns))
        con.cursor().executemany(f"INSERT INTO {table} VALUES ({places})", given.fetchall())
    return {"source": table, "database": "${TESTS_DB}"}


def books(*rows: tuple) -> pd.DataFrame:
    sound = [(f"b{n}", f"Book {n} of {('dogs', 'cats')[n % 2]}", "[1, 0.5]") for n in range(8)]
    return pd.DataFrame([*sound, *rows], columns=["isbn", "title", "cover"])


def sales(*rows: tuple) -> pd.DataFrame:
    sound = [(f"u{n % 5}", f"v{n}", f"b{n * 3 % 8}", WAS, "buy", 1.0) for n in range(30)]
    return pd.DataFrame([*sound, *rows], columns=["who", "visit", "isbn", "sold", "kind", "n"])


def shop(door: str, folder: Path, items: pd.DataFrame, history: pd.DataFrame | None = None, **changes: object) -> Items:
    kept = {key: changes.pop(key) for key in [*changes] if key.startswith("i_")}
    roles = {"user": "who", "item": "isbn"} | {key.removeprefix("i_"): value for key, value in kept.items()}
    declared = {"id": "isbn", "title": "title", "text": ("title",)} | changes
    sold = None if history is None else Interactions(**through(door, folder, "sales", history), **roles)
    return Items(**through(door, folder, "books", items), interactions=sold, **declared)


def refused(store: Path, declared: Items, kind: type[Exception], says: str) -> None:
    before = hashlib.sha256(store.read_bytes()).digest()
    with pytest.raises(kind, match=says):
        recstore.build(store, {"books": declared}, options=STRICT)
    assert hashlib.sha256(store.read_bytes()).digest() == before
