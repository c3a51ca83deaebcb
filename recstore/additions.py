"""Adds ratings and tags to a store that is there, and recomputes what depends on them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalog import CATALOGS
from recstore.errors import OptionError
from recstore.loader import Appender, LoadReport, get_loader
from recstore.options import BuildOptions
from recstore.pipeline import BuildReport, check_rejects, copy_catalog, finish, prepare_ahead, recorded_options
from recstore.progress import Progress, Stages
from recstore.publish import OLD, staged_store

_STAGES = "recstore.schema.stages"


def add(
    path: str | os.PathLike[str],
    *,
    ratings: str | os.PathLike[str] | None = None,
    tags: str | os.PathLike[str] | None = None,
    loader: str = "movielens",
    keep: int = 1,
    wait: bool = False,
    progress: Progress | None = None,
    **changes: object,
) -> BuildReport:
    """Append the rows of files to the tables of the store at `path`, recompute what depends on them, and publish.

    The files are read as `loader` reads those of a release. Of a pair of user and movie that is rated again, the later
    rating stays; of equally late ones, the added. What is not added stands in `load_rejects`: lines that cannot be
    loaded, ratings that the store has a later one for, tags that it has already. The options, `keep`, `wait` and the
    errors are as for `rebuild`.
    """
    given = {"ratings": ratings, "tags": tags}
    files = {table: Path(file).expanduser() for table, file in given.items() if file is not None}
    if not files:
        raise OptionError("Name what to add: --ratings FILE, --tags FILE, or both.")
    BuildOptions().changed(changes)
    appender = get_loader(loader)
    if not isinstance(appender, Appender):
        raise OptionError(f"The loader {loader} cannot add to a store; build it from all files.")
    target = Path(path).expanduser()
    if not target.exists():
        raise OptionError(f"There is no store at {path} to add to. Use: recstore build {path} --movielens SOURCE")
    stages = Stages(progress or Progress())
    prepare_ahead()
    with staged_store(target, keep=keep, wait=wait, progress=progress) as staged:
        assert staged.carrier is not None
        options = recorded_options(staged.connection).changed(changes)
        catalog = CATALOGS[appender.catalog]
        with stages.stage("copy"):
            copy_catalog(staged, catalog, tuple(table for table in catalog.sources if table not in given))
        load = LoadReport(" and ".join(str(file) for file in files.values()))
        with stages.stage(f"add to {catalog.name}"):
            for table in given:
                if table in files:
                    found = appender.append(staged.connection, table, str(files[table]), options, stages.progress)
                staged.connection.execute(f"CREATE TEMP TABLE added_{table} AS FROM {table}; TRUNCATE {table}")
                staged.carrier.add_columns(table)
                staged.connection.execute(f"INSERT INTO {table} BY NAME FROM {OLD}.main.{table}")
                if table in files:
                    rejected = _merge(staged.connection, table, found.file)
                    load.files.append(replace(found, rows=found.rows - rejected, rejects=found.rejects + rejected))
        check_rejects(staged.connection, load, options)
        kept = [other for other in CATALOGS.values() if other is not catalog]
        for other in kept:
            copy_catalog(staged, other, other.tables)
        return finish(staged, [catalog], kept, {loader: load}, options, stages, is_addition=True)


def _merge(connection: duckdb.DuckDBPyConnection, table: str, file: str) -> int:
    """Merge what was added into a table, and return how many rows of it were not: they are in `load_rejects`."""
    before = connection.execute("SELECT count(*) FROM load_rejects").fetchall()[0][0]
    connection.execute(sql.read(_STAGES, f"reject_{table}_there"), {"source": file})
    connection.execute(sql.read(_STAGES, f"merge_{table}"))
    return int(connection.execute("SELECT count(*) FROM load_rejects").fetchall()[0][0]) - int(before)
