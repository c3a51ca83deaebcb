"""Why lines were not loaded, in one sentence: the commonest reasons, each with the first line that has it."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from recstore import sql


def last_reject(connection: duckdb.DuckDBPyConnection) -> int:
    """Return a number that is smaller than those of all rejects still to come."""
    return int(connection.execute("SELECT coalesce(max(rowid), -1) FROM load_rejects").fetchall()[0][0])


def common_reasons(connection: duckdb.DuckDBPyConnection, files: Sequence[str], after: int = -1) -> str:
    """Return the commonest reasons for which lines of `files` stand in `load_rejects`, or "" where none does.

    Rejects from before are left out: those up to `after`, a number that `last_reject` gave.
    """
    query = sql.read("recstore.sources.sql", "common_rejects")
    rows = connection.execute(query, {"files": list(files), "after": after}).fetchall()
    return "; ".join(
        f"{source}{f' line {line}' if line else ''}: {reason}{f', {column}' if column else ''} ({count:,} such)"
        for source, line, column, reason, count in rows
    )
