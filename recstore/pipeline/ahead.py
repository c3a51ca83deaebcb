"""Imports and prepares, on a thread of its own, what later stages of a build need.

DuckDB does not hold the interpreter's lock while it loads files. The imports of SciPy, PyArrow and Annoy, and the empty
store with which the finished one is compared, take as long as some stages: in that time they cost nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import import_module

from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import model_of, to_be_stored
from recstore.store.definition import definition

#: In the order of need, after what the catalogues import: the last is wanted only when the vectors are there.
_MODULES = ("recstore.search.exact", "pyarrow", "recstore.pipeline.indexes", "annoy")


def prepare_ahead(catalogs: Sequence[Catalog]) -> None:
    """Begin to import what the build of these catalogues needs; returns at once."""

    def load() -> None:
        for module in (*(name for catalog in catalogs for name in model_of(catalog).imports), *_MODULES):
            import_module(module)
        definition(to_be_stored((), catalogs))

    # No daemon: one that is stopped in the middle of an import leaves complaints behind when the process ends.
    threading.Thread(target=load, daemon=False).start()
