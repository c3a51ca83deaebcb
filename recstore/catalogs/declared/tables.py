"""From the tables of a declared catalogue to the columns that models learn from."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import read_columns
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.declaration import Items
from recstore.catalogs.declared.expressions import column_named, over
from recstore.models.interactions import Interactions, damped
from recstore.models.space import Measured
from recstore.progress import Progress

_SQL = "recstore.catalogs.declared.sql"
#: So many interactions are looked up at a time.
_BLOCK = 1 << 20


def names_of(catalog: Catalog) -> dict[str, str]:
    """Return what the statements of a declared catalogue are written with."""
    history = catalog.interactions
    names = {
        "items": catalog.items,
        "identity": sql.identifier(catalog.identity),
        "neighbors": catalog.neighbors,
        "weights": catalog.weights,
        "embeddings": f"{catalog.name}_embeddings",
    }
    if history is None:
        return names
    declared = declaration_of(catalog).interactions
    assert declared is not None
    session = stand_in_of(catalog)
    user = sql.identifier(history.user)
    return names | {
        "interactions": history.table,
        "user": user,
        "item": sql.identifier(history.item),
        "amount": history.amount_of("h"),
        "value": sql.identifier(history.value) if history.value else "CAST(NULL AS DOUBLE)",
        "time": sql.identifier(history.time) if history.time else "CAST(NULL AS TIMESTAMP)",
        # Where nobody is named, what belongs together is one user's.
        "stand_in": f"CASE WHEN {user} IS NULL THEN {sql.identifier(session)} END"
        if session
        else "CAST(NULL AS VARCHAR)",
        "rated": "arg_max(stars, coalesce(moment, TIMESTAMP '1970-01-01'))"
        if history.value
        else "CAST(NULL AS DOUBLE)",
        "most": str(declared.most_per_user),
    }


def stand_in_of(catalog: Catalog) -> str | None:
    """Return the column whose rows of one value are one user's where nobody is named; None where there is none."""
    history, declared = catalog.interactions, declaration_of(catalog).interactions
    if history is None or declared is None or not declared.session:
        return None
    columns = [column.name for table in catalog.sources if table.name == history.table for column in table.columns]
    session = column_named(columns, declared.session) or column_named(columns, "session")
    return None if session == history.user else session


def declaration_of(catalog: Catalog) -> Items:
    """Return what the user declared."""
    return Items.as_recorded(catalog.declaration)


def prepare(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Number the items that have none, and fill their categories and how many users had them."""
    describe(connection, catalog)
    if catalog.interactions:
        read_pairs(connection, catalog)
        connection.execute(sql.render(_SQL, "popularity", **names_of(catalog)))


def describe(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Number the items that have none, and fill their categories."""
    names, items = names_of(catalog), declaration_of(catalog)
    connection.execute(sql.render(_SQL, "number_items", **names))
    if items.categories:
        connection.execute(sql.render(_SQL, "describe_items", **names, categories=_tokens(connection, catalog, items)))


def read_pairs(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Make the temporary table of who had which item how often, which models and evaluations read."""
    connection.execute(sql.render(_SQL, "pairs", **names_of(catalog)))


def left_out(connection: duckdb.DuckDBPyConnection, catalog: Catalog, progress: Progress) -> list[Measured]:
    """Say what `read_pairs` left out of the models, and return it as figures of the build."""
    return say_left_out(connection.execute("FROM left_out").fetchall()[0], catalog, progress)


def say_left_out(counts: tuple[int, int, int], catalog: Catalog, progress: Progress) -> list[Measured]:
    """Say how many pairs were taken back, how many users had too many, and how many pairs of theirs do not count."""
    assert catalog.interactions is not None
    taken_back, heavy, over_most = counts
    most = int(names_of(catalog)["most"])
    if taken_back:
        progress.notice(
            f"{taken_back:,} pairs of a user and an item count for nothing in {catalog.interactions.table}: as much "
            "was taken back as was had."
        )
    if heavy:
        progress.notice(
            f"{heavy:,} users had more than {most:,} items; of each the latest {most:,} count (most_per_user), and "
            f"{over_most:,} do not."
        )
    figures = {
        "pairs taken back": taken_back,
        "most items of a user": most,
        "users with more items": heavy,
        "pairs of them left out": over_most,
    }
    return [Measured(catalog.name, None, what, float(value)) for what, value in figures.items()]


def _tokens(connection: duckdb.DuckDBPyConnection, catalog: Catalog, items: Items) -> str:
    """Return the list of all categories of an item, as SQL: those that are lists are taken apart."""
    parts = []
    for declared in items.categories:
        expression = over((column.name for column in catalog.columns), declared)
        [kind] = connection.sql(f"SELECT {expression} FROM {catalog.items}").types
        is_list = str(kind).endswith("]")
        parts.append(f"CAST({expression} AS VARCHAR[])" if is_list else f"[CAST({expression} AS VARCHAR)]")
    return (
        f"list_concat({', '.join(f'coalesce({part}, [])' for part in parts)})"
        if len(parts) > 1
        else (f"coalesce({parts[0]}, [])")
    )


def read_interactions(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, of_each: bool = False
) -> tuple[Interactions, NDArray[np.int32]]:
    """Return who had which item, and the number of the item at each position; `read_pairs` was called.

    Each pair is there once, and its weight says how much that was in all: the sum up to 1, then 1 + ln(sum); what
    happens again says more, each time by less. With `of_each` there is a row each time, of the weight that it has.
    """
    assert catalog.interactions is not None
    types: dict[str, npt.DTypeLike] = {"person": np.int32, "item": np.int32, "amount": np.float64}
    if catalog.interactions.value:
        types["rating"] = np.float32
    if catalog.interactions.time:
        types["moment"] = np.float64
    rows = read_columns(connection, sql.read(_SQL, "select_events" if of_each else "select_pairs"), types)
    ids = np.unique(rows["item"])
    return as_interactions(rows, ids, of_each), ids


def as_interactions(rows: dict[str, NDArray[Any]], ids: NDArray[np.int32], of_each: bool = False) -> Interactions:
    """Return the columns of `select_pairs` or `select_events` by position of the item in `ids`; they are used up.

    Users are numbered from 0 already. What has no rating or time lacks the column.
    """
    items, moments, amounts = rows["item"], rows.get("moment"), rows["amount"]
    for start in range(0, len(items), _BLOCK):
        items[start : start + _BLOCK] = np.searchsorted(ids, items[start : start + _BLOCK])
    if moments is not None:
        # What has no time was before all that has one.
        moments[np.isnan(moments)] = 0
    weights = amounts if of_each else damped(amounts)
    return Interactions(
        rows["person"],
        items,
        rows.get("rating"),
        moments,
        int(rows["person"].max(initial=-1)) + 1,
        len(ids),
        None if (weights == 1).all() else weights.astype(np.float32),
    )
