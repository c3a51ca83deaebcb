"""The commands that lead to Spark and back: `export` writes tables and functions that Spark reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recstore.cli.arguments import Store, Timeout, Untrusted
from recstore.cli.commands import Command
from recstore.cli.console import say
from recstore.cli.running import run_command

spark_commands = typer.Typer()


@spark_commands.command(cls=Command, epilog="Example: recstore export {store} tables --to parquet")
def export(
    store: Store,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder to write; an earlier export is replaced.")
    ],
    to: Annotated[
        str, typer.Option(metavar="FORMAT", help="parquet, or delta where deltalake is installed.")
    ] = "parquet",
    schema: Annotated[
        str, typer.Option(metavar="NAME", help="Where functions.sql creates them in Spark.")
    ] = "recstore",
    location: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where Spark will read the folder.", show_default="where it is written"),
    ] = None,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Write every table as Parquet or Delta, and functions.sql: the store's functions for Spark SQL."""

    def work() -> None:
        from recstore.spark import export as export_tables

        done = export_tables(store, folder, to=to, schema=schema, location=location, untrusted=untrusted)
        say(f"{len(done.rows)} tables with {sum(done.rows.values()):,} rows written to {folder}.")
        say(f"In Spark: spark-sql -f {folder / done.functions.name}")

    run_command(work, timeout, untrusted)
