"""The entry points of what is installed besides recstore's core: loaders, catalogues and kinds of catalogues."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def plugins(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name, in the order of names; none is imported.

    All packages are read once, and anew when `sys.path` has changed.
    """
    return {entry.name: entry for entry in sorted(_all(tuple(sys.path)).select(group=group), key=lambda one: one.name)}


@lru_cache(maxsize=1)
def _all(_path: tuple[str, ...]) -> Any:  # noqa: ANN401 - another type in Python 3.11
    from importlib.metadata import entry_points

    return entry_points()
