"""Tells lists of genres that are written in another way than MovieLens writes them."""

from __future__ import annotations

import duckdb

from recstore import sql
from recstore.errors import SourceError
from recstore.progress import Progress

_SQL = "recstore.loaders.movielens_sql"


def check_genres(connection: duckdb.DuckDBPyConnection, file: str, progress: Progress) -> None:
    """Look at the genres in `movies`: where most read like lists that no bar separates, raise a `SourceError`.

    Where a few do, or where none is separated and most are of several words, say so in a notice.
    """
    listed, several, like_lists, like_words, odd = connection.execute(sql.read(_SQL, "odd_genres")).fetchall()[0]
    if odd is None:
        return
    example = f"such as {odd['genres'][:80]!r} of movie {odd['movie']}"
    expected = "expected are bars between them, Comedy|Drama"
    if like_lists * 2 > listed:
        raise SourceError(
            f"{file}: the genres of {like_lists:,} of {listed:,} movies are not separated by bars, {example}; "
            f"{expected}. Write them so, and build again."
        )
    if like_lists or (not several and like_words * 2 > listed):
        count = like_lists or like_words
        progress.notice(
            f"{file}: the genres of {count:,} of {listed:,} movies may not be separated by bars, {example}; {expected}."
        )
