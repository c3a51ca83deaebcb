"""Measures how fast people are answered, one and a thousand at once, beside NumPy with all weights in memory.

    python benchmarks/person_speed.py --data FOLDER

The people of MovieLens's ml-latest-small are asked for, and as many copies of them as make a thousand, whose ratings
are written into the finished store: answered they are like anybody else. NumPy multiplies everybody's history with the
weights of EASE^R, which are in memory already, leaves out what was seen, and takes the ten largest: without time, names
and SQL. With PYTHONPATH on another version of DuckDB, that one is measured.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
from measuring import build, in_own_process, milliseconds, row, say, seconds_of, verdict

PEOPLE = 1_000
ONES = 200
COPIES = "INSERT INTO ratings SELECT user_id + 1000000, * EXCLUDE user_id FROM ratings"
HISTORIES = """
    SELECT user_id, list(movie_id ORDER BY rated_at, movie_id) AS liked FROM ratings GROUP BY user_id ORDER BY user_id
    LIMIT $people
"""
MANY_PEOPLE = f"SELECT count(*) FROM ({HISTORIES}) AS h, recommend_movies(h.user_id)"
MANY_LISTS = f"SELECT count(*) FROM ({HISTORIES}) AS h, recommend_for(h.liked)"


def ask(store: Path) -> dict[str, list[float]]:
    """Ask about a thousand at once, and about one after the other; return the seconds of each question."""
    connection = duckdb.connect(store, read_only=True)
    histories = connection.execute(HISTORIES, {"people": PEOPLE}).fetchall()
    ones = {
        "one person": [("FROM recommend_movies(?)", [user]) for user, _ in histories[:ONES]],
        "one list": [("FROM recommend_for(?)", [liked]) for _, liked in histories[:ONES]],
    }
    many = {"people": MANY_PEOPLE, "lists": MANY_LISTS}
    found = {}
    for name, questions in ones.items():
        calls = [lambda asked=asked: connection.execute(*asked).fetchall() for asked in questions]
        found[name] = [seconds_of(call) for call in calls * 2][ONES:]
    for name, question in many.items():
        found[name] = times(lambda question=question: connection.execute(question, {"people": PEOPLE}).fetchall())
    return found


def ask_numpy(store: Path) -> dict[str, list[float]]:
    """Answer the same with a matrix of weights in memory."""
    from recstore.catalogs.movies.weights import read_interactions
    from recstore.models.baselines import seen_matrix
    from recstore.models.ease import ease_weights

    with duckdb.connect(store, read_only=True) as connection:
        train, _ids = read_interactions(connection)
    seen = seen_matrix(train)
    weights = ease_weights(seen, 500.0)

    def answer(first: int, last: int) -> np.ndarray:
        scores = np.asarray(seen[first:last] @ weights)
        scores[seen[first:last].nonzero()] = -np.inf
        best = np.argpartition(-scores, 10, axis=1)[:, :10]
        return np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), 1), 1)

    return {
        "one person": [seconds_of(lambda at=at: answer(at, at + 1)) for at in [*range(ONES), *range(ONES)]][ONES:],
        "people": times(lambda: answer(0, PEOPLE)),
    }


def times(task: Callable[[], object]) -> list[float]:
    """Time a question nine times; the first round only warms up."""
    return [seconds_of(task) for _ in range(10)][1:]


def main() -> None:
    """Build a store, ask it, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="FOLDER", required=True, help="ml-latest-small, unpacked")
    data = parser.parse_args().data
    if not (data / "ratings.csv").is_file():
        sys.exit(f"There is no ratings.csv in {data}. Pass the folder of MovieLens's ml-latest-small: --data FOLDER.")
    say(f"DuckDB {duckdb.__version__}, NumPy {np.__version__}\n")
    with tempfile.TemporaryDirectory(prefix="recstore-benchmark-") as scratch:
        store = Path(scratch, "movies.duckdb")
        build(store, data)
        with duckdb.connect(store) as connection:
            connection.execute(COPIES)
        asked, beside = in_own_process(ask, store), in_own_process(ask_numpy, store)
    row("", "p50", "max", "p50 to NumPy's")
    for name, label, bar in (
        ("one person", "recommend_movies(?)", 0.01),
        ("one list", "recommend_for(?), the whole history", 0.01),
        ("people", f"{PEOPLE:,} people x 10 in one join", 1.0),
        ("lists", f"{PEOPLE:,} lists x 10 in one join", 1.0),
    ):
        seconds, p50 = asked[name], statistics.median(asked[name])
        other = statistics.median(beside["one person" if name.startswith("one") else "people"])
        note = f"{p50 / other:.2f}; {verdict(p50, bar, 's')}"
        row(label, milliseconds(p50), milliseconds(max(seconds)), note)
    for name, label in (("one person", "NumPy, one person"), ("people", f"NumPy, {PEOPLE:,} people")):
        row(label, milliseconds(statistics.median(beside[name])), milliseconds(max(beside[name])))


if __name__ == "__main__":
    main()
