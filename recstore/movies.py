"""The spaces of the movie catalogue: from its tables to its latent vectors, by the models."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np

from recstore import sql
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.spaces import Space

_STAGES = "recstore.schema.stages"


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the columns of `movies` that come from the ratings."""
    connection.execute(sql.read(_STAGES, "movie_statistics"))


def spaces(connection: duckdb.DuckDBPyConnection, options: BuildOptions, progress: Progress) -> Iterator[Space]:
    """Yield the collaborative, content and hybrid spaces of the movies in the connection's current database.

    A space in which no movie has a vector is left out, with a notice.
    """
    connection.execute(sql.read(_STAGES, "movie_participants"), {"min_user_ratings": options.min_user_ratings})
    connection.execute(sql.read(_STAGES, "movie_participating"))
    found = {}
    for space in (_collaborative(connection, options), _content(connection, options)):
        wanted = getattr(options, f"{space.name}_dimensions")
        if len(space.ids) == 0:
            progress.notice(f"No movie has a {space.name} vector: the data is too small for this space.")
            continue
        if space.vectors.shape[1] < wanted:
            progress.notice(
                f"The {space.name} space has {space.vectors.shape[1]} dimensions, not {wanted}: the data gives no more."
            )
        found[space.name] = space
        yield space
    if len(found) == 2:
        yield _hybrid(found["content"], found["collaborative"])


def _collaborative(connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Space:
    from recstore.models.collaborative import collaborative_vectors

    ids = connection.execute("SELECT movie_id FROM participating_movies ORDER BY position").fetchnumpy()["movie_id"]
    n_users = connection.execute("SELECT count(*) FROM participating_users").fetchall()[0][0]
    rated = connection.execute(sql.read(_STAGES, "movie_rating_matrix")).fetchnumpy()
    vectors, kept = collaborative_vectors(
        rated["movie"], rated["user"], rated["rating"],
        (len(ids), n_users), options.collaborative_dimensions, options.seed,
    )  # fmt: skip
    return Space("collaborative", np.asarray(ids)[kept], vectors, "truncated SVD of the ratings, 0 for unrated")


def _content(connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Space:
    from recstore.models.content import content_vectors, stop_words

    connection.execute(sql.read(_STAGES, "movie_terms"), {"stop_words": list(stop_words())})
    connection.execute(sql.read(_STAGES, "movie_vocabulary"))
    counts = connection.execute(sql.read(_STAGES, "movie_term_counts")).fetchnumpy()
    ids, first, row = np.unique(counts["movie_id"], return_index=True, return_inverse=True)
    vectors, kept = content_vectors(
        row, counts["term"], counts["times"], np.asarray(counts["takes_part"], dtype=bool)[first],
        options.content_dimensions, options.seed,
    )  # fmt: skip
    return Space("content", ids[kept], vectors, "truncated SVD of the TF-IDF of genres and tags")


def _hybrid(content: Space, collaborative: Space) -> Space:
    from recstore.models.hybrid import hybrid_vectors

    ids, vectors = hybrid_vectors(content.ids, content.vectors, collaborative.ids, collaborative.vectors)
    return Space("hybrid", ids, vectors, "content and collaborative laid end to end, divided by the square root of 2")
