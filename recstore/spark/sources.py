"""The sources of a declaration as Spark has them: files that Spark reads, tables of the session, data frames."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterable, Iterator
from glob import glob
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from recstore.catalogs.declared.declaration import Interactions, Items
from recstore.errors import OptionError, RecstoreError, SourceError, first_line
from recstore.paths import typed
from recstore.sources.addresses import shown
from recstore.sources.dialect import Dialect
from recstore.sources.endings import DATA_FILE
from recstore.sources.frames import frame_name
from recstore.sources.selects import is_select
from recstore.spark.quoting import identifier, to_read

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameReader, SparkSession

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
    return bool(DATA_FILE.search(source)) and "://" not in source


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
    paths, found = [source], list[str]()
    if "://" not in source:
        place = folder.absolute() / typed(source)
        # The path may hold a pattern anywhere: it is Python's, as on one machine, since Spark knows no `**`.
        found = [str(place)] if place.exists() else sorted(glob(str(place), recursive=True))  # noqa: PTH207
        paths = [to_read(Path(one)) for one in found]
        if not found:
            if _is_table(spark, source):
                return spark.table(source)
            raise SourceError(
                f"{shown(source)} is neither a file or folder (looked in {folder.absolute()}) nor a table of the Spark "
                "session. Check the path, or name a view by createOrReplaceTempView."
            )
    if any((Path(one) / "_delta_log").is_dir() for one in found) or source.startswith("delta://"):
        if len(paths) > 1:
            raise OptionError(f"{shown(source)} are {len(paths):,} tables of Delta; name one.")
        return _of_delta(spark, found[0] if found else source)
    form = _format_of(source, found)
    # A folder NAME=VALUE is a column of Spark's; of others it looks into none unless it is told.
    folders = [one for path in map(Path, found) if path.is_dir() for one in path.rglob("*") if one.is_dir()]
    is_deep = any("=" not in one.name and not one.name.startswith(("_", ".")) for one in folders)
    reader = spark.read.option("recursiveFileLookup", str(is_deep).lower())
    if form == "csv":
        return _of_csv(reader, side, paths)
    options = {"multiLine": "true"} if form == "json" and _is_array(_files_of(found)) else {}
    return reader.options(**options).format(form).load(paths)


def _is_table(spark: SparkSession, name: str) -> bool:
    try:
        return bool(spark.catalog.tableExists(name))
    except Exception:  # what cannot be the name of a table, such as a path
        return False


def _files_of(found: Iterable[str]) -> Iterator[Path]:
    """Yield the files that were found, and those in folders that were."""
    for path in map(Path, found):
        yield from sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _format_of(source: str, found: list[str]) -> str:
    """Return the format that the ending of a path says, or of the files in a folder; Parquet where none does."""
    for name in (source, *found, *map(str, _files_of(found))):
        # Spark reads that, too.
        ending = DATA_FILE.search(re.sub(r"(?i)\.bz2$", "", name))
        if ending:
            return _FORMATS.get(ending[1].lower(), "json")
    return "parquet"


def _is_array(files: Iterable[Path]) -> bool:
    """Tell whether files of JSON hold one array each, in any number of lines: the first that is not empty says it."""
    for file in files:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            for line in lines:
                if line.strip():
                    return line.lstrip(b"\xef\xbb\xbf \t").startswith(b"[")
    return False


def _of_delta(spark: SparkSession, path: str) -> DataFrame:
    """Return a table of Delta: as the session reads it, or else by the files that its log names."""
    try:
        return spark.read.format("delta").load(to_read(Path(path)) if Path(path).is_dir() else path)
    except Exception as error:
        if find_spec("deltalake") is None:
            raise SourceError(
                f"{path} is a table of Delta, which this session does not read: give it the package "
                "io.delta:delta-spark, or pip install deltalake."
            ) from error
    from deltalake import DeltaTable

    files = [to_read(Path(unquote(uri.removeprefix("file://")))) for uri in DeltaTable(path).file_uris()]
    return spark.read.parquet(*files)


def _of_csv(reader: DataFrameReader, side: Items | Interactions, paths: list[str]) -> DataFrame:
    """Return CSV as Spark reads it, with its types; ids are text where a number would lose something of them."""
    from pyspark.sql.functions import col

    dialect: Dialect = side.dialect
    if dialect.columns or dialect.decimal:
        raise OptionError("Spark reads CSV without columns and decimal; name the columns in the file's first line.")
    header = dialect.header is not False
    tabs = any(re.search(r"\.(tsv|tab)(\.|$)", path, re.IGNORECASE) for path in paths)
    given = {option: getattr(dialect, name) for name, option in _DIALECT.items() if getattr(dialect, name) is not None}
    options = {"header": str(header), "sep": "\t" if tabs else ",", **given}
    # As others write CSV: quotes are doubled, and a field in quotes may have several lines.
    options |= {"escape": options.get("quote", '"'), "multiLine": "true"}
    guessed = reader.options(inferSchema="true", **options).csv(paths)
    wanted = (side.id,) if isinstance(side, Items) else (side.user, side.item, side.session)
    names = {name.lower() for name in wanted if name}
    numbered = [name for name, kind in guessed.dtypes if name.lower() in names and kind != "string"]
    if not numbered:
        return guessed
    schema = ", ".join(f"{identifier(name)} {'string' if name in numbered else kind}" for name, kind in guessed.dtypes)
    as_text = reader.options(**options | {"inferSchema": "false"}).schema(schema).csv(paths)
    kinds = dict(guessed.dtypes)
    for name in numbered:
        column = col(identifier(name))
        changed = ~column.cast(kinds[name]).cast("string").eqNullSafe(column)
        if kinds[name] not in ("int", "bigint") or not as_text.where(changed).isEmpty():
            continue
        as_text = as_text.withColumn(name, column.cast("bigint"))
    return as_text
