"""`check`: the proof that a store is sound, and that its Annoy indexes find what an exact search finds."""

from __future__ import annotations

import os
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import stored_catalogs
from recstore.connection.sessions import STORE, add_exact, connect
from recstore.paths import typed
from recstore.store.proof import Finding, check_file

_SQL = "recstore.reports.sql"
#: The database of the functions that ask no index.
_EXACT = "recstore_exact"
_QUESTIONS = 20
_K = 10
#: A build aims at 0.96 over more questions than are asked here.
_LEAST_RECALL = 0.9


def check(path: str | os.PathLike[str], *, untrusted: bool = False) -> list[Finding]:
    """Check the store at `path` and return one finding for each thing that must hold; nothing is changed.

    DuckDB's access to anything but the file is off meanwhile, and no view or macro in it is called. With `untrusted`
    the Annoy indexes are not opened, so what they find is not compared with an exact search. A file that is no store
    that can be read, or a store of a newer format, is a `StoreError`.
    """
    store = typed(path)
    findings = check_file(store, untrusted)
    if untrusted or any(finding.fault for finding in findings):
        return findings
    with connect(store, exact=False) as connection:
        add_exact(connection, _EXACT)
        return findings + [_recall(connection, catalog) for catalog in stored_catalogs(connection, STORE)]


def _recall(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> Finding:
    """Compare what both give for the same vectors: an item with its score, as good as the exact tenth, is a hit."""
    name, means = f"{catalog.name}: recall of annoy", f"Annoy finds at least {_LEAST_RECALL:.0%} of the nearest."
    spaces = connection.execute(
        "SELECT space FROM annoy_indexes WHERE catalog = ? ORDER BY ALL", [catalog.name]
    ).fetchall()
    names = {"key": catalog.key, "shown_key": catalog.shown_key, "vectors": catalog.vectors}
    fast, exact = (
        sql.render(_SQL, "nearest_of_sample", nearest=f"{database}.main.nearest_{catalog.name}", **names)
        for database in ("memory", _EXACT)
    )
    for (space,) in spaces:
        asked = {"space": space, "questions": _QUESTIONS}
        # More than ten, since of equally near ones Annoy may find others.
        right = _by_question(connection.execute(exact, asked | {"k": _K * 20}).fetchall())
        found = _by_question(connection.execute(fast, asked | {"k": _K}).fetchall())
        hits = wanted = 0
        for place, rows in right.items():
            best = rows[:_K]
            hits += sum(row in rows and row[1] >= best[-1][1] for row in found.get(place, []))
            wanted += len(best)
        if hits < _LEAST_RECALL * wanted:
            return Finding(name, means, f"in {space} it finds {hits / wanted:.0%}; recstore rebuild makes it anew")
    return Finding(name, means, None)


def _by_question(rows: list[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    """Return what was found for each question, in rank order: the item and its score."""
    return {place: [tuple(row) for _place, *row in found] for place, found in groupby(rows, key=itemgetter(0))}
