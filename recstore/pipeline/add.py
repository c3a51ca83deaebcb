"""Adds rows and items to a store that is there, and recomputes what depends on them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import catalog_named, installed
from recstore.errors import OptionError
from recstore.options import BuildOptions
from recstore.paths import typed
from recstore.pipeline.add_declared import add_declared
from recstore.pipeline.additions import Addition, additions
from recstore.pipeline.ahead import prepare_ahead
from recstore.pipeline.build import copy_catalog, recorded_options
from recstore.pipeline.finish import finish
from recstore.pipeline.loaded import BuildReport, LoadedBuild
from recstore.pipeline.merge import merge_rows
from recstore.pipeline.refusals import check_rejects, refuse_early, refuse_too_little
from recstore.progress import Progress, Stages
from recstore.sources.loader import (
    Appender,
    Extender,
    LoadReport,
    build_command,
)
from recstore.sources.reasons import last_reject
from recstore.store.publish import staged_store
from recstore.store.staged import Staged

if TYPE_CHECKING:
    from recstore.catalogs.declared.declaration import Items


def add(
    path: str | os.PathLike[str],
    sources: Mapping[str, str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Items] | None = None,
    *,
    loader: str | None = None,
    threads: int = 0,
    keep: int | None = None,
    wait: bool | float = False,
    allow_loss: bool = False,
    progress: Progress | None = None,
    **given: object,
) -> BuildReport:
    """Add the rows of files to the tables of the store at `path`, and compute anew what depends on them.

    `sources` are `{name: file}`, with the names that the installed loaders give (`RowFile.name`, or the name of a
    loader that adds items, which takes several sources as well, in a list). They may be keywords, too:
    `add(path, ratings="new.csv")`. All other keywords are options.
    `loader` names the loader that reads the files, where several could.

    Of two rows with one key, such as one person and one item, the later stays; of equally late ones, the added one. A
    row is passed over where the store has the same row, or a later one of its key. Such rows are counted, and are no
    rejects, so a file may be added twice, and an empty file is no error. Lines that cannot be loaded stand in
    `load_rejects`. Items that are there keep their ids, and new ones get the next ids.

    To a catalogue of the user's own, `items` and `interactions` are added: files or data frames whose columns mean what
    the store's declaration says. `catalog` names it where there are several. `add(path, {"books": Items(…)})` reads all
    that is declared again: of a source with `updated`, only the rows that are not older than those of the store. The
    options, `threads`, `keep`, `wait`, `allow_loss` and the errors are as for `rebuild`.
    """
    declared: dict[str, Any] = {
        name: one for name, one in (sources or {}).items() if not isinstance(one, str | os.PathLike | list | tuple)
    }
    own = {name: given.pop(name, None) for name in ("items", "interactions", "catalog")}
    if declared or own["items"] is not None or own["interactions"] is not None:
        if not typed(path).exists():
            raise OptionError(f"There is no store at {path} to add to. Use: {build_command(path)}")
        return add_declared(
            path,
            declared,
            items=own["items"],
            interactions=own["interactions"],
            catalog=cast("str | None", own["catalog"]),
            threads=threads,
            keep=keep,
            wait=wait,
            allow_loss=allow_loss,
            progress=progress,
            **given,
        )
    known = additions(loader)
    names = list(dict.fromkeys(one.name for one in known))
    wanted: dict[str, Any] = {**(sources or {}), **{name: value for name, value in given.items() if name in names}}
    changes = {name: value for name, value in given.items() if name not in names}
    files = {name: _paths(value) for name, value in wanted.items() if value is not None}
    Budget.of(BuildOptions().changed(changes).memory, threads)
    _refuse_wrong(files, known, names, loader)
    target = typed(path)
    if not target.exists():
        raise OptionError(f"There is no store at {path} to add to. Use: {build_command(path)}")
    stages = Stages(progress or Progress())
    prepare_ahead([model.catalog for model in installed().values()])
    with staged_store(target, keep=keep, wait=wait, progress=progress) as staged:
        recorded = recorded_options(staged.connection)
        options = recorded.of_addition().changed(changes)
        staged.allow(Budget.of(options.memory, threads))
        chosen = [_chosen(name, known, staged.catalogs) for name in files]
        catalogs = [catalog_named(name, staged.catalogs) for name in dict.fromkeys(a.loader.catalog for a in chosen)]
        kept = [other for other in staged.catalogs if other not in catalogs]
        refuse_early(staged, catalogs, kept)
        refuse_too_little(staged, catalogs, options)
        loads: dict[str, LoadReport] = {}
        for catalog in catalogs:
            here = [one for one in chosen if one.loader.catalog == catalog.name]
            loads |= _add_to(staged, catalog, here, files, options, stages)
        for other in kept:
            copy_catalog(staged, other, other.tables)
        # How many lines may fail was said of these files, not of those that are added some other day.
        options = options.changed({"max_reject_rate": recorded.max_reject_rate})
        added = LoadedBuild(staged, catalogs, kept, options, stages, loads, is_addition=True, allow_loss=allow_loss)
        return finish(added)


def _paths(value: Any) -> list[str]:  # noqa: ANN401 - one path, or several
    return [os.fspath(one) for one in (value if isinstance(value, list | tuple) else [value])]


def _refuse_wrong(
    files: Mapping[str, list[str]], known: Sequence[Addition], names: Sequence[str], loader: str | None
) -> None:
    """Raise an `OptionError` for what can be said to be wrong before the store is looked at."""
    if loader and not names:
        raise OptionError(f"The loader {loader} cannot add to a store; build it from all files.")
    for name in files:
        if name not in names:
            raise OptionError(f"There is nothing called {name!r} to add; there are: {', '.join(names) or 'none'}.")
        if len(files[name]) != 1 and (not files[name] or any(one.file for one in known if one.name == name)):
            raise OptionError(f"Name one file for {name}, not {len(files[name])}.")
    if not files:
        listed = ", ".join(f"--{name} FILE" for name in names)
        raise OptionError(f"Name what to add: {listed}, or several of them.")


def _chosen(name: str, known: Sequence[Addition], catalogs: Sequence[Catalog]) -> Addition:
    """Return what a name means in a store with these catalogues; an `OptionError` where that is not one thing."""
    meant = [one for one in known if one.name == name]
    there = {catalog.name for catalog in catalogs}
    fitting = [one for one in meant if one.loader.catalog in there] or meant
    if len(fitting) > 1:
        loaders = " or ".join(sorted({one.loader.name for one in fitting}))
        raise OptionError(f"Several loaders can add {name}. Say which one reads it: --loader {loaders}.")
    return fitting[0]


def _add_to(
    staged: Staged,
    catalog: Catalog,
    added: Sequence[Addition],
    files: Mapping[str, list[str]],
    options: BuildOptions,
    stages: Stages,
) -> dict[str, LoadReport]:
    """Copy the sources of a catalogue, add to them what was chosen, and return what each loader read."""
    by_table = {one.file.table: one for one in added if one.file}
    if by_table and len(by_table) < len(added):
        listed = " and ".join(one.name for one in added)
        raise OptionError(f"{listed} cannot be added to {catalog.name} at one time; add one after the other.")
    with stages.stage(f"copy {catalog.name}"):
        copy_catalog(staged, catalog, tuple(table for table in catalog.source_tables if table not in by_table))
    loads: dict[str, LoadReport] = {}
    rejected = last_reject(staged.connection)
    with stages.stage(f"add to {catalog.name}"):
        for one in added:
            if isinstance(one.loader, Extender) and one.file is None:
                reports = [
                    one.loader.append_items(staged.connection, source, options, stages.progress)
                    for source in files[one.name]
                ]
                loads[one.loader.name] = LoadReport.of_all(reports)
        for loader in {one.loader.name: one.loader for one in by_table.values()}.values():
            read = [files[one.name][0] for one in added if one.loader is loader]
            loads[loader.name] = LoadReport(" and ".join(read))
        # Those that others refer to come first.
        for table in catalog.source_tables:
            if table in by_table:
                one = by_table[table]
                assert isinstance(one.loader, Appender)
                file = str(typed(files[one.name][0]))
                found = one.loader.append(staged.connection, table, file, options, stages.progress)
                loads[one.loader.name].files.append(merge_rows(staged, catalog, table, found))
    for load in loads.values():
        load.catalog = catalog.name
        check_rejects(staged.connection, load, options, stages.progress, rejected)
    return loads
