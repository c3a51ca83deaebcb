"""The commands that lead to Spark: `export` writes tables and functions that it reads, `spark build` trains on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recstore.cli.arguments import OwnCatalog, Quiet, Store, Timeout, Untrusted
from recstore.cli.commands import Command, SparkBuildCommand, options_given
from recstore.cli.console import say
from recstore.cli.declarations import CONFIG, declared_sources
from recstore.cli.running import run_command
from recstore.cli.watching import watch

#: The example of the group and of its command.
_TRAINING = "Example: recstore spark build --declaration recstore.toml --to tables"

Schema = Annotated[str, typer.Option(metavar="NAME", help="Where functions.sql creates them in Spark.")]
Location = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Where Spark will read the folder.", show_default="where it is written"),
]

spark_commands = typer.Typer()
_spark = typer.Typer(name="spark", help="Train on Apache Spark what no machine holds.", epilog=_TRAINING)
spark_commands.add_typer(_spark)


@spark_commands.command(cls=Command, epilog="Example: recstore export {store} tables --to parquet")
def export(
    store: Store,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder to write; an earlier export is replaced.")
    ],
    to: Annotated[
        str, typer.Option(metavar="FORMAT", help="parquet, or delta where deltalake is installed.")
    ] = "parquet",
    schema: Schema = "recstore",
    location: Location = None,
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


@_spark.command(cls=SparkBuildCommand, epilog=_TRAINING)
def build(
    context: typer.Context,
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="The folder to write, which driver and workers see.")
    ],
    declaration: Annotated[
        Path, typer.Option("--declaration", metavar="FILE", help="Catalogues of your own, declared.")
    ] = Path(CONFIG),
    catalog: OwnCatalog = None,
    master: Annotated[
        str, typer.Option(metavar="URL", help="Where Spark runs.", show_default="all cores of this machine")
    ] = "",
    setting: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A setting of Spark's; may be repeated.")
    ] = None,
    schema: Schema = "recstore",
    location: Location = None,
    quiet: Quiet = False,
) -> None:
    """Train on Spark and write the tables that export writes of a store; begun again, it goes on where it ended."""

    def work() -> None:
        from recstore import BuildOptions, OptionError
        from recstore import spark as on_spark

        declared = declared_sources(to, declaration, None, None, catalog, is_all=True)
        options = BuildOptions(**options_given(context))
        if wrong := [one for one in setting or [] if "=" not in one]:
            raise OptionError(f"--setting is NAME=VALUE, such as spark.executor.memory=8g, not {wrong[0]!r}.")
        on_spark.folder_to_write(to)
        spark = on_spark.session(master, dict(one.split("=", 1) for one in setting or []))
        progress = watch(quiet)
        try:
            done = on_spark.build(
                spark, declared, to, options=options, schema=schema, location=location, progress=progress
            )
        finally:
            progress.stop()
        for load in done.report.loads.values():
            say(f"{load.source}: {load.rows:,} rows loaded, {load.rejects:,} lines rejected.")
        rows = done.exported.rows
        say(f"{len(rows)} tables with {sum(rows.values()):,} rows written to {to}.")
        say(f"In Spark: spark-sql -f {to / done.exported.functions.name}")
        say(f"As a store: recstore build STORE --tables {to}")

    run_command(work)
