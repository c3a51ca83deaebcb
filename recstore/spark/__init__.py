"""Stores on Apache Spark: the same tables and the same SQL functions, for what one machine does not hold.

`export` writes the tables of a store with the functions for Spark SQL, for which it needs no Spark. `build` trains on a
Spark session what a declaration declares, `install` makes tables known to one, and `session` starts one: these need
`pip install 'recstore[spark]'`, which is imported only when it is used.
"""

from typing import TYPE_CHECKING, Any

from recstore.spark.exporting import Exported, export, folder_to_write
from recstore.spark.installing import install
from recstore.spark.session import session

if TYPE_CHECKING:
    from recstore.spark.building import Built, build

__all__ = ["Built", "Exported", "build", "export", "folder_to_write", "install", "session"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what is imported decides
    """Import what trains when it is first used: it brings the models."""
    if name not in ("Built", "build"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from recstore.spark import building

    return getattr(building, name)
