"""What a store says of itself, in one object: for whoever watches over it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from recstore.catalogs.registry import left_out, stored_catalogs
from recstore.connection.sessions import STORE, connect
from recstore.errors import RecstoreError
from recstore.opening import open_connection
from recstore.paths import typed
from recstore.reports.since import Since, since_whole_build
from recstore.store.damage import told_when_damaged
from recstore.store.file import NO_EXTENSIONS, attach_store
from recstore.store.file import info as rows_of_info
from recstore.store.versions import versions

_ITEMS = "SELECT count(*) FROM rec_store.main.{items}"
_REJECTS = "SELECT count(*) FROM rec_store.main.load_rejects"
_SPACES = "SELECT * EXCLUDE (recipe, center, explained) FROM rec_store.main.spaces ORDER BY catalog, space"
_BUILDS = "SELECT * EXCLUDE (configuration) FROM rec_store.main.builds ORDER BY built_at DESC"
_EVALUATED = "SELECT max(evaluated_at), count(*) FROM rec_store.main.evaluations"


@dataclass(frozen=True)
class StoreInfo:
    """What `recstore info --json` prints, key by key; times are UTC, and None stands for what is not recorded.

    `bytes` is the size of the file. `built_at` and `age_seconds` are of the last build, which `builds` begins with:
    each has `build_id`, `built_at`, `catalogs`, `sources`, `seconds` by stage, and `measured`, the figures that the
    build found. `items` counts the items of each catalogue, `rejects` the lines that were not loaded. `spaces` are rows
    of the table. `evaluated_at` and `evaluations` are when it was last measured how good the recommendations are, and
    how many figures stand there. `checked_at` is None: a check writes nothing into a store. `versions` are the files of
    those before, the newest first, with `bytes` and `built_at`. `declared` are the declarations of the user's own
    catalogues, by name, as the keys of `recstore.toml` have it, what was left out left out. `since` is what additions
    brought to a catalogue since all of it was computed, and how it was placed, for each of which that is so. `left_out`
    are the catalogues that a stranger's store has and that are not answered from, as `connect` says.
    """

    path: str
    bytes: int
    format: int
    recstore_version: str | None
    duckdb_version: str | None
    build_id: str | None
    built_at: datetime | None
    age_seconds: float | None
    items: dict[str, int]
    rejects: int
    spaces: list[dict[str, Any]]
    builds: list[dict[str, Any]]
    evaluated_at: datetime | None
    evaluations: int
    checked_at: datetime | None
    versions: list[dict[str, Any]]
    declared: dict[str, dict[str, Any]]
    since: dict[str, Since]
    left_out: list[str]


def info(path: str | os.PathLike[str], *, untrusted: bool = False) -> StoreInfo:
    """Return what the store at `path` says of itself; `untrusted` is as in `connect`.

    Raises `StoreError` where it cannot be read.
    """
    store = typed(path)
    with told_when_damaged(store, untrusted=untrusted), connect(store, untrusted=untrusted) as connection:
        facts = rows_of_info(connection, STORE)
        built_at = _time(facts.get("built_at"))
        catalogs = stored_catalogs(connection, STORE, trusted=not untrusted)
        not_answered = left_out(connection, STORE, catalogs)
        items = {each.name: _one(connection, _ITEMS.format(items=each.items))[0] for each in catalogs}
        rejects = _one(connection, _REJECTS)[0]
        since = since_whole_build(connection, STORE)
        spaces, builds = _rows(connection, _SPACES), _rows(connection, _BUILDS)
        evaluated_at, evaluations = _one(connection, _EVALUATED)
    return StoreInfo(
        path=str(store),
        bytes=store.stat().st_size,
        format=int(facts["format_version"]),
        recstore_version=facts.get("recstore_version"),
        duckdb_version=facts.get("duckdb_version"),
        build_id=facts.get("build_id"),
        built_at=built_at,
        age_seconds=None if built_at is None else (datetime.now(UTC).replace(tzinfo=None) - built_at).total_seconds(),
        items=items,
        rejects=rejects,
        spaces=spaces,
        builds=builds,
        evaluated_at=evaluated_at,
        evaluations=evaluations,
        checked_at=None,
        versions=[_version(file) for file in versions(store)],
        declared={each.name: _said(json.loads(each.declaration)) for each in catalogs if each.declaration},
        since=since,
        left_out=not_answered,
    )


def _said(declaration: dict[str, Any]) -> dict[str, Any]:
    """Return what was said in a declaration, under the keys of `recstore.toml`."""
    said: dict[str, Any] = {}
    for key, value in declaration.items():
        if key == "interactions" and value:
            inner = _said(value)
            said[key] = {("from" if name == "items" else name): one for name, one in inner.items()}
        elif key == "dialect":
            said |= _said(value or {})
        elif value not in (None, [], {}, ""):
            said[{"source": "items", "encoders": "encoder"}.get(key, key)] = value
    return said


def _version(file: Path) -> dict[str, Any]:
    """Return the facts of a version before; one that cannot be opened says why."""
    facts: dict[str, Any] = {"path": str(file), "bytes": file.stat().st_size, "built_at": None, "fault": None}
    try:
        with open_connection(config=NO_EXTENSIONS) as connection:
            attach_store(connection, file, "before")
            facts["built_at"] = _time(rows_of_info(connection, "before").get("built_at"))
    except RecstoreError as error:
        facts["fault"] = str(error)
    return facts


def _time(text: str | None) -> datetime | None:
    """Return a time that the store has as text; None for what is none."""
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        return None


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    return connection.execute(query).fetchall()[0]


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = connection.execute(query)
    names = [name for name, *_ in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
