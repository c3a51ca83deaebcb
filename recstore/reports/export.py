"""Exports of what a store holds."""

from __future__ import annotations

import os
from pathlib import Path

from recstore import sql
from recstore.catalogs.registry import catalog_named, installed, stored_catalogs
from recstore.connection.sessions import STORE, connect
from recstore.errors import OptionError
from recstore.opening import open_connection
from recstore.reports.output_files import whole_file
from recstore.store.damage import told_when_damaged


def export_json(
    path: str | os.PathLike[str], catalog: str, target: str | os.PathLike[str], *, untrusted: bool = False
) -> int:
    """Write what a catalogue of the store at `path` exports to the JSON file `target`; return how many objects it is.

    The file is an array of objects, which DuckDB streams; it is written whole or not at all. Of the catalogue `audio`
    each is a clip, with `video_id`, `start_seconds`, `end_seconds`, `labels`, `split` and `frames`, 10 lists of 128
    bytes, and a store can be built from it. Raises `OptionError` where the catalogue exports nothing or is not in the
    store, and where `target` is a store, or a source of this one. `untrusted` is as in `connect`.
    """
    found = installed().get(catalog)
    if found is None or found.export is None:
        raise OptionError(f"The catalogue {catalog} exports nothing of its own; recstore sql writes any query as JSON.")
    query = sql.read(found.export.package, found.export.query)
    with (
        told_when_damaged(path, untrusted=untrusted),
        connect(path, untrusted=untrusted) as connection,
        whole_file(Path(target), connection) as file,
    ):
        catalog_named(catalog, stored_catalogs(connection, STORE, trusted=not untrusted))
        copy = f"TO {sql.literal(str(file))} (FORMAT json, ARRAY)"
        if not untrusted:
            return int(connection.execute(f"COPY ({query}) {copy}").fetchall()[0][0])
        # That connection may write no file; another one does, from the rows that it gives.
        rows = connection.sql(query).to_arrow_table()
        with open_connection() as writer:
            writer.register("rows_to_write", rows)
            return int(writer.execute(f"COPY rows_to_write {copy}").fetchall()[0][0])
