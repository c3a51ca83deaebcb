"""The pipeline from files to a finished store, readable top to bottom: load, model, neighbours, functions, publish."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from recstore import sql
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.checks import INDEX_TABLES
from recstore.catalogs.registry import catalog_named, installed, model_of
from recstore.errors import OptionError, StoreError
from recstore.options import BuildOptions
from recstore.pipeline.ahead import prepare_ahead
from recstore.pipeline.finish import finish
from recstore.pipeline.loaded import BuildReport, LoadedBuild
from recstore.pipeline.opened import opened, room_of
from recstore.pipeline.refusals import check_rejects, refuse_early, refuse_too_little
from recstore.progress import Progress, Stages
from recstore.sources.loader import LoadReport, build_command
from recstore.store.publish import OLD, staged_store
from recstore.store.staged import Staged

if TYPE_CHECKING:
    from recstore.catalogs.declared.declaration import Items

_SQL = "recstore.pipeline.sql"


def build(
    path: str | os.PathLike[str],
    sources: Mapping[str, str | os.PathLike[str] | Items],
    *,
    options: BuildOptions | None = None,
    threads: int = 0,
    keep: int | None = None,
    wait: bool | float = False,
    allow_loss: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Build the store at `path` from sources, and return what was done.

    `sources` are `{loader name: source}`, or `{name: Items(…)}` for catalogues of the user's own. A new store replaces
    the old one in one step when it is finished and checked; when anything fails, the old store stays. Catalogues whose
    sources are not named are kept, and so is all that the user added to the old store.

    `keep`: how many versions before it stay beside the store, from then on; None means as many as before, and 1 at
    first. `wait`: how many seconds to wait while a writer or another builder has the store; True means as long as it
    takes. `threads`: how many threads do the work; 0 means one for each core that this process may use.
    `options.memory`: how many GB the work may take, all in all.

    Raises `SourceError` where a source cannot be read, and `TooManyRejectsError` where more than
    `options.max_reject_rate` of its lines cannot be loaded; `OptionError`; `BusyError` where the store is in use and
    `wait` is over; `StoreError` where the store cannot be read or written; `CapacityError`,
    before anything is computed, where the memory is too little. `LossError`, unless `allow_loss`, where the
    new store would lack a space or a catalogue of the old one, or more than `options.max_loss` of the rows of a table
    or of a figure.
    """
    if not sources:
        raise OptionError(f"Name at least one source to build from: {build_command(path)}")
    options = options or BuildOptions()
    budget = Budget.of(options.memory, threads)
    stages = Stages(progress or Progress())
    loads: dict[str, LoadReport] = {}
    with (
        opened(sources, budget, stages) as found,
        staged_store(
            Path(path),
            loaded=[one.catalog for one in found],
            keep=keep,
            wait=wait,
            progress=progress,
            arriving=room_of(found),
        ) as staged,
    ):
        staged.allow(budget)
        staged.models |= {one.catalog.name: one.model for one in found if one.model}
        catalogs = [catalog for catalog in staged.catalogs if catalog.name in {one.catalog.name for one in found}]
        kept = [catalog for catalog in staged.catalogs if staged.user_objects and catalog not in catalogs]
        refuse_early(staged, (), kept)
        for one in found:
            name = one.catalog.name
            with stages.stage(f"load {name}"):
                load = one.loader.load(staged.connection, one.source, options, stages.progress)
            load.catalog = name
            loads[one.loader.name] = load
            check_rejects(staged.connection, load, options, stages.progress)
        for catalog in kept:
            copy_catalog(staged, catalog, catalog.tables)
        return finish(LoadedBuild(staged, catalogs, kept, options, stages, loads, allow_loss=allow_loss))


def rebuild(
    path: str | os.PathLike[str],
    *,
    only: str | None = None,
    options: BuildOptions | None = None,
    threads: int = 0,
    keep: int | None = None,
    wait: bool | float = False,
    allow_loss: bool = False,
    progress: Progress | None = None,
    **changes: object,
) -> BuildReport:
    """Compute the vectors, neighbours and weights of the store at `path` anew, from its own tables; it needs no source.

    The options are those of the last build, but for those that are named: `rebuild(path, seed=1)`. With `options` they
    are exactly those. `only` names one catalogue to compute, and the others are kept as they are. `threads`, `keep`,
    `wait`, `allow_loss` and the errors are as for `build`. A space that an option says not to make is no loss.
    """
    asked = (options or BuildOptions()).changed(changes)
    Budget.of(asked.memory, threads)
    stages = Stages(progress or Progress())
    target = Path(path)
    if not target.exists():
        raise OptionError(f"There is no store at {path} to rebuild. Use: {build_command(path)}")
    prepare_ahead([model.catalog for name, model in installed().items() if only in (None, name)])
    with staged_store(target, keep=keep, wait=wait, progress=progress) as staged:
        options = (options or recorded_options(staged.connection)).changed(changes)
        staged.allow(Budget.of(options.memory, threads))
        catalogs = list(staged.catalogs) if only is None else [catalog_named(only, staged.catalogs)]
        kept = [catalog for catalog in staged.catalogs if catalog not in catalogs]
        refuse_early(staged, catalogs, kept)
        refuse_too_little(staged, catalogs, options)
        with stages.stage("copy"):
            for catalog in catalogs:
                copy_catalog(staged, catalog, catalog.source_tables)
            for catalog in kept:
                copy_catalog(staged, catalog, catalog.tables)
        unwanted = unwanted_spaces(catalogs, changes)
        return finish(LoadedBuild(staged, catalogs, kept, options, stages, allow_loss=allow_loss, unwanted=unwanted))


def recorded_options(connection: duckdb.DuckDBPyConnection, database: str = OLD) -> BuildOptions:
    """Return what the old store was built with: of an option that its builds were told differently, the latest.

    Another attached `database` may be asked.
    """
    options = BuildOptions()
    for (configuration,) in connection.execute(sql.render(_SQL, "recorded_options", old=database)).fetchall():
        try:
            options = options.as_recorded(configuration)
        except (OptionError, ValueError, TypeError, AttributeError) as error:
            raise StoreError(
                f"The store does not say how it was built: builds.configuration holds what no option can be ({error}). "
                "Mend that, or build it anew from its sources."
            ) from error
    return options


def unwanted_spaces(catalogs: Iterable[Catalog], changes: Mapping[str, object]) -> frozenset[tuple[str, str]]:
    """Return the spaces, (catalogue, space), that a change of options says not to make."""
    return frozenset((one.name, space) for one in catalogs for space in model_of(one).unwanted(changes))


def copy_catalog(staged: Staged, catalog: Catalog, tables: tuple[str, ...]) -> None:
    """Take tables over from the old store, column by column name; one that an older store lacks stays empty."""
    connection, user_objects = staged.connection, staged.user_objects
    assert user_objects is not None
    there = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'main'", [OLD]
    ).fetchall()
    for table in (*tables, "load_rejects", "spaces"):
        user_objects.add_columns(table)
    for table in tables:
        if (table,) in there:
            connection.execute(f"INSERT INTO {table} BY NAME FROM {OLD}.main.{table}")
    connection.execute(sql.render(_SQL, "copy_rejects", old=OLD), {"catalog": catalog.name})
    if catalog.vectors in tables:
        # What is kept whole is as good as it was measured to be; what is computed anew must be measured anew.
        for table in ("spaces", "evaluations"):
            if (table,) in there:
                query = f"INSERT INTO {table} BY NAME FROM {OLD}.main.{table} WHERE catalog = ?"
                connection.execute(query, [catalog.name])
        if ("annoy_indexes",) in there:
            for table in INDEX_TABLES:
                user_objects.add_columns(table)
            connection.execute(sql.render(_SQL, "copy_indexes", old=OLD, catalog=sql.literal(catalog.name)))
