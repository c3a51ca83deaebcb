"""NumPy's columns as Arrow's, without a copy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def arrow_column(values: npt.NDArray[Any]) -> Any:  # noqa: ANN401 - PyArrow is not typed
    """Return an Arrow array over the memory of a NumPy array: (n,) numbers, or (n, d) as lists of d numbers each.

    Unlike `pyarrow.array` it does not import pandas to see whether it was given a series of it, which takes longer
    than to load and model a small catalogue.
    """
    import pyarrow as pa

    flat = np.ascontiguousarray(values).ravel()
    column = pa.Array.from_buffers(pa.from_numpy_dtype(flat.dtype), len(flat), [None, pa.py_buffer(flat)])
    return column if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(column, values.shape[1])
