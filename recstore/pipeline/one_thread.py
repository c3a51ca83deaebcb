"""One thread for BLAS while a build or an evaluation computes.

With more, the result would depend on how many cores there are: sums are taken in another order. And the search for
neighbours, which takes the most time, runs on all cores by itself. The limit reaches only libraries that are loaded,
and SciPy has a BLAS of its own beside NumPy's; so what computes with SciPy is imported here, before the limit is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from threadpoolctl import threadpool_limits

_USES_SCIPY = "recstore.models.ease"


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let every BLAS of this process use one thread inside the block."""
    import_module(_USES_SCIPY)
    with threadpool_limits(limits=1):
        yield
