"""Adds ratings, tags and clips to a store that is there, and recomputes what depends on them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb

from recstore import sql
from recstore.budget import Budget
from recstore.catalogs.registry import catalog_named, installed
from recstore.errors import OptionError
from recstore.options import BuildOptions
from recstore.pipeline.ahead import prepare_ahead
from recstore.pipeline.build import (
    BuildReport,
    copy_catalog,
    finish,
    recorded_options,
)
from recstore.pipeline.refusals import check_rejects, refuse_early
from recstore.progress import Progress, Stages
from recstore.sources.loader import Appender, Extender, FileReport, LoadReport, get_loader
from recstore.sources.reasons import last_reject
from recstore.store.publish import OLD, Staged, staged_store

_SQL = "recstore.catalogs.movies.sql"


def add(
    path: str | os.PathLike[str],
    *,
    ratings: str | os.PathLike[str] | None = None,
    tags: str | os.PathLike[str] | None = None,
    audioset: str | os.PathLike[str] | None = None,
    loader: str = "movielens",
    threads: int = 0,
    keep: int | None = None,
    wait: bool | float = False,
    allow_loss: bool = False,
    progress: Progress | None = None,
    **changes: object,
) -> BuildReport:
    """Append what is in files to the tables of the store at `path`, recompute what depends on it, and publish.

    Files of ratings and tags are read as `loader` reads those of a release. Of a pair of user and movie that is rated
    again, the later rating stays; of equally late ones, the added. Passed over, counted apart, and no rejects are
    ratings and tags that the store has already, ratings that it has a later one of, and what comes twice: to add a file
    again, or one that is empty, is no error. Lines that cannot be loaded stand in `load_rejects`.

    `audioset` is a source of clips as for `build`. Their ids follow on those that are there, which stay; a clip that
    is there already is passed over. A clip without labels is taken, too: it is placed by the labels that the others
    teach. The options, `threads`, `keep`, `wait`, `allow_loss`
    and the errors are as for `rebuild`.
    """
    given = {"ratings": ratings, "tags": tags}
    files = {table: Path(file).expanduser() for table, file in given.items() if file is not None}
    if not files and audioset is None:
        raise OptionError("Name what to add: --ratings FILE, --tags FILE, --audioset SOURCE, or several of them.")
    Budget.of(BuildOptions().changed(changes).memory, threads)
    appender = get_loader(loader)
    if files and not isinstance(appender, Appender):
        raise OptionError(f"The loader {loader} cannot add to a store; build it from all files.")
    target = Path(path).expanduser()
    if not target.exists():
        raise OptionError(f"There is no store at {path} to add to. Use: recstore build {path} --movielens SOURCE")
    stages = Stages(progress or Progress())
    prepare_ahead([model.catalog for model in installed().values()])
    with staged_store(target, keep=keep, wait=wait, progress=progress) as staged:
        recorded = recorded_options(staged.connection)
        options = recorded.changed(changes)
        staged.allow(Budget.of(options.memory, threads))
        loads: dict[str, LoadReport] = {}
        names = [*([loader] if files else []), *(["audioset"] if audioset is not None else [])]
        catalogs = [catalog_named(get_loader(name).catalog, staged.catalogs) for name in names]
        kept = [other for other in staged.catalogs if other not in catalogs]
        refuse_early(staged, catalogs, kept)
        if files:
            assert isinstance(appender, Appender)
            loads[loader] = _add_rows(staged, appender, files, tuple(given), options, stages)
        if audioset is not None:
            extender = get_loader("audioset")
            assert isinstance(extender, Extender)
            loads[extender.name] = _add_items(staged, extender, os.fspath(audioset), options, stages)
        for other in kept:
            copy_catalog(staged, other, other.tables)
        # How many lines may fail was said of these files, not of those that are added some other day.
        options = options.changed({"max_reject_rate": recorded.max_reject_rate})
        return finish(staged, catalogs, kept, loads, options, stages, is_addition=True, allow_loss=allow_loss)


def _add_rows(
    staged: Staged,
    appender: Appender,
    files: Mapping[str, Path],
    tables: tuple[str, ...],
    options: BuildOptions,
    stages: Stages,
) -> LoadReport:
    """Copy the sources of a catalogue, with what `files` hold for some of the `tables` merged into them."""
    assert staged.carrier is not None
    catalog = catalog_named(appender.catalog, staged.catalogs)
    with stages.stage(f"copy {catalog.name}"):
        copy_catalog(staged, catalog, tuple(table for table in catalog.source_tables if table not in tables))
    load = LoadReport(" and ".join(str(file) for file in files.values()))
    rejected = last_reject(staged.connection)
    with stages.stage(f"add to {catalog.name}"):
        for table in tables:
            if table in files:
                found = appender.append(staged.connection, table, str(files[table]), options, stages.progress)
            staged.connection.execute(f"CREATE TEMP TABLE added_{table} AS FROM {table}; TRUNCATE {table}")
            staged.carrier.add_columns(table)
            staged.connection.execute(f"INSERT INTO {table} BY NAME FROM {OLD}.main.{table}")
            if table in files:
                load.files.append(_merge(staged.connection, table, found))
    check_rejects(staged.connection, load, options, rejected)
    return load


def _add_items(staged: Staged, extender: Extender, source: str, options: BuildOptions, stages: Stages) -> LoadReport:
    """Copy the sources of a catalogue, and add the items of a source that are not there."""
    catalog = catalog_named(extender.catalog, staged.catalogs)
    with stages.stage(f"copy {catalog.name}"):
        copy_catalog(staged, catalog, catalog.source_tables)
    rejected = last_reject(staged.connection)
    with stages.stage(f"add to {catalog.name}"):
        load = extender.append_items(staged.connection, source, options, stages.progress)
    check_rejects(staged.connection, load, options, rejected)
    return load


def _merge(connection: duckdb.DuckDBPyConnection, table: str, found: FileReport) -> FileReport:
    """Merge the rows of a file into a table, and return the report of the file with what became of each."""

    def count(query: str) -> int:
        return int(connection.execute(query).fetchall()[0][0])

    before = count(f"SELECT count(*) FROM {table}")
    replaced = count(sql.read(_SQL, "replaced_ratings")) if table == "ratings" else 0
    connection.execute(sql.read(_SQL, f"merge_{table}"))
    rows = count(f"SELECT count(*) FROM {table}") - before
    return replace(found, rows=rows, replaced=replaced, passed=found.passed + found.rows - rows - replaced)
