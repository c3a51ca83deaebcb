"""Measures recstore beside what one would use instead: a notebook with scikit-learn, and DuckDB's bare CSV reader.

    python benchmarks/movies.py [--data FOLDER] [--large] [--large-folder FOLDER]

Everything heavy runs in a process of its own: nothing is warm, and the peak memory of one is not that of another.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    import duckdb
    import numpy as np

T = TypeVar("T")

TITLE = "Grumpier Old Men (1995)"
RUNS = 3
GB = 1e9

HYBRID = "SELECT movie_id, vector FROM movie_vectors WHERE space = 'hybrid' ORDER BY movie_id"
ONE_QUICK = "FROM similar_movies(?)"
ONE_EXACT = "FROM nearest_movies((SELECT vector FROM movie_vectors WHERE space = 'hybrid' AND movie_id = ?))"
ALL_BY_ID = "SELECT count(*) FROM movies AS m, similar_movies(m.movie_id)"
ALL_BY_TITLE = "SELECT count(*) FROM movies AS m, similar_movies(m.title)"
FILTERED = "SELECT count(*) FROM (SELECT unnest(?) AS id) AS asked, similar_movies(asked.id, filter := year >= 1990)"
ASKED = """
    SELECT list(movie_id ORDER BY hash(movie_id))[:80]
        || (SELECT list(movie_id ORDER BY movie_id)[:10] FROM movies ANTI JOIN hybrid USING (movie_id))
        || (SELECT [max(movie_id) + i FOR i IN range(1, 11)] FROM movies)
    FROM hybrid
"""


class Run(NamedTuple):
    """One run of a command: seconds from start to end, peak resident memory in bytes, and what it said."""

    seconds: float
    peak: int
    output: str


def run(*command: str | Path) -> Run:
    """Run a command to its end and measure it; a failure ends the benchmark with what the command said."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    output = process.stdout.read()
    # Not RUSAGE_CHILDREN, which gives the largest of all children so far.
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{output}")
    return Run(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), output)


def in_own_process(task: Callable[..., T], *arguments: object) -> T:
    """Run a function in a fresh process. (A child's peak memory begins at its parent's, so this one stays small.)"""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(task, *arguments).result()


def seconds_of(task: Callable[[], object]) -> float:
    """Time one call."""
    begun = time.perf_counter()
    task()
    return time.perf_counter() - begun


def build(store: Path, data: Path) -> Run:
    """Build a store with the command line that belongs to this interpreter."""
    command = shutil.which("recstore", path=str(Path(sys.executable).parent))
    if command is None:
        sys.exit(f"There is no recstore beside {sys.executable}; install the project first.")
    return run(command, "build", store, "--movielens", data)


def notebook(data: Path) -> None:
    """Do what the notebooks do: pandas, dense matrices, scikit-learn, and the top ten of one movie, printed."""
    import pandas as pd
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_similarity

    ratings = pd.read_csv(data / "ratings.csv").groupby("userId").filter(lambda rated: len(rated) >= 25)
    movies = pd.read_csv(data / "movies.csv").set_index("movieId").sort_index()
    movies = movies[movies.index.isin(ratings["movieId"])]
    tags = pd.read_csv(data / "tags.csv").groupby("movieId")["tag"].apply(" ".join)
    documents = movies["genres"].str.replace("|", " ", regex=False) + " " + tags.reindex(movies.index).fillna("")

    terms = TfidfVectorizer(stop_words="english").fit_transform(documents).toarray()
    content = pd.DataFrame(TruncatedSVD(200, random_state=0).fit_transform(terms), index=movies.index)
    wide = ratings.pivot(index="movieId", columns="userId", values="rating").fillna(0)
    collaborative = pd.DataFrame(TruncatedSVD(200, random_state=0).fit_transform(wide.values), index=wide.index)

    movie = movies.index[movies["title"] == TITLE]
    scores = [cosine_similarity(space, space.loc[movie])[:, 0] for space in (content, collaborative)]
    mean = pd.Series(sum(scores) / 2, index=movies.index).drop(movie)
    print("\n".join(movies["title"].loc[mean.nlargest(10).index]))


def similar_titles(store: Path) -> list[str]:
    """Return the titles that the store gives for the notebook's movie."""
    import duckdb

    with duckdb.connect(store, read_only=True) as connection:
        rows = connection.execute("SELECT title FROM similar_movies(?)", [TITLE]).fetchall()
    return [title for (title,) in rows]


def report_build(data: Path, scratch: Path) -> Path:
    """Part (a): from files to a finished store, beside from files to one answer. Returns the store."""
    store = scratch / "movies.duckdb"
    ours, theirs = [], []
    for _ in range(1 + RUNS):
        store.unlink(missing_ok=True)
        ours.append(build(store, data))
        theirs.append(run(sys.executable, __file__, "--notebook", data))
    titles = theirs[-1].output.splitlines()[-10:]
    common = len({*titles} & {*in_own_process(similar_titles, store)})

    say(f"(a) From the files of {data.name}: the whole process, median of {RUNS} after a warm-up")
    seconds = [statistics.median(one.seconds for one in runs[1:]) for runs in (ours, theirs)]
    peaks = [statistics.median(one.peak for one in runs[1:]) / GB for runs in (ours, theirs)]
    row("recstore build: all neighbours of all movies", f"{seconds[0]:.2f} s", f"{peaks[0]:.2f} GB")
    row("the notebook's way: neighbours of one movie", f"{seconds[1]:.2f} s", f"{peaks[1]:.2f} GB")
    ratio = seconds[0] / seconds[1]
    row("ratio", f"{ratio:.2f}", f"{peaks[0] / peaks[1]:.2f}", verdict(ratio, 0.5))
    row(f"{TITLE}: both name", f"{common} of 10")
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


def ask(store: Path) -> Questions:
    """Ask the store, and scikit-learn over the same vectors, which are in memory already."""
    import duckdb
    import numpy as np
    from sklearn.metrics.pairwise import cosine_similarity

    connection = duckdb.connect(store, read_only=True)

    def fetch(statement: str, values: list[object] | None = None) -> list[tuple]:
        return connection.execute(statement, values).fetchall()

    rows = fetch(HYBRID)
    ids, vectors = np.array([key for key, _ in rows]), np.array([vector for _, vector in rows])
    positions = np.random.default_rng(0).choice(len(ids), 300, replace=False)

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
        one={name: [seconds_of(call) for _ in range(4) for call in calls][300:] for name, calls in one.items()},
        many={name: [seconds_of(call) for _ in range(10)][1:] for name, call in many.items()},
        difference=difference,
    )


def filtered_question(connection: duckdb.DuckDBPyConnection, ids: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Return 100 ids, 10 of no movie and 10 of movies without a hybrid vector, and the mask of recent movies."""
    import numpy as np

    asked = connection.execute(f"WITH hybrid AS ({HYBRID}) {ASKED}").fetchall()[0][0]
    recent = connection.execute("SELECT movie_id FROM movies WHERE year >= 1990").fetchall()
    return asked, np.isin(ids, np.array(recent).ravel())


def report_questions(store: Path) -> None:
    """Part (b): questions to the finished store."""
    asked = in_own_process(ask, store)
    say(f"\n(b) Asking the store: {asked.movies:,} movies, {asked.hybrid:,} with a hybrid vector")
    row("one movie: 300 movies three times", "p50", "p99", "p50 to similar_movies")
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


def load_bare(ratings: Path, file: Path) -> float:
    """Time DuckDB's bare reader: ratings.csv into a fresh file, until the file is closed."""
    import duckdb

    from recstore import sql

    connection = duckdb.connect(file)
    begun = time.perf_counter()
    connection.execute(f"CREATE TABLE b AS FROM read_csv({sql.literal(str(ratings))})").fetchall()
    connection.close()
    return time.perf_counter() - begun


def load_checked(folder: Path, file: Path) -> float:
    """Time recstore's loader: a folder into a fresh file such as a build makes, until the file is closed."""
    import duckdb

    from recstore import functions, sql
    from recstore.loader import get_loader
    from recstore.options import BuildOptions
    from recstore.progress import Progress
    from recstore.store import STORAGE_VERSION

    loader = get_loader("movielens")
    connection = duckdb.connect()
    target = f"ATTACH {sql.literal(str(file))} AS fresh (STORAGE_VERSION {sql.literal(STORAGE_VERSION)})"
    connection.execute(f"{target}; USE fresh; {functions.render_tables()}").fetchall()
    begun = time.perf_counter()
    loader.load(connection, str(folder), BuildOptions(), Progress())
    connection.execute("USE memory; DETACH fresh").fetchall()
    connection.close()
    return time.perf_counter() - begun


def in_fresh_file(load: Callable[[Path, Path], float], source: Path, scratch: Path) -> float:
    """Run one load in its own process and remove its file."""
    file = scratch / "fresh.duckdb"
    try:
        return in_own_process(load, source, file)
    finally:
        file.unlink(missing_ok=True)


def shuffle(ratings: Path, target: Path) -> None:
    """Write the ratings in random order, so that no check can lean on the order of the file."""
    import duckdb

    from recstore import sql

    source, shuffled = sql.literal(str(ratings)), sql.literal(str(target))
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM read_csv({source}) ORDER BY random()) TO {shuffled} (HEADER)").fetchall()


def ratings_only(folder: Path, target: Path) -> Path:
    """Make a folder with the movies of another one, and return where its ratings go."""
    target.mkdir()
    shutil.copy(folder / "movies.csv", target)
    return target / "ratings.csv"


def report_loading(folder: Path, scratch: Path) -> None:
    """Part (c), first half: the checked load of the ratings beside the bare read."""
    as_is = ratings_only(folder, scratch / "as-is")
    as_is.symlink_to((folder / "ratings.csv").resolve())
    shuffled = ratings_only(folder, scratch / "shuffled")
    in_own_process(shuffle, as_is, shuffled)
    single = ratings_only(folder, scratch / "single")
    with as_is.open(encoding="utf-8") as file:
        single.write_text(file.readline() + file.readline(), encoding="utf-8")

    # The loader reads the movies first, in a time that is not the ratings'.
    movies = statistics.median(in_fresh_file(load_checked, single.parent, scratch) for _ in range(RUNS))
    row("ratings.csv", "bare read", "recstore", "ratio")
    for label, ratings in (("sorted by user, as MovieLens's are", as_is), ("shuffled", shuffled)):
        bare, checked = [], []
        for _ in range(1 + RUNS):
            bare.append(in_fresh_file(load_bare, ratings, scratch))
            checked.append(in_fresh_file(load_checked, ratings.parent, scratch) - movies)
        seconds = [statistics.median(runs[1:]) for runs in (bare, checked)]
        ratio = seconds[1] / seconds[0]
        row(f"  {label}", f"{seconds[0]:.2f} s", f"{seconds[1]:.2f} s", f"{ratio:.2f}  {verdict(ratio, 2)}")
    shutil.rmtree(shuffled.parent)


def report_large(folder: Path, scratch: Path) -> None:
    """Part (c): data of MovieLens 25M's shape."""
    if not (folder / "ratings.csv").exists():
        run(sys.executable, Path(__file__).with_name("generate.py"), folder)
    size = (folder / "ratings.csv").stat().st_size / 1e6
    say(f"\n(c) Data of MovieLens 25M's shape, ratings.csv of {size:,.0f} MB; loads: median of {RUNS} after a warm-up")
    report_loading(folder, scratch)

    store = scratch / "large.duckdb"
    built = build(store, folder)
    stages: dict[str, float] = {}
    for name, seconds in re.findall(r"^(.+): ([\d.]+) s$", built.output, re.MULTILINE):
        stages[name] = stages.get(name, 0) + float(seconds)
    row("recstore build, one run", f"{built.seconds:.1f} s")
    for name, seconds in stages.items():
        row(f"  {name}", f"{seconds:.1f} s")
    row("the store's file", f"{store.stat().st_size / GB:.2f} GB")
    row("peak resident memory", f"{built.peak / GB:.2f} GB", "", verdict(built.peak / GB, 8, "GB"))


def milliseconds(seconds: float) -> str:
    """Write a time in milliseconds."""
    return f"{seconds * 1000:,.1f} ms"


def verdict(value: float, bar: float, unit: str = "") -> str:
    """Say whether a figure keeps to its bar."""
    return f"{'within' if value <= bar else 'ABOVE'} the bar of {f'{bar:g} {unit}'.rstrip()}"


def row(label: str, first: str, second: str = "", note: str = "") -> None:
    """Print one line of the report."""
    say(f"    {label:<48}{first:>12}{second:>12}  {note}".rstrip())


def say(text: str) -> None:
    """Print at once, for whoever waits."""
    print(text, flush=True)


def main() -> None:
    """Read the arguments and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="ml-latest-small, unpacked")
    parser.add_argument("--large", action="store_true", help="also measure data of MovieLens 25M's shape")
    parser.add_argument("--large-folder", type=Path, metavar="FOLDER", help="where that data is, or is to be generated")
    parser.add_argument("--notebook", type=Path, metavar="FOLDER", help="only do the notebook's work once, and leave")
    arguments = parser.parse_args()
    if arguments.notebook:
        notebook(arguments.notebook)
        return
    if arguments.large_folder and not arguments.large:
        parser.error("--large-folder goes with --large")
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
        store = report_build(data, Path(scratch))
        report_questions(store)
        if arguments.large:
            report_large(arguments.large_folder or Path(scratch, "ml25"), Path(scratch))


if __name__ == "__main__":
    main()
