"""Data frames of Python as relations: pandas, polars, Arrow, and queries of an open DuckDB connection."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb

from recstore.errors import SourceError
from recstore.sources.streams import arrow_reader, copy_stream

_LIBRARIES = {"_duckdb": "DuckDB", "duckdb": "DuckDB", "pandas": "pandas", "polars": "polars", "pyarrow": "pyarrow"}
#: Types of DuckDB's that Arrow hands on as others.
_UNKNOWN_TO_ARROW = ("UUID", "HUGEINT", "UHUGEINT")


def frame_name(source: object) -> str:
    """Return what a data frame is called: "a pandas DataFrame"."""
    kind = type(source)
    if isinstance(source, duckdb.DuckDBPyRelation):
        return "a DuckDB relation"
    library = kind.__module__.partition(".")[0]
    return f"a {_LIBRARIES.get(library, library)} {kind.__name__}"


def copy_frame(
    connection: duckdb.DuckDBPyConnection, source: object, table: str, named: str
) -> tuple[str, dict[str, str]]:
    """Copy a data frame, called `named`, to a table; return what stands in FROM for it, and the types of its columns.

    Whatever hands on its columns as Arrow does will do. Raises `SourceError` where a column holds values of several
    kinds, has no name of its own, or where this is no data frame.
    """
    is_pandas = type(source).__module__.partition(".")[0] == "pandas"
    meant: dict[str, str] = {}
    if isinstance(source, duckdb.DuckDBPyRelation):
        types = zip(source.columns, map(str, source.types), strict=True)
        meant = {name: type_ for name, type_ in types if type_ in _UNKNOWN_TO_ARROW}
    if is_pandas and hasattr(source, "columns"):
        source = _pandas_table(source, named)
    elif is_pandas or not hasattr(source, "__arrow_c_stream__"):
        advice = "; call collect() first" if hasattr(source, "collect") else ""
        raise SourceError(f"{named} is no source{advice}: pass a path, a query, or a pandas, polars or Arrow table.")
    return copy_stream(connection, _reader(source, named), table, named, meant)


def _reader(source: Any, named: str) -> Any:  # noqa: ANN401 - PyArrow is not typed
    import pyarrow as pa

    try:
        is_duckdb = isinstance(source, duckdb.DuckDBPyRelation)
        reader = arrow_reader(source) if is_duckdb else _with_whole_floats(pa.RecordBatchReader.from_stream(source))
    except (pa.ArrowException, duckdb.Error, TypeError, ValueError, NotImplementedError) as error:
        raise SourceError(f"{named} cannot be read: {_line(error)}.") from error
    _check_names([field.name for field in reader.schema], named)
    return reader


def _with_whole_floats(reader: Any) -> Any:  # noqa: ANN401 - PyArrow is not typed
    """Return a reader in which no column is of half floats, or of lists of such: DuckDB takes none."""
    import pyarrow as pa

    def whole(kind: Any) -> Any:  # noqa: ANN401
        if pa.types.is_float16(kind):
            return pa.float32()
        if pa.types.is_fixed_size_list(kind):
            return pa.list_(whole(kind.value_type), kind.list_size)
        return pa.list_(whole(kind.value_type)) if pa.types.is_list(kind) else kind

    schema = pa.schema([field.with_type(whole(field.type)) for field in reader.schema])
    return reader if schema == reader.schema else reader.cast(schema)


def _pandas_table(frame: Any, named: str) -> Any:  # noqa: ANN401 - pandas is not imported for its types
    """Return the columns of a pandas data frame, and those of its index that have a name, as an Arrow table."""
    import pyarrow as pa

    if frame.columns.nlevels > 1:
        raise SourceError(f"{named} has columns of several levels; give each column one name.")
    kept = [name for name in frame.index.names if name is not None]
    if kept:
        dropped = [level for level, name in enumerate(frame.index.names) if name is None]
        frame = frame.droplevel(dropped) if dropped else frame
        _check_names([*map(str, kept), *map(str, frame.columns)], named)
        frame = frame.reset_index()
    _check_names([str(name) for name in frame.columns], named)
    columns = {str(name): _pandas_column(frame[name], str(name), named) for name in frame.columns}
    return pa.table(columns)


def _pandas_column(column: Any, name: str, named: str) -> Any:  # noqa: ANN401
    import pyarrow as pa

    try:
        return pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError) as error:
        kinds = Counter(type(value).__name__ for value in column.dropna())
        if len(kinds) > 1:
            several = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(4))
            raise SourceError(
                f"Column {name!r} of {named} holds values of several kinds ({several}); make them one, such as by "
                f"frame[{name!r}].astype(str)."
            ) from error
        if set(kinds) == {"UUID"}:
            return pa.array(column.astype("string"), pa.string(), from_pandas=True)
        raise SourceError(f"Column {name!r} of {named} cannot be read: {_line(error)}.") from error


def _check_names(names: list[str], named: str) -> None:
    counts = Counter(name.casefold() for name in names)
    twice = [name for name in names if counts[name.casefold()] > 1]
    if twice:
        raise SourceError(
            f"{named} has the column {twice[0]!r} twice (upper or lower case is one); rename one of them."
        )
    if not names:
        raise SourceError(f"{named} has no columns.")


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
