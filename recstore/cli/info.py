"""`recstore info`: what is inside a store."""

from __future__ import annotations

from pathlib import Path

from recstore import RecstoreError, connect, sql
from recstore.cli.output import write_result
from recstore.store import attach_store, info, open_connection
from recstore.versions import versions


def print_info(store: Path) -> None:
    """Print the facts, tables, spaces, sources and rejects of a store."""
    with connect(store) as connection:
        facts = info(connection, "rec_store")
        print(f"{store}: {store.stat().st_size / 1e6:,.1f} MB, format {facts['format_version']}")
        print(
            f"built {facts['built_at']} UTC by recstore {facts['recstore_version']} on DuckDB {facts['duckdb_version']}"
        )
        tables = connection.execute(sql.read("recstore.queries", "tables")).fetchall()
        print()
        counted = [
            f'SELECT {sql.literal(name)} AS "table", count(*) AS "rows", {sql.literal(comment or "")} AS holds '
            f"FROM rec_store.main.{sql.identifier(name)}"
            for name, comment in tables
        ]
        write_result(connection, " UNION ALL ".join(counted))
        for name in ("spaces", "sources", "rejects"):
            print()
            write_result(connection, sql.read("recstore.queries", name))
    _print_versions(store)


def _print_versions(store: Path) -> None:
    """Print the versions before this one, the newest first."""
    for path in versions(store):
        try:
            with open_connection() as connection:
                attach_store(connection, path, "before")
                text = f"built {info(connection, 'before')['built_at']} UTC"
        except RecstoreError as error:
            text = str(error)
        print(f"\nthe version before: {path}: {path.stat().st_size / 1e6:,.1f} MB, {text}")
