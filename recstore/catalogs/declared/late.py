"""What an addition brings to the spaces of a declared catalogue whose items keep their vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import numbers
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.declaration import Items
from recstore.catalogs.declared.expressions import over
from recstore.catalogs.declared.spaces import laid_together
from recstore.catalogs.declared.tables import declaration_of, names_of, read_interactions
from recstore.models.space import Late, Space
from recstore.models.svd import unit_rows
from recstore.options import BuildOptions

_SQL = "recstore.catalogs.declared.sql"


def late_items(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    old: str,
    options: BuildOptions,
    known: Callable[[str], Space],
) -> dict[str, Late] | None:
    """Return what comes to each space, as `CatalogModel.late` does; None where a transformer makes one of them."""
    items = declaration_of(catalog)
    if any(name in catalog.made for name in items.encoders):
        return None
    found: dict[str, Late] = {}
    if catalog.interactions:
        found |= _of_interactions(connection, catalog, options, known)
    if catalog.terms:
        found["content"] = _content(connection, catalog, items, old)
    for name in items.vectors:
        found[name] = _given(connection, catalog, name, old)
    if "hybrid" in catalog.made:
        found["hybrid"] = _hybrid(found, known)
    return found


def _of_interactions(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, options: BuildOptions, known: Callable[[str], Space]
) -> dict[str, Late]:
    """Place what nobody had before where it goes with what the same users had."""
    from recstore.models.collaborative import rated_matrix
    from recstore.models.placing import placed
    from recstore.models.together import together_matrices

    data, ids = read_interactions(connection, catalog)
    found = {}
    for name in ("collaborative", "together"):
        space = known(name)
        late, there = np.flatnonzero(~np.isin(ids, space.ids)), np.flatnonzero(np.isin(ids, space.ids))
        if not len(late) or not len(there):
            found[name] = _nothing(space)
            continue
        # Whom something was taken back from may have nothing any more of what has a vector.
        vectors = space.vectors[np.isin(space.ids, ids)]
        matrices = (rated_matrix(data),) if name == "collaborative" else together_matrices(data, options.seed)
        made = placed(matrices, there, vectors, late, options.seed)
        found[name] = Late(ids[made.items], made.vectors, made.cosine)
    return found


def _nothing(space: Space) -> Late:
    return Late(np.empty(0, np.int32), np.empty((0, space.vectors.shape[1]), np.float32))


def _content(connection: duckdb.DuckDBPyConnection, catalog: Catalog, items: Items, old: str) -> Late:
    """Bring what is new, or has another text or other categories, into the space by the terms that it is made of."""
    from recstore.models.stop_words import stop_words

    columns = [column.name for column in catalog.columns]
    text = f"concat_ws(' ', {', '.join(over(columns, one) for one in items.text)})" if items.text else "''"
    names = names_of(catalog)
    connection.execute(sql.render(_SQL, "late_texts", items=catalog.items, old=old, text=text))
    late = f"(SELECT * FROM {catalog.items} WHERE _rs_no IN (SELECT item FROM late_texts))"
    stop = {"stop_words": list(stop_words())}
    connection.execute(sql.render(_SQL, "terms", **{**names, "items": late}, text=text), stop)
    terms = f"{old}.main.{sql.identifier(catalog.terms)}"
    known: Any = connection.sql(sql.render(_SQL, "late_terms", terms=terms)).to_arrow_table()
    counts = connection.execute(sql.render(_SQL, "late_counts", terms=terms)).fetchnumpy()
    ids, row = np.unique(np.asarray(counts["item"], np.int32), return_inverse=True)
    width = int(connection.execute(f"SELECT max(len(component)) FROM {terms}").fetchall()[0][0])
    components = np.asarray(numbers(known.column("component")), np.float32).reshape(-1, width)
    weights = np.asarray(counts["times"] * counts["idf"], np.float64)
    shape = len(ids), len(components)
    summed = scipy.sparse.csr_matrix((weights, (row, counts["term"])), shape) @ components.astype(np.float64)
    vectors, kept = unit_rows(summed)
    return Late(ids[kept], vectors)


def _given(connection: duckdb.DuckDBPyConnection, catalog: Catalog, name: str, old: str) -> Late:
    """Take the vectors of the source that are new, or others than before."""
    query = sql.render(_SQL, "late_embeddings", **names_of(catalog), old=old)
    table: Any = connection.sql(query, params={"space": name}).to_arrow_table()
    ids, flat = numbers(table.column("item")), np.asarray(numbers(table.column("vector")), np.float32)
    vectors, kept = unit_rows(flat.reshape(len(ids), -1 if len(ids) else 0))
    return Late(np.asarray(ids, np.int32)[kept], vectors)


def _hybrid(found: dict[str, Late], known: Callable[[str], Space]) -> Late:
    """Lay the two parts together of what is new in one of them and has both."""
    changed = np.union1d(found["content"].ids, found["collaborative"].ids)
    parts = {name: _among(known(name), found[name], changed) for name in ("content", "collaborative")}
    made = list(laid_together(parts))
    return Late(made[0].ids, made[0].vectors) if made else _nothing(known("hybrid"))


def _among(space: Space, late: Late, ids: NDArray[np.int32]) -> Space:
    """Return a space of some items alone, with what comes to it."""
    kept = np.isin(space.ids, ids) & ~np.isin(space.ids, late.ids)
    every = np.concatenate([space.ids[kept], late.ids])
    vectors = np.concatenate([space.vectors[kept], late.vectors.reshape(len(late.ids), space.vectors.shape[1])])
    order = np.argsort(every)
    return Space(space.name, every[order], vectors[order], space.recipe)
