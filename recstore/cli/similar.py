"""`recstore similar`: the items most like one item."""

from __future__ import annotations

from pathlib import Path

from recstore import connect
from recstore.catalog import CATALOGS
from recstore.cli.formats import Format
from recstore.cli.output import write_result
from recstore.errors import OptionError, RecstoreError


def print_similar(store: Path, catalog_name: str, item: str, k: int, space: str | None, form: Format) -> None:
    """Print the neighbours of one item; say what is near by name where there is no such item."""
    if catalog_name not in CATALOGS:
        raise OptionError(f"There is no catalogue {catalog_name!r}; there is: {', '.join(CATALOGS)}.")
    catalog = CATALOGS[catalog_name]
    with connect(store) as connection:
        call = "$item, k := $k" + (", space := $space" if space else "")
        values: dict[str, object] = {"item": item, "k": k} | ({"space": space} if space else {})
        found = connection.execute(f"SELECT count(*) FROM similar_{catalog.name}({call})", values).fetchall()
        if found == [(0,)]:
            near = connection.execute(f"SELECT {catalog.title} FROM find_{catalog.name}(?, k := 3)", [item]).fetchall()
            names = [name for (name,) in near]
            if item in names:
                raise RecstoreError(f"{item} has no vector in that space, so nothing can be compared with it there.")
            hint = f" Did you mean: {'; '.join(names)}?" if names else ""
            raise RecstoreError(f"There is no {catalog.item} {item!r} in {store}.{hint}")
        write_result(connection, f"FROM similar_{catalog.name}({call})", form, values=values)
