"""Measures what questions cost on stores of MovieLens, one after the other in one run: CPU time of one thread.

    python benchmarks/questions.py STORE [STORE ...] [--times 60]

Each question is put to each store in turn, so that all meet the same machine; the least and the median count. With a
store that an earlier version built first, the last column is what became of it. A store that does not know a question
has no figure. With PYTHONPATH on another version of DuckDB, that one is measured.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import duckdb
from measuring import say

#: A join of the tables alone, for what a question costs that asks nothing else.
BARE = (
    "SELECT n.rank, m.*, n.space, n.score FROM movie_neighbors AS n JOIN movies AS m ON m.movie_id = n.neighbor_id "
    "WHERE n.movie_id = 1 AND n.space = 'hybrid' AND n.rank <= 10 ORDER BY n.rank"
)
ONE = {
    "the bare join": BARE,
    "similar_movies(1)": "FROM similar_movies(1)",
    "by title": "FROM similar_movies((SELECT title FROM movies WHERE movie_id = 1))",
    "prepared": "EXECUTE prepared(1)",
    "beyond what is stored": "FROM similar_movies(1, k := 200)",
    "two items": "FROM similar_movies([1, 2])",
    "with a space": "FROM similar_movies(1, space := 'content')",
    "with a filter": "FROM similar_movies(1, filter := year > 2000)",
    "with exclude": "FROM similar_movies(1, exclude := [2, 3])",
    "with diversity": "FROM similar_movies(1, diversity := 0.3)",
    "recommend_movies(1)": "FROM recommend_movies(1)",
    "recommend_movies, diverse": "FROM recommend_movies(1, diversity := 0.3)",
    "recommend_for([1, 2])": "FROM recommend_for([1, 2])",
    "movies_about('space robots')": "FROM movies_about('space robots')",
}
MANY = {
    "the whole catalogue x 10": "SELECT count(*) FROM movies, similar_movies(movie_id)",
    "the whole catalogue, by title": "SELECT count(*) FROM movies, similar_movies(title)",
    "everybody x 10": "SELECT count(*) FROM (SELECT DISTINCT user_id FROM ratings), recommend_movies(user_id)",
    "100 ids, a filter each": (
        "SELECT count(*) FROM (FROM movies ORDER BY movie_id LIMIT 100) AS w, "
        "similar_movies(w.movie_id, filter := year = w.year)"
    ),
}


def seconds(connection: duckdb.DuckDBPyConnection, question: str) -> float:
    """Return the CPU seconds of one question."""
    begun = time.process_time()
    connection.execute(question).fetchall()
    return time.process_time() - begun


def asked(connections: list[duckdb.DuckDBPyConnection], question: str, times: int) -> list[list[float] | None]:
    """Put a question to each store in turn, `times` times; None for a store that does not know it."""
    found: list[list[float] | None] = []
    for connection in connections:
        try:
            connection.execute(question).fetchall()
            found.append([])
        except duckdb.Error:
            found.append(None)
    for _ in range(times):
        for connection, measured in zip(connections, found, strict=True):
            if measured is not None:
                measured.append(seconds(connection, question))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stores", nargs="+", type=Path)
    parser.add_argument("--times", type=int, default=60)
    given = parser.parse_args()
    connections = [duckdb.connect(store, read_only=True, config={"threads": 1}) for store in given.stores]
    for connection in connections:
        connection.execute("PREPARE prepared AS FROM similar_movies(CAST(? AS INTEGER))")
    say(f"DuckDB {duckdb.__version__}; milliseconds of CPU time, one thread: the least, the median, by store")
    for questions, times in ((ONE, given.times), (MANY, max(1, given.times // 20))):
        for name, question in questions.items():
            found = asked(connections, question, times)
            cells = [
                "-" if one is None else f"{min(one) * 1e3:.1f} {statistics.median(one) * 1e3:.1f}" for one in found
            ]
            known = [min(one) for one in found if one is not None]
            ratio = f"{known[-1] / known[0]:.2f}" if len(known) == len(found) > 1 else ""
            say(f"    {name:<32}{''.join(f'{cell:>16}' for cell in cells)}  {ratio}".rstrip())
    for connection in connections:
        connection.close()


if __name__ == "__main__":
    main()
