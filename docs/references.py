"""Writes the reference pages from the code: SQL from the objects of an empty store, commands from Typer, Python."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import typer
from typer.cli import get_docs_for_click

from recstore.catalogs import render
from recstore.catalogs.registry import to_be_stored
from recstore.cli.app import app

_HEADER = re.compile(r"^CREATE MACRO (\w+)\(([^()]*)\) AS TABLE$", re.M)
_FUNCTIONS = (
    "SELECT function_name, comment FROM duckdb_functions() "
    "WHERE function_type = 'table_macro' AND NOT internal ORDER BY function_oid"
)
_RELATIONS = {
    "Views": "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
    "Tables": "SELECT table_name, comment FROM duckdb_tables() ORDER BY ALL",
}
_COLUMNS = (
    "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = $relation ORDER BY column_index"
)


def write(folder: Path) -> None:
    """Write `sql.md`, `cli.md` and `python.md` to `folder`; a page that is as it should be is not touched."""
    folder.mkdir(exist_ok=True)
    for name, text in (("sql", sql_reference()), ("cli", cli_reference()), ("python", python_reference())):
        page = folder / f"{name}.md"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def sql_reference() -> str:
    """Return the page of every function, view and table that a store holds."""
    with duckdb.connect() as connection:
        catalogs = to_be_stored(())
        rendered = render.render_functions(catalogs)
        connection.execute(render.render_tables(catalogs) + render.render_views(catalogs) + rendered)
        # What one catalogue alone has, is called in one way.
        parameters = dict(_HEADER.findall(rendered)) | {
            name: render.called(kind, catalog)
            for catalog in catalogs
            for kind in render.function_kinds(catalog)
            for name in render.function_names(kind, catalog)
        }
        parts = [
            "# SQL reference",
            "What a store holds, as the store itself says it. [What the parameters mean](../sql.md), with examples.",
            "## Functions",
        ]
        for name, comment in connection.execute(_FUNCTIONS).fetchall():
            parts += _function(connection, name, comment, parameters[name])
        for title, query in _RELATIONS.items():
            parts.append(f"## {title}")
            for name, comment in connection.execute(query).fetchall():
                columns = connection.execute(_COLUMNS, {"relation": name}).fetchall()
                parts += [f"### {name}", *([f"{comment}."] if comment else []), _table(columns)]
    return "\n\n".join(parts) + "\n"


def _function(connection: duckdb.DuckDBPyConnection, name: str, comment: str, parameters: str) -> list[str]:
    """Return the section of one function; its columns are those that it has in an empty store."""
    given = " ".join(parameters.split())
    needed = given.split(":=")[0].count(",") if ":=" in given else given.count(",") + 1
    columns = connection.execute(f"DESCRIBE FROM {name}({', '.join(['NULL'] * needed)})").fetchall()
    return [
        f"### {name}",
        f"`{name}({given})`",
        # The comment ends in the call, which stands above in full.
        f"{comment.partition(f': {name}(')[0]}.",
        _table([(column, kind) for column, kind, *_ in columns]),
    ]


def _table(rows: list[tuple[str, ...]]) -> str:
    titles = ["column", "type", "holds"][: len(rows[0])]
    cells = [[f"`{name}`", f"`{kind}`", *[(said or "").replace("|", "\\|") for said in rest]]
             for name, kind, *rest in rows]  # fmt: skip
    return "\n".join(f"| {' | '.join(row)} |" for row in [titles, ["---"] * len(titles), *cells])


#: The public modules: everything else may change without a word.
PUBLIC = (
    "recstore",
    "recstore.errors",
    "recstore.progress",
    "recstore.options",
    "recstore.cache",
    "recstore.explore",
    "recstore.installed",
    "recstore.spark",
    "recstore.sql",
    "recstore.text",
    "recstore.tools",
)


def python_reference() -> str:
    """Return the page of every public name, with what it takes and what it says of itself."""
    parts = ["# Python reference", "What programs may import. What starts quickly imports the rest when it is used."]
    seen: set[int] = set()
    for name in PUBLIC:
        module = import_module(name)
        parts += [f"## {name}", inspect.getdoc(module) or ""]
        own = [one for one, value in vars(module).items() if getattr(value, "__module__", "") == name]
        for one in sorted(getattr(module, "__all__", None) or (each for each in own if not each.startswith("_"))):
            value = getattr(module, one)
            if not callable(value) or id(value) in seen:
                continue
            seen.add(id(value))
            parts += [f"### {name}.{one}", f"```\n{one}{_signature(value)}\n```", inspect.getdoc(value) or ""]
    return "\n\n".join(parts) + "\n"


def _signature(value: Any) -> str:  # noqa: ANN401 - a function or a class
    return str(inspect.signature(value)).replace("'", "")


def cli_reference() -> str:
    """Return the page of every command, as Typer writes it; an example stands as what is typed."""
    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command, info_name="recstore"), name="recstore")
    text = re.sub(r"^Example: (.*)$", r"**Example**:\n\n```console\n$ \1\n```", text, flags=re.M)
    text = re.sub(r"^\*\*Usage\*\*:\n\n```console\n\$ (.*?) *\n```", r"**Usage**: `\1`", text, flags=re.M)
    return text.replace("# `recstore`", "# CLI reference", 1)
