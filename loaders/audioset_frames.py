"""Keeps the frames of clips in a file, in the order in which they come, until it is known in which order they go."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import duckdb
import numpy as np
import numpy.typing as npt

from recstore import sql
from recstore.arrow import arrow_column

from .audioset_records import FRAME_BYTES, SECONDS

_SQL = "recstore.loaders.audioset_sql"
_WIDTH = SECONDS * FRAME_BYTES
#: How many clips' frames are in memory at a time.
_BLOCK = 16_384


class KeptFrames:
    """The frames of clips, 1280 bytes each, in a file.

    DuckDB would take them into a table, sort them and write them again, which takes longer than to read them.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, file: IO[bytes]) -> None:
        self._connection = connection
        self._file = file

    def add(self, blocks: Iterable[npt.NDArray[np.uint8]]) -> None:
        """Append the frames of further clips, (n, 1280) uint8 each."""
        for block in blocks:
            self._file.write(np.ascontiguousarray(block).data)

    def insert(self) -> None:
        """Insert the frames of the new clips into `audio_frames`, in the order of their ids."""
        import pyarrow as pa

        self._file.flush()
        rows = self._connection.execute(sql.read(_SQL, "new_clips")).fetchnumpy()
        ids, places = np.asarray(rows["clip_id"], np.int32), np.asarray(rows["place"], np.int64)
        if not len(ids):
            return
        frames = np.memmap(self._file, np.uint8, mode="r").reshape(-1, _WIDTH)
        for start in range(0, len(ids), _BLOCK):
            block = slice(start, start + _BLOCK)
            columns = {"clip_id": arrow_column(ids[block]), "frames": arrow_column(frames[places[block]])}
            self._connection.register("frames_to_insert", pa.table(columns))
            self._connection.execute("INSERT INTO audio_frames SELECT clip_id, frames FROM frames_to_insert")
            self._connection.unregister("frames_to_insert")


@contextmanager
def kept_frames(connection: duckdb.DuckDBPyConnection) -> Iterator[KeptFrames]:
    """Keep frames in a file without a name, beside the connection's own database, where there must be room for them."""
    path = connection.execute(sql.read(_SQL, "file_of_frames")).fetchall()[0][0]
    with tempfile.TemporaryFile(dir=Path(path).parent if path else None) as file:
        yield KeptFrames(connection, file)
