"""The spaces of a declared catalogue: from its tables to its vectors, by the models."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import arrow_column, numbers
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.declaration import Items
from recstore.catalogs.declared.expressions import over
from recstore.catalogs.declared.tables import declaration_of, names_of, read_interactions
from recstore.models.blocks import Histories
from recstore.models.hybrid import hybrid_vectors
from recstore.models.space import Measured, Space
from recstore.models.svd import unit_rows
from recstore.options import BuildOptions
from recstore.progress import Progress

_SQL = "recstore.catalogs.declared.sql"
_SHARED = "recstore.catalogs.sql"
#: A space by its name, and what makes it.
Making = tuple[str, Callable[[], Space]]
#: Who had what, and the numbers of the items by position.
History = tuple[Histories, NDArray[np.int32]]
#: Why a space was not made.
_REASONS = {
    "content": "no two items have words or categories",
    "collaborative": "there are too few interactions",
    "together": "there are too few interactions",
    "hybrid": "it takes both content and collaborative",
}


def spaces(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    options: BuildOptions,
    encoders: Mapping[str, Any] | None = None,
    history: Callable[[], History] | None = None,
    make: Callable[[Making], Space] = lambda making: making[1](),
) -> Iterator[Space]:
    """Yield the spaces of the items in the current database; one in which no two items have a vector is left out.

    `encoders` are transformers that cannot be had by the names in the declaration. `history` gives who had what, where
    that does not lie in the database. `make` makes a space, or has it already.
    """
    items = declaration_of(catalog)
    by_name = {name: path for name, path in items.encoders.items() if name in catalog.made}
    read = history or partial(read_interactions, connection, catalog)
    every = map(make, _all(connection, catalog, items, options, {**by_name, **(encoders or {})}, read))
    found = [space for space in every if len(space.ids)]
    # In a space of one item nothing is like it; it would only stand in the way of one that has others.
    least = 2 if any(len(space.ids) > 1 for space in found) else 1
    made = {space.name: space for space in found if len(space.ids) >= least}
    yield from made.values()
    yield from laid_together(made)


def lacking(catalog: Catalog, made: Collection[str], progress: Progress) -> list[Measured]:
    """Say which spaces of a declaration were not made, and why, and return them as figures of the build."""
    measured = []
    for space in catalog.spaces:
        if space not in made:
            why = _REASONS.get(space, "no two items have a vector in it")
            progress.notice(f"{catalog.name} has no space {space}: {why}.")
            measured.append(Measured(catalog.name, space, f"not made: {why}", 0.0))
    return measured


def laid_together(made: Mapping[str, Space]) -> Iterator[Space]:
    """Yield the hybrid space, where the two are there that it is made of, and an item has both."""
    if {"content", "collaborative"} <= made.keys():
        content, collaborative = made["content"], made["collaborative"]
        ids, vectors = hybrid_vectors(content.ids, content.vectors, collaborative.ids, collaborative.vectors)
        recipe = "content and collaborative laid end to end, divided by the square root of 2"
        parts = content.vectors.shape[1], collaborative.vectors.shape[1]
        if len(ids):
            yield Space("hybrid", ids, vectors, recipe, parts=parts)


def _all(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    items: Items,
    options: BuildOptions,
    encoders: Mapping[str, Any],
    history: Callable[[], History],
) -> Iterator[Making]:
    if catalog.interactions:
        yield from _of_interactions(*history(), options)
    if catalog.terms:
        yield "content", partial(_content, connection, catalog, items, options)
    for name in items.vectors:
        yield name, partial(_given, connection, catalog, name)
    for name, path in encoders.items():
        from recstore.catalogs.declared.encoders import encoded

        yield name, partial(encoded, connection, catalog, name, path)


def spaces_of_interactions(data: Histories, ids: NDArray[np.int32], options: BuildOptions) -> Iterator[Space]:
    """Yield the spaces that are made of who had what alone; `ids` (n_items,) are the numbers of the items."""
    for _name, make in _of_interactions(data, ids, options):
        yield make()


def _of_interactions(data: Histories, ids: NDArray[np.int32], options: BuildOptions) -> Iterator[Making]:
    from recstore.models.collaborative import collaborative_vectors
    from recstore.models.together import together_vectors

    def collaborative() -> Space:
        vectors, kept, explained = collaborative_vectors(data, options.collaborative_dimensions, options.seed)
        return Space("collaborative", ids[kept], vectors, "truncated SVD of who had what", explained=explained)

    def together() -> Space:
        vectors, kept, explained = together_vectors(data, options.collaborative_dimensions, options.seed)
        recipe = "truncated SVD of who had what, and of what followed soon on what"
        return Space("together", ids[kept], vectors, recipe, explained=explained)

    if len(data):
        yield "collaborative", collaborative
        yield "together", together


def _content(connection: duckdb.DuckDBPyConnection, catalog: Catalog, items: Items, options: BuildOptions) -> Space:
    import pyarrow as pa

    from recstore.models.content import content_vectors
    from recstore.models.stop_words import stop_words

    columns = [column.name for column in catalog.columns]
    text = f"concat_ws(' ', {', '.join(over(columns, one) for one in items.text)})" if items.text else "''"
    names = names_of(catalog)
    connection.execute(sql.render(_SQL, "terms", **names, text=text), {"stop_words": list(stop_words())})
    connection.execute(sql.render(_SQL, "vocabulary", **names))
    query = sql.render(_SHARED, "term_counts", terms="terms_of_items", item="item", takes_part="true")
    counts = connection.execute(query).fetchnumpy()
    terms = connection.sql("SELECT term FROM vocabulary ORDER BY position ASC").to_arrow_table().column("term")
    ids, row = np.unique(np.asarray(counts["item"], np.int32), return_inverse=True)
    fitted = np.ones(len(ids), np.bool_)
    made = content_vectors(row, counts["term"], counts["times"], fitted, options.content_dimensions, options.seed)
    learnt = {}
    if len(made.vectors):
        weighed = {"idf": arrow_column(made.idf), "component": arrow_column(made.components)}
        learnt[catalog.terms] = pa.table({"term": terms, **weighed})
    recipe = "truncated SVD of the TF-IDF of words and categories"
    return Space("content", ids[made.kept], made.vectors, recipe, explained=made.explained, learnt=learnt)


def _given(connection: duckdb.DuckDBPyConnection, catalog: Catalog, name: str) -> Space:
    query = sql.render(_SQL, "read_embeddings", **names_of(catalog))
    table: Any = connection.sql(query, params={"space": name}).to_arrow_table()
    ids, flat = numbers(table.column("item")), np.asarray(numbers(table.column("vector")), np.float32)
    vectors, kept = unit_rows(flat.reshape(len(ids), -1 if len(ids) else 0))
    return Space(name, np.asarray(ids, np.int32)[kept], vectors, "the vectors of the source, of unit length")
