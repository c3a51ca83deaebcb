"""Fills the weights of a declared catalogue: from who had what and when to what each item adds to every other."""

from __future__ import annotations

import math

import duckdb
import numpy as np

from recstore import sql
from recstore.arrow import arrow_column
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.tables import names_of, read_interactions
from recstore.models.space import Measured
from recstore.options import BuildOptions
from recstore.progress import Progress

_SQL = "recstore.catalogs.declared.sql"
#: Dense matrices of one float32 per pair of items that exist at one time.
_MATRICES = 6
#: How many content neighbours stand in for the weights of an item that has none.
_STAND_INS = 10


def store_weights(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, options: BuildOptions, budget: Budget, progress: Progress
) -> tuple[Catalog, list[Measured]]:
    """Compute the weights; content neighbours stand in for those of items with none. Vectors and neighbours are there.

    Returns the catalogue with the constants that were found, and what was tried to find them.
    """
    import pyarrow as pa

    from recstore.models.person import PersonSettings, person_weights, strongest

    train, ids = read_interactions(connection, catalog)
    limit = math.isqrt(budget.weights // (4 * _MATRICES))
    weights = strongest(person_weights(train, PersonSettings(), limit, options.seed), catalog.fading.kept)
    after = np.zeros_like(weights.taste) if weights.next is None else weights.next
    row, column = np.nonzero((weights.taste != 0) | (after != 0))
    weighed = ids[weights.items]
    columns = {
        "id": weighed[row],
        "towards": weighed[column],
        "taste": weights.taste[row, column],
        "next": after[row, column],
    }
    table = pa.table({name: arrow_column(values) for name, values in columns.items()})
    names = names_of(catalog)
    connection.register("weights_to_insert", table)
    connection.execute(sql.render(_SQL, "insert_weights", **names))
    connection.unregister("weights_to_insert")
    connection.execute(sql.render(_SQL, "insert_content_weights", **names), {"stand_ins": _STAND_INS})
    return catalog, []
