"""Measures the movie catalogue: what is alike by what was watched next, and what is recommended to a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import arrow_column, numbers
from recstore.budget import Budget
from recstore.catalogs.movies import spaces
from recstore.catalogs.movies.catalog import MOVIES
from recstore.catalogs.movies.weights import read_interactions
from recstore.evaluation import protocols
from recstore.evaluation.models import RECOMMENDERS
from recstore.evaluation.results import Evaluation
from recstore.evaluation.trial import Trial, positions
from recstore.models.interactions import Interactions
from recstore.models.space import Space
from recstore.options import BuildOptions
from recstore.progress import Progress, Stages
from recstore.store.publish import NEW

_SQL = "recstore.catalogs.movies.sql"


def evaluate(
    connection: duckdb.DuckDBPyConnection, options: BuildOptions, seed: int, budget: Budget, stages: Stages
) -> Iterator[Evaluation]:
    """Yield the figures of the movies in the connection's current database, which was built with `options`."""
    data, ids = read_interactions(connection)
    if len(data) == 0:
        stages.progress.notice("There are no ratings, so nothing can be said of the movies.")
        return
    trial = Trial(
        catalog=MOVIES.name,
        default_space=MOVIES.spaces[0],
        ids=ids,
        features=_features(connection, ids),
        fit=lambda train: _fitted_spaces(connection, train, ids, options, budget),
        recommenders=RECOMMENDERS,
        budget=budget,
        seed=seed,
        stages=stages,
    )
    for protocol, make in (
        ("next-watched", protocols.next_chosen),
        ("next-watched-temporal", protocols.next_chosen_temporal),
    ):
        yield from trial.of_alike(protocol, make(data, seed=seed))
    for protocol, hold in (
        ("leave-one-out", protocols.leave_one_out),
        ("temporal-hold-out", protocols.temporal_hold_out),
    ):
        yield from trial.of_people(protocol, hold(data, seed=seed))


def _features(connection: duckdb.DuckDBPyConnection, ids: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the content vectors, (len(ids), d) float32, 0 where a movie has none: by them lists are varied or not."""
    query = "SELECT movie_id, vector FROM movie_vectors WHERE space = 'content' ORDER BY movie_id"
    table = connection.sql(query).to_arrow_table()
    vectors, there = numbers(table.column("vector")), numbers(table.column("movie_id"))
    features = np.zeros((len(ids), len(vectors) // max(1, len(there))), np.float32)
    wanted = np.isin(there, ids)
    features[positions(ids, there[wanted])] = vectors.reshape(len(there), -1)[wanted] if len(there) else 0
    return features


def _fitted_spaces(
    connection: duckdb.DuckDBPyConnection,
    train: Interactions,
    ids: NDArray[np.int32],
    options: BuildOptions,
    budget: Budget,
) -> list[Space]:
    """Fit the spaces as a build does, from the ratings of `train` and all movies and tags."""
    import pyarrow as pa

    assert train.ratings is not None
    assert train.times is not None
    columns: list[NDArray[Any]] = [train.users, ids[train.items], train.ratings, train.times]
    names = ["user_id", "movie_id", "rating", "time"]
    ratings = pa.table([arrow_column(column) for column in columns], names=names)
    with connection.cursor() as trial:
        trial.register("train_ratings", ratings)
        trial.execute("ATTACH ':memory:' AS trial; USE trial")
        try:
            for table in ("movies", "tags"):
                trial.execute(f"CREATE TABLE {table} AS FROM {NEW}.main.{table}")
            trial.execute(sql.read(_SQL, "train_ratings"))
            return list(spaces.spaces(trial, options, budget, Progress()))
        finally:
            trial.unregister("train_ratings")
            trial.execute("USE memory; DETACH trial")
