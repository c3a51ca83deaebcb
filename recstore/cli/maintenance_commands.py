"""The commands that look after a store: add to it, check it, compare it with the version before, go back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recstore.cli.arguments import (
    AllowLoss,
    Config,
    Discard,
    InteractionsSource,
    ItemsSource,
    Keep,
    MaxRejects,
    Memory,
    OwnCatalog,
    Quiet,
    Store,
    Threads,
    Timeout,
    Untrusted,
    Wait,
)
from recstore.cli.commands import AddCommand, Command, WaitingCommand, additions_given, options_given
from recstore.cli.console import say
from recstore.cli.declarations import declared_sources
from recstore.cli.formats import Format
from recstore.cli.running import run_command
from recstore.cli.watching import watch
from recstore.text import pasted

if TYPE_CHECKING:
    from recstore import BuildReport
    from recstore.progress import Progress

maintenance_commands = typer.Typer()


@maintenance_commands.command(cls=AddCommand, epilog="Example: recstore add {store} --{file} new-{file}.csv")
def add(
    context: typer.Context,
    store: Store,
    config: Config = None,
    items: ItemsSource = None,
    interactions: InteractionsSource = None,
    catalog: OwnCatalog = None,
    loader: Annotated[str | None, typer.Option(help="The loader that reads the files, where several could.")] = None,
    max_reject_rate: MaxRejects[float | None] = None,
    memory: Memory[float | None] = None,
    threads: Threads = 0,
    keep: Keep = None,
    wait: Wait = 0.0,
    allow_loss: AllowLoss = False,
    quiet: Quiet = False,
) -> None:
    """Add rows or items to a store (of two with one key the latest stays), and recompute what depends on them.

    To a catalogue of your own, --items and --interactions are added, with columns as they were declared. Without any
    source, what recstore.toml declares is read again.
    """

    def work() -> None:
        from recstore import add as add_to_store

        added: dict[str, Any] = dict(additions_given(context))
        if items is not None or interactions is not None:
            given_own: dict[str, Any] = {"items": items, "interactions": interactions, "catalog": catalog}
        else:
            given_own = {}
            added |= declared_sources(store, config, None, None, catalog, is_all=not added)
        given = {"max_reject_rate": max_reject_rate, "memory": memory}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None} | given_own
        changes |= options_given(context)
        run_build(
            store,
            quiet,
            lambda progress: add_to_store(
                store,
                added,
                loader=loader,
                threads=threads,
                keep=keep,
                wait=wait,
                allow_loss=allow_loss,
                progress=progress,
                **changes,
            ),
        )

    run_command(work)


@maintenance_commands.command(cls=WaitingCommand, epilog="Example: recstore tune {store} --seconds 600")
def tune(
    store: Store,
    only: Annotated[str | None, typer.Option(metavar="CATALOG", help="Tune this catalogue alone.")] = None,
    trials: Annotated[int, typer.Option(min=1, help="How many settings to try at most.")] = 400,
    seconds: Annotated[float, typer.Option(min=0, help="About how long to try them, in seconds of one core.")] = 600.0,
    memory: Memory[float | None] = None,
    threads: Threads = 0,
    keep: Keep = None,
    wait: Wait = 0.0,
    quiet: Quiet = False,
) -> None:
    """Search longer for the constants of recommendations, on a cut of the store's own data; builds do it briefly."""

    def work() -> None:
        from recstore import tune as tune_store

        run_build(
            store,
            quiet,
            lambda progress: tune_store(
                store,
                only=only,
                trials=trials,
                seconds=seconds,
                memory=memory,
                threads=threads,
                keep=keep,
                wait=wait,
                progress=progress,
            ),
        )

    run_command(work)


@maintenance_commands.command(cls=WaitingCommand, epilog="Example: recstore rollback {store}")
def rollback(store: Store, discard: Discard = False, wait: Wait = 0.0) -> None:
    """Put the version before a store back in its place; a second rollback undoes it."""

    def work() -> None:
        from recstore.cli.maintenance import run_rollback

        run_rollback(store, discard, wait)

    run_command(work)


@maintenance_commands.command(cls=WaitingCommand, epilog="Example: recstore backup {store} {catalog}-backup.duckdb")
def backup(
    store: Store,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the copy.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE if it is there.")] = False,
    wait: Wait = 0.0,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Copy a store, whole and as one moment has it, while others read it."""

    def work() -> None:
        from recstore.cli.maintenance import run_backup

        run_backup(store, file, overwrite, wait, untrusted)

    run_command(work, timeout, untrusted)


@maintenance_commands.command(cls=WaitingCommand, epilog="Example: recstore restore {store} saved.duckdb")
def restore(
    store: Store,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy, as backup made it.")],
    discard: Discard = False,
    wait: Wait = 0.0,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Put a copy of a store in its place, after a check; the store that was there is the version before."""

    def work() -> None:
        from recstore.cli.maintenance import run_restore

        run_restore(store, file, discard, wait, untrusted)

    run_command(work, timeout, untrusted)


@maintenance_commands.command(cls=Command, epilog="Example: recstore diff {store}")
def diff(
    store: Store,
    other: Annotated[
        Path | None, typer.Argument(metavar="[OTHER]", help="The store to compare with; else the version before.")
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if they do not hold the same.")] = False,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Show what changed from the version before, or differs from another store: rows per table, and other top 10s."""

    def work() -> None:
        from recstore.cli.maintenance import run_diff

        run_diff(store, other, exit_code, untrusted)

    run_command(work, timeout, untrusted)


@maintenance_commands.command(cls=Command, epilog="Example: recstore manifest {store} > {catalog}.json")
def manifest(
    store: Store,
    verify: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Compare the store with this manifest; exit with 1 if it differs."),
    ] = None,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Print as JSON what the store is: digests of the file and of its contents, versions, sources, tables."""

    def work() -> None:
        from recstore.cli.maintenance import run_manifest

        run_manifest(store, verify, untrusted)

    run_command(work, timeout, untrusted)


@maintenance_commands.command(cls=Command, epilog="Example: recstore check {store}")
def check(
    store: Store,
    untrusted: Untrusted = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    timeout: Timeout = None,
) -> None:
    """Prove a store sound: format, tables, keys, vectors, neighbours, functions, and every block of the file."""

    def work() -> None:
        from recstore.cli.maintenance import run_check

        run_check(store, as_json, untrusted)

    run_command(work, timeout, untrusted)


@maintenance_commands.command(cls=Command, epilog="Example: recstore cache")
def cache(
    action: Annotated[str | None, typer.Argument(metavar="[clear]", help="Remove what is there.")] = None,
    datasets: Annotated[bool, typer.Option("--datasets", help="Clear fetched data sets alone.")] = False,
    indexes: Annotated[bool, typer.Option("--indexes", help="Clear Annoy indexes and parsed functions alone.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.TABLE,
) -> None:
    """Show what is in your cache, or clear it; what is in use or not recstore's stays."""

    def work() -> None:
        from recstore.cli.cache import run_cache

        run_cache(action, datasets, indexes, form)

    run_command(work)


def run_build(store: Path, quiet: bool, build: Callable[[Progress], BuildReport]) -> None:
    """Show the progress of what builds a store, and say what it did."""
    progress = watch(quiet)
    try:
        report = build(progress)
    finally:
        progress.stop()
    _report(store, report)


def _report(store: Path, report: BuildReport) -> None:
    """Say what a build did."""
    for load in report.loads.values():
        found = f"{load.rows:,} rows loaded, {load.rejects:,} lines rejected"
        found += f", {load.replaced:,} in place of older ones" if load.replaced else ""
        found += f", {load.passed:,} passed over (there already, or not asked for)" if load.passed else ""
        is_new = load.rows or load.replaced
        say(f"{load.source}: {found}.{'' if is_new else ' Nothing in it is new.'}")
    if report.rejects:
        say(f'The rejected lines: recstore sql {pasted(store)} "FROM load_rejects"')
    if report.kept:
        say(f"Kept as they were: {', '.join(report.kept)}.")
    say(f"{store} is ready ({store.stat().st_size / 1e6:,.1f} MB, {sum(report.seconds.values()):.1f} s).")
