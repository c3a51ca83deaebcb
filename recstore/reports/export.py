"""Exports of what a store holds."""

from __future__ import annotations

import os
from pathlib import Path

from recstore import sql
from recstore.connection.sessions import connect
from recstore.reports.output_files import whole_file
from recstore.store.file import open_connection


def export_audio_json(path: str | os.PathLike[str], target: str | os.PathLike[str], *, untrusted: bool = False) -> int:
    """Write the trimmed clips of the store at `path` to the JSON file `target`, and return how many they are.

    The file is an array of objects with `video_id`, `start_seconds`, `end_seconds`, `labels`, `split` and `frames`,
    10 lists of 128 bytes; DuckDB streams it. A store can be built from it. The file is written whole or not at all.
    Raises `OptionError` where `target` is a store, or a source of this one. `untrusted` is as in `connect`.
    """
    query = sql.read("recstore.reports.sql", "audio_clips")
    with connect(path, untrusted=untrusted) as connection, whole_file(Path(target), connection) as file:
        copy = f"TO {sql.literal(str(file))} (FORMAT json, ARRAY)"
        if not untrusted:
            return int(connection.execute(f"COPY ({query}) {copy}").fetchall()[0][0])
        # That connection may write no file; another one does, from the rows that it gives.
        rows = connection.sql(query).to_arrow_table()
        with open_connection() as writer:
            writer.register("rows_to_write", rows)
            return int(writer.execute(f"COPY rows_to_write {copy}").fetchall()[0][0])
