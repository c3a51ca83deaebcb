"""Adds new and changed items, and interactions, to catalogues of the user's own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb

from recstore import sql
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.errors import OptionError
from recstore.options import BuildOptions
from recstore.paths import typed
from recstore.pipeline.build import copy_catalog, recorded_options
from recstore.pipeline.finish import finish
from recstore.pipeline.loaded import BuildReport, LoadedBuild
from recstore.pipeline.refusals import check_rejects, refuse_early, refuse_too_little
from recstore.progress import Progress, Stages
from recstore.sources.loader import LoadReport
from recstore.sources.reasons import last_reject
from recstore.store.publish import OLD, staged_store
from recstore.store.staged import Staged

if TYPE_CHECKING:
    from recstore.catalogs.declared.declaration import Items


def add_declared(
    path: str | os.PathLike[str],
    declared: Mapping[str, Items],
    *,
    items: object = None,
    interactions: object = None,
    catalog: str | None = None,
    threads: int = 0,
    keep: int | None = None,
    wait: bool | float = False,
    allow_loss: bool = False,
    progress: Progress | None = None,
    **changes: object,
) -> BuildReport:
    """Bring catalogues of the store at `path` up to their sources, or add to the one named `catalog` from others.

    `declared` are whole declarations by the catalogue's name: of sources with a column that grows (`updated`) only the
    rows are read that are not older than what the store has. `items` and `interactions` are sources whose columns mean
    what the store's own declaration says; `catalog` may be left out where the store has one such catalogue.

    An item that is there takes the values that its source has now. Interactions are added as many times as the sources
    have them more often than the store. The constants of recommendations stay what the last build found. All else, and
    the errors, are as for `add`.
    """
    from recstore.catalogs.declared.model import Declared
    from recstore.catalogs.declared.weights import chosen_constants

    stages = Stages(progress or Progress())
    with staged_store(typed(path), keep=keep, wait=wait, progress=progress) as staged:
        recorded = recorded_options(staged.connection)
        options = recorded.changed(changes)
        staged.allow(Budget.of(options.memory, threads))
        wanted = dict(declared)
        if items is not None or interactions is not None:
            chosen = _chosen(staged.catalogs, catalog)
            wanted[chosen.name] = _declaration(chosen, items, interactions)
        catalogs = [_chosen(staged.catalogs, name) for name in wanted]
        kept = [other for other in staged.catalogs if other not in catalogs]
        refuse_early(staged, catalogs, kept)
        for one in catalogs:
            # A few more rows would give hardly other constants.
            known = chosen_constants(staged.connection, one, f"{OLD}.main.builds")
            staged.models[one.name] = Declared(one, known=known)
        refuse_too_little(staged, catalogs, options)
        loads = {one.name: _load(staged, one, wanted[one.name], options, stages) for one in catalogs}
        for other in kept:
            copy_catalog(staged, other, other.tables)
        # How many lines may fail was said of these files, not of those that are added some other day.
        options = options.changed({"max_reject_rate": recorded.max_reject_rate})
        added = LoadedBuild(staged, catalogs, kept, options, stages, loads, is_addition=True, allow_loss=allow_loss)
        return finish(added)


def _chosen(catalogs: Sequence[Catalog], name: str | None) -> Catalog:
    """Return the declared catalogue of that name, or the only one there is."""
    from recstore.catalogs.declared.catalog import KIND

    there = [one for one in catalogs if one.kind == KIND]
    listed = ", ".join(one.name for one in there) or "none"
    if name is not None:
        for one in there:
            if one.name == name:
                return one
        raise OptionError(f"The store has no catalogue of your own called {name!r}; it has: {listed}.")
    if len(there) != 1:
        raise OptionError(f"Say to which catalogue: --catalog NAME. The store has of your own: {listed}.")
    return there[0]


def _declaration(catalog: Catalog, items: object, interactions: object) -> Items:
    """Return what the store says of a catalogue, with other sources: only those that are given are read."""
    from recstore.catalogs.declared.declaration import Items

    stored = Items.as_recorded(catalog.declaration)
    history = stored.interactions
    if interactions is not None and history is None:
        raise OptionError(f"{catalog.name} was declared without interactions; build it anew to have them.")
    if items is not None and stored.id is None:
        raise OptionError(f"{catalog.name} was declared without items; build it anew to have them.")
    given: Any = None
    if interactions is not None and history is not None:
        given = replace(history, source=_source(interactions), database=None, updated=None)
    return replace(stored, source=_source(items), database=None, updated=None, interactions=given, encoders={})


def _source(given: object) -> object:
    return os.fspath(given) if isinstance(given, os.PathLike) else given


def _load(staged: Staged, catalog: Catalog, declared: Items, options: BuildOptions, stages: Stages) -> LoadReport:
    """Copy the sources of a catalogue, and add to them what the declaration leads to."""
    from recstore.catalogs.declared.declaration import sources_of
    from recstore.catalogs.declared.loading import DeclaredLoader
    from recstore.catalogs.declared.reading import read_sources

    with stages.stage(f"copy {catalog.name}"):
        copy_catalog(staged, catalog, catalog.source_tables)
    since = _since(staged.connection, catalog, declared)
    rejected = last_reject(staged.connection)
    with (
        stages.stage(f"add to {catalog.name}"),
        read_sources(catalog.name, declared, staged.budget, stages.progress, known=catalog, since=since) as read,
    ):
        load = DeclaredLoader(read).load(staged.connection, sources_of(declared), options, stages.progress)
    load.catalog = catalog.name
    check_rejects(staged.connection, load, options, stages.progress, rejected)
    return load


def _since(connection: duckdb.DuckDBPyConnection, catalog: Catalog, declared: Items) -> dict[str, Any]:
    """Return the largest values that the store has of the columns that grow, where it has them."""
    history = declared.interactions
    grows = {"items": (catalog.items, declared.updated)}
    if history is not None and catalog.interactions is not None:
        grows["interactions"] = (catalog.interactions.table, history.updated)
    found = {}
    for what, (table, column) in grows.items():
        columns = {one.name for each in catalog.sources if each.name == table for one in each.columns}
        if column in columns:
            query = f"SELECT max({sql.identifier(column)}) FROM {table}"
            found[what] = connection.execute(query).fetchall()[0][0]
    return {what: value for what, value in found.items() if value is not None}
