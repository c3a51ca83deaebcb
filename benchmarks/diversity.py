"""Measures what `diversity` costs and gives: how often a person's last film is found, and how unlike ten films are.

    python benchmarks/diversity.py --data FOLDER [--people 610]

Of each person of a MovieLens release the last rating is held out, a store is built without them, and the person's other
films, oldest first, are continued by `recommend_for`. By `diversity`: the share of people whose held-out film is among
ten (HR@10), NDCG@10, and the intra-list diversity (Ziegler et al. 2005): the mean of 1 - cosine over all pairs of a
list, in the space `hybrid`. `similar_movies` is asked with the last film alone. Both are joins in SQL.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import duckdb
from measuring import build, say

VALUES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
#: Each person's films but the last, oldest first, and the last one.
PEOPLE = """
    CREATE TEMP TABLE people AS
    SELECT "userId" AS person, list("movieId" ORDER BY place DESC) FILTER (place > 1) AS films,
        any_value("movieId") FILTER (place = 1) AS held, any_value("movieId") FILTER (place = 2) AS last
    FROM (
        SELECT *, row_number() OVER (PARTITION BY "userId" ORDER BY "timestamp" DESC, "movieId" ASC) AS place
        FROM read_csv($ratings)
    )
    GROUP BY ALL HAVING count(*) > 5 ORDER BY person LIMIT $people
"""
ASKED = {
    "recommend_for": "recommend_for(p.films, diversity := {})",
    "similar_movies": "similar_movies(p.last, diversity := {})",
}
FOUND = """
    WITH found AS MATERIALIZED (SELECT p.person, p.held, s.rank, s.movie_id FROM people AS p, {} AS s)
    SELECT
        (SELECT count(*) FILTER (movie_id = held) FROM found) / (SELECT count(*) FROM people),
        (SELECT sum(1 / log2(rank + 1)) FILTER (movie_id = held) FROM found) / (SELECT count(*) FROM people),
        (SELECT avg(1 - list_inner_product(v.vector, w.vector)) FROM found AS a JOIN found AS b
            ON a.person = b.person AND a.rank < b.rank
            JOIN movie_vectors AS v ON v.movie_id = a.movie_id AND v.space = 'hybrid'
            JOIN movie_vectors AS w ON w.movie_id = b.movie_id AND w.space = 'hybrid')
"""


def trained_without_the_last(data: Path, folder: Path) -> Path:
    """Build a store of a release without each person's last rating, and return where it is."""
    shutil.copytree(data, folder / "data")
    ratings = folder / "data" / "ratings.csv"
    kept = (
        f"SELECT * FROM read_csv('{data / 'ratings.csv'}', all_varchar = true) QUALIFY row_number() OVER "
        '(PARTITION BY "userId" ORDER BY CAST("timestamp" AS BIGINT) DESC, CAST("movieId" AS BIGINT) ASC) > 1'
    )
    duckdb.connect().execute(f"COPY ({kept}) TO '{ratings}' (HEADER, QUOTE '')")
    build(folder / "store.duckdb", folder / "data")
    return folder / "store.duckdb"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--people", type=int, default=610)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = trained_without_the_last(given.data, Path(folder))
        with duckdb.connect(str(store), read_only=True) as connection:
            connection.execute(PEOPLE, {"ratings": str(given.data / "ratings.csv"), "people": given.people})
            say("    function          diversity    HR@10  NDCG@10  intra-list diversity")
            for name, call in ASKED.items():
                for value in VALUES:
                    hit, gain, unlike = connection.execute(FOUND.format(call.format(value))).fetchall()[0]
                    say(f"    {name:<18}{value:>9.1f}{hit:>9.3f}{gain or 0:>9.3f}{unlike:>22.3f}")


if __name__ == "__main__":
    main()
