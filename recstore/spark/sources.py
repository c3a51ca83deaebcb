"""The sources of a declaration as Spark has them: files that Spark reads, tables of the session, data frames."""

from __future__ import annotations

import os
import re
from glob import glob
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recstore.catalogs.declared.declaration import Interactions, Items
from recstore.errors import OptionError, RecstoreError, SourceError, first_line
from recstore.paths import typed
from recstore.sources.addresses import shown
from recstore.sources.dialect import Dialect
from recstore.sources.frames import frame_name
from recstore.sources.selects import is_select
from recstore.spark.quoting import address, identifier

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ENDING = re.compile(r"\.(csv|tsv|tab|parquet|pq|json|jsonl|ndjson)(\.gz|\.gzip|\.zst|\.zstd|\.bz2)?$", re.IGNORECASE)
_FORMATS = {"csv": "csv", "tsv": "csv", "tab": "csv", "parquet": "parquet", "pq": "parquet"}
_DIALECT = {"delimiter": "sep", "quote": "quote", "encoding": "encoding", "null": "nullValue"}


def is_of_spark(source: Any) -> bool:  # noqa: ANN401 - a path, a query, or any data frame
    """Tell whether a source is a data frame of Spark's."""
    return type(source).__module__.startswith("pyspark.")


def is_of_driver(side: Items | Interactions) -> bool:
    """Tell whether a source of items is read by the driver, as on one machine: files that it sees, and databases."""
    source = side.source
    if side.database is not None or not isinstance(source, str):
        return side.database is not None or not is_of_spark(source)
    return bool(_ENDING.search(source)) and "://" not in source


def frame_of(spark: SparkSession, side: Items | Interactions, folder: Path, what: str) -> DataFrame:
    """Return a source as a data frame of Spark's; relative paths start at `folder`.

    Raises:
        SourceError: it is neither a file, nor a table of the session, or Spark cannot read it.
        OptionError: it is declared in a way that Spark does not know.
    """
    source = os.fspath(side.source) if isinstance(side.source, os.PathLike) else side.source
    if side.database is not None:
        raise OptionError(
            f"{what} come from a database, which Spark does not open by this declaration. Read them with Spark, "
            'spark.read.format("jdbc"), and name the table: createOrReplaceTempView("sales"), from = "sales".'
        )
    if is_of_spark(source):
        frame: DataFrame = source
        return frame
    try:
        if not isinstance(source, str):
            import pyarrow as pa

            return spark.createDataFrame(pa.table(source))
        if is_select(source):
            return spark.sql(source)
        return _of_name(spark, side, source, folder)
    except RecstoreError:
        raise
    except Exception as error:
        named = shown(source) if isinstance(source, str) else frame_name(source)
        raise SourceError(f"Spark cannot read {named}: {first_line(error)}") from error


def _of_name(spark: SparkSession, side: Items | Interactions, source: str, folder: Path) -> DataFrame:
    path, found = source, list[str]()
    if "://" not in source:
        place = folder.absolute() / typed(source)
        found = sorted(glob(str(place), recursive=True))  # noqa: PTH207 - the path may hold a pattern anywhere
        path = address(place)
        if not found:
            if _is_table(spark, source):
                return spark.table(source)
            raise SourceError(
                f"{shown(source)} is neither a file or folder (looked in {folder.absolute()}) nor a table of the Spark "
                "session. Check the path, or name a view by createOrReplaceTempView."
            )
    if any((Path(one) / "_delta_log").is_dir() for one in found) or source.startswith("delta://"):
        return _of_delta(spark, path)
    form = _format_of(source, found)
    if form == "csv":
        return _of_csv(spark, side, path)
    return spark.read.format(form).load(path)


def _is_table(spark: SparkSession, name: str) -> bool:
    try:
        return bool(spark.catalog.tableExists(name))
    except Exception:  # what cannot be the name of a table, such as a path
        return False


def _format_of(source: str, found: list[str]) -> str:
    """Return the format that the ending of a path says, or of the files in a folder; Parquet where none does."""
    inside = [str(file) for one in found if Path(one).is_dir() for file in sorted(Path(one).rglob("*"))]
    for name in (source, *found, *inside):
        ending = _ENDING.search(name)
        if ending:
            return _FORMATS.get(ending[1].lower(), "json")
    return "parquet"


def _of_delta(spark: SparkSession, path: str) -> DataFrame:
    """Return a table of Delta: as the session reads it, or else by the files that its log names."""
    try:
        return spark.read.format("delta").load(path)
    except Exception as error:
        if find_spec("deltalake") is None:
            raise SourceError(
                f"{path} is a table of Delta, which this session does not read: give it the package "
                "io.delta:delta-spark, or pip install deltalake."
            ) from error
    from deltalake import DeltaTable

    return spark.read.option("basePath", path).parquet(*DeltaTable(path).file_uris())


def _of_csv(spark: SparkSession, side: Items | Interactions, path: str) -> DataFrame:
    """Return CSV as Spark reads it, with its types; ids are text where a number would lose something of them."""
    from pyspark.sql.functions import col

    dialect: Dialect = side.dialect
    if dialect.columns or dialect.decimal:
        raise OptionError("Spark reads CSV without columns and decimal; name the columns in the file's first line.")
    header = dialect.header is not False
    tabs = re.search(r"\.(tsv|tab)(\.|$)", path, re.IGNORECASE)
    given = {option: getattr(dialect, name) for name, option in _DIALECT.items() if getattr(dialect, name) is not None}
    options = {"header": str(header), "sep": "\t" if tabs else ",", **given}
    # As others write CSV: quotes are doubled, and a field in quotes may have several lines.
    options |= {"escape": options.get("quote", '"'), "multiLine": "true"}
    guessed = spark.read.options(inferSchema="true", **options).csv(path)
    wanted = (side.id,) if isinstance(side, Items) else (side.user, side.item, side.session)
    names = {name.lower() for name in wanted if name}
    numbered = [name for name, kind in guessed.dtypes if name.lower() in names and kind != "string"]
    if not numbered:
        return guessed
    schema = ", ".join(f"{identifier(name)} {'string' if name in numbered else kind}" for name, kind in guessed.dtypes)
    as_text = spark.read.options(**options).schema(schema).csv(path)
    kinds = dict(guessed.dtypes)
    for name in numbered:
        column = col(identifier(name))
        changed = ~column.cast(kinds[name]).cast("string").eqNullSafe(column)
        if kinds[name] not in ("int", "bigint") or not as_text.where(changed).isEmpty():
            continue
        as_text = as_text.withColumn(name, column.cast("bigint"))
    return as_text
