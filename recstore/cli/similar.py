"""`recstore similar`: the items most like one item."""

from __future__ import annotations

from pathlib import Path

import duckdb

from recstore import catalog_of, connect, why_nothing_is_similar
from recstore.cli.formats import Format
from recstore.cli.output import write_result
from recstore.errors import OptionError, RecstoreError


def print_similar(
    store: Path,
    catalog_name: str,
    item: str,
    k: int,
    space: str | None,
    form: Format,
    output: Path | None,
    untrusted: bool,
) -> None:
    """Print the neighbours of one item; say what is near by name where there is no such item."""
    with connect(store, untrusted=untrusted) as connection:
        catalog = catalog_of(connection, catalog_name, untrusted=untrusted)
        call = "$item, k := $k" + (", space := $space" if space is not None else "")
        values: dict[str, object] = {"item": item, "k": k} | ({"space": space} if space is not None else {})
        try:
            found = connection.execute(f"SELECT count(*) FROM similar_{catalog.name}({call})", values).fetchall()
        except duckdb.InvalidInputException as error:
            raise OptionError(str(error).removeprefix("Invalid Input Error: ")) from error
        if found == [(0,)]:
            raise RecstoreError(why_nothing_is_similar(connection, catalog, item, space))
        write_result(connection, f"FROM similar_{catalog.name}({call})", form, output, values)
