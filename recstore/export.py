"""Exports of what a store holds."""

from __future__ import annotations

import os
from pathlib import Path

from recstore import sql
from recstore.face import connect
from recstore.target import whole_file


def export_audio_json(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> int:
    """Write the trimmed clips of the store at `path` to the JSON file `target`, and return how many they are.

    The file is an array of objects with `video_id`, `start_seconds`, `end_seconds`, `labels`, `split` and `frames`,
    10 lists of 128 bytes; DuckDB streams it. A store can be built from it. The file is written whole or not at all.
    Raises `OptionError` where `target` is a store, or a source of this one.
    """
    query = sql.read("recstore.schema.exports", "audio_clips")
    with connect(path) as connection, whole_file(Path(target), connection) as file:
        copy = f"COPY ({query}) TO {sql.literal(str(file))} (FORMAT json, ARRAY)"
        return int(connection.execute(copy).fetchall()[0][0])
