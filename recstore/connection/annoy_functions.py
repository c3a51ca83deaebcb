"""Lets the functions of a view database ask the Annoy indexes of its store, through two vectorised functions of DuckDB.

The functions are shared by all connections of a DuckDB instance; which store a question is for stands in the question.
They keep no reference to a connection, so it is freed when its owner drops it. An index is opened when the first
question needs it, once for all connections of the process.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.render import AMONG, ASK, AnnoyUse
from recstore.errors import StoreError
from recstore.opening import open_connection
from recstore.paths import real
from recstore.scratch import scratch_folder
from recstore.store.file import attach_store, info, name_tables_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recstore.search.annoy_index import Index, IndexFacts

_SQL = "recstore.connection.sql"
#: So many chunks of an index are read by one query.
_CHUNKS = 1024
#: So many vectors of the items of an index likewise.
_VECTORS = 8192
_stores: dict[str, _Store] = {}


def accelerate(
    connection: duckdb.DuckDBPyConnection, path: Path, database: str, exact: bool | None, catalogs: tuple[Catalog, ...]
) -> AnnoyUse | None:
    """Make the indexes of an attached store answer in this connection; return for which catalogues, if for any.

    With None for `exact`, for those where the build measured that it is faster; with False for all; with True for none.
    """
    if exact:
        return None
    known = {catalog.name: catalog for catalog in catalogs}
    with connection.cursor() as cursor:
        name_tables_of(cursor, database)
        try:
            rows = cursor.execute(sql.read(_SQL, "indexed_catalogs")).fetchall()
        except (duckdb.CatalogException, duckdb.BinderException):
            # A store from before there were indexes.
            return None
        chosen = frozenset(name for name, faster in rows if name in known and (faster or exact is False))
        if not chosen:
            return None
        build_id = info(cursor, database)["build_id"]
        _register(cursor)
    store = _stores.setdefault(build_id, _Store(build_id, known))
    store.joined(connection, path, database)
    return AnnoyUse(build_id, chosen)


def _register(cursor: duckdb.DuckDBPyConnection) -> None:
    """Create the functions, once in each instance.

    By a cursor that is closed at once: the connection that creates a function refers to it, and a reference that is
    left when the interpreter ends makes DuckDB 2.0 complain on stderr.
    """
    text, number = "VARCHAR", "INTEGER"

    ask = [text, text, text, "BIGINT", duckdb.list_type("DOUBLE"), "BLOB"]
    create: Any = cursor.create_function
    # That one is there already is said by one error or the other: the second where this connection created it.
    with suppress(duckdb.CatalogException, duckdb.NotImplementedException):
        create(ASK, _ask, ask, duckdb.list_type("BIGINT"), type="arrow", null_handling="special")
    with suppress(duckdb.CatalogException, duckdb.NotImplementedException):
        among = [text, text, duckdb.list_type(number)]
        create(AMONG, _among, among, "BLOB", type="arrow", null_handling="special")


class _Store:
    """The indexes of one build of a store, as long as any connection of this process shows it."""

    def __init__(self, build_id: str, catalogs: dict[str, Catalog]) -> None:
        self._build_id = build_id
        self._catalogs = catalogs
        self._path = Path()
        self._connections: weakref.WeakKeyDictionary[duckdb.DuckDBPyConnection, str] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._opened: dict[tuple[str, str], Index] = {}
        self._ids: dict[str, npt.NDArray[np.int32]] = {}

    def joined(self, connection: duckdb.DuckDBPyConnection, path: Path, database: str) -> None:
        """Remember a connection that has the store attached as `database`, to read the indexes through."""
        self._path = real(path)
        self._connections[connection] = database
        weakref.finalize(connection, self._left).atexit = False

    def _left(self) -> None:
        if not self._connections:
            self._opened, self._ids = {}, {}

    def index(self, catalog: str, space: str) -> Index:
        """Return the open index of a space; the first call opens it."""
        found = self._opened.get((catalog, space))
        if found is None:
            with self._lock:
                found = self._opened.get((catalog, space)) or self._open(catalog, space)
                self._opened[catalog, space] = found
        return found

    def ids(self, name: str) -> npt.NDArray[np.int32]:
        """Return the ids that have a vector in a catalogue, (m,), ascending: the order of the bits of a filter."""
        found = self._ids.get(name)
        if found is None:
            catalog = self._catalogs[name]
            query = sql.render(_SQL, "candidates", vectors=catalog.vectors, key=catalog.key)
            with self._lock, self._reading() as cursor:
                found = self._ids[name] = cursor.execute(query).fetchnumpy()["id"]
        return found

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor whose current database is the store, as this build left it.

        Through a connection that has it, which keeps the old file when a new one is published; else from the file.
        """
        for connection, database in list(self._connections.items()):
            try:
                cursor = connection.cursor()
                name_tables_of(cursor, database)
                found = info(cursor, database)["build_id"] == self._build_id
            except duckdb.Error:
                continue
            with cursor:
                if found:
                    yield cursor
                    return
        with open_connection() as fresh:
            attach_store(fresh, self._path, "store")
            name_tables_of(fresh, "store")
            if info(fresh, "store")["build_id"] != self._build_id:
                raise StoreError(f"{self._path} was published anew, and its old indexes are gone. Connect again.")
            yield fresh

    def _open(self, catalog: str, space: str) -> Index:
        from recstore.search.annoy_index import Index, IndexFacts, UnsoundIndexError
        from recstore.search.index_file import (
            DamagedIndexError,
            form_of,
            index_file,
            record_opened,
            verified,
            was_opened,
        )
        from recstore.search.index_parts import with_vectors

        with self._reading() as cursor:
            values = {"catalog": catalog, "space": space}
            row = cursor.execute(sql.read(_SQL, "index_facts"), values).fetchall()[0]
            facts, dimensions, search_k, stored = IndexFacts(*row[:-3]), *row[-3:]
            catalogue = self._catalogs[catalog]
            try:
                ids = _items(cursor, facts)
                if facts.dimensions != dimensions:
                    raise UnsoundIndexError(f"{facts.name} has {facts.dimensions} dimensions, and {space} {dimensions}")

                def parts() -> Iterator[bytes]:
                    chunks = verified(_chunks(cursor, facts.name))
                    if stored == facts.bytes:
                        return chunks
                    return with_vectors(chunks, facts.items, _vectors(cursor, catalogue, space, ids, dimensions))

                with index_file(facts.sha256, facts.bytes, parts) as path:
                    form = form_of(facts.dimensions, facts.items)
                    is_sound = was_opened(path, facts.sha256, form)
                    index = Index(path, facts.dimensions, ids, search_k, is_sound=is_sound)
                    if not is_sound:
                        record_opened(path, facts.sha256, form)
                    return index
            except (DamagedIndexError, UnsoundIndexError):
                return _rebuilt(cursor, facts, search_k, catalogue)


def _items(cursor: duckdb.DuckDBPyConnection, facts: IndexFacts) -> npt.NDArray[np.int32]:
    """Return the ids of an index (n,) in the order of its items, which must be 0, 1, 2 and so on."""
    from recstore.search.annoy_index import UnsoundIndexError

    rows = cursor.execute(sql.read(_SQL, "index_items"), {"index_name": facts.name}).fetchnumpy()
    ids: npt.NDArray[np.int32] = rows["id"]
    if len(ids) != facts.items or (rows["item"] != range(len(ids))).any() or (ids[1:] <= ids[:-1]).any():
        raise UnsoundIndexError(f"the items of {facts.name} are not those it was built from")
    return ids


def _chunks(cursor: duckdb.DuckDBPyConnection, name: str) -> Iterable[tuple[bytes, str]]:
    query, first = sql.read(_SQL, "index_chunks"), 0
    # To put them in order DuckDB holds all that it is asked for.
    while rows := cursor.execute(query, {"index_name": name, "first": first, "last": first + _CHUNKS}).fetchall():
        yield from rows
        first += _CHUNKS


def _vectors(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, space: str, ids: npt.NDArray[np.int32], dimensions: int
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the vectors of some items, `ids` (n,) ascending, in blocks of (m, dimensions) float32."""
    import numpy as np

    from recstore.arrow import numbers
    from recstore.search.index_file import DamagedIndexError

    query = sql.render(_SQL, "vectors_between", vectors=catalog.vectors, key=catalog.key)
    for start in range(0, len(ids), _VECTORS):
        some = ids[start : start + _VECTORS]
        values = {"space": space, "first": int(some[0]), "last": int(some[-1])}
        rows: Any = cursor.sql(query, params=values).to_arrow_table()
        flat = numbers(rows.column(1))
        if not np.array_equal(numbers(rows.column(0)), some) or len(flat) != len(some) * dimensions:
            raise DamagedIndexError(f"the vectors of {space} are not those of the items of its index")
        yield np.asarray(flat, np.float32).reshape(len(some), dimensions)


def _rebuilt(cursor: duckdb.DuckDBPyConnection, facts: IndexFacts, search_k: int, catalog: Catalog) -> Index:
    """Return an index of the stored vectors, in a temporary file: the stored one is damaged."""
    import numpy as np

    from recstore.arrow import numbers
    from recstore.search.annoy_index import Index, build_index

    query = sql.render(_SQL, "vectors", vectors=catalog.vectors, key=catalog.key)
    rows: Any = cursor.sql(query, params={"space": facts.space}).to_arrow_table()
    ids = numbers(rows.column(0)).astype(np.int32)
    vectors = np.asarray(numbers(rows.column(1)), np.float32).reshape(len(ids), -1)
    with scratch_folder() as folder:
        path = folder / "index.ann"
        build_index(vectors, facts.trees, facts.seed, path)
        return Index(path, vectors.shape[1], ids, search_k)


def _ask(build: Any, catalog: Any, space: Any, k: Any, vector: Any, among: Any) -> Any:  # noqa: ANN401
    """Answer a batch of questions: Arrow arrays of equal length in, lists of keys out."""
    import numpy as np
    import pyarrow as pa

    from recstore.arrow import arrow_column, numbers

    vector = _in_one(vector)
    ends = np.append(0, np.cumsum(np.nan_to_num(numbers(vector.value_lengths()))).astype(np.int64))
    given = numbers(vector)
    wanted = zip(*(column.to_pylist() for column in (build, catalog, space, k, among)), strict=True)
    answers = []
    for row, (build_id, catalog_name, space_name, count, bits) in enumerate(wanted):
        index = _stores[build_id].index(catalog_name, space_name)
        passing = None
        if bits is not None:
            ids = _stores[build_id].ids(catalog_name)
            passes = np.unpackbits(np.frombuffer(bits, np.uint8), count=len(ids)).astype(bool)
            passing = passes if len(ids) == len(index.ids) else passes[np.searchsorted(ids, index.ids)]
        answers.append(index.nearest(given[ends[row] : ends[row + 1]], count, None, passing))
    offsets = np.append(0, np.cumsum([len(keys) for keys in answers])).astype(np.int32)
    keys = np.concatenate([np.empty(0, np.int64), *answers])
    return pa.ListArray.from_arrays(arrow_column(offsets), arrow_column(keys))


def _in_one(column: Any) -> Any:  # noqa: ANN401
    """Return an Arrow array that may have come in several pieces as one."""
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column


def _among(build: Any, catalog: Any, chosen: Any) -> Any:  # noqa: ANN401 - Arrow is not typed
    """Pack ids into one bit for each item of the catalogue; NULL stays NULL."""
    import numpy as np
    import pyarrow as pa

    packed: list[bytes | None] = []
    for build_id, name, ids in zip(build.to_pylist(), catalog.to_pylist(), _in_one(chosen), strict=True):
        if ids.values is None:
            packed.append(None)
        else:
            there = np.isin(_stores[build_id].ids(name), ids.values.to_numpy(zero_copy_only=False))
            packed.append(np.packbits(there).tobytes())
    return pa.array(packed, pa.binary())
