"""What a build refuses: what would be lost, what nothing can be computed from, too many lines that fail."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import duckdb

from recstore import sql
from recstore.budget import Budget, Needs
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.checks import render_source_checks
from recstore.catalogs.model import CatalogModel
from recstore.catalogs.registry import model_of
from recstore.errors import SourceError, StoreError, TooManyRejectsError
from recstore.models.space import Space
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.sources.loader import FileReport, LoadReport
from recstore.sources.reasons import common_reasons
from recstore.store.file import name_tables_of
from recstore.store.publish import OLD
from recstore.store.staged import Staged

#: Of so many files that gave nothing each is told.
_TOLD = 5


def refuse_early(staged: Staged, recomputed: Iterable[Catalog], kept: Iterable[Catalog]) -> None:
    """Refuse, before the work begins, what `recomputed` from their sources, and with `kept` whole, would be lost."""
    if staged.user_objects:
        copied = [table for catalog in recomputed for table in catalog.source_tables]
        copied += [table for catalog in kept for table in catalog.tables]
        staged.user_objects.refuse_lacking_columns([*copied, "spaces", "builds", "store_info", "load_rejects"])
        staged.user_objects.refuse_lost_columns([*copied, "load_rejects"])


def budget_for(
    staged: Staged, model: CatalogModel, needs: Needs, given: Iterable[Space] = (), work: str = "building"
) -> Budget:
    """Return the budget that a catalogue's work has beside what it holds whole; a `CapacityError` if it is too small.

    `given` are spaces besides those that the model makes.
    """
    there = sum(space.vectors.nbytes for space in given)
    return staged.budget.holding(needs + Needs(there), f"{work} {model.catalog.name}")


def refuse_too_little(staged: Staged, catalogs: Iterable[Catalog], options: BuildOptions) -> None:
    """Raise a `CapacityError`, before anything is copied, if the old store's rows need more memory than there is."""
    with staged.connection.cursor() as cursor:
        name_tables_of(cursor, OLD)
        for catalog in catalogs:
            model = staged.models.get(catalog.name) or model_of(catalog)
            # What a store of an older format lacks is there when it is copied, and asked then.
            with suppress(duckdb.CatalogException, duckdb.BinderException):
                budget_for(staged, model, model.needs(cursor, options))


def refuse_no_space(connection: duckdb.DuckDBPyConnection, catalogs: list[Catalog]) -> None:
    """Refuse a catalogue that has items and not one space to compare them in."""
    filled = {name for (name,) in connection.execute("SELECT DISTINCT catalog FROM spaces").fetchall()}
    for catalog in catalogs:
        if catalog.kind and catalog.weights:
            # What is popular can be recommended, and what comes in tomorrow is told apart the next night.
            continue
        if catalog.name not in filled and connection.execute(f"FROM {catalog.items} LIMIT 1").fetchall():
            raise StoreError(
                f"No {catalog.item} has a vector in any space: {model_of(catalog).too_small}. Nothing was changed."
            )


def refuse_faulty_rows(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Raise a `StoreError` where the source tables of a catalogue hold what no loader would have put there.

    Whoever put it there by hand is told what it is: it is not for a build to delete it, or to compute with it.
    """
    found = []
    for check in render_source_checks(catalog, sql.identifier):
        faults, example = connection.execute(check.query).fetchall()[0]
        if faults:
            found.append(f"{check.name}: {faults:,} faults, such as: {example}")
    if found:
        raise StoreError(
            f"The store holds rows that nothing can be computed from ({'; '.join(found)}). Correct or delete them with "
            "any DuckDB client, and try again; recstore check shows what is left. Nothing was changed."
        )


def check_rejects(
    connection: duckdb.DuckDBPyConnection,
    load: LoadReport,
    options: BuildOptions,
    progress: Progress,
    after: int | None = None,
) -> None:
    """Raise, with the commonest reasons, where more lines than allowed were rejected, or in a build every one.

    Of a file that gave nothing at all, though so many are allowed, the reasons are told. In an addition, `after` is
    what `last_reject` gave before the load. Raises `TooManyRejectsError` and `SourceError`.
    """

    def reasons(files: Iterable[FileReport]) -> str:
        return common_reasons(connection, [file.file for file in files], -1 if after is None else after)

    if load.are_rejects_expected:
        return
    if load.rejects > options.max_reject_rate * load.lines:
        raise TooManyRejectsError(
            f"{load.rejects:,} of {load.lines:,} lines of {load.source} cannot be loaded, more than the "
            f"{options.max_reject_rate:.2%} allowed: {reasons(load.files)}. Mend the files, or allow more with "
            "--max-reject-rate."
        )
    if after is None and load.rejects and load.rejects == load.lines:
        raise SourceError(
            f"{load.source} has no line that can be loaded ({load.rejects:,} rejected: {reasons(load.files)}). Mend "
            "it, or name another source."
        )
    nothing = [file for file in load.files if file.rejects and not (file.rows or file.replaced or file.passed)]
    for file in nothing[:_TOLD]:
        progress.notice(f"{file.file}: not one of its {file.rejects:,} lines can be loaded: {reasons([file])}.")
