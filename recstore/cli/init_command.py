"""`recstore init`: a declaration of files, written down and explained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recstore.cli.commands import Command
from recstore.cli.console import print_data, say
from recstore.cli.running import run_command

init_command = typer.Typer()


@init_command.command(cls=Command, epilog="Example: recstore init books.csv sales.csv")
def init(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE…", help="Files or folders; with --database the names of tables."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the catalogue is called; by default as the file of its items.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="A SQLAlchemy URL, or a DuckDB or SQLite file, with the tables.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Write to this file; - prints the declaration.")
    ] = Path("recstore.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Look at files of items and interactions, and write the declaration of a catalogue with its reasons."""

    def work() -> None:
        from recstore import init as guess
        from recstore.errors import OptionError, SourceError, cannot
        from recstore.paths import typed
        from recstore.tools import check_target, whole_file

        named = sources or []
        is_printed, is_there = str(output) == "-", output.exists()
        taken = OptionError(
            f"{output} is there already. Name another file with -o, print the declaration with -o -, or write over it "
            "with --force."
        )
        if not is_printed and is_there and not force:
            raise taken
        given = [typed(source) for source in (*named, *([database] if database else []))]
        # An output that is not there yet is no source; nor is a declaration that lies among the sources.
        folders = [one for one in given if one.is_dir()] if is_there else []
        inputs = [*given, *(file for one in folders for file in one.rglob("*") if file.suffix != ".toml")]
        if not is_printed:
            check_target(output, inputs=inputs)
        found = guess(*named, name=name, database=database, folder=None if is_printed else output.parent)
        for line in found.seen:
            say(line)
        if is_printed:
            print_data(found.text.rstrip("\n"))
            return
        try:
            # Whole, or not at all: what is written over may be somebody's work.
            with whole_file(output, inputs=inputs) as part:
                part.write_text(found.text, encoding="utf-8")
                if not force and output.exists():
                    raise taken
        except OSError as error:
            raise SourceError(cannot(output, "be written", error)) from error
        config = "" if output.name == "recstore.toml" else f" --config {output}"
        say(f"Written to {output}: the catalogue {found.name}. Read it, then:")
        say(f"  recstore build {found.name}.duckdb{config}")

    run_command(work)
