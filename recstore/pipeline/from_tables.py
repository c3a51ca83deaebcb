"""From tables that stand as files, as `recstore export` or Spark wrote them, to an ordinary store.

Nothing is learnt here: vectors, neighbours and weights are taken as they are. Of a part of the items the neighbours are
searched among that part, and every space gets its Annoy index.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from recstore import sql
from recstore.budget import Budget, Needs
from recstore.catalogs.catalog import Catalog, Table
from recstore.catalogs.registry import model_of
from recstore.errors import OptionError, StoreError, first_line, is_full
from recstore.models.space import Measured
from recstore.opening import open_connection
from recstore.options import BuildOptions
from recstore.paths import typed
from recstore.pipeline.build import copy_catalog, recorded_options
from recstore.pipeline.compute import store_neighbors, store_vectors
from recstore.pipeline.finish import finish
from recstore.pipeline.indexes import building_index, store_index
from recstore.pipeline.loaded import BuildReport, LoadedBuild
from recstore.pipeline.one_thread import one_blas_thread
from recstore.pipeline.refusals import budget_for, refuse_early, refuse_faulty_rows
from recstore.pipeline.user_spaces import read_user_space
from recstore.progress import Progress, Stages
from recstore.sources.loader import FileReport, LoadReport
from recstore.sources.located import files_below
from recstore.sources.unchanged import Unchanged
from recstore.store.publish import staged_store
from recstore.store.staged import Staged

_SQL = "recstore.pipeline.sql"
_ARRIVING = "arriving"
#: Besides the tables of catalogues.
_SHARED = ("spaces", "builds", "load_rejects", "evaluations")


def build_from_tables(
    path: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    where: str = "",
    memory: float = 0.0,
    threads: int = 0,
    keep: int | None = None,
    wait: bool | float = False,
    allow_loss: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Build the store at `path` from the tables below `folder`, and return what was done.

    `folder` is what `recstore export` wrote, or Spark in the same form: Parquet, or Delta where the package deltalake
    is installed. What was rejected and measured where the tables were made, the constants of recommendations among it,
    and evaluations of all items come along. `where` is a condition over the columns of the items: the store then has
    these items alone, with all that belongs to them. `memory`: how many GB the work may take. The other arguments,
    what is kept of an old store, and the errors are as for `build`; a folder without such tables, or a condition that
    is none, is an `OptionError`.
    """
    place = typed(folder)
    stages = Stages(progress or Progress())
    seen = Unchanged(files_below(place)) if place.is_dir() else Unchanged(())
    with open_connection() as connection:
        arriving = _Arriving(place, where, tuple(_described(connection, place)))
        arriving.refuse_what_lacks(connection)
    with staged_store(Path(path), loaded=arriving.catalogs, keep=keep, wait=wait, progress=progress) as staged:
        names = {catalog.name for catalog in arriving.catalogs}
        catalogs = [catalog for catalog in staged.catalogs if catalog.name in names]
        kept = [catalog for catalog in staged.catalogs if staged.user_objects and catalog.name not in names]
        refuse_early(staged, (), kept)
        connection = staged.connection
        connection.execute(f"ATTACH ':memory:' AS {_ARRIVING}")
        try:
            options = arriving.make_views(connection).changed({"memory": memory})
            staged.allow(Budget.of(options.memory, threads))
            loads, measured = {}, list[Measured]()
            for catalog in catalogs:
                with stages.stage(f"read {catalog.name}"):
                    loads[f"tables of {catalog.name}"] = _read(connection, catalog, arriving)
                measured += arriving.measured(connection, catalog, _place(staged, catalog, arriving, options, stages))
            sources = arriving.sources(connection, names)
            evaluations = arriving.evaluations(connection, names)
            seen.check()
        except duckdb.Error as error:
            if is_full(error) or isinstance(error, duckdb.OutOfMemoryException):
                raise
            seen.check()
            raise StoreError(f"The tables in {place} cannot be read: {first_line(error)}") from error
        connection.execute(f"DETACH {_ARRIVING}")
        for catalog in kept:
            copy_catalog(staged, catalog, catalog.tables)
        build = LoadedBuild(staged, catalogs, kept, options, stages, loads, allow_loss=allow_loss, sources=sources)
        report = finish(build, measured)
        if evaluations is not None:
            connection.register("evaluations_to_insert", evaluations)
            connection.execute(sql.read(_SQL, "insert_evaluations_of"), {"build": report.build_id})
            connection.unregister("evaluations_to_insert")
        return report


def _described(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[Catalog]:
    """Return the catalogues that the tables are of, as they describe themselves."""
    if not (folder / "catalogs").is_dir():
        raise OptionError(f"{folder} holds no tables of a store: recstore export writes them.")
    query = f"SELECT declaration FROM read_parquet({_files(folder / 'catalogs')}) ORDER BY catalog ASC"
    try:
        found = [Catalog.as_recorded(text) for (text,) in connection.execute(query).fetchall()]
    except duckdb.Error as error:
        raise OptionError(f"{folder} holds no tables of a store: {first_line(error)}") from error
    filled = [one for one in found if _is_filled(connection, folder / one.items)]
    if not filled:
        raise OptionError(f"The tables in {folder} hold no item of any catalogue.")
    return [model_of(one).catalog if not one.kind else one for one in filled]


def _is_filled(connection: duckdb.DuckDBPyConnection, table: Path) -> bool:
    if not table.is_dir():
        raise OptionError(f"{table.parent} lacks the table {table.name}. Write the folder anew.")
    files = _files(table)
    return bool(files) and bool(connection.execute(f"FROM read_parquet({files}) LIMIT 1").fetchall())


def _files(table: Path) -> str:
    """Return the files of a table as a SQL list: of Delta those that its log names, else all of Parquet.

    It is empty for a table of Delta without rows.
    """
    if (table / "_delta_log").is_dir():
        if find_spec("deltalake") is None:
            raise OptionError(f"{table} is a table of Delta, and the package deltalake is not installed.")
        from deltalake import DeltaTable

        uris = [uri.removeprefix("file://") for uri in DeltaTable(str(table)).file_uris()]
        return f"[{', '.join(map(sql.literal, uris))}]" if uris else ""
    # What begins with _ or . Spark has not finished, or keeps for itself.
    found = [str(file) for file in files_below(table) if file.name.endswith(".parquet")]
    if not found:
        raise OptionError(f"The table {table.name} in {table.parent} has no files. Write the folder anew.")
    return f"[{', '.join(map(sql.literal, found))}]"


@dataclass(frozen=True)
class _Arriving:
    """The tables of some catalogues below a folder, of the items that meet a condition."""

    folder: Path
    where: str
    catalogs: tuple[Catalog, ...]

    def refuse_what_lacks(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Raise an `OptionError` where a table is not there, or the condition is none."""
        for table in ["spaces", *(name for catalog in self.catalogs for name in catalog.tables)]:
            if not (self.folder / table).is_dir():
                raise OptionError(f"{self.folder} lacks the table {table}. Write the folder anew.")
        if not self.where:
            return
        if len(self.catalogs) > 1:
            names = ", ".join(catalog.name for catalog in self.catalogs)
            raise OptionError(f"--where is about one catalogue, and {self.folder} holds several: {names}.")
        items = _files(self.folder / self.catalogs[0].items)
        query = f"SELECT count(*) FROM (SELECT 1 FROM read_parquet({items}) WHERE ({self.where}))"
        try:
            count = connection.execute(query).fetchall()[0][0]
        except duckdb.Error as error:
            raise OptionError(f"--where {self.where!r} is no condition on the items: {first_line(error)}") from error
        if not count:
            raise OptionError(f"No {self.catalogs[0].item} meets --where {self.where!r}.")

    def make_views(self, connection: duckdb.DuckDBPyConnection) -> BuildOptions:
        """Make a view of each table, with the columns and types of the new store; return what the builds were told."""
        for catalog in self.catalogs:
            refers = _refers(catalog)
            for table in catalog.tables:
                passes = f"({self.where})" if self.where and table == catalog.items else "true"
                if self.where:
                    known = f"(SELECT {catalog.shown_key} FROM {_ARRIVING}.main.{sql.identifier(catalog.items)})"
                    keys = f"(SELECT {catalog.key} FROM {_ARRIVING}.main.{sql.identifier(catalog.items)})"
                    tests = [f"{column} IN {keys if is_key else known}" for column, is_key in refers.get(table, [])]
                    passes = " AND ".join([passes, *tests])
                self._view(connection, table, passes)
        for table in _SHARED:
            if self.has(table):
                self._view(connection, table, "true")
        if not self.has("builds"):
            return BuildOptions()
        return recorded_options(connection, _ARRIVING)

    def measured(
        self, connection: duckdb.DuckDBPyConnection, catalog: Catalog, found: list[Measured]
    ) -> list[Measured]:
        """Return what was measured where the tables were made, and what is `found` now, which counts more."""
        if not self.has("builds"):
            return found
        query = sql.render(_SQL, "measured", builds=f"{_ARRIVING}.main.builds")
        before = [Measured(catalog.name, *row) for row in connection.execute(query, [catalog.name]).fetchall()]
        return list({(one.space, one.what): one for one in (*before, *found)}.values())

    def sources(self, connection: duckdb.DuckDBPyConnection, names: set[str]) -> list[Any]:
        """Return what the tables were made from: by these files the rejected lines of a catalogue are known."""
        if not self.has("builds"):
            return []
        query = sql.render(_SQL, "kept_sources", old=_ARRIVING)
        return [source for (source,) in connection.execute(query, {"catalogs": sorted(names)}).fetchall()]

    def evaluations(self, connection: duckdb.DuckDBPyConnection, names: set[str]) -> Any:  # noqa: ANN401
        """Return how good the recommendations are, as Arrow; of a part of the items nothing is known."""
        if self.where or not self.has("evaluations"):
            return None
        query = sql.render(_SQL, "arriving_evaluations", arriving=_ARRIVING)
        return connection.sql(query, params={"catalogs": sorted(names)}).to_arrow_table()

    def has(self, table: str) -> bool:
        """Tell whether a table is among those that arrive."""
        return (self.folder / table).is_dir()

    def _view(self, connection: duckdb.DuckDBPyConnection, table: str, passes: str) -> None:
        files = _files(self.folder / table)
        if not files:
            connection.execute(f"CREATE VIEW {_ARRIVING}.main.{sql.identifier(table)} AS {_no_rows(connection, table)}")
            return
        there = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE FROM read_parquet({files})").fetchall()}
        columns = [
            f"CAST({_in_utc(name, there[name])} AS {kind}) AS {sql.identifier(name)}"
            for name, kind, *_ in connection.execute(f"DESCRIBE {sql.identifier(table)}").fetchall()
            if name in there
        ]
        if not columns:
            raise OptionError(f"The table {table} in {self.folder} has none of the columns of a store.")
        names = {"arriving": _ARRIVING, "table": sql.identifier(table), "columns": ", ".join(columns), "files": files}
        connection.execute(sql.render(_SQL, "arriving_table", **names, passes=passes))


def _no_rows(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Return a query that gives no row, with the columns of a table of the new store."""
    columns = connection.execute(f"DESCRIBE {sql.identifier(table)}").fetchall()
    shown = ", ".join(f"CAST(NULL AS {kind}) AS {sql.identifier(name)}" for name, kind, *_ in columns)
    return f"SELECT {shown} WHERE false"


def _in_utc(column: str, kind: str) -> str:
    """Return a column as SQL; of a time with its zone, as Spark writes times, that in UTC."""
    quoted = sql.identifier(column)
    return f"timezone('UTC', {quoted})" if kind == "TIMESTAMP WITH TIME ZONE" else quoted


def _refers(catalog: Catalog) -> dict[str, list[tuple[str, bool]]]:
    """Return, by table, the columns that hold items: by their key, or by the id that the user gave them."""
    found: dict[str, list[tuple[str, bool]]] = {}
    tables: Sequence[Table] = (*catalog.sources, *catalog.computed)
    for table in tables:
        columns = [
            (sql.identifier(column), other == catalog.key)
            for column, of, other in table.refers
            if of == catalog.items and table.name != catalog.items
        ]
        found[table.name] = columns
    found[catalog.vectors] = [(catalog.key, True)]
    found[catalog.neighbors] = [(catalog.key, True), ("neighbor_id", True)]
    return found


def _read(connection: duckdb.DuckDBPyConnection, catalog: Catalog, arriving: _Arriving) -> LoadReport:
    """Fill the tables of a catalogue but for its vectors and, of a part of the items, neighbours."""
    load = LoadReport(str(arriving.folder), catalog=catalog.name)
    later = {catalog.vectors, *((catalog.neighbors,) if arriving.where else ())}
    for table in catalog.tables:
        if table in later:
            continue
        order = ""
        if table == catalog.neighbors:
            order = f" ORDER BY space ASC, {catalog.key} ASC, rank ASC"
        elif table == catalog.weights:
            order = f" ORDER BY {catalog.key} ASC, neighbor_id ASC"
        quoted = sql.identifier(table)
        insert = f"INSERT INTO {quoted} BY NAME FROM {_ARRIVING}.main.{quoted}{order}"
        rows = int(connection.execute(insert).fetchall()[0][0])
        if table in catalog.source_tables:
            load.files.append(FileReport(table, _bytes(arriving.folder / table), "", rows, 0))
    if arriving.has("builds") and arriving.has("load_rejects"):
        connection.execute(sql.render(_SQL, "copy_rejects", old=_ARRIVING), {"catalog": catalog.name})
    refuse_faulty_rows(connection, catalog)
    return load


def _bytes(table: Path) -> int:
    return sum(file.stat().st_size for file in table.rglob("*.parquet"))


def _place(
    staged: Staged, catalog: Catalog, arriving: _Arriving, options: BuildOptions, stages: Stages
) -> list[Measured]:
    """Fill the vectors and indexes of a catalogue space by space; neighbours where they are to be searched anew."""
    connection, measured = staged.connection, list[Measured]()
    found = connection.execute(
        sql.render(_SQL, "arriving_spaces", arriving=_ARRIVING), {"catalog": catalog.name}
    ).fetchall()
    model = model_of(catalog)
    with one_blas_thread():
        for name, is_default, recipe, center, explained in found:
            count = f"SELECT count(*) FROM {_ARRIVING}.main.{catalog.vectors} WHERE space = ?"
            if not connection.execute(count, [name]).fetchall()[0][0]:
                continue
            space = replace(
                read_user_space(connection, _ARRIVING, catalog, name, recipe),
                center=None if center is None else np.asarray(center),
                explained=None if explained is None else np.asarray(explained),
            )
            budget = budget_for(staged, model, Needs(), [space])
            with stages.stage(f"vectors of {catalog.name}, {name}"):
                store_vectors(connection, catalog, space, is_default=is_default)
            with building_index(staged, space, options, budget) as building:
                if arriving.where:
                    with stages.stage(f"neighbours of {catalog.name}, {name}", len(space.ids)):
                        measured += store_neighbors(connection, model, space, options, budget, stages.progress)
                with stages.stage(f"index of {catalog.name}, {name}"):
                    measured += store_index(staged, catalog, space, building, options.seed)
    return measured
