"""Keeps databases open while several sources are read from them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any


class OpenDatabases:
    """The databases that sources are read from, each opened once, until `stack` ends.

    So what is read of one is of one moment, where the database offers that.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._open: dict[str, Any] = {}

    def once(self, address: str, opening: Callable[[], AbstractContextManager[Any]]) -> Any:  # noqa: ANN401
        """Return what is open at an address, opened now if it was not."""
        if address not in self._open:
            self._open[address] = self._stack.enter_context(opening())
        return self._open[address]
