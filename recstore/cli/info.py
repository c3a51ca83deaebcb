"""`recstore info`: what is inside a store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from recstore import connect, info, sql
from recstore.cli.console import print_data
from recstore.cli.output import write_result
from recstore.text import one_line, shown
from recstore.tools import told_when_damaged


def print_info(store: Path, untrusted: bool) -> None:
    """Print the facts, tables, spaces, sources and rejects of a store."""
    with told_when_damaged(store, untrusted=untrusted), connect(store, untrusted=untrusted) as connection:
        facts = info(store, untrusted=untrusted)
        print(f"{one_line(str(store))}: {facts.bytes / 1e6:,.1f} MB, format {facts.format}")
        built, by, on = (value or "unknown" for value in (facts.built_at, facts.recstore_version, facts.duckdb_version))
        print(one_line(f"built {built} UTC by recstore {by} on DuckDB {on}"))
        tables = connection.execute(sql.read("recstore.queries", "tables")).fetchall()
        print()
        counted = [
            sql.render(
                "recstore.cli.sql",
                "count_rows",
                name=sql.literal(name),
                comment=sql.literal(comment or ""),
                table=sql.identifier(name),
            )
            for name, comment in tables
        ]
        write_result(connection, " UNION ALL ".join(counted))
        for name in ("spaces", "sources", "rejects"):
            print()
            write_result(connection, sql.read("recstore.queries", name))
    for name, declared in facts.declared.items():
        print(f"\n{one_line(name)}, as it was declared:")
        for line in _lines(declared):
            print(shown(line))
    for name, since in facts.since.items():
        print(f"\n{one_line(f'{name}: {since}')}. recstore rebuild computes all anew.")
    for name in facts.left_out:
        print(f"\n{one_line(name)}: left out, since its description is not what its declaration leads to here.")
    # Those before this one, the newest first.
    for before in facts.versions:
        text = before["fault"] or f"built {before['built_at'] or 'unknown'} UTC"
        print("\n" + one_line(f"the version before: {before['path']}: {before['bytes'] / 1e6:,.1f} MB, {text}"))


def _lines(declared: dict[str, Any], indent: str = "  ") -> Iterator[str]:
    for key, value in declared.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{key} = {', '.join(map(str, value)) if isinstance(value, list) else value}"


def print_json(store: Path, untrusted: bool) -> None:
    """Print all facts of a store as one JSON object."""
    print_data(json.dumps(asdict(info(store, untrusted=untrusted)), indent=2, ensure_ascii=False, default=_text) + "\n")


def _text(value: object) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
