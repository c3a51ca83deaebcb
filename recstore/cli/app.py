"""The commands. Each opens the library, calls one thing and prints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from recstore.cli import suggestions
from recstore.cli.arguments import (
    AllowLoss,
    Config,
    InteractionsSource,
    ItemsSource,
    Keep,
    Memory,
    OwnCatalog,
    Quiet,
    Seed,
    Store,
    Threads,
    Timeout,
    Untrusted,
    Wait,
)
from recstore.cli.commands import (
    BuildCommand,
    Command,
    RebuildCommand,
    WaitingCommand,
    options_given,
    sources_given,
)
from recstore.cli.console import LogFormat, State, exit_codes, print_data
from recstore.cli.declarations import declared_sources
from recstore.cli.exports import InstalledGroup
from recstore.cli.formats import Format
from recstore.cli.init_command import init_command
from recstore.cli.items import ItemCommand
from recstore.cli.maintenance_commands import maintenance_commands, run_build
from recstore.cli.query_commands import query_commands
from recstore.cli.running import run_app, run_command
from recstore.cli.spark_commands import spark_commands
from recstore.cli.watching import watch

app = typer.Typer(
    cls=InstalledGroup,
    name="recstore",
    help="A recommendation store: one DuckDB file in which 'things like this one' is a SQL function.",
    epilog=f"Exit codes: {exit_codes()}. Example: recstore demo",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(query_commands)
app.add_typer(init_command)
app.add_typer(maintenance_commands)
app.add_typer(spark_commands)


@app.callback(invoke_without_command=True)
def main_options(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="What stderr is: lines of words, or one JSON object a line.")
    ] = LogFormat.TEXT,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Take the options that every command shares."""
    State.debug, State.log_format = debug, log_format
    if version:
        from importlib.metadata import version as installed

        print(f"recstore {installed('recstore')}")
        raise typer.Exit


@app.command(cls=Command, epilog="Example: recstore demo")
def demo(
    store: Annotated[Path, typer.Argument(metavar="[STORE]", help="Where to build it.")] = Path("recstore-demo.duckdb"),
) -> None:
    """Build a small store from generated sample data and ask it something; needs no network."""

    def work() -> None:
        from recstore.cli.demo import run_demo

        run_demo(store, watch(quiet=False))

    run_command(work)


@app.command(cls=BuildCommand, epilog="Example: recstore build {store} --{loader} {source}")
def build(
    context: typer.Context,
    store: Store,
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LOADER=SOURCE",
            help="A source, after the name of its loader: for loaders without an option of their own.",
        ),
    ] = None,
    makes_map: Annotated[
        bool, typer.Option("--map", help="Place the items on a map, too, which recstore explore shows.")
    ] = False,
    config: Config = None,
    items: ItemsSource = None,
    interactions: InteractionsSource = None,
    catalog: OwnCatalog = None,
    tables: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Tables that recstore export or Spark wrote: nothing is computed but indexes."
        ),
    ] = None,
    where: Annotated[
        str,
        typer.Option(metavar="CONDITION", help="With --tables: the items that meet this alone.", show_default=False),
    ] = "",
    threads: Threads = 0,
    keep: Keep = None,
    wait: Wait = 0.0,
    allow_loss: AllowLoss = False,
    quiet: Quiet = False,
) -> None:
    """Build a store from files, or replace the catalogues of an existing one whose sources are named.

    Without any source, what recstore.toml declares is built: recstore init writes one from your files.
    """
    rest: dict[str, Any] = {"threads": threads, "keep": keep, "wait": wait, "allow_loss": allow_loss}

    def import_tables(folder: Path) -> None:
        from recstore import BuildOptions, OptionError, build_from_tables

        options = BuildOptions(**options_given(context))
        is_told = options != BuildOptions(memory=options.memory)
        if is_told or any((sources_given(context), source, config, items, interactions, catalog)):
            raise OptionError(
                "--tables stands by itself: nothing is computed, so no source or option of a model goes with it."
            )
        rest["memory"] = options.memory
        run_build(store, quiet, lambda p: build_from_tables(store, folder, where=where, progress=p, **rest))

    def work() -> None:
        from recstore import BuildOptions, OptionError, installed
        from recstore import build as build_store

        if tables is not None:
            import_tables(tables)
            return
        if where:
            raise OptionError("--where goes with --tables FOLDER.")
        named = installed.named_sources(sources_given(context), source or [])
        own = declared_sources(store, config, items, interactions, catalog, is_all=not named)
        sources: dict[str, Any] = {**named, **own}
        options = BuildOptions(**options_given(context))
        run_build(
            store,
            quiet,
            lambda progress: build_store(
                store,
                sources,
                options=options,
                progress=progress,
                **rest,
            ),
        )
        if makes_map:
            from recstore.cli.explore import draw_map

            draw_map(store, quiet)

    run_command(work)


@app.command(cls=RebuildCommand, epilog="Example: recstore rebuild {store} --seed 1")
def rebuild(
    context: typer.Context,
    store: Store,
    only: Annotated[
        str | None,
        typer.Option(help="Recompute this catalogue of the store alone.", autocompletion=suggestions.catalogs),
    ] = None,
    threads: Threads = 0,
    keep: Keep = None,
    wait: Wait = 0.0,
    allow_loss: AllowLoss = False,
    quiet: Quiet = False,
) -> None:
    """Recompute vectors and neighbours from the tables in the store; what is not named is as it was built."""

    def work() -> None:
        from recstore import rebuild as rebuild_store

        changes = options_given(context)
        run_build(
            store,
            quiet,
            lambda progress: rebuild_store(
                store,
                only=only,
                threads=threads,
                keep=keep,
                wait=wait,
                allow_loss=allow_loss,
                progress=progress,
                **changes,
            ),
        )

    run_command(work)


@app.command(cls=Command, epilog="Example: recstore info {store}")
def info(
    store: Store,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Show what is inside a store, from which sources, how large, how old."""

    def work() -> None:
        from recstore.cli.info import print_info, print_json

        (print_json if as_json else print_info)(store, untrusted)

    run_command(work, timeout, untrusted)


@app.command(cls=WaitingCommand, epilog="Example: recstore evaluate {store} --fail-under next-chosen/ndcg@10=0.02")
def evaluate(
    store: Store,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC=VALUE",
            help="Exit with 5 if the figure is lower: ndcg@10=0.3, or PROTOCOL/MODEL/METRIC=VALUE; may be repeated.",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw accuracy against coverage: .png, .svg or .pdf.")
    ] = None,
    seed: Seed[int] = 0,
    memory: Memory[float] = 0.0,
    threads: Threads = 0,
    wait: Wait = 0.0,
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.TABLE,
    quiet: Quiet = False,
) -> None:
    """Measure how good the recommendations are; the figures go to the table evaluations."""

    def work() -> None:
        from recstore.cli.evaluate import Evaluating, run_evaluation

        evaluation = Evaluating(seed=seed, memory=memory, threads=threads, wait=wait)
        run_evaluation(store, fail_under or [], plot, evaluation, form, watch(quiet))

    run_command(work)


@app.command(cls=ItemCommand, epilog="Example: recstore similar {store} {catalog} {item} -k 5")
def similar(
    store: Store,
    catalog: Annotated[
        str,
        typer.Argument(metavar="CATALOG", help="A catalogue of the store.", autocompletion=suggestions.catalogs),
    ],
    items: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ITEM",
            help="A title as the store has it, or an id; of several what is like all of them.",
            autocompletion=suggestions.items,
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Instead of an item a file, such as song.mp3.")
    ] = None,
    vggish: Annotated[
        Path | None,
        typer.Option("--vggish", metavar="FOLDER", help="The weights that a sound file is embedded with."),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="How many.")] = 10,
    space: Annotated[
        str | None,
        typer.Option(
            help="The space to compare in: together, where there is one, answers what people choose next.",
            autocompletion=suggestions.spaces,
        ),
    ] = None,
    where: Annotated[
        str | None, typer.Option("--filter", metavar="SQL", help="A condition over the items' columns.")
    ] = None,
    disliked: Annotated[list[str] | None, typer.Option(metavar="ITEM", help="An example against; repeatable.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="ITEM", help="Never this one; repeatable.")] = None,
    boost: Annotated[
        str | None, typer.Option(metavar="SQL", help="What scores are multiplied by, over the items' columns.")
    ] = None,
    diversity: Annotated[
        float | None, typer.Option(help="From 0, the nearest, to 1, as different from each other as can be.")
    ] = None,
    popularity: Annotated[
        float | None, typer.Option(help="From -1, towards what few know, to 1, towards what many do.")
    ] = None,
    per_group: Annotated[int | None, typer.Option(help="How many of one group, where items have groups.")] = None,
    include_unavailable: Annotated[
        bool, typer.Option("--include-unavailable", help="Also what is not available, where the catalogue says so.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Show the items most like one item, like several, or like a file."""
    if not items and file is None:
        raise typer.BadParameter("Missing argument 'ITEM', or --file.")

    def work() -> None:
        from recstore.cli.similar import Question, print_similar

        question = Question(
            items or [],
            {
                "space": space,
                "disliked": disliked,
                "exclude": exclude,
                "diversity": diversity,
                "popularity": popularity,
                "per_group": per_group,
                "include_unavailable": include_unavailable or None,
            },
            {"filter": where, "boost": boost},
            k,
            file,
            vggish,
        )
        print_similar(store, catalog, question, form, output, untrusted)

    run_command(work, timeout, untrusted)


@app.command(cls=ItemCommand, epilog='Example: recstore sql {store} "FROM similar_{catalog}(1, k := 3)" --format csv')
def sql(
    store: Store,
    statement: Annotated[str, typer.Argument(metavar="SQL", help="One or more statements; - reads them from stdin.")],
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Run SQL on a store and print the rows of the last statement."""

    def work() -> None:
        from recstore import connect
        from recstore.cli.output import write_result
        from recstore.text import decoded

        with connect(store, untrusted=untrusted) as connection:
            text = decoded(sys.stdin.buffer.read(), "What comes from stdin") if statement == "-" else statement
            write_result(connection, text, form, output)

    run_command(work, timeout, untrusted)


@app.command(cls=Command, epilog="Example: recstore attach-sql {store} --alias rec > rec.sql")
def attach_sql(
    store: Store,
    alias: Annotated[str, typer.Option(help="The name that the functions will stand under.")] = "rec",
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Print a SQL script that brings the store into any DuckDB session: save it, then .read it there."""

    def work() -> None:
        from recstore import attach_script

        print_data(attach_script(store, alias, untrusted=untrusted))

    run_command(work, timeout, untrusted)


def main() -> None:
    """Run the command line."""
    run_app(app)
