"""Places the items of a store on a map, and publishes a copy of the store in which the places are a table."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import arrow_column, read_columns
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import catalog_named
from recstore.errors import OptionError, StoreError
from recstore.models import places
from recstore.paths import real, typed
from recstore.pipeline.one_thread import one_blas_thread
from recstore.progress import Progress, Stages
from recstore.sources.loader import build_command
from recstore.store.publish import NEW, staged_store
from recstore.store.staged import Staged

_SQL = "recstore.pipeline.sql"
TSNE, PCA = "t-SNE", "PCA"
#: What the keys of `store_info` begin with that say how a map was made.
FACT = "map "


@dataclass(frozen=True)
class ItemMap:
    """A map of one space of a catalogue: the table of the places, how they were found, and how good they are.

    `kept` is the share, 0 to 1, of an item's ten nearest that are among its ten nearest on the map, over up to 2,000
    items. `build_id` is the build whose neighbours were placed: after another build they are of neighbours that were.
    """

    catalog: str
    space: str
    table: str
    method: str
    items: int
    kept: float
    seed: int
    seconds: float
    build_id: str


def map_items(
    path: str | os.PathLike[str],
    *,
    catalog: str | None = None,
    space: str | None = None,
    seed: int = 0,
    threads: int = 0,
    wait: bool | float = False,
    progress: Progress | None = None,
) -> list[ItemMap]:
    """Place the items of the store at `path` on a map, in the tables `…_map` (space, key of the item, x, y).

    `catalog` None means every catalogue with vectors, and `space` None its default space. The method is t-SNE over the
    stored neighbours, from the first two principal components; where openTSNE is not installed, or items are fewer than
    fifty, these components are the map. The same seed gives the same places. The table is as one that the user added:
    rebuilds keep it, and only this function makes it anew. What was found is in `store_info`, too, under `map …`.

    The store is replaced in one step when all is done, and no version before it is dropped. Raises `StoreError`,
    `BusyError` as `build` does, and `OptionError` where there is no such catalogue or space.
    """
    if seed < 0:
        raise OptionError(f"seed must not be negative, and is {seed}.")
    target = typed(path)
    if not target.exists():
        raise StoreError(f"There is no store at {path}. Build one with: {build_command(path)}")
    budget = Budget.of(0.0, threads)
    stages = Stages(progress or Progress())
    made = []
    with staged_store(target, makes_version=False, wait=wait, progress=progress, base=real(target)) as staged:
        staged.allow(budget)
        asked = [catalog_named(catalog, staged.catalogs)] if catalog else staged.catalogs
        for one in asked:
            name = _space(staged.connection, one, space)
            if name is not None:
                made.append(_placed(staged, one, name, seed, budget.threads, stages))
        if not made:
            named = f"the space {space}" if space else "any space"
            raise OptionError(f"{' and '.join(one.name for one in asked)} has no items with vectors in {named}.")
    return made


def map_table(catalog: Catalog) -> str:
    """Return the name of the table of a catalogue's map."""
    return f"{catalog.vectors.removesuffix('_vectors')}_map"


def _space(connection: duckdb.DuckDBPyConnection, catalog: Catalog, asked: str | None) -> str | None:
    """Return the space to place: that which is asked for, or the default one; None where there is none."""
    rows = connection.execute(sql.read(_SQL, "mapped_space"), {"catalog": catalog.name, "space": asked}).fetchall()
    return rows[0][0] if rows else None


def _placed(staged: Staged, catalog: Catalog, space: str, seed: int, threads: int, stages: Stages) -> ItemMap:
    connection, stage = staged.connection, f"map {catalog.name}"
    with stages.stage(stage), one_blas_thread():
        ids, vectors, neighbors, scores = _read(connection, catalog, space)
        found, method = places.components(vectors), PCA
        if places.can_embed(len(ids)):
            found, method = places.tsne(found, neighbors, scores, seed, threads), TSNE
        elif len(ids) >= places.FEWEST:
            stages.progress.notice("openTSNE is not installed: the map shows principal components, which keep less.")
        share = places.kept(found, neighbors, seed)
        _write(connection, catalog, space, ids, found)
    [(build_id,)] = connection.execute("SELECT value FROM store_info WHERE key = 'build_id'").fetchall()
    seconds = round(stages.seconds[stage], 2)
    made = ItemMap(catalog.name, space, map_table(catalog), method, len(ids), round(share, 4), seed, seconds, build_id)
    fact = "INSERT INTO store_info BY NAME SELECT ? AS key, ? AS value"
    connection.execute(fact, [f"{FACT}{catalog.name} {space}", json.dumps(asdict(made))])
    return made


def _read(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, space: str
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    """Return ids, (n,), vectors, (n, d), and of each the nearest, (n, k), as positions, with their scores, (n, k)."""
    names = {"key": catalog.key, "space": sql.literal(space)}
    query = sql.render(_SQL, "vectors_to_place", vectors=catalog.vectors, **names)
    rows = read_columns(connection, query, {"id": np.int32, "vector": np.float32})
    ids = rows["id"]
    k = min(places.NEIGHBORS, len(ids) - 1, catalog.depth)
    query = sql.render(_SQL, "neighbors_to_place", neighbors=catalog.neighbors, k=str(k), **names)
    near = read_columns(connection, query, {"neighbor": np.int32, "score": np.float32})
    if len(near["neighbor"]) != len(ids) * k:
        raise StoreError(f"{catalog.neighbors} lacks neighbours in the space {space}; recstore rebuild computes them.")
    neighbors = np.searchsorted(ids, near["neighbor"]).reshape(len(ids), k)
    return ids, rows["vector"].reshape(len(ids), -1), neighbors, near["score"].reshape(len(ids), k)


def _write(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    space: str,
    ids: NDArray[np.int32],
    found: NDArray[np.float32],
) -> None:
    import pyarrow as pa

    columns = {"id": arrow_column(ids), "x": arrow_column(found[:, 0]), "y": arrow_column(found[:, 1])}
    about = f"Where the items of {catalog.name} lie on a map: recstore.map_items makes it, and rebuilds keep it"
    table = f"{NEW}.main.{map_table(catalog)}"
    names = {"table": table, "key": catalog.key, "space": sql.literal(space), "about": sql.literal(about)}
    connection.register("places_to_insert", pa.table(columns))
    connection.execute(sql.render(_SQL, "create_map", fact=sql.literal(f"{FACT}{catalog.name} {space}"), **names))
    connection.unregister("places_to_insert")
