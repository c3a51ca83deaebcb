"""Measures what `diversity` costs and gives: how often what came next is found, and how unlike ten answers are.

    python benchmarks/diversity.py --films FOLDER [--gifts FILE] [--people 610] [--plot FILE.svg]

Of each person of a MovieLens release the last rating is held out; of each customer of UCI's Online Retail, given as
Parquet, the last basket, what is new to them in it. A store is built without, and what the person had, oldest first, is
continued by `recommend_…_for`; `similar_…` is asked with the last of it alone. By `diversity`: the share of people of
whose held-out items one is among ten (HR@10), NDCG@10, and the intra-list diversity (Ziegler et al. 2005): the mean of
1 - cosine over all pairs of a list, in the space `hybrid`. All of it are joins in SQL.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
from measuring import build, run_recstore, say

VALUES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Questions(NamedTuple):
    """A store built without what is held out, and its people: `events` (person, item, place, is_held) in order."""

    store: Path
    catalog: str
    key: str
    vectors: str
    number: str
    for_a_list: str
    events: str


class Point(NamedTuple):
    """What one value of `diversity` gives."""

    function: str
    diversity: float
    hit_rate: float
    ndcg: float
    unlike: float


_EVENTS_OF_FILMS = """
    SELECT "userId" AS person, "movieId" AS item, place, place = 1 AS is_held
    FROM (
        SELECT *, row_number() OVER (PARTITION BY "userId" ORDER BY "timestamp" DESC, "movieId" ASC) AS place
        FROM read_csv('{file}')
    )
"""
#: Invoice lines of known customers, of products alone (their codes begin with five digits), returns left out.
_LINES_OF_GIFTS = """
    SELECT CustomerID, InvoiceNo, upper(StockCode) AS StockCode, min(Description) AS Description,
        min(InvoiceDate) AS InvoiceDate,
        min(InvoiceDate) = max(min(InvoiceDate)) OVER (PARTITION BY CustomerID) AS is_last
    FROM '{file}'
    WHERE CustomerID IS NOT NULL AND Quantity > 0 AND regexp_matches(StockCode, '^[0-9]{{5}}')
    GROUP BY CustomerID, InvoiceNo, upper(StockCode)
"""
_EVENTS_OF_GIFTS = """
    SELECT person, item, row_number() OVER (PARTITION BY person ORDER BY bought_at DESC, item ASC) AS place, is_held
    FROM (
        SELECT CustomerID AS person, StockCode AS item, max(InvoiceDate) AS bought_at, bool_and(is_last) AS is_held
        FROM '{file}' GROUP BY ALL
    )
"""
_GIFTS = """
[gifts]
items = "SELECT StockCode, mode(Description) AS Description FROM 'train.parquet' GROUP BY StockCode"
id = "StockCode"
title = "Description"
text = "Description"

[gifts.interactions]
from = "train.parquet"
user = "CustomerID"
session = "InvoiceNo"
item = "StockCode"
at = "InvoiceDate"
verb = "bought"
"""
_PEOPLE = """
    CREATE TEMP TABLE people AS
    SELECT
        person, list(item ORDER BY place DESC) FILTER (NOT is_held) AS had, list(item) FILTER (is_held) AS held,
        arg_min(item, place) FILTER (NOT is_held) AS last
    FROM ({events}) AS e SEMI JOIN (SELECT {key} AS item FROM {catalog}) AS i ON i.item = e.item
    GROUP BY person HAVING len(held) > 0 AND len(had) >= 5 ORDER BY person LIMIT {people}
"""
_FOUND = """
    WITH vectors AS MATERIALIZED (
        SELECT i.{key} AS item, v.vector FROM {vectors} AS v JOIN {catalog} AS i USING ({number})
        WHERE v.space = 'hybrid'
    ),
    found AS MATERIALIZED (
        SELECT p.person, len(p.held) AS n_held, s.rank, s.{key} AS item, list_contains(p.held, s.{key}) AS is_held
        FROM people AS p, {call} AS s
    ),
    gains AS (
        SELECT
            bool_or(is_held) AS is_hit,
            coalesce(sum(1 / log2(rank + 1)) FILTER (is_held), 0)
                / list_sum(list_transform(range(1, least(n_held, 10) + 1), lambda r: 1 / log2(r + 1))) AS ndcg
        FROM found GROUP BY person, n_held
    )
    SELECT
        (SELECT count(*) FILTER (is_hit) FROM gains) / (SELECT count(*) FROM people),
        (SELECT sum(ndcg) FROM gains) / (SELECT count(*) FROM people),
        (SELECT avg(1 - list_inner_product(v.vector, w.vector)) FROM found AS a JOIN found AS b
            ON a.person = b.person AND a.rank < b.rank
            JOIN vectors AS v ON v.item = a.item JOIN vectors AS w ON w.item = b.item)
"""


def films(data: Path, folder: Path) -> Questions:
    """Build a store of a MovieLens release without each person's last rating."""
    shutil.copytree(data, folder / "data")
    kept = (
        f"SELECT * FROM read_csv('{data / 'ratings.csv'}', all_varchar = true) QUALIFY row_number() OVER "
        '(PARTITION BY "userId" ORDER BY CAST("timestamp" AS BIGINT) DESC, CAST("movieId" AS BIGINT) ASC) > 1'
    )
    duckdb.connect().execute(f"COPY ({kept}) TO '{folder / 'data' / 'ratings.csv'}' (HEADER, QUOTE '')")
    build(folder / "films.duckdb", folder / "data")
    events = _EVENTS_OF_FILMS.format(file=data / "ratings.csv")
    return Questions(
        folder / "films.duckdb", "movies", "movie_id", "movie_vectors", "movie_id", "recommend_for", events
    )


def gifts(data: Path, folder: Path) -> Questions:
    """Build a store of Online Retail without each customer's last basket."""
    lines, train = folder / "lines.parquet", folder / "train.parquet"
    with duckdb.connect() as con:
        con.execute(f"COPY ({_LINES_OF_GIFTS.format(file=data)}) TO '{lines}'")
        con.execute(f"COPY (SELECT * EXCLUDE is_last FROM '{lines}' WHERE NOT is_last) TO '{train}'")
    (folder / "recstore.toml").write_text(_GIFTS, encoding="utf-8")
    run_recstore("build", folder / "gifts.duckdb", "--config", folder / "recstore.toml")
    events = _EVENTS_OF_GIFTS.format(file=lines)
    return Questions(
        folder / "gifts.duckdb", "gifts", '"StockCode"', "gifts_vectors", "_rs_no", "recommend_gifts_for", events
    )


def measure(asked: Questions, people: int) -> Iterator[Point]:
    """Ask everybody's questions with each value."""
    with duckdb.connect(asked.store, read_only=True) as con:
        names = {name: getattr(asked, name) for name in ("catalog", "key", "vectors", "number")}
        con.execute(_PEOPLE.format(events=asked.events, people=people, **names))
        for name, question in ((asked.for_a_list, "had"), (f"similar_{asked.catalog}", "last")):
            for value in VALUES:
                call = f"{name}(p.{question}, diversity := {value})"
                [(hit_rate, ndcg, unlike)] = con.execute(_FOUND.format(call=call, **names)).fetchall()
                yield Point(name, value, hit_rate, ndcg, unlike)


def draw(points: list[Point], path: Path) -> None:
    """Draw NDCG@10 against intra-list diversity, a panel for each function, a point for each value."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(point.function for point in points))
    figure = Figure(figsize=(10, 4 * -(-len(names) // 2)), layout="constrained")
    for number, name in enumerate(names, 1):
        found = [point for point in points if point.function == name]
        axes = figure.add_subplot(-(-len(names) // 2), 2, number)
        axes.plot([point.unlike for point in found], [point.ndcg for point in found], "o-", color="C0")
        for point in found[::2]:
            at = (point.unlike, point.ndcg)
            axes.annotate(f"{point.diversity:g}", at, xytext=(4, 4), textcoords="offset points", fontsize="small")
        axes.set(title=name, xlabel="intra-list diversity", ylabel="NDCG@10", ylim=(0, None))
    with rc_context({"svg.hashsalt": "recstore", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    """Print the tables, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=Path, help="the folder of a MovieLens release")
    parser.add_argument("--gifts", type=Path, help="Online Retail as Parquet")
    parser.add_argument("--people", type=int, default=610)
    parser.add_argument("--plot", type=Path, help="where to draw it (needs recstore[plot])")
    given = parser.parse_args()
    if not (given.films or given.gifts):
        parser.error("give --films, --gifts or both")
    points = []
    with tempfile.TemporaryDirectory() as folder:
        say("    function              diversity    HR@10  NDCG@10  intra-list diversity")
        for source, made in ((given.films, films), (given.gifts, gifts)):
            for point in measure(made(source, Path(folder)), given.people) if source else ():
                points.append(point)
                figures = f"{point.hit_rate:>9.3f}{point.ndcg:>9.3f}{point.unlike:>22.3f}"
                say(f"    {point.function:<22}{point.diversity:>9.1f}{figures}")
    if given.plot:
        draw(points, given.plot)


if __name__ == "__main__":
    main()
