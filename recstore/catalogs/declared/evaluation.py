"""Measures a declared catalogue: what is alike by what was chosen next, and what is recommended to a user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore.arrow import numbers
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.features import LEARNT, item_features
from recstore.catalogs.declared.spaces import laid_together, spaces_of_interactions
from recstore.catalogs.declared.tables import read_interactions, read_pairs
from recstore.catalogs.declared.weights import as_known, chosen_constants
from recstore.evaluation import protocols
from recstore.evaluation.models import DEFAULT_RECOMMENDER, RECOMMENDERS
from recstore.evaluation.results import Evaluation
from recstore.evaluation.trial import Trial
from recstore.models.interactions import Interactions, Recommender
from recstore.models.person import Person
from recstore.models.space import Space
from recstore.models.tuning import default_settings
from recstore.options import BuildOptions
from recstore.progress import Stages


def evaluate(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    options: BuildOptions,
    seed: int,
    budget: Budget,
    stages: Stages,
) -> Iterator[Evaluation]:
    """Yield the figures of the catalogue in the connection's current database, which was built with `options`."""
    if catalog.interactions is None:
        stages.progress.notice(f"{catalog.name} has no interactions, so nothing can be said of how good its lists are.")
        return
    read_pairs(connection, catalog)
    data, ids = read_interactions(connection, catalog)
    if len(data) == 0:
        stages.progress.notice(f"There are no interactions, so nothing can be said of {catalog.name}.")
        return
    data = replace(data, ratings=None)
    known = [space for space in _stored(connection, catalog) if space.name not in LEARNT]
    vectors = item_features(connection, catalog, ids)
    trial = Trial(
        catalog=catalog.name,
        default_space=catalog.spaces[0],
        ids=ids,
        features=np.zeros((len(ids), 0), np.float32) if vectors is None else vectors,
        fit=lambda train: _fitted(train, ids, known, options),
        recommenders=RECOMMENDERS | {DEFAULT_RECOMMENDER: _recommender(connection, catalog, data, vectors)},
        budget=budget,
        seed=seed,
        stages=stages,
    )
    if data.times is None:
        stages.progress.notice(
            f"{catalog.name} has no times, so what comes next can be neither measured nor recommended."
        )
        yield from trial.of_people("leave-one-out", protocols.leave_one_out(_shuffled(data, seed), seed=seed))
        return
    alike: list[tuple[str, Callable[..., protocols.NextChosen]]] = [
        ("next-chosen", protocols.next_chosen),
        ("next-chosen-temporal", protocols.next_chosen_temporal),
    ]
    for protocol, make in alike:
        yield from trial.of_alike(protocol, make(data, seed=seed))
    people: list[tuple[str, Callable[..., protocols.HeldOut]]] = [
        ("leave-one-out", protocols.leave_one_out),
        ("temporal-hold-out", protocols.temporal_hold_out),
    ]
    for protocol, hold in people:
        yield from trial.of_people(protocol, hold(data, seed=seed))


def _recommender(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, data: Interactions, vectors: NDArray[np.float32] | None
) -> Callable[[int], Recommender]:
    """Return what makes the model that the store answers with, from a seed: with the constants that its build chose."""
    known = chosen_constants(connection, catalog, "builds")
    settings = as_known(known) if known else default_settings(data, has_vectors=vectors is not None)
    return lambda seed: Person(settings, catalog.fading.kept, seed, vectors)


def _fitted(train: Interactions, ids: NDArray[np.int32], known: list[Space], options: BuildOptions) -> list[Space]:
    """Return the spaces as a build makes them, from the interactions that may be learnt from."""
    found = [*spaces_of_interactions(train, ids, options), *known]
    return [*found, *laid_together({space.name: space for space in found})]


def _stored(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[Space]:
    query = "SELECT space FROM spaces WHERE catalog = ? AND kind = 'vectors' ORDER BY space ASC"
    names = [name for (name,) in connection.execute(query, [catalog.name]).fetchall()]
    query = f"SELECT {catalog.key} AS id, vector FROM {catalog.vectors} WHERE space = ? ORDER BY id ASC"
    found = []
    for name in names:
        table: Any = connection.sql(query, params=[name]).to_arrow_table()
        ids, vectors = numbers(table.column("id")), np.asarray(numbers(table.column("vector")), np.float32)
        found.append(Space(name, ids, vectors.reshape(len(ids), -1 if len(ids) else 0), "as it is stored"))
    return found


def _shuffled(data: Interactions, seed: int) -> Interactions:
    """Return interactions without times in an order that says nothing: else the largest id would be the last one."""
    drawn = np.random.default_rng(seed).permutation(len(data))
    order = drawn[np.argsort(data.users[drawn], kind="stable")]
    return replace(data, users=data.users[order], items=data.items[order])
