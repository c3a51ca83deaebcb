"""Measures the movie catalogue: what is alike by what was watched next, and what is recommended to a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import arrow_column
from recstore.budget import Budget
from recstore.catalogs.movies import spaces
from recstore.catalogs.movies.catalog import MOVIES
from recstore.catalogs.movies.weights import read_interactions
from recstore.evaluation import protocols
from recstore.evaluation.metrics import accuracy
from recstore.evaluation.models import ALTERNATIVES, DEFAULT_RECOMMENDER, RECOMMENDERS, SpaceLists
from recstore.evaluation.protocols import HeldOut, NextWatched
from recstore.evaluation.results import Evaluation, Panel
from recstore.models.interactions import Interactions
from recstore.models.space import Space
from recstore.options import BuildOptions
from recstore.progress import Progress, Stages
from recstore.store.publish import NEW

_SQL = "recstore.catalogs.movies.sql"
_DEPTH = 20
#: What the other recommenders are compared with, question by question.
_PLAIN_RECOMMENDER = "ease"


def evaluate(
    connection: duckdb.DuckDBPyConnection, options: BuildOptions, seed: int, budget: Budget, stages: Stages
) -> Iterator[Evaluation]:
    """Yield the figures of the movies in the connection's current database, which was built with `options`."""
    data, ids = read_interactions(connection)
    if len(data) == 0:
        stages.progress.notice("There are no ratings, so nothing can be said of the movies.")
        return
    features = _features(connection, ids)
    for protocol, make in (
        ("next-watched", protocols.next_watched),
        ("next-watched-temporal", protocols.next_watched_temporal),
    ):
        yield from _alike(connection, protocol, make(data, seed=seed), ids, features, options, seed, budget, stages)
    for protocol, hold in (
        ("leave-one-out", protocols.leave_one_out),
        ("temporal-hold-out", protocols.temporal_hold_out),
    ):
        yield from _for_a_person(protocol, hold(data, seed=seed), features, seed, stages)


def _alike(
    connection: duckdb.DuckDBPyConnection,
    protocol: str,
    questions: NextWatched,
    ids: NDArray[np.int32],
    features: NDArray[np.float32],
    options: BuildOptions,
    seed: int,
    budget: Budget,
    stages: Stages,
) -> Iterator[Evaluation]:
    if len(questions.asked) == 0:
        stages.progress.notice(f"{protocol}: the ratings are too few for it.")
        return
    around = protocols.surroundings(questions.train, features, questions.candidates)
    panel = Panel("movies", protocol, around, seed)
    with stages.stage(f"{protocol}: spaces from the first ratings"):
        spaces = _fitted_spaces(connection, questions.train, ids, options, budget)
    one = np.ones(len(questions.asked), np.int64)
    per_question = {}
    with stages.stage(protocol, len(spaces) + len(ALTERNATIVES)):
        for name in [*(space.name for space in spaces), *ALTERNATIVES]:
            model: protocols.Similarity
            if name in ALTERNATIVES:
                model = ALTERNATIVES[name](questions.train, questions.candidates, seed)
            else:
                space = next(space for space in spaces if space.name == name)
                model = SpaceLists.of(space, _positions(ids, space.ids), questions.candidates, _DEPTH, budget)
            hits, lists, which = questions.ask(model, _DEPTH)
            values = accuracy(hits, one, 10) | {"recall@20": accuracy(hits, one, 20)["recall@20"]}
            yield from panel.summary(name, name == MOVIES.spaces[0], values, lists, which)
            per_question[name] = values
            stages.progress.advanced()
    yield from panel.advantages(per_question, MOVIES.spaces[0], "recall@10")


def _for_a_person(
    protocol: str, questions: HeldOut, features: NDArray[np.float32], seed: int, stages: Stages
) -> Iterator[Evaluation]:
    if len(questions.users) == 0:
        stages.progress.notice(f"{protocol}: nobody has ratings on both sides of the cut.")
        return
    panel = Panel("movies", protocol, protocols.surroundings(questions.train, features), seed)
    per_question = {}
    with stages.stage(protocol, len(RECOMMENDERS)):
        for name, make in RECOMMENDERS.items():
            model = make(seed)
            model.fit(questions.train)
            hits, lists = questions.ask(model, 10)
            values = accuracy(hits, questions.relevant, 10)
            yield from panel.summary(name, name == DEFAULT_RECOMMENDER, values, lists)
            per_question[name] = values
            stages.progress.advanced()
    yield from panel.advantages(per_question, _PLAIN_RECOMMENDER, "ndcg@10")


def _features(connection: duckdb.DuckDBPyConnection, ids: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the content vectors, (len(ids), d) float32, 0 where a movie has none: by them lists are varied or not."""
    query = "SELECT movie_id, vector FROM movie_vectors WHERE space = 'content' ORDER BY movie_id"
    table = connection.sql(query).to_arrow_table()
    vectors = table.column("vector").combine_chunks().flatten().to_numpy()
    there = table.column("movie_id").to_numpy()
    features = np.zeros((len(ids), len(vectors) // max(1, len(there))), np.float32)
    wanted = np.isin(there, ids)
    features[_positions(ids, there[wanted])] = vectors.reshape(len(there), -1)[wanted] if len(there) else 0
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


def _positions(ids: NDArray[np.int32], some: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the positions in `ids`, which are sorted, of `some`; those that are not there have -1."""
    place = np.minimum(np.searchsorted(ids, some), len(ids) - 1)
    return np.where(ids[place] == some, place, -1).astype(np.int32)
