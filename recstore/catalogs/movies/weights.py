"""Fills `movie_weights`: from who rated what and when to what each movie adds to every other."""

from __future__ import annotations

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import read_columns
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.weight_rows import insert_weights
from recstore.models.fading import FADING
from recstore.models.interactions import Interactions
from recstore.models.space import Measured
from recstore.options import BuildOptions

_SQL = "recstore.catalogs.movies.sql"


def store_weights(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, options: BuildOptions, budget: Budget
) -> list[Measured]:
    """Compute the weights from the ratings, and let the content neighbours of all other movies stand in for theirs.

    Returns how many there are, and how they were made.
    """
    from recstore.models.person import PersonSettings
    from recstore.models.weighing import weigh

    train, ids = read_interactions(connection)
    weighed = weigh(train, PersonSettings(history=FADING.history), FADING.kept, budget.weights, options.seed)
    insert_weights(connection, catalog, weighed.weights, ids)
    return [Measured(catalog.name, None, what, value) for what, value in weighed.figures.items()]


def read_interactions(connection: duckdb.DuckDBPyConnection) -> tuple[Interactions, NDArray[np.int32]]:
    """Return all ratings of the connection's current database, and the movie_id of each position."""
    types = {"user": np.int32, "movie": np.int32, "rating": np.float32, "time": np.float64}
    rows = read_columns(connection, sql.read(_SQL, "interactions"), types)
    ids = read_columns(connection, sql.read(_SQL, "rated_movies"), {"movie_id": np.int32})["movie_id"]
    n_users = int(rows["user"].max(initial=-1)) + 1
    return Interactions(rows["user"], rows["movie"], rows["rating"], rows["time"], n_users, len(ids)), ids
