"""How large a declared catalogue is: what decides the memory that its build needs."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.expressions import over
from recstore.catalogs.declared.tables import declaration_of, names_of
from recstore.catalogs.needs import Sizes, usual_sizes, vocabulary
from recstore.options import BuildOptions

_SQL = "recstore.catalogs.declared.sql"
#: Of a term in a text, the blank after it too; of a column of categories in an item.
_LETTERS, _CATEGORIES = 7, 3
#: Of a space that a transformer makes, of which nothing is known.
_ENCODED = 512


def sizes(connection: duckdb.DuckDBPyConnection, catalog: Catalog, options: BuildOptions) -> Sizes:
    """Return the sizes of what is in the tables of the current database, before the items are numbered."""
    items = declaration_of(catalog)
    usual = usual_sizes(connection, catalog, options.collaborative_dimensions)
    columns = [column.name for column in catalog.columns]
    text = f"length(concat_ws(' ', {', '.join(over(columns, one) for one in items.text)}))" if items.text else "0"
    letters = connection.execute(f"SELECT coalesce(sum({text}), 0) FROM {catalog.items}").fetchall()[0][0]
    terms = int(letters) // _LETTERS + _CATEGORIES * len(items.categories) * usual.items
    widths = {"collaborative": options.collaborative_dimensions, "together": options.collaborative_dimensions}
    widths |= {"content": options.content_dimensions}
    widths |= {"hybrid": options.collaborative_dimensions + options.content_dimensions}
    if items.vectors:
        query = sql.render(_SQL, "widths_of_embeddings", **names_of(catalog))
        widths |= dict(connection.execute(query).fetchall())
    # What is laid end to end is searched last.
    made = sorted(catalog.made, key=lambda space: space == "hybrid")
    return replace(
        usual,
        widths=tuple(widths.get(space, _ENCODED) for space in made),
        terms=terms,
        # One decomposition after the other.
        columns=max(usual.items, vocabulary(terms)),
        dimensions=max(options.collaborative_dimensions, options.content_dimensions),
    )
