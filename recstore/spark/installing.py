"""Makes exported tables and their functions known to a Spark session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from recstore.catalogs.catalog import Catalog
from recstore.errors import OptionError, first_line
from recstore.spark import script
from recstore.spark.answers import answers_table
from recstore.spark.quoting import address

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def install(spark: SparkSession, folder: str, *, schema: str = "recstore", form: str = "parquet") -> list[str]:
    """Make the tables below `folder` known in `schema` of `spark_catalog`, and create their functions there.

    `folder` is what `recstore export` wrote, wherever Spark can read: a path, `s3://…`, `hdfs://…`. A folder of this
    machine may be named from the current folder, which Spark's own is not. Returns the names of the catalogues. What an
    earlier call made known is replaced, and no file is changed.

    Raises:
        OptionError: `folder` holds no exported tables, or the schema has a table of that name that is not recstore's.
    """
    if Path(folder).is_dir():
        folder = address(Path(folder).resolve())
    reader = spark.read.format(form)
    try:
        described = reader.load(f"{folder}/catalogs").select("catalog", "declaration").collect()
        spaces = reader.load(f"{folder}/spaces").select("catalog", "space", "dimensions").collect()
    except Exception as error:
        raise OptionError(f"{folder} holds no exported tables that Spark can read: {first_line(error)}") from error
    catalogs = [Catalog.as_recorded(row["declaration"]) for row in sorted(described)]
    tables = [
        *(table for catalog in catalogs for table in (*catalog.tables, answers_table(catalog))),
        "catalogs",
        "spaces",
    ]
    for statement in script.statements(
        catalogs, [tuple(row) for row in spaces], tables, schema=schema, location=folder, form=form
    ):
        if statement.startswith("CREATE TABLE"):
            _forget(spark, statement.split(" USING ")[0].removeprefix("CREATE TABLE IF NOT EXISTS "))
        spark.sql(statement)
    return [catalog.name for catalog in catalogs]


def _forget(spark: SparkSession, table: str) -> None:
    """Drop what is known of a table that recstore made known; its files stay."""
    if not spark.catalog.tableExists(table):
        return
    properties = {row["key"]: row["value"] for row in spark.sql(f"SHOW TBLPROPERTIES {table}").collect()}
    if script.MARK not in properties:
        raise OptionError(f"{table} is there and is not recstore's. Name another schema.")
    spark.sql(f"DROP TABLE {table}")
