"""The commands by which a store is asked again and again: saved queries, and the shell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recstore.cli import suggestions
from recstore.cli.arguments import Store, Timeout, Untrusted, seconds
from recstore.cli.commands import Command
from recstore.cli.console import State, say
from recstore.cli.formats import Format
from recstore.cli.items import ItemCommand
from recstore.cli.running import run_command, run_interactively

query_commands = typer.Typer()


def _query_names(incomplete: str) -> list[tuple[str, str]]:
    from recstore import saved_queries

    return [(query.name, query.answers) for query in saved_queries() if query.name.startswith(incomplete)]


@query_commands.command(cls=Command, epilog="Example: recstore query {store} sources --format markdown")
def query(
    store: Store,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="A saved query, or a .sql file. Without it, they are listed.",
            autocompletion=_query_names,
        ),
    ] = None,
    catalog: Annotated[
        str | None,
        typer.Option(help="The catalogue to ask, where the query suits several.", autocompletion=suggestions.catalogs),
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter of the query.")
    ] = None,
    attach: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A DuckDB file of yours, attached under its name.")
    ] = None,
    show: Annotated[bool, typer.Option("--sql", help="Print the query instead of running it.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Run a saved query, or list them with what they answer."""

    def work() -> None:
        from recstore.cli.query import list_queries, print_query, run_query

        if name is None:
            list_queries(store, catalog, form, output, untrusted)
        elif show:
            print_query(store, name, catalog, untrusted)
        else:
            run_query(store, name, catalog, parameter or [], attach or [], form, output, untrusted)

    run_command(work, timeout, untrusted)


@query_commands.command(cls=Command, epilog="Example: echo 'FROM similar_{catalog}(1);' | recstore shell {store}")
def shell(
    store: Store,
    exact: Annotated[bool, typer.Option("--exact", help="Rank exactly, without approximate indexes.")] = False,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Open a SQL prompt on a store, in which .help says what else it knows; from a pipe, run a script."""
    from recstore.cli.shell import run_shell

    raise typer.Exit(
        run_interactively(lambda: run_shell(store, exact, untrusted, seconds(timeout, untrusted)), State.debug)
    )


@query_commands.command(
    cls=ItemCommand,
    epilog="Example: recstore heatmap {store} {catalog} {items} -o heat.png",
)
def heatmap(
    store: Store,
    catalog: Annotated[
        str, typer.Argument(metavar="CATALOG", help="A catalogue of the store.", autocompletion=suggestions.catalogs)
    ],
    items: Annotated[
        list[str],
        typer.Argument(metavar="ITEM…", help="Titles as the store has them, or ids.", autocompletion=suggestions.items),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The picture: a .png or .svg.")],
    space: Annotated[
        str | None, typer.Option(help="The space to compare in.", autocompletion=suggestions.spaces)
    ] = None,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Draw how near a handful of items are to one another; needs the extra plot."""

    def work() -> None:
        from recstore import heatmap as draw_heatmap

        draw_heatmap(store, catalog, items, output, space=space, untrusted=untrusted)
        say(f"{output} shows {len(items)} items.")

    run_command(work, timeout, untrusted)


@query_commands.command(cls=Command, epilog="Example: recstore explore {store}")
def explore(
    store: Store,
    host: Annotated[
        str,
        typer.Option(help="The address to listen on; with another than this machine's own, others can reach the page."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 is any that is free.")] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser, or print its address alone.")
    ] = True,
    makes_map: Annotated[
        bool, typer.Option("--map", help="Place the items on a map first, and keep it in the store: rebuilds do.")
    ] = False,
    untrusted: Untrusted = False,
) -> None:
    """Open a page in the browser: what is alike, what follows, how good it is; needs the extra explore."""

    def work() -> None:
        from recstore.cli.explore import run_explore
        from recstore.errors import OptionError

        # The page itself is opened as a stranger's in any case.
        if untrusted and makes_map:
            raise OptionError("--map writes into the store, which is not done to a stranger's: leave --map out.")
        run_explore(store, host, port, browser, makes_map)

    raise typer.Exit(run_interactively(work, State.debug))


@query_commands.command(cls=ItemCommand, epilog="Example: recstore play music.duckdb 1 --print")
def play(
    store: Store,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="A title as the store has it, or an id.")],
    catalog: Annotated[
        str | None, typer.Option(help="The catalogue of the item.", autocompletion=suggestions.catalogs)
    ] = None,
    only_print: Annotated[bool, typer.Option("--print", help="Print its address, and open nothing.")] = False,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Open what an item is in a browser, at its second, and print its address; for catalogues with a column url."""

    def work() -> None:
        from recstore.cli.play import run_play

        run_play(store, item, catalog, only_print, untrusted)

    run_command(work, timeout, untrusted)


@query_commands.command(cls=Command, epilog="Example: recstore report {store} -o report.html")
def report(
    store: Store,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file of HTML to write.")],
    lists: Annotated[int, typer.Option(min=0, help="How many example lists of each catalogue.")] = 6,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Write how good a store is, with example lists, to one file of HTML; needs the extra explore."""

    def work() -> None:
        from recstore.explore import write_report

        write_report(store, output, lists=lists)
        say(f"{output} shows how good {store} is.")

    # The report reads every store as a stranger's.
    run_command(work, timeout, untrusted)
