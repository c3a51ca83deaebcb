"""The pipeline from files to a finished store, readable top to bottom: load, model, neighbours, functions, publish."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from recstore import sql
from recstore.budget import Budget
from recstore.catalogs import render
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.checks import INDEX_TABLES
from recstore.catalogs.registry import catalog_named, installed, model_of
from recstore.errors import OptionError, StoreError
from recstore.options import BuildOptions
from recstore.pipeline.ahead import prepare_ahead
from recstore.pipeline.compute import compute
from recstore.pipeline.guard import guard
from recstore.pipeline.one_thread import one_blas_thread
from recstore.pipeline.opened import opened, room_of
from recstore.pipeline.record import record_build
from recstore.pipeline.refusals import check_rejects, refuse_early, refuse_faulty_rows, refuse_no_space
from recstore.progress import Progress, Stages
from recstore.sources.loader import LoadReport, build_command
from recstore.store.definition import definition
from recstore.store.file import name_tables_of
from recstore.store.publish import NEW, OLD, Staged, staged_store

if TYPE_CHECKING:
    from recstore.catalogs.declared.declaration import Items
    from recstore.models.space import Measured, Space

_SQL = "recstore.pipeline.sql"
_BESIDE = "functions_in_the_making"


@dataclass(frozen=True)
class BuildReport:
    """What a build did: its id, the seconds of each stage, what was loaded, and which catalogues were kept."""

    build_id: str
    seconds: dict[str, float]
    loads: dict[str, LoadReport]
    kept: list[str]

    @property
    def rejects(self) -> int:
        """How many lines of all sources stand in `load_rejects`."""
        return sum(load.rejects for load in self.loads.values())


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
    """Build the store at `path` from sources, given as `{loader name: source}`.

    An existing store is replaced whole when the new one is finished, and left as it is when it cannot be: catalogues
    whose sources are not named are kept, and so is all that its user added. `keep` versions before it stay beside
    it, from then on: without it as many as the store was told last, and 1 at first.
    The work is done by `threads` threads (0: one for each core that this process may use); `options.memory` bounds
    DuckDB and what is computed block by block, and not the ratings and vectors that are held whole.
    Raises `SourceError`, `StoreError` (`BusyError`, unless `wait`, while a writer or another builder has the store),
    `OptionError`, `TooManyRejectsError` when more than `options.max_reject_rate` of the lines cannot be loaded, or,
    unless `allow_loss`, `LossError` when the new store would lack a space or a catalogue of the old one, or more than
    `options.max_loss` of the rows of a table or of a figure.
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
            check_rejects(staged.connection, load, options)
        for catalog in kept:
            copy_catalog(staged, catalog, catalog.tables)
        return finish(staged, catalogs, kept, loads, options, stages, allow_loss=allow_loss)


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
    """Recompute what is computed in the store at `path` from the tables in it; no source is needed.

    The options are those that the store was built with, but for those that are named: `rebuild(path, seed=1)`. With
    `options` they are exactly those. `only` names one catalogue, and the others are kept as they are. `threads`,
    `keep`, `wait`, `allow_loss` and the errors are as for `build`; a space that an option says not to make is no loss.
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
        with stages.stage("copy"):
            for catalog in catalogs:
                copy_catalog(staged, catalog, catalog.source_tables)
            for catalog in kept:
                copy_catalog(staged, catalog, catalog.tables)
        return finish(
            staged,
            catalogs,
            kept,
            {},
            options,
            stages,
            allow_loss=allow_loss,
            unwanted=unwanted_spaces(catalogs, changes),
        )


def recorded_options(connection: duckdb.DuckDBPyConnection) -> BuildOptions:
    """Return what the old store was built with: of an option that its builds were told differently, the latest."""
    options = BuildOptions()
    for (configuration,) in connection.execute(sql.render(_SQL, "recorded_options", old=OLD)).fetchall():
        try:
            options = options.as_recorded(configuration)
        except (OptionError, ValueError, TypeError, AttributeError) as error:
            raise StoreError(
                f"The store does not say how it was built: builds.configuration holds what no option can be ({error}). "
                "Mend that, or build it anew from its sources."
            ) from error
    return options


def finish(
    staged: Staged,
    catalogs: list[Catalog],
    kept: list[Catalog],
    loads: dict[str, LoadReport],
    options: BuildOptions,
    stages: Stages,
    *,
    is_addition: bool = False,
    allow_loss: bool = False,
    unwanted: frozenset[tuple[str, str]] = frozenset(),
) -> BuildReport:
    """Compute what is computed, record the build, and return the report; `kept` are the catalogues copied whole.

    What the catalogues were made from is taken from the old store where nothing was loaded, and for an addition.
    `allow_loss` and `unwanted` are the guard's.
    """
    connection = staged.connection
    for catalog in (*catalogs, *kept):
        if catalog in kept or is_addition or not loads:
            refuse_faulty_rows(connection, catalog)
    measured = _compute_all(staged, catalogs, options, stages)
    if staged.user_objects:
        with stages.stage("compare"):
            measured += guard(
                connection,
                OLD,
                NEW,
                measured,
                max_loss=options.max_loss,
                allow_loss=allow_loss,
                unwanted=unwanted,
            )
        _say_which_evaluations_stay(connection, catalogs, stages.progress)
    refuse_no_space(connection, catalogs)
    put_functions(staged)
    build_id = record_build(staged, catalogs, kept, loads, options, stages, measured, is_addition=is_addition)
    filled = connection.execute("SELECT DISTINCT catalog FROM spaces").fetchall()
    return BuildReport(build_id, stages.seconds, loads, [c.name for c in kept if (c.name,) in filled])


def _compute_all(staged: Staged, catalogs: list[Catalog], options: BuildOptions, stages: Stages) -> list[Measured]:
    """Compute each catalogue, store what its data settled of its value, and return what was found out."""
    measured: list[Measured] = []
    settled = []
    with one_blas_thread():
        for catalog in catalogs:
            given, chosen = _user_spaces(staged, catalog)
            model = staged.models.get(catalog.name) or model_of(catalog)
            measured += compute(staged.connection, model, options, staged.budget, stages, given, chosen)
            settled.append(model.catalog)
    if settled != catalogs:
        staged.settle(settled)
    return measured


def put_functions(staged: Staged) -> None:
    """Put the views and functions into the store in the making."""
    connection, beside = staged.connection, staged.user_objects is not None and staged.user_objects.needs_copy
    # A view is bound where it is made, and there a macro of the user's comes before DuckDB's function of its name: then
    # it is made elsewhere and copied, which binds nothing.
    if beside:
        connection.execute(f"ATTACH ':memory:' AS {_BESIDE}; USE {_BESIDE}")
        connection.execute(render.render_tables(staged.catalogs))
    target = f"{_BESIDE if beside else NEW}.main."
    views, macros = (
        render.render_views(staged.catalogs, target),
        render.render_functions(staged.catalogs, target=target),
    )
    connection.execute(f"BEGIN;\n{views}{macros}COMMIT;")
    if beside:
        for table in definition(staged.catalogs).tables:
            connection.execute(f"DROP TABLE {target}{table}")
        name_tables_of(connection, NEW)
        connection.execute(f"COPY FROM DATABASE {_BESIDE} TO {NEW} (SCHEMA); DETACH {_BESIDE}")


def _user_spaces(staged: Staged, catalog: Catalog) -> tuple[list[Space], str | None]:
    """Return the spaces of a catalogue that the store's user put in, and which of them is the default, if one is."""
    if staged.user_objects is None:
        return [], None
    from recstore.pipeline.user_spaces import read_user_space

    found = staged.user_objects.user_spaces(catalog)
    spaces = [read_user_space(staged.connection, OLD, catalog, name, recipe) for name, _is_default, recipe in found]
    return spaces, next((name for name, is_default, _recipe in found if is_default), None)


def unwanted_spaces(catalogs: Iterable[Catalog], changes: Mapping[str, object]) -> frozenset[tuple[str, str]]:
    """Return the spaces, (catalogue, space), that a change of options says not to make."""
    return frozenset((one.name, space) for one in catalogs for space in model_of(one).unwanted(changes))


def _say_which_evaluations_stay(
    connection: duckdb.DuckDBPyConnection, catalogs: list[Catalog], progress: Progress
) -> None:
    """Say that evaluations are of a build that is no more: they would be taken for those of the new one."""
    names = [catalog.name for catalog in catalogs]
    query = sql.render(_SQL, "evaluations_before", old=OLD)
    for name, count in connection.execute(query, {"catalogs": names}).fetchall():
        progress.notice(
            f"The {count:,} evaluations of {name} were of the build before and stay with it; "
            "recstore evaluate measures the new one."
        )


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
