"""Measures recstore beside what one would use instead: a notebook with scikit-learn, and DuckDB's bare CSV reader.

    python benchmarks/movies.py --data FOLDER [--small] [--large-folder FOLDER] [--title TITLE] [--runs 3] [--asked 300]

Everything heavy runs in a process of its own: nothing is warm, and the peak memory of one is not that of another.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from measuring import GB, build, in_own_process, milliseconds, row, run, say, seconds_of, verdict
from movies_large import report_large

if TYPE_CHECKING:
    import duckdb
    import numpy as np

HYBRID = "SELECT movie_id, vector FROM movie_vectors WHERE space = 'hybrid' ORDER BY movie_id"
ONE_QUICK = "FROM similar_movies(?)"
ONE_EXACT = "FROM nearest_movies((SELECT vector FROM movie_vectors WHERE space = 'hybrid' AND movie_id = ?))"
ALL_BY_ID = "SELECT count(*) FROM movies AS m, similar_movies(m.movie_id)"
ALL_BY_TITLE = "SELECT count(*) FROM movies AS m, similar_movies(m.title)"
FILTERED = "SELECT count(*) FROM (SELECT unnest(?) AS id) AS asked, similar_movies(asked.id, filter := year >= 1990)"
ASKED = """
    SELECT list(movie_id ORDER BY hash(movie_id))[:80]
        || (SELECT coalesce(list(movie_id ORDER BY movie_id)[:10], []) FROM movies ANTI JOIN hybrid USING (movie_id))
        || (SELECT [max(movie_id) + i FOR i IN range(1, 11)] FROM movies)
    FROM hybrid
"""


def notebook(data: Path, title: str) -> None:
    """Do what the notebooks do: pandas, dense matrices, scikit-learn, and the top ten of one movie, printed."""
    import pandas as pd
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_similarity

    def svd(matrix: np.ndarray) -> np.ndarray:
        return TruncatedSVD(min(200, matrix.shape[1] - 1), random_state=0).fit_transform(matrix)

    ratings = pd.read_csv(data / "ratings.csv").groupby("userId").filter(lambda rated: len(rated) >= 25)
    movies = pd.read_csv(data / "movies.csv").set_index("movieId").sort_index()
    movies = movies[movies.index.isin(ratings["movieId"])]
    tags = pd.read_csv(data / "tags.csv").groupby("movieId")["tag"].apply(" ".join)
    documents = movies["genres"].str.replace("|", " ", regex=False) + " " + tags.reindex(movies.index).fillna("")

    terms = TfidfVectorizer(stop_words="english").fit_transform(documents).toarray()
    content = pd.DataFrame(svd(terms), index=movies.index)
    wide = ratings.pivot(index="movieId", columns="userId", values="rating").fillna(0)
    collaborative = pd.DataFrame(svd(wide.values), index=wide.index)

    movie = movies.index[movies["title"] == title]
    scores = [cosine_similarity(space, space.loc[movie])[:, 0] for space in (content, collaborative)]
    mean = pd.Series(sum(scores) / 2, index=movies.index).drop(movie)
    print("\n".join(movies["title"].loc[mean.nlargest(10).index]))


def similar_titles(store: Path, title: str) -> list[str]:
    """Return the titles that the store gives for the notebook's movie."""
    import duckdb

    with duckdb.connect(store, read_only=True) as connection:
        rows = connection.execute("SELECT title FROM similar_movies(?)", [title]).fetchall()
    return [found for (found,) in rows]


def report_build(data: Path, scratch: Path, title: str, runs: int) -> Path:
    """Part (a): from files to a finished store, beside from files to one answer. Returns the store."""
    store = scratch / "movies.duckdb"
    ours, theirs = [], []
    for _ in range(1 + runs):
        store.unlink(missing_ok=True)
        ours.append(build(store, data))
        theirs.append(run(sys.executable, __file__, "--notebook", data, "--title", title))
    titles = theirs[-1].output.splitlines()[-10:]
    common = len({*titles} & {*in_own_process(similar_titles, store, title)})

    say(f"(a) From the files of {data.name}: the whole process, median of {runs} after a warm-up")
    seconds = [statistics.median(one.seconds for one in found[1:]) for found in (ours, theirs)]
    peaks = [statistics.median(one.peak for one in found[1:]) / GB for found in (ours, theirs)]
    row("recstore build: all neighbours of all movies", f"{seconds[0]:.2f} s", f"{peaks[0]:.2f} GB")
    row("the notebook's way: neighbours of one movie", f"{seconds[1]:.2f} s", f"{peaks[1]:.2f} GB")
    ratio = seconds[0] / seconds[1]
    row("ratio", f"{ratio:.2f}", f"{peaks[0] / peaks[1]:.2f}", verdict(ratio, 0.5))
    row(f"{title}: both name", f"{common} of 10")
    return store


class Questions(NamedTuple):
    """What was measured in part (b): seconds of each call, and how far the answers are apart."""

    movies: int
    hybrid: int
    one: dict[str, list[float]]
    many: dict[str, list[float]]
    difference: float


def top_of_many(asked: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Return the positions of the 11 best candidates (itself and ten more) of each vector asked for, as NumPy can."""
    import numpy as np
    from sklearn.metrics.pairwise import cosine_similarity

    return np.argpartition(cosine_similarity(asked, candidates), -11, axis=1)[:, -11:]


def ask(store: Path, count: int) -> Questions:
    """Ask the store about `count` movies, one by one, and about all; and scikit-learn, whose vectors are loaded."""
    import duckdb
    import numpy as np
    from sklearn.metrics.pairwise import cosine_similarity

    connection = duckdb.connect(store, read_only=True)

    def fetch(statement: str, values: list[object] | None = None) -> list[tuple]:
        return connection.execute(statement, values).fetchall()

    rows = fetch(HYBRID)
    ids, vectors = np.array([key for key, _ in rows]), np.array([vector for _, vector in rows])
    positions = np.random.default_rng(0).choice(len(ids), min(count, len(ids)), replace=False)

    def one_as_notebook(position: int) -> np.ndarray:
        return np.argsort(-cosine_similarity(vectors[[position]], vectors)[0])[:11]

    one = {
        "similar": [lambda i=int(ids[at]): fetch(ONE_QUICK, [i]) for at in positions],
        "notebook": [lambda at=at: one_as_notebook(at) for at in positions],
        "nearest": [lambda i=int(ids[at]): fetch(ONE_EXACT, [i]) for at in positions],
    }
    asked, recent = filtered_question(connection, ids)
    many = {
        "by id": lambda: fetch(ALL_BY_ID),
        "by title": lambda: fetch(ALL_BY_TITLE),
        "notebook": lambda: top_of_many(vectors, vectors),
        "filtered": lambda: fetch(FILTERED, [asked]),
        "notebook filtered": lambda: top_of_many(vectors[np.isin(ids, asked)], vectors[recent]),
    }
    difference = 0.0
    for position in positions:
        scores = np.delete(vectors @ vectors[position], position)
        stored = np.array([row[-1] for row in fetch(ONE_QUICK, [int(ids[position])])])
        difference = max(difference, float(np.abs(np.sort(scores)[: -len(stored) - 1 : -1] - stored).max()))
    # One block after the other: idle BLAS threads would otherwise disturb DuckDB's. The first round only warms up.
    return Questions(
        movies=fetch("SELECT count(*) FROM movies")[0][0],
        hybrid=len(ids),
        one={
            name: [seconds_of(call) for _ in range(4) for call in calls][len(positions) :]
            for name, calls in one.items()
        },
        many={name: [seconds_of(call) for _ in range(10)][1:] for name, call in many.items()},
        difference=difference,
    )


def filtered_question(connection: duckdb.DuckDBPyConnection, ids: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Return 100 ids, 10 of no movie and 10 of movies without a hybrid vector, and the mask of recent movies."""
    import numpy as np

    asked = connection.execute(f"WITH hybrid AS ({HYBRID}) {ASKED}").fetchall()[0][0]
    recent = connection.execute("SELECT movie_id FROM movies WHERE year >= 1990").fetchall()
    return asked, np.isin(ids, np.array(recent).ravel())


def report_questions(store: Path, count: int) -> None:
    """Part (b): questions to the finished store."""
    asked = in_own_process(ask, store, count)
    say(f"\n(b) Questions to the store: {asked.movies:,} movies, {asked.hybrid:,} with a hybrid vector")
    row(f"one movie: {len(asked.one['similar']) // 3} movies three times", "p50", "p99", "p50 to similar_movies")
    base = statistics.median(asked.one["similar"])
    for name, label in (
        ("similar", "similar_movies(?)"),
        ("notebook", "the notebook's cosine_similarity, argsort"),
        ("nearest", "nearest_movies(its vector): exact scan in SQL"),
    ):
        seconds = asked.one[name]
        p50, p99 = statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]
        row(f"  {label}", milliseconds(p50), milliseconds(p99), f"{p50 / base:.2f}")
    row("  largest difference of a score to NumPy's", f"{asked.difference:.6f}")
    row("many movies at once: 9 runs", "min", "median", "median to similar_movies")
    for name, label, ours, bar in (
        ("by id", "the whole catalogue x 10, by id", "by id", 0.06),
        ("by title", "the whole catalogue x 10, by title", "by title", 0.06),
        ("notebook", "the whole cosine_similarity, argpartition", "by id", None),
        ("filtered", "100 ids with filter := year >= 1990", "filtered", 2.0),
        ("notebook filtered", "80 of them with cosine_similarity of a mask", "filtered", None),
    ):
        seconds, median = asked.many[name], statistics.median(asked.many[name])
        note = f"{median / statistics.median(asked.many[ours]):.2f}" if bar is None else verdict(median, bar, "s")
        row(f"  {label}", milliseconds(min(seconds)), milliseconds(median), note)


def main() -> None:
    """Read the arguments and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="ml-latest-small, unpacked")
    parser.add_argument("--small", action="store_true", help="leave out (c), data of MovieLens 25M's shape")
    parser.add_argument("--large-folder", type=Path, metavar="FOLDER", help="where that data is, or is to be generated")
    parser.add_argument("--notebook", type=Path, metavar="FOLDER", help="only do the notebook's work once, and leave")
    parser.add_argument("--title", default="Grumpier Old Men (1995)", help="the movie that the notebook asks about")
    parser.add_argument("--runs", type=int, default=3, help="how often each build and load is timed")
    parser.add_argument("--asked", type=int, default=300, help="about how many movies to ask one by one")
    arguments = parser.parse_args()
    if arguments.notebook:
        notebook(arguments.notebook, arguments.title)
        return
    if arguments.large_folder and arguments.small:
        parser.error("--large-folder does not go with --small")
    data = arguments.data
    if data is None and "RECSTORE_TEST_DATA" in os.environ:
        data = Path(os.environ["RECSTORE_TEST_DATA"], "ml-latest-small")
    if data is None:
        sys.exit("Pass the folder of MovieLens's ml-latest-small: --data FOLDER.")
    if not (data / "ratings.csv").is_file():
        sys.exit(f"There is no ratings.csv in {data}. Pass the folder of MovieLens's ml-latest-small: --data FOLDER.")

    versions = ", ".join(f"{name} {version(name)}" for name in ("recstore", "duckdb", "numpy", "scikit-learn"))
    say(f"{versions}, Python {sys.version.split()[0]}, {os.cpu_count()} CPUs\n")
    with tempfile.TemporaryDirectory(prefix="recstore-benchmark-") as scratch:
        store = report_build(data, Path(scratch), arguments.title, arguments.runs)
        report_questions(store, arguments.asked)
        if not arguments.small:
            report_large(arguments.large_folder or Path(scratch, "ml25"), Path(scratch), arguments.runs)


if __name__ == "__main__":
    main()
