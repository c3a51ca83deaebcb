"""Fills the weights of a declared catalogue from those that are there, and weighs what became known enough since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import arrow_column, numbers
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.tables import read_interactions
from recstore.catalogs.declared.weights import SCALE, as_known, kept_constants
from recstore.catalogs.figures import latest_figures
from recstore.catalogs.weight_rows import insert_stand_ins
from recstore.models.space import Measured
from recstore.options import BuildOptions

if TYPE_CHECKING:
    from recstore.models.late_weights import LateWeights

_SQL = "recstore.catalogs.sql"
#: Of more items that have no weights yet all are weighed anew.
_MOST = 5000
#: Figures of the build that weighed all, as `Weighed.figures` has them, and of those after it.
_MADE = ("items with weights", "weights kept for each item", "candidates of a weight")
_LATE = "items weighed since the whole build"


def add_weights(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    old: str,
    options: BuildOptions,
    known: Mapping[str, float],
) -> list[Measured] | None:
    """Do what `CatalogModel.weigh_late` says; `known` are the constants that the build before found, by name."""
    from recstore.models.late_weights import late_weights
    from recstore.models.person import weighed_items

    latest = latest_figures(connection, catalog, f"{old}.main.builds")
    figures = {what: value for (space, what), value in latest.items() if space is None}
    if not known or SCALE not in figures:
        return None
    scale, settings = figures[SCALE], as_known(known)
    names = _names(catalog, old)
    weighed = connection.execute(sql.render(_SQL, "weighed_items", **names)).fetchnumpy()["id"]
    least, largest = connection.execute(sql.render(_SQL, "size_of_weights", **names)).fetchall()[0]
    train, ids = read_interactions(connection, catalog)
    wanted = weighed_items(train, settings.min_ratings)
    late, there = wanted[~np.isin(ids[wanted], weighed)], np.flatnonzero(np.isin(ids, weighed))
    if len(late) > _MOST or not len(there):
        return None
    made = late_weights(train, there, late, settings, scale, largest or 1.0, options.seed)
    connection.register("late_weights", _weight_rows(made.above(least or 0.0), ids))
    connection.register("late_tastes", _taste_rows(connection, names, made, ids, ids[late]))
    connection.execute(sql.render(_SQL, "keep_weights", **names))
    for name in ("late_weights", "late_tastes"):
        connection.unregister(name)
    insert_stand_ins(connection, catalog)
    made_before = {what: value for what, value in figures.items() if what in (SCALE, *_MADE)}
    weighed_late = {_LATE: figures.get(_LATE, 0.0) + len(late)}
    found = [Measured(catalog.name, None, what, value) for what, value in (made_before | weighed_late).items()]
    return kept_constants(catalog, known) + found


def _weight_rows(made: LateWeights, ids: NDArray[np.int32]) -> Any:  # noqa: ANN401 - PyArrow is not typed
    import pyarrow as pa

    columns = {"id": ids[made.one], "towards": ids[made.other], "taste": made.taste, "next": made.next}
    return pa.table({name: arrow_column(values) for name, values in columns.items()})


def _taste_rows(
    connection: duckdb.DuckDBPyConnection,
    names: Mapping[str, str],
    made: LateWeights,
    ids: NDArray[np.int32],
    late: NDArray[np.int32],
) -> Any:  # noqa: ANN401 - PyArrow is not typed
    """Return what late items give where they are old in a history: their weights times what the others take."""
    import pyarrow as pa

    takers: Any = connection.sql(sql.render(_SQL, "takers", **names)).to_arrow_table()
    takes = np.asarray(numbers(takers.column("takes")), np.float64)
    keys = np.asarray(numbers(takers.column("id")))
    if not len(keys):
        late = late[:0]
    takes = takes.reshape(len(keys), -1) if len(keys) else np.zeros((0, 1))
    pairs = np.isin(ids[made.one], late) & np.isin(ids[made.other], keys)
    row, column = np.searchsorted(late, ids[made.one[pairs]]), np.searchsorted(keys, ids[made.other[pairs]])
    weights = scipy.sparse.csr_matrix((made.taste[pairs], (row, column)), (len(late), len(keys)))
    gives = np.asarray(weights @ takes, np.float32)
    return pa.table({"id": arrow_column(late), "gives": arrow_column(gives)})


def _names(catalog: Catalog, old: str) -> dict[str, str]:
    return {
        "items": catalog.items, "key": catalog.key, "neighbors": catalog.neighbors, "weights": catalog.weights,
        "tastes": catalog.tastes, "old": old,
    }  # fmt: skip
