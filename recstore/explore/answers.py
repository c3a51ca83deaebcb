"""Asks the store for the page: one question a cursor, each with an end, of the newest store there is."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from recstore import catalogs_of, connect, sql
from recstore.catalogs.catalog import Catalog
from recstore.connection.pool import Cursor, SharedViews
from recstore.errors import OptionError, RecstoreError, first_line

#: After how many seconds a question is ended: nobody waits longer before a page.
SECONDS = 20.0
Row = dict[str, Any]


class Answers:
    """The store at `path`, opened as a stranger's is: it reads only, and reaches nothing else.

    The methods may be called by several threads at once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._views = SharedViews(path, lambda: connect(path, untrusted=True))
        self._lock = threading.Lock()
        # Held open, so that the view database is made once, not for each question.
        self._held = self._views.cursor()
        # How many questions are under way: DuckDB refuses to close what one of them asks.
        self._under_way: Counter[Cursor] = Counter()
        self.catalogs = self._read_catalogs(self._held)
        #: Counts up with each store that is published while this is open.
        self.edition = 0

    def __enter__(self) -> Answers:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the store."""
        with self._lock:
            if not self._under_way[self._held]:
                self._held.close()

    def refresh(self) -> int:
        """Turn to a store that was published meanwhile, and return the number of the edition that is asked.

        Raises `StoreError` where the new file cannot be opened: the one before is still asked.
        """
        with self._lock:
            if not self._held.is_current():
                newer = self._views.cursor()
                self.catalogs = self._read_catalogs(newer)
                if not self._under_way[self._held]:
                    self._held.close()
                self._held = newer
                self.edition += 1
            return self.edition

    def catalog(self, name: str | None) -> Catalog:
        """Return the catalogue called `name`, or else the first; a `RecstoreError` where there is none."""
        for one in self.catalogs:
            if one.name == name:
                return one
        if not self.catalogs:
            raise RecstoreError(
                f"{self.path} has no items in a catalogue that is described as this recstore does it. Where another "
                f"version wrote it, recstore rebuild {self.path} describes your own catalogues anew."
            )
        return self.catalogs[0]

    def ask(
        self, question: str, values: Mapping[str, object] | list[object] | None = None, seconds: float | None = None
    ) -> list[Row]:
        """Return the rows of the answer, by column.

        Raises `OptionError` in one line, also where it takes more than `seconds`, or else `SECONDS`.
        """
        most = SECONDS if seconds is None else seconds
        with self._cursor() as connection:
            end = threading.Timer(most, connection.interrupt)
            end.daemon = True
            end.start()
            try:
                result = connection.execute(question, values)
                names = [name for name, *_ in result.description or []]
                return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
            except duckdb.InterruptException as error:
                raise OptionError(f"It took more than {most:g} seconds.") from error
            except duckdb.Error as error:
                raise OptionError(said(error)) from error
            finally:
                end.cancel()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock:
            held = self._held
            cursor = held.connection.cursor()
            self._under_way[held] += 1
        try:
            yield cursor
        finally:
            with self._lock:
                cursor.close()
                self._under_way[held] -= 1
                if held is not self._held and not self._under_way[held]:
                    held.close()

    @staticmethod
    def _read_catalogs(cursor: Cursor) -> tuple[Catalog, ...]:
        """Return the catalogues that have items, those with the most first."""
        sized = []
        for one in catalogs_of(cursor.connection, untrusted=True):
            counted = f"SELECT count(*) FROM {sql.identifier(one.items)}"
            sized += [(-size, one.name, one) for (size,) in cursor.connection.execute(counted).fetchall() if size]
        return tuple(one for _size, _name, one in sorted(sized, key=lambda row: row[:2]))


def said(error: Exception) -> str:
    """Return what is wrong, in a line, without DuckDB's names of kinds of errors."""
    text = first_line(error)
    kind, colon, rest = text.partition(" Error: ")
    return rest if colon and kind.replace(" ", "").isalpha() else text
