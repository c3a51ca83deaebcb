"""Exports of what a store holds."""

from __future__ import annotations

import os
from pathlib import Path

from recstore import sql
from recstore.face import connect


def export_audio_json(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> int:
    """Write the trimmed clips of the store at `path` to the JSON file `target`, and return how many they are.

    The file is an array of objects with `video_id`, `start_seconds`, `end_seconds`, `labels`, `split` and `frames`,
    10 lists of 128 bytes; DuckDB streams it. A store can be built from it.
    """
    query = sql.read("recstore.schema.exports", "audio_clips")
    with connect(path) as connection:
        copy = f"COPY ({query}) TO {sql.literal(str(Path(target)))} (FORMAT json, ARRAY)"
        return int(connection.execute(copy).fetchall()[0][0])
