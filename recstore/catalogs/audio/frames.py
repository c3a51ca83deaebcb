"""The frames of the clips, read from their table some at a time: no build holds all of them."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from recstore import sql
from recstore.arrow import numbers
from recstore.models.audio import DIMENSIONS, SECONDS

_SQL = "recstore.catalogs.audio.sql"
#: So many clips that follow one another are read by one query at most.
_CLIPS = 8192


class StoredFrames:
    """The frames of all clips of the current database, like an array (n_clips, 1280) uint8 in the order of `ids`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read which clips there are: `ids` (n_clips,) int32, ascending."""
        self._connection = connection
        rows = connection.execute("SELECT clip_id FROM audio_frames ORDER BY clip_id").fetchnumpy()
        self.ids: npt.NDArray[np.int32] = np.asarray(rows["clip_id"], np.int32)

    def __len__(self) -> int:
        """Return how many clips there are."""
        return len(self.ids)

    def __getitem__(self, rows: slice | npt.NDArray[np.intp]) -> npt.NDArray[np.uint8]:
        """Return the frames (m, 1280) uint8 of some clips, in any order, by their places."""
        places = np.arange(len(self))[rows]
        order = np.argsort(places, kind="stable")
        ascending = places[order]
        found = np.empty((len(places), SECONDS * DIMENSIONS), np.uint8)
        start = 0
        while start < len(places):
            first = ascending[start]
            end = int(np.searchsorted(ascending, first + _CLIPS))
            found[order[start:end]] = self._between(first, ascending[end - 1])[ascending[start:end] - first]
            start = end
        return found

    def _between(self, first: int, last: int) -> npt.NDArray[np.uint8]:
        """Return the frames of the clips from one place to another."""
        values = {"first": int(self.ids[first]), "last": int(self.ids[last])}
        rows: Any = self._connection.sql(sql.read(_SQL, "frames_between"), params=values).to_arrow_table()
        # Sorted here: to sort them in SQL takes longer.
        order = np.argsort(numbers(rows.column(0)), kind="stable")
        flat: npt.NDArray[np.uint8] = numbers(rows.column(1)).reshape(last - first + 1, -1)
        return flat if (order == np.arange(len(order))).all() else flat[order]
