"""`recstore query`: the saved queries, listed, shown or run."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import duckdb

from recstore import SavedQuery, catalogs_of, connect, find_query, saved_queries, set_parameters, sql
from recstore.cli.console import print_data
from recstore.cli.formats import Format
from recstore.cli.output import write_result
from recstore.errors import OptionError, StoreError, first_line
from recstore.paths import typed
from recstore.tools import told_when_damaged


def list_queries(store: Path, catalog: str | None, form: Format, output: Path | None, untrusted: bool) -> None:
    """Print each saved query that the store can answer: its name, what it answers, its parameters with defaults."""
    with connect(store, untrusted=untrusted) as connection:
        queries = saved_queries(catalogs_of(connection, untrusted=untrusted), catalog)
    columns: dict[str, object] = {
        "name": [query.name for query in queries],
        "answers": [query.answers for query in queries],
        "parameters": [signature(query) for query in queries],
    }
    selected = ", ".join(f"unnest(CAST(${name} AS VARCHAR[])) AS {name}" for name in columns)
    with connect(store, untrusted=untrusted) as connection:
        write_result(connection, f"SELECT {selected}", form, output, columns)


def signature(query: SavedQuery) -> str:
    """Return the parameters of a query with their defaults, but those that are looked up or long."""
    return ", ".join(
        parameter.name + ("" if "SELECT " in parameter.default else f"={parameter.default.strip(chr(39))}")
        for parameter in query.parameters
    )


def print_query(store: Path, name: str, catalog: str | None, untrusted: bool) -> None:
    """Print a saved query as it stands for the store, for any DuckDB shell."""
    with connect(store, untrusted=untrusted) as connection:
        print_data(find_query(name, catalogs_of(connection, untrusted=untrusted), catalog).text)


def run_query(
    store: Path,
    name: str,
    catalog: str | None,
    given: list[str],
    attached: list[Path],
    form: Format,
    output: Path | None,
    untrusted: bool,
) -> None:
    """Run a saved query with `name=value` parameters, the user's own databases beside the store."""
    if untrusted and attached:
        raise OptionError("With --untrusted no file of yours is reached: leave --attach out.")
    values = {}
    for text in given:
        parameter, equals, value = text.partition("=")
        if not equals:
            raise OptionError(f"-p takes NAME=VALUE, not {text!r}.")
        values[parameter.strip()] = value
    is_own = name.endswith(".sql")
    with connect(store, untrusted=untrusted) as connection, ExitStack() as stack:
        if not is_own:
            stack.enter_context(told_when_damaged(store, untrusted=untrusted))
        query = find_query(name, catalogs_of(connection, untrusted=untrusted), catalog)
        for path in attached:
            attach_own(connection, path)
        set_parameters(connection, query, values)
        write_result(connection, query.text, form, output, inputs=[typed(name)] if is_own else [])


def attach_own(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Attach a user's own database, read-only, under the name of its file. Raises `StoreError`."""
    file = typed(path)
    # A pipe would be waited for, and no signal ends that.
    if file.exists() and not file.is_file():
        raise StoreError(
            f"{path} cannot be attached: it is {'a folder' if file.is_dir() else 'no regular file'}; name a file."
        )
    try:
        connection.execute(f"ATTACH {sql.literal(str(file))} AS {sql.identifier(path.stem)} (READ_ONLY)")
    except duckdb.Error as error:
        raise StoreError(f"{path} cannot be attached ({first_line(error)}); name a DuckDB file.") from error
