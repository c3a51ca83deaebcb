"""One view database for many cursors, exchanged for a new one when a new store has been published.

To make a view database takes as long as a few hundred queries, and it keeps a cache of what it has read: so threads do
better with cursors of one than with one each. A cursor of the old view database stays as it is: the file that it reads
is there until the cursor is closed, though a new file has its name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import duckdb

from recstore.store.file import identity


class _Views:
    """An open view database, which file it shows, and how many cursors it has."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, shows: tuple[int, ...] | None) -> None:
        self.connection = connection
        self.shows = shows
        self.cursors = 0


class Cursor:
    """A cursor of a shared view database: `connection` asks, `is_current` tells whether it shows the newest store."""

    def __init__(self, shared: SharedViews, views: _Views) -> None:
        self.connection = views.connection.cursor()
        self._shared = shared
        self._views: _Views | None = views

    def is_current(self) -> bool:
        """Tell whether the file that this cursor reads is still the one at the store's path."""
        return self._views is not None and self._views.shows == identity(self._shared.path)

    def close(self) -> None:
        """Give the cursor back; the last one closes the view database."""
        views, self._views = self._views, None
        if views is not None:
            self.connection.close()
            self._shared.release(views)


class SharedViews:
    """Hands out cursors on the store at `path`, all of one view database as long as the file is the same.

    `connect` makes a view database; it is called again when another file is published at `path`.
    """

    def __init__(self, path: Path, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self.path = path
        self._connect = connect
        self._lock = threading.Lock()
        self._newest: _Views | None = None

    def cursor(self) -> Cursor:
        """Return a cursor on the newest store. Raises what `connect` raises."""
        with self._lock:
            shows = identity(self.path)
            if self._newest is None or self._newest.shows != shows:
                # The identity is from before opening: a store that is published meanwhile is opened once too often.
                self._newest = _Views(self._connect(), shows)
            self._newest.cursors += 1
            return Cursor(self, self._newest)

    def release(self, views: _Views) -> None:
        """Count one cursor of `views` less."""
        with self._lock:
            views.cursors -= 1
            if views.cursors:
                return
            if self._newest is views:
                self._newest = None
            views.connection.close()
