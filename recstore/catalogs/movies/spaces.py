"""The spaces of the movie catalogue: from its tables to its latent vectors, by the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import duckdb
import numpy as np

from recstore import sql
from recstore.arrow import arrow_column, read_columns
from recstore.budget import Budget
from recstore.catalogs.needs import Sizes, vocabulary
from recstore.models.interactions import Interactions
from recstore.models.space import Space
from recstore.options import BuildOptions
from recstore.progress import Progress

_SQL = "recstore.catalogs.movies.sql"
_SHARED = "recstore.catalogs.sql"


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the columns of `movies` that come from the ratings."""
    connection.execute(sql.read(_SQL, "movie_statistics"))


def sizes(connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Sizes:
    """Return how large the tables in the current database are."""
    row = connection.execute(sql.read(_SQL, "movie_sizes")).fetchall()[0]
    movies, ratings, rated, terms = (int(value) for value in row)
    learnt, content = options.collaborative_dimensions, options.content_dimensions
    return Sizes(
        movies,
        "movies",
        (learnt, content, learnt, learnt + content),
        ratings,
        "ratings",
        terms,
        # Two at one time, the largest.
        columns=rated + max(rated, vocabulary(terms)),
        dimensions=max(learnt, content),
    )


def spaces(
    connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
) -> Iterator[Space]:
    """Yield the collaborative, content, together and hybrid spaces of the movies in the current database.

    A space in which no movie has a vector is left out, with a notice.
    """
    connection.execute(sql.read(_SQL, "movie_participants"), {"min_user_ratings": options.min_user_ratings})
    connection.execute(sql.read(_SQL, "movie_participating"))
    found = {}
    # What DuckDB gives is fetched here; then the factorisations run side by side, the longest first, one thread each.
    tasks = [*_of_ratings(connection, options), _content(connection, options)]
    with ThreadPoolExecutor(min(len(tasks), budget.threads)) as pool:
        made = [running.result() for running in [pool.submit(task) for task in tasks]]
    del tasks  # and with them the ratings
    for space in made:
        wanted = options.content_dimensions if space.name == "content" else options.collaborative_dimensions
        if len(space.ids) == 0:
            progress.notice(f"No movie has a {space.name} vector: the data is too small for this space.")
            continue
        if space.vectors.shape[1] < wanted:
            progress.notice(
                f"The {space.name} space has {space.vectors.shape[1]} dimensions, not {wanted}: the data gives no more."
            )
        found[space.name] = space
        yield space
    if {"content", "collaborative"} <= found.keys():
        yield _hybrid(found["content"], found["collaborative"])


def _of_ratings(connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Iterator[Callable[[], Space]]:
    """Read the ratings that take part, once, and yield what makes the two spaces of them."""
    ids = connection.execute("SELECT movie_id FROM participating_movies ORDER BY position").fetchnumpy()["movie_id"]
    n_users = connection.execute("SELECT count(*) FROM participating_users").fetchall()[0][0]
    types = {"user": np.int32, "movie": np.int32, "rating": np.float32, "time": np.float64}
    rows = read_columns(connection, sql.read(_SQL, "movie_histories"), types)
    data = Interactions(rows["user"], rows["movie"], rows["rating"], rows["time"], n_users, len(ids))

    def together() -> Space:
        from recstore.models.together import together_vectors

        vectors, kept, explained = together_vectors(data, options.collaborative_dimensions, options.seed)
        recipe = "truncated SVD of who rated what, and of what was rated soon after what"
        return Space("together", np.asarray(ids)[kept], vectors, recipe, explained=explained)

    def collaborative() -> Space:
        from recstore.models.collaborative import collaborative_vectors

        vectors, kept, explained = collaborative_vectors(data, options.collaborative_dimensions, options.seed)
        recipe = "truncated SVD of the ratings, 0 for unrated"
        return Space("collaborative", np.asarray(ids)[kept], vectors, recipe, explained=explained)

    yield from (together, collaborative)


def _content(connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Callable[[], Space]:
    import pyarrow as pa

    from recstore.models.stop_words import stop_words

    connection.execute(sql.read(_SQL, "movie_terms"), {"stop_words": list(stop_words())})
    connection.execute(sql.read(_SQL, "movie_vocabulary"))
    takes_part = "movie_id IN (SELECT movie_id FROM participating_movies)"
    query = sql.render(_SHARED, "term_counts", terms="terms_of_movies", item="movie_id", takes_part=takes_part)
    counts = connection.execute(query).fetchnumpy()
    terms = pa.RecordBatchReader.from_stream(connection.sql("SELECT term FROM vocabulary ORDER BY position")).read_all()

    def compute() -> Space:
        from recstore.models.content import content_vectors

        ids, first, row = np.unique(counts["item"], return_index=True, return_inverse=True)
        fitted = np.asarray(counts["takes_part"], dtype=bool)[first]
        made = content_vectors(row, counts["term"], counts["times"], fitted, options.content_dimensions, options.seed)
        learnt = {}
        if len(made.vectors):
            weighed = {"idf": arrow_column(made.idf), "component": arrow_column(made.components)}
            learnt["movie_terms"] = pa.table({"term": terms.column("term"), **weighed})
        recipe = "truncated SVD of the TF-IDF of genres and tags"
        return Space("content", ids[made.kept], made.vectors, recipe, explained=made.explained, learnt=learnt)

    return compute


def _hybrid(content: Space, collaborative: Space) -> Space:
    from recstore.models.hybrid import hybrid_vectors

    ids, vectors = hybrid_vectors(content.ids, content.vectors, collaborative.ids, collaborative.vectors)
    recipe = "content and collaborative laid end to end, divided by the square root of 2"
    return Space("hybrid", ids, vectors, recipe, parts=(content.vectors.shape[1], collaborative.vectors.shape[1]))
