"""NumPy's columns as Arrow's, and Arrow's and those of a query as NumPy's, without pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import duckdb


def arrow_column(values: npt.NDArray[Any]) -> Any:  # noqa: ANN401 - PyArrow is not typed
    """Return an Arrow array over the memory of a NumPy array: (n,) numbers, or (n, d) as lists of d numbers each.

    Unlike `pyarrow.array` it does not import pandas to see whether it was given a series of it, which takes longer
    than to load and model a small catalogue.
    """
    import pyarrow as pa

    flat = np.ascontiguousarray(values).ravel()
    column = pa.Array.from_buffers(pa.from_numpy_dtype(flat.dtype), len(flat), [None, pa.py_buffer(flat)])
    return column if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(column, values.shape[1])


def arrow_bytes(values: Sequence[bytes]) -> Any:  # noqa: ANN401
    """Return an Arrow array of byte strings, (n,), made in the same way."""
    import pyarrow as pa

    ends = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, len(values)), out=ends[1:])
    return pa.Array.from_buffers(
        pa.large_binary(), len(values), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(values))]
    )


def arrow_lists(values: npt.NDArray[Any], counts: npt.NDArray[Any]) -> Any:  # noqa: ANN401
    """Return an Arrow array of lists: of `values`, end to end, the first `counts[0]`, then `counts[1]`, and so on."""
    import pyarrow as pa

    ends = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=ends[1:])
    return pa.LargeListArray.from_arrays(arrow_column(ends), arrow_column(values))


def numbers(column: Any) -> npt.NDArray[Any]:  # noqa: ANN401
    """Return the numbers of an Arrow array, of chunks or not, as NumPy's: (n,); lists of numbers lie end to end.

    What is missing among floating-point numbers is NaN. Unlike Arrow's own `to_numpy` it does not import pandas.
    """
    import pyarrow as pa

    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    flat = [chunk.flatten() if pa.types.is_nested(chunk.type) else chunk for chunk in chunks]
    parts = [part.to_numpy(zero_copy_only=False) if part.null_count else np.from_dlpack(part) for part in flat]
    if len(parts) == 1:
        return parts[0]
    kind = column.type.value_type if pa.types.is_nested(column.type) else column.type
    return np.concatenate([np.empty(0, kind.to_pandas_dtype()), *parts])


def read_columns(
    connection: duckdb.DuckDBPyConnection, query: str, types: Mapping[str, npt.DTypeLike]
) -> dict[str, npt.NDArray[Any]]:
    """Return some columns of what a query gives, (n,) each, by name and of the types given; NULL is NaN.

    Each batch of rows becomes what is wanted of it at once: the whole is never held in wider types as well.
    """
    import pyarrow as pa

    parts: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in types}
    for batch in pa.RecordBatchReader.from_stream(connection.sql(query)):
        for name, kind in types.items():
            parts[name].append(numbers(batch.column(name)).astype(kind))
    return {name: np.concatenate([*parts.pop(name), np.empty(0, kind)]) for name, kind in types.items()}
