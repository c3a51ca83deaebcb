"""Computes of a catalogue only what an addition changes: all items keep their vectors, and what is new joins them.

New items get vectors in the spaces that are there, their neighbours, and weights; the neighbours of all others take
them in, exactly. What a whole build would also change, vectors and weights of what is there, stays. How much that may
be is recorded with each addition, and where it has become much, the whole is computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import numbers
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.figures import latest_figures
from recstore.catalogs.model import CatalogModel
from recstore.models.space import (
    COSINE,
    INTERACTIONS_SINCE,
    ITEMS_SINCE,
    NEIGHBORS_RECALL,
    PLACED_SINCE,
    Late,
    Measured,
    Space,
)
from recstore.options import BuildOptions
from recstore.pipeline.compute import store_neighbors, store_vectors, write_neighbors
from recstore.pipeline.indexes import OF_INDEX, building_index, store_index
from recstore.pipeline.user_spaces import read_user_space
from recstore.progress import Stages
from recstore.store.publish import OLD
from recstore.store.staged import Staged

_SQL = "recstore.pipeline.sql"
#: Figures of the build before, by space, None for the whole catalogue, and name.
Figures = dict[tuple[str | None, str], float]
#: For each item that decides whether a catalogue is a large one, so many interactions do so as well.
_INTERACTIONS = 50
#: When more than this share of the items or interactions came since the whole build, all is computed anew.
MOST_SINCE = 0.1
#: When more than this share of a space's items are to be searched, all are.
_MOST_ANEW = 0.05


def compute_only_new(
    staged: Staged, model: CatalogModel, options: BuildOptions, budget: Budget, stages: Stages
) -> list[Measured] | None:
    """Fill what is computed of a catalogue from the old store's and what is new; None, with nothing written but what
    `prepare` does, where all is to be computed anew. Returns what was found out.
    """
    catalog, connection = model.catalog, staged.connection
    before = latest_figures(connection, catalog, f"{OLD}.main.builds")
    since = _since(connection, catalog, before)
    if not _is_worth_while(connection, catalog, options, since):
        return None
    spaces = _Spaces(connection, catalog)
    if not spaces.are_as_made():
        return None
    with stages.stage(f"prepare {catalog.name}"):
        model.prepare(connection)
    with stages.stage(f"place what is new of {catalog.name}"):
        late = model.late(connection, OLD, options, spaces.read)
    if late is None or any(len(one.ids) > MOST_SINCE * spaces.sizes[name] for name, one in late.items()):
        return None
    # Searches among what is there stay as they were measured.
    recalls = [key for key in before if key[1] == NEIGHBORS_RECALL]
    measured = [*since, *(Measured(catalog.name, space, what, before[space, what]) for space, what in recalls)]
    for name in spaces.sizes:
        measured += _join(staged, model, spaces, name, late.get(name), options, budget, stages, before)
        measured += _placed(catalog, name, late.get(name), before)
    if catalog.weights:
        with stages.stage(f"weights of {catalog.name}"), budget.arrays_first(connection):
            found = model.weigh_late(connection, OLD, options)
            if found is None:
                found = model.weigh(connection, options, budget, stages.progress)
            measured += found
    made = {catalog.vectors, catalog.neighbors, catalog.weights, catalog.tastes}
    for table in [one.name for one in catalog.computed if one.name not in made]:
        columns = ", ".join(sql.identifier(name) for name, *_ in connection.execute(f"DESCRIBE {table}").fetchall())
        connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {OLD}.main.{table}")
    return measured


def _since(connection: duckdb.DuckDBPyConnection, catalog: Catalog, before: Figures) -> list[Measured]:
    """Return how much came since the whole build: with the additions before, and with this one."""
    tables = {ITEMS_SINCE: catalog.items}
    if catalog.interactions:
        tables[INTERACTIONS_SINCE] = catalog.interactions.table
    found = []
    for what, table in tables.items():
        came = _count(connection, table) - _count(connection, f"{OLD}.main.{table}")
        found.append(Measured(catalog.name, None, what, came + before.get((None, what), 0.0)))
    return found


def _is_worth_while(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, options: BuildOptions, since: list[Measured]
) -> bool:
    """Tell whether a catalogue is so large, and what came so little, that not all is computed anew."""
    items = _count(connection, catalog.items)
    sizes = {ITEMS_SINCE: items}
    is_large = items > options.anew_up_to
    if catalog.interactions:
        sizes[INTERACTIONS_SINCE] = _count(connection, catalog.interactions.table)
        is_large = is_large or sizes[INTERACTIONS_SINCE] > _INTERACTIONS * options.anew_up_to
    return is_large and all(abs(one.value) <= MOST_SINCE * sizes[one.what] for one in since)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


class _Spaces:
    """The spaces of a catalogue in the old store; those that are made of others come last."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self._connection, self._catalog = connection, catalog
        query = sql.render(_SQL, "arriving_spaces", arriving=OLD)
        self._rows = {row[0]: row for row in connection.execute(query, {"catalog": catalog.name}).fetchall()}
        figures = connection.execute(sql.render(_SQL, "sizes_of_spaces", old=OLD), {"catalog": catalog.name})
        found = {name: (items, depth) for name, items, depth in figures.fetchall()}
        self.sizes = {name: items for name, (items, _depth) in found.items()}
        self._depths = {name: depth for name, (_items, depth) in found.items()}

    def are_as_made(self) -> bool:
        """Tell whether the catalogue has the spaces that it makes, with whole lists of neighbours."""
        depth = self._catalog.depth
        whole = all(self.sizes[name] > depth == self._depths[name] for name in self.sizes)
        return whole and set(self._catalog.made) <= set(self.sizes)

    def read(self, name: str) -> Space:
        """Read a space with its vectors."""
        _name, _is_default, recipe, center, explained = self._rows[name]
        space = read_user_space(self._connection, OLD, self._catalog, name, recipe)
        return replace(
            space,
            center=None if center is None else np.asarray(center),
            explained=None if explained is None else np.asarray(explained),
        )

    def is_default(self, name: str) -> bool:
        """Tell whether a space is the one that answers where none is named."""
        return bool(self._rows[name][1])


def _join(
    staged: Staged,
    model: CatalogModel,
    spaces: _Spaces,
    name: str,
    late: Late | None,
    options: BuildOptions,
    budget: Budget,
    stages: Stages,
    before: Figures,
) -> list[Measured]:
    """Write one space with what comes to it: vectors, neighbours, index."""
    connection, catalog = staged.connection, model.catalog
    with stages.stage(f"vectors of {catalog.name}"):
        space, joins = _joined(spaces.read(name), late)
        store_vectors(connection, catalog, space, is_default=spaces.is_default(name))
    measured: list[Measured] = []
    if not len(joins):
        with stages.stage(f"neighbours of {catalog.name}, {name}", len(space.ids)):
            _keep_lists(connection, catalog, space, joins)
        with stages.stage(f"index of {catalog.name}, {name}"):
            return _keep_index(connection, catalog, name, before)
    with building_index(staged, space, options, budget) as building:
        with stages.stage(f"neighbours of {catalog.name}, {name}", len(space.ids)):
            lists = _Lists(connection, catalog, space, joins)
            if len(lists.anew) > max(1000, _MOST_ANEW * len(space.ids)):
                measured += store_neighbors(connection, model, space, options, budget, stages.progress)
            else:
                # Lists that changed stand behind all others; in each the neighbours stand in their order.
                changed, blocks = lists.joining().changed(budget)
                _keep_lists(connection, catalog, space, changed)
                stages.progress.advanced(len(space.ids) - len(changed))
                write_neighbors(connection, catalog, space, blocks, stages.progress)
        with stages.stage(f"index of {catalog.name}, {name}"):
            measured += store_index(staged, catalog, space, building, options.seed)
    return measured


def _keep_lists(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, space: Space, changed: NDArray[np.intp]
) -> None:
    """Copy the neighbours of all items of a space but some, by their positions."""
    bits = np.full(int(space.ids[-1]) + 1, b"0")
    bits[space.ids[changed]] = b"1"
    query = sql.render(_SQL, "copy_neighbors", neighbors=catalog.neighbors, key=catalog.key, old=OLD)
    connection.execute(query, {"space": space.name, "changed": bits.tobytes().decode()})


def _keep_index(connection: duckdb.DuckDBPyConnection, catalog: Catalog, space: str, before: Figures) -> list[Measured]:
    """Copy the index of a space to which nothing comes, and return what was measured of it."""
    names = {"old": OLD, "catalog": sql.literal(catalog.name), "space": sql.literal(space)}
    connection.execute(sql.render(_SQL, "copy_index", **names))
    return [Measured(catalog.name, space, what, before[space, what]) for what in OF_INDEX if (space, what) in before]


def _joined(space: Space, late: Late | None) -> tuple[Space, NDArray[np.intp]]:
    """Return a space with what comes to it, and the positions at which that stands."""
    if late is None or not len(late.ids):
        return space, np.empty(0, np.intp)
    kept = ~np.isin(space.ids, late.ids)
    ids = np.concatenate([space.ids[kept], late.ids])
    order = np.argsort(ids)
    vectors = np.concatenate([space.vectors[kept], late.vectors])[order]
    return replace(space, ids=ids[order], vectors=vectors), np.searchsorted(ids[order], late.ids)


def _placed(catalog: Catalog, name: str, late: Late | None, before: Figures) -> list[Measured]:
    """Return how many items were placed in a space since the whole build, and how near that comes."""
    count = before.get((name, PLACED_SINCE), 0.0) + (0 if late is None else len(late.ids))
    cosine = before.get((name, COSINE)) if late is None or late.cosine is None else late.cosine
    found = {PLACED_SINCE: count} | ({} if cosine is None else {COSINE: cosine})
    return [Measured(catalog.name, name, what, value) for what, value in found.items()]


@dataclass
class _Lists:
    """The neighbours in the old store of the items of a space, of which those at `joins` are new or elsewhere now."""

    connection: duckdb.DuckDBPyConnection
    catalog: Catalog
    space: Space
    joins: NDArray[np.intp]

    def __post_init__(self) -> None:
        """Find out which items are to be searched anew: those that join, and whose lists hold what is elsewhere now."""
        catalog = self.catalog
        self.names = {"neighbors": catalog.neighbors, "key": catalog.key, "old": OLD}
        ids = self.space.ids[self.joins].tolist()
        query = sql.render(_SQL, "lists_with", **self.names)
        values = {"space": self.space.name, "ids": ids}
        holding = self.connection.execute(query, values).fetchnumpy()["id"] if ids else np.empty(0, np.int32)
        self.anew = np.union1d(self.joins, np.searchsorted(self.space.ids, holding))

    def joining(self) -> Any:  # noqa: ANN401 - imported where it is used
        """Return what searches."""
        from recstore.search.joining import Joining

        query = sql.render(_SQL, "last_scores", **self.names)
        rows = self.connection.execute(query, {"space": self.space.name, "depth": self.catalog.depth}).fetchnumpy()
        last = np.full(len(self.space.ids), 2, np.float32)
        last[np.searchsorted(self.space.ids, rows["id"])] = rows["score"]
        vectors, depth = self.space.vectors, self.catalog.depth
        return Joining(vectors, self.anew, self.joins, last, depth, self._read)

    def _read(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        ids, depth = self.space.ids, self.catalog.depth
        query = sql.render(_SQL, "lists_of", **self.names)
        values = {"space": self.space.name, "ids": ids[rows].tolist()}
        # Beside the statement that writes them.
        with self.connection.cursor() as cursor:
            found: Any = cursor.sql(query, params=values).to_arrow_table()
        near, score = (numbers(found.column(name)) for name in ("neighbor_id", "score"))
        near = np.searchsorted(ids, near).astype(np.int32)
        return near.reshape(-1, depth), np.asarray(score, np.float32).reshape(-1, depth)
