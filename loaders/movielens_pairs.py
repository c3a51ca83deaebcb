"""Finds users who rated a movie more than once, in bounded memory and without a hash table of all ratings."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import numpy.typing as npt

from recstore import sql

_SQL = "recstore.loaders.movielens_sql"
_ROWS_AT_A_TIME = 1 << 23

#: A user and a movie as one number, in SQL: every pair of INTEGERs, negative ones too, has its own BIGINT.
PAIR = sql.read(_SQL, "pair").strip()


def has_repeated_pairs(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether any pair stands in `ratings` more than once."""
    return any(len(pairs) for pairs in _repeated(connection))


def repeated_pairs(connection: duckdb.DuckDBPyConnection) -> npt.NDArray[np.int64]:
    """Return the pairs that stand in `ratings` more than once, as numbers: (n,) int64."""
    return np.concatenate(list(_repeated(connection)))


def _repeated(connection: duckdb.DuckDBPyConnection) -> Iterator[npt.NDArray[np.int64]]:
    """Sort the ratings of a share of the people at a time: sorted numbers show their repetitions side by side."""
    rows = connection.execute("SELECT count(*) FROM ratings").fetchall()[0][0]
    parts = 1
    while rows > parts * _ROWS_AT_A_TIME:
        parts *= 2
    for part in range(parts):
        query = sql.render(_SQL, "some_pairs", pair=PAIR, mask=str(parts - 1), part=str(part))
        found = connection.execute(query).fetchnumpy()["pair"]
        pairs = np.sort(np.asarray(found, np.int64))
        yield np.unique(pairs[1:][pairs[1:] == pairs[:-1]])
