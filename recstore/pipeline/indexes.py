"""The stage that gives every space its Annoy index, and finds out when asking it is worth while."""

from __future__ import annotations

import hashlib
import secrets
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from recstore import sql
from recstore.arrow import arrow_bytes, arrow_column
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.needs import index_bytes
from recstore.models.space import Measured, Space
from recstore.options import BuildOptions
from recstore.search.annoy_index import METRIC, SMALL, Index, build_index, calibrate, default_trees
from recstore.search.index_file import BuiltFile, form_of
from recstore.search.index_parts import without_vectors
from recstore.search.ranking import CONSTANTS
from recstore.store.staged import Staged

_SQL = "recstore.pipeline.sql"
#: DuckDB reads such values by 2,048, whichever of them it is asked for, and holds them in memory.
_CHUNK_BYTES = 1 << 16
_CHUNKS_AT_A_TIME = 512
_TIMED = 20

#: What `builds.measured` calls the figures of this stage.
SEARCH_K, RECALL, ANNOY_SECONDS, SCAN_SECONDS = "annoy search_k", "annoy recall@10", "annoy seconds", "scan seconds"
WORTH_WHILE = "annoy is faster"
#: Where it is less than `annoy_indexes.bytes`, the chunks lack the vectors of the items.
STORED_BYTES = "annoy bytes stored"
OF_INDEX = (SEARCH_K, RECALL, ANNOY_SECONDS, SCAN_SECONDS, WORTH_WHILE, STORED_BYTES)


@dataclass(frozen=True)
class _Built:
    path: Path
    bytes: int
    trees: int
    sha256: str
    index: Index
    recall: float


@contextmanager
def building_index(
    staged: Staged, space: Space, options: BuildOptions, budget: Budget
) -> Iterator[Callable[[], _Built]]:
    """Build the index of a space beside the new store, on a thread of its own, while the block does something else.

    Yields what waits for it. Where the memory is too little for both, it is built only then.
    """
    path = staged.folder / f"{secrets.token_hex(8)}.ann"
    n, width = space.vectors.shape

    def work() -> _Built:
        with budget.turn():
            return _build(space, options, path)

    if n * index_bytes(width, options, n) > budget.own:
        yield work
    else:
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(work).result


def _build(space: Space, options: BuildOptions, path: Path) -> _Built:
    trees = options.trees or default_trees(len(space.ids))
    build_index(space.vectors, trees, options.seed, path)
    index = Index(path, space.vectors.shape[1], space.ids, search_k=1)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return _Built(path, path.stat().st_size, trees, sha256, index, calibrate(index, trees, options.seed))


def store_index(
    staged: Staged, catalog: Catalog, space: Space, building: Callable[[], _Built], seed: int
) -> list[Measured]:
    """Write the index of a space into its tables, and return what was measured of it.

    An index that answers questions goes into the user's cache when the store is in place; any other file goes at once.
    """
    import pyarrow as pa

    connection, built = staged.connection, building()
    name = f"{catalog.name}_{space.name}"
    connection.execute(
        sql.read(_SQL, "insert_index"),
        {
            "index_name": name,
            "catalog": catalog.name,
            "space": space.name,
            "metric": METRIC,
            "dimensions": space.vectors.shape[1],
            "trees": built.trees,
            "seed": seed,
            "items": len(space.ids),
            "sha256": built.sha256,
            "bytes": built.bytes,
        },
    )
    stored = 0
    for chunks, size in _chunks(without_vectors(built.path, len(space.ids), space.vectors.shape[1])):
        connection.register("chunks_to_insert", chunks)
        connection.execute(sql.read(_SQL, "insert_index_chunks"), {"index_name": name})
        connection.unregister("chunks_to_insert")
        stored += size
    connection.register("items_to_insert", pa.table({"id": arrow_column(space.ids)}))
    connection.execute(sql.read(_SQL, "insert_index_items"), {"index_name": name})
    connection.unregister("items_to_insert")
    figures = {
        SEARCH_K: float(built.index.search_k),
        RECALL: built.recall,
        STORED_BYTES: float(stored),
        **_times(connection, catalog, space, built),
    }
    if figures[WORTH_WHILE]:
        staged.indexes.append(BuiltFile(built.path, built.sha256, built.bytes, form_of(*space.vectors.shape[::-1])))
    else:
        with suppress(PermissionError):  # Windows removes no file that is mapped: it goes with the folder
            built.path.unlink()
    return [Measured(catalog.name, space.name, what, value) for what, value in figures.items()]


def _chunks(parts: Iterable[bytes]) -> Iterator[tuple[Any, int]]:
    """Yield Arrow tables of some chunks of an index each, with their checksums, and how many bytes these are.

    DuckDB holds in memory what one statement inserts of such until it is done, so few are inserted by one.
    """
    import pyarrow as pa

    numbered = enumerate(_cut(parts))
    while some := list(islice(numbered, _CHUNKS_AT_A_TIME)):
        numbers, data = zip(*some, strict=True)
        table = pa.table(
            {
                "chunk": arrow_column(np.array(numbers, np.int32)),
                "data": arrow_bytes(list(data)),
                "sha256": arrow_bytes([hashlib.sha256(one).hexdigest().encode() for one in data]).view(
                    pa.large_string()
                ),
            }
        )
        yield table, sum(map(len, data))


def _cut(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of some parts in chunks of one size, but for the last."""
    held = bytearray()
    for part in parts:
        held += part
        while len(held) >= _CHUNK_BYTES:
            yield bytes(held[:_CHUNK_BYTES])
            del held[:_CHUNK_BYTES]
    if held:
        yield bytes(held)


def _times(connection: duckdb.DuckDBPyConnection, catalog: Catalog, space: Space, built: _Built) -> dict[str, float]:
    """Return the seconds that one question takes by the index and by the scan in SQL, and which way to go.

    A small catalogue is scanned in a few milliseconds, and gets exact answers for them: nothing is timed there.
    """
    if len(space.ids) <= SMALL:
        return {WORTH_WHILE: 0.0}
    query = sql.render(_SQL, "scan_vectors", vectors=catalog.vectors, key=catalog.key, **CONSTANTS)

    def scan(vector: npt.NDArray[np.float64]) -> None:
        connection.execute(query, {"space": space.name, "vector": vector.tolist()}).fetchall()

    def ask(vector: npt.NDArray[np.float64]) -> None:
        built.index.nearest(vector, 10)

    rows = np.random.default_rng(0).choice(len(space.ids), _TIMED)
    questions = [space.vectors[row].astype(np.float64) for row in rows]
    annoy_seconds, scan_seconds = _median_seconds(ask, questions), _median_seconds(scan, questions[:3])
    worth_while = float(annoy_seconds < scan_seconds)
    return {ANNOY_SECONDS: annoy_seconds, SCAN_SECONDS: scan_seconds, WORTH_WHILE: worth_while}


def _median_seconds(
    task: Callable[[npt.NDArray[np.float64]], None], questions: Sequence[npt.NDArray[np.float64]]
) -> float:
    seconds = []
    for question in questions:
        begun = time.perf_counter()
        task(question)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)
