"""The digest of what a store holds: the same for two builds of one source, whenever and wherever they were made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.checks import INDEX_TABLES
from recstore.catalogs.registry import stored_catalogs
from recstore.catalogs.render import attached_relation
from recstore.store.definition import definition

#: What tells of builds and their times rather than of contents, and what is made from the vectors for one library.
LEFT_OUT = ("store_info", "catalogs", "builds", "load_rejects", "evaluations", *INDEX_TABLES)
#: Keys of `store_info`: the digest, and the lines that it is the digest of.
DIGEST, LINES = "content_digest", "content"


@dataclass(frozen=True)
class Line:
    """What there is in one table, or in one space of a table that has spaces: its rows, and the sum of their hashes."""

    table: str
    space: str
    rows: int
    hashes: int

    def __str__(self) -> str:
        """Write it as it is recorded: four words."""
        return f"{self.table} {self.space} {self.rows} {self.hashes}"


def content_tables(catalogs: tuple[Catalog, ...]) -> list[str]:
    """Return the tables that the digest is of, sorted."""
    return sorted(set(definition(catalogs).tables) - set(LEFT_OUT))


def computed_tables(catalogs: tuple[Catalog, ...]) -> set[str]:
    """Return those of them that a build alone fills: what its user may insert into or say otherwise is left out."""
    loaded = {table for catalog in catalogs for table in catalog.source_tables}
    return set(content_tables(catalogs)) - loaded - {"spaces"}


def render_lines(catalogs: tuple[Catalog, ...], relation: Callable[[str], str]) -> str:
    """Return the query of all lines, sorted; `relation` names a table.

    Rows count by the columns of this format alone, in any order: the hash of a row is DuckDB's `hash` of its values.
    """
    selects = []
    for table in content_tables(catalogs):
        columns = definition(catalogs).columns(table)
        space = "replace(space, chr(10), ' ')" if "space" in columns else "'-'"
        names = {
            "name": sql.literal(table),
            "columns": ", ".join(map(sql.identifier, columns)),
            "table": relation(table),
        }
        selects.append(sql.render("recstore.store.sql", "content_line", space=space, **names).strip())
    return "\nUNION ALL\n".join(selects) + "\nORDER BY ALL ASC"


def render_query(catalogs: tuple[Catalog, ...]) -> str:
    """Return the query that computes the digest in any DuckDB shell: the saved query `content_digest`."""
    return sql.render("recstore.store.sql", "content_digest", lines=render_lines(catalogs, sql.identifier))


def content_lines(connection: duckdb.DuckDBPyConnection, database: str) -> list[Line]:
    """Return the lines of an attached store, sorted; empty tables have none."""
    catalogs = stored_catalogs(connection, database)
    with connection.cursor() as cursor:
        # Where no function of the store's user is on the path.
        cursor.execute("USE memory")
        rows = cursor.execute(render_lines(catalogs, attached_relation(database))).fetchall()
    return sorted((Line(*row) for row in rows), key=lambda line: (line.table, line.space))


def digest_of(lines: list[Line]) -> str:
    """Return the SHA-256 of lines, in hexadecimal: of their text, one after the other, with a line feed after each."""
    return hashlib.sha256(text_of(lines).encode()).hexdigest()


def text_of(lines: list[Line]) -> str:
    """Write lines one below the other."""
    return "".join(f"{line}\n" for line in lines)


def facts(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, str]:
    """Return what `store_info` records of the contents of an attached store."""
    lines = content_lines(connection, database)
    return {DIGEST: digest_of(lines), LINES: text_of(lines)}


def otherwise(recorded: str, now: list[Line], catalogs: tuple[Catalog, ...]) -> list[str]:
    """Return the computed tables and spaces that are no more what was recorded, in words."""
    there = {(line.table, line.space): str(line) for line in now}
    found = []
    for text in recorded.splitlines():
        table, _, rest = text.partition(" ")
        space = rest.rsplit(" ", 2)[0]
        if table in computed_tables(catalogs) and there.get((table, space)) != text:
            found.append(table if space == "-" else f"{table} of the space {space}")
    return found
