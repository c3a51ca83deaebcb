"""The last steps of a build, a rebuild and an addition, once the sources are in: compute, compare, record."""

from __future__ import annotations

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import model_of
from recstore.models.space import Measured, Space
from recstore.pipeline.compute import compute
from recstore.pipeline.guard import guard
from recstore.pipeline.loaded import BuildReport, LoadedBuild
from recstore.pipeline.one_thread import one_blas_thread
from recstore.pipeline.only_new import compute_only_new
from recstore.pipeline.record import record_build
from recstore.pipeline.refusals import budget_for, refuse_faulty_rows, refuse_no_space
from recstore.progress import Progress
from recstore.store.definition import put_definitions
from recstore.store.publish import NEW, OLD
from recstore.store.staged import Staged

_SQL = "recstore.pipeline.sql"


def finish(build: LoadedBuild, computed: list[Measured] | None = None) -> BuildReport:
    """Compute what is computed, compare it with the old store, put in the functions, and record the build.

    `computed` is what was measured where all is computed already.
    """
    connection = build.staged.connection
    for catalog in build.copied:
        refuse_faulty_rows(connection, catalog)
    measured = _compute_all(build) if computed is None else computed
    if build.staged.user_objects:
        measured += _compare(build, measured)
        _say_which_evaluations_stay(connection, build.catalogs, build.stages.progress)
    refuse_no_space(connection, build.catalogs)
    put_definitions(connection, build.staged.catalogs, NEW)
    build_id = record_build(build, measured)
    filled = {name for (name,) in connection.execute("SELECT DISTINCT catalog FROM spaces").fetchall()}
    kept = [catalog.name for catalog in build.kept if catalog.name in filled]
    return BuildReport(build_id, build.stages.seconds, build.loads, kept)


def _compute_all(build: LoadedBuild) -> list[Measured]:
    """Compute each catalogue, store what its data settled of its value, and return what was found out."""
    staged, measured = build.staged, list[Measured]()
    settled = []
    connection, options = staged.connection, build.options
    models = [staged.models.get(catalog.name) or model_of(catalog) for catalog in build.catalogs]
    every = [_user_spaces(staged, catalog) for catalog in build.catalogs]
    # All are asked before the work on any begins.
    budgets = [
        budget_for(staged, model, model.needs(connection, options), given)
        for model, (given, _chosen) in zip(models, every, strict=True)
    ]
    with one_blas_thread():
        for model, budget, (given, chosen) in zip(models, budgets, every, strict=True):
            with staged.budget.giving_way(connection, budget):
                found = compute_only_new(staged, model, options, budget, build.stages) if build.is_addition else None
                if found is None:
                    found = compute(staged, model, options, budget, build.stages, given, chosen)
                measured += found
            settled.append(model.catalog)
    if settled != build.catalogs:
        staged.settle(settled)
    return measured


def _compare(build: LoadedBuild, measured: list[Measured]) -> list[Measured]:
    """Compare the new store with the old one, and return how much of the old one's spaces it has."""
    with build.stages.stage("compare"):
        return guard(
            build.staged.connection,
            OLD,
            NEW,
            measured,
            max_loss=build.options.max_loss,
            allow_loss=build.allow_loss,
            unwanted=build.unwanted,
        )


def _user_spaces(staged: Staged, catalog: Catalog) -> tuple[list[Space], str | None]:
    """Return the spaces of a catalogue that the store's user put in, and which of them is the default, if one is."""
    if staged.user_objects is None:
        return [], None
    from recstore.pipeline.user_spaces import read_user_space

    found = staged.user_objects.user_spaces(catalog)
    spaces = [read_user_space(staged.connection, OLD, catalog, name, recipe) for name, _is_default, recipe in found]
    return spaces, next((name for name, is_default, _recipe in found if is_default), None)


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
