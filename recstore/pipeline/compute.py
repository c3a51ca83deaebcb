"""Fills the vectors, neighbours and indexes of a catalogue, from its tables by its models."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING

import duckdb

from recstore import sql
from recstore.arrow import arrow_column
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.model import CatalogModel
from recstore.models.space import Measured, Space
from recstore.options import BuildOptions
from recstore.progress import Progress, Stages
from recstore.store.file import MOST_PACKED, ROW_GROUP
from recstore.store.publish import NEW
from recstore.store.staged import Staged

if TYPE_CHECKING:
    from recstore.search.exact import Block

_SQL = "recstore.pipeline.sql"


def compute(
    staged: Staged,
    model: CatalogModel,
    options: BuildOptions,
    budget: Budget,
    stages: Stages,
    given: list[Space] | None = None,
    chosen: str | None = None,
) -> list[Measured]:
    """Fill the vectors, neighbours and indexes of one catalogue, space by space, and return what was found out.

    `given` are spaces besides those of the model; `chosen` is the default one, where it is not for recstore to say.
    """
    catalog, connection = model.catalog, staged.connection
    measured = _place(staged, catalog, model, options, budget, stages, given or [], chosen)
    if catalog.weights:
        # All spaces are written and freed.
        with stages.stage(f"weights of {catalog.name}"), budget.arrays_first(connection):
            measured += model.weigh(connection, options, budget, stages.progress)
    return measured


def _place(
    staged: Staged,
    catalog: Catalog,
    model: CatalogModel,
    options: BuildOptions,
    budget: Budget,
    stages: Stages,
    given: list[Space],
    chosen: str | None,
) -> list[Measured]:
    """Fill the vectors, neighbours and indexes of one catalogue."""
    from recstore.pipeline.indexes import building_index, store_index

    connection = staged.connection
    with stages.stage(f"prepare {catalog.name}"):
        model.prepare(connection)
    with stages.stage(f"vectors of {catalog.name}"):
        spaces = list(model.spaces(connection, options, budget, stages.progress))
        spaces += [space for space in given if space.name not in {one.name for one in spaces}]
        # One without an item is none: a single item is the mean of all, for instance.
        spaces = [space for space in spaces if len(space.ids)]
        made = [space.name for space in spaces]
        default = chosen or next((name for name in catalog.spaces if name in made), None)
        for space in spaces:
            store_vectors(connection, catalog, space, is_default=space.name == default)
        # What it writes anew of them leaves blocks free, which the neighbours then fill.
        connection.execute(f"CHECKPOINT {NEW}")
    measured = model.lacking(made, stages.progress)
    waiting = deque(spaces)
    del spaces
    while waiting:
        # Its vectors are freed before those of the next are searched.
        space = waiting.popleft()
        with building_index(staged, space, options, budget) if model.is_indexed else nullcontext() as building:
            with stages.stage(f"neighbours of {catalog.name}, {space.name}", len(space.ids)):
                measured += store_neighbors(connection, model, space, options, budget, stages.progress)
            if building is not None:
                with stages.stage(f"index of {catalog.name}, {space.name}"):
                    measured += store_index(staged, catalog, space, building, options.seed)
    return measured


def store_vectors(connection: duckdb.DuckDBPyConnection, catalog: Catalog, space: Space, *, is_default: bool) -> None:
    """Write the vectors of a space, and its row in `spaces`."""
    import pyarrow as pa

    if min(len(space.ids), ROW_GROUP) * space.vectors.shape[1] > MOST_PACKED:
        # For good: what is not a whole row group yet is packed when the store is finished.
        connection.execute("SET disabled_compression_methods = 'alprd'")
    columns = {"id": arrow_column(space.ids), "vector": arrow_column(space.vectors)}
    connection.register("vectors_to_insert", pa.table(columns))
    connection.execute(sql.render(_SQL, "insert_vectors", vectors=catalog.vectors), {"space": space.name})
    connection.unregister("vectors_to_insert")
    connection.execute(
        sql.read(_SQL, "insert_space"),
        {
            "catalog": catalog.name,
            "space": space.name,
            "dimensions": space.vectors.shape[1],
            "is_default": is_default,
            "items": len(space.ids),
            "neighbors": catalog.depth,
            "recipe": space.recipe,
            "center": None if space.center is None else space.center.tolist(),
            "explained": None if space.explained is None else space.explained.tolist(),
        },
    )
    for table, rows in space.learnt.items():
        connection.register("rows_to_insert", rows)
        connection.execute(f"INSERT INTO {sql.identifier(table)} BY NAME FROM rows_to_insert")
        connection.unregister("rows_to_insert")


def store_neighbors(
    connection: duckdb.DuckDBPyConnection,
    model: CatalogModel,
    space: Space,
    options: BuildOptions,
    budget: Budget,
    progress: Progress,
) -> list[Measured]:
    """Search the neighbours of a space, write them, and return what was measured of the search."""
    blocks, measured = model.neighbors(space, options, budget)
    write_neighbors(connection, model.catalog, space, blocks, progress)
    return measured


def write_neighbors(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, space: Space, blocks: Iterator[Block], progress: Progress
) -> None:
    """Stream the neighbours into their table block by block, while the next blocks are being searched."""
    import numpy as np
    import pyarrow as pa

    schema = pa.schema({"id": pa.int32(), "rank": pa.int16(), "neighbor_id": pa.int32(), "score": pa.float32()})

    failure: list[BaseException] = []

    def batches() -> Generator[pa.RecordBatch, None, None]:
        try:
            for rows, neighbors, scores in blocks:
                n, k = neighbors.shape
                columns = [
                    np.repeat(space.ids[rows], k),
                    np.tile(np.arange(1, k + 1, dtype=np.int16), n),
                    space.ids[neighbors.ravel()],
                    scores.ravel(),
                ]
                yield pa.RecordBatch.from_arrays([arrow_column(column) for column in columns], schema=schema)
                progress.advanced(n)
        except GeneratorExit:
            raise
        except BaseException as error:
            failure.append(error)
            raise

    with closing(batches()) as found:
        connection.register("neighbors_to_insert", pa.RecordBatchReader.from_batches(schema, found))
        query = sql.render(_SQL, "insert_neighbors", neighbors=catalog.neighbors)
        try:
            connection.execute(query, {"space": space.name})
        except duckdb.Error as error:
            # What goes wrong while DuckDB pulls the batches, an interrupt too, reaches us wrapped in its own error.
            raise failure[0] if failure else error from error
        connection.unregister("neighbors_to_insert")
