"""One face for many cursors, exchanged for a new one when a new store has been published.

A face costs as much as a few hundred queries to make, and keeps a cache of what it has read, so that threads do better
with cursors of one than with a face each. Whoever has a cursor of the old face keeps it: the file that it reads stays
until it is closed, though its name is taken by the new one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import duckdb

from recstore.store.file import identity


class _Face:
    """An open face, which file it shows, and how many cursors it has."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, shows: tuple[int, ...] | None) -> None:
        self.connection = connection
        self.shows = shows
        self.cursors = 0


class Cursor:
    """A cursor of a shared face: `connection` asks, `is_current` tells whether it shows the newest store."""

    def __init__(self, shared: SharedFace, face: _Face) -> None:
        self.connection = face.connection.cursor()
        self._shared = shared
        self._face: _Face | None = face

    def is_current(self) -> bool:
        """Tell whether the file that this cursor reads is still the one at the store's path."""
        return self._face is not None and self._face.shows == identity(self._shared.path)

    def close(self) -> None:
        """Give the cursor back; the last one closes the face."""
        face, self._face = self._face, None
        if face is not None:
            self.connection.close()
            self._shared.release(face)


class SharedFace:
    """Hands out cursors on the store at `path`, all of one face as long as the file is the same.

    `connect` makes a face; it is called again when another file is published at `path`.
    """

    def __init__(self, path: Path, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self.path = path
        self._connect = connect
        self._lock = threading.Lock()
        self._newest: _Face | None = None

    def cursor(self) -> Cursor:
        """Return a cursor on the newest store. Raises what `connect` raises."""
        with self._lock:
            shows = identity(self.path)
            if self._newest is None or self._newest.shows != shows:
                # The identity is from before opening: a store that is published meanwhile is opened once too often.
                self._newest = _Face(self._connect(), shows)
            self._newest.cursors += 1
            return Cursor(self, self._newest)

    def release(self, face: _Face) -> None:
        """Count one cursor of `face` less."""
        with self._lock:
            face.cursors -= 1
            if face.cursors:
                return
            if self._newest is face:
                self._newest = None
            face.connection.close()
