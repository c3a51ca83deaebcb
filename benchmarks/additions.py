"""What it costs to add a day to a store, beside building it whole, and how far the answers are from a whole build's.

`python benchmarks/additions.py [--items 25000] [--users 30000] [--interactions 400000]` makes a shop up;
`python benchmarks/additions.py --movielens FOLDER` takes MovieLens as a catalogue of one's own: the movies that were
rated first on the latest days, and all that was rated on these, are what is added.

Prints the seconds of CPU and the peak memory of a whole build, of adding, and of a whole build of all; then, in each
space, which share of the ten nearest is that of the whole build of all, and likewise of ten recommendations.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import duckdb
from measuring import StageCosts, in_own_process, peak_memory, say
from own_large import generate

import recstore
from recstore import Interactions, Items
from recstore.progress import Progress

_ASKED = 400


def main() -> None:
    """Make or cut the data, measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=25_000)
    parser.add_argument("--users", type=int, default=30_000)
    parser.add_argument("--interactions", type=int, default=400_000)
    parser.add_argument("--words", type=int, default=20, help="words of each item's text, besides its kind's")
    parser.add_argument("--movielens", type=Path)
    parser.add_argument("--share", type=float, default=0.005, help="the part of the interactions that is added")
    parser.add_argument("--dimensions", type=int, default=200)
    parser.add_argument("--memory", type=float, default=6.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.movielens:
            _movielens(asked.movielens, folder)
        else:
            generate(folder, items=asked.items, users=asked.users, interactions=asked.interactions, words=asked.words)
        _cut(folder, asked.share)
        cost = {}
        for what, work in (("a whole build", _build), ("adding", _add), ("a whole build of all", _rebuild)):
            cost[what], peak, stages = in_own_process(_measured, work, folder, asked.dimensions, asked.memory)
            say(f"{what}: {cost[what]:.1f} s of CPU, peak {peak / 1e9:.2f} GB")
            for stage, seconds in stages.items():
                say(f"    {stage}: {seconds:.1f} s of CPU")
        say(f"adding takes {cost['adding'] / cost['a whole build of all']:.3f} of a whole build")
        in_own_process(_compare, folder)


def _movielens(source: Path, folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"""
            COPY (
                SELECT
                    CAST(movieId AS VARCHAR) AS sku, title,
                    replace(genres, '|', ' ') || ' ' || coalesce(tags, '') AS blurb
                FROM '{source}/movies.csv' LEFT JOIN (
                    SELECT movieId, string_agg(tag, ' ') AS tags FROM '{source}/tags.csv' GROUP BY movieId
                ) USING (movieId)
            ) TO '{folder}/items.parquet';
            COPY (
                SELECT
                    userId AS customer, CAST(movieId AS VARCHAR) AS sku,
                    CAST(to_timestamp(timestamp) AS TIMESTAMP) AS sold_at
                FROM '{source}/ratings.csv'
            ) TO '{folder}/sales.parquet'""")


def _cut(folder: Path, share: float) -> None:
    """Part the interactions in time, and the items by whether they were there before."""
    with duckdb.connect() as connection:
        connection.execute(f"""
            CREATE TABLE sales AS FROM '{folder}/sales.parquet';
            CREATE TABLE first AS SELECT sku, min(sold_at) AS at FROM sales GROUP BY sku;
            SET VARIABLE day = (SELECT quantile_disc(sold_at, {1 - share}) FROM sales);
            COPY (FROM sales WHERE sold_at < getvariable('day')) TO '{folder}/before.parquet';
            COPY (FROM sales WHERE sold_at >= getvariable('day')) TO '{folder}/day.parquet';
            COPY (
                SELECT i.* FROM '{folder}/items.parquet' AS i LEFT JOIN first USING (sku)
                WHERE coalesce(first.at < getvariable('day'), true)
            ) TO '{folder}/items_before.parquet';
            COPY (
                SELECT i.* FROM '{folder}/items.parquet' AS i JOIN first USING (sku)
                WHERE first.at >= getvariable('day')
            ) TO '{folder}/items_day.parquet'""")
        rows = [
            connection.execute(f"SELECT count(*) FROM '{folder}/{name}.parquet'").fetchall()[0][0]
            for name in ("items_before", "before", "items_day", "day")
        ]
        say(f"{rows[0]:,} items and {rows[1]:,} interactions; {rows[2]:,} and {rows[3]:,} are added")


def _measured(work, folder: Path, dimensions: int, memory: float) -> tuple[float, int, dict[str, float]]:  # noqa: ANN001
    costs = StageCosts()
    begun = time.process_time()
    work(folder, dimensions, memory, costs)
    peak = max(peak_memory(), *(stage.peak for stage in costs.stages.values()))
    return time.process_time() - begun, peak, {name: stage.cpu for name, stage in costs.stages.items()}


def _build(folder: Path, dimensions: int, memory: float, progress: Progress, suffix: str = "before") -> None:
    items, sales = ("items_before", "before") if suffix == "before" else ("items", "sales")
    sold = Interactions(source=str(folder / f"{sales}.parquet"), user="customer", item="sku", at="sold_at")
    shop = Items(
        source=str(folder / f"{items}.parquet"), id="sku", title="title", text=["title", "blurb"], interactions=sold
    )
    options = recstore.BuildOptions(
        memory=memory, content_dimensions=dimensions, collaborative_dimensions=dimensions, tune=False
    )
    recstore.build(folder / f"{suffix}.duckdb", {"things": shop}, options=options, progress=progress)


def _add(folder: Path, _dimensions: int, memory: float, progress: Progress) -> None:
    (folder / "before.duckdb").rename(folder / "added.duckdb")
    recstore.add(
        folder / "added.duckdb", items=str(folder / "items_day.parquet"), interactions=str(folder / "day.parquet"),
        anew_up_to=0, memory=memory, progress=progress,
    )  # fmt: skip


def _rebuild(folder: Path, dimensions: int, memory: float, progress: Progress) -> None:
    _build(folder, dimensions, memory, progress, "whole")


def _compare(folder: Path) -> None:
    """Print the shares of answers that are those of the whole build."""
    since = recstore.info(folder / "added.duckdb").since
    for what, value in since["things"].cosine.items() if "things" in since else ():
        say(f"known items placed likewise in {what}: cosine {value:.3f}")
    with (
        recstore.connect(folder / "added.duckdb", exact=True) as added,
        recstore.connect(folder / "whole.duckdb", exact=True) as whole,
    ):
        new = {sku for (sku,) in duckdb.sql(f"SELECT sku FROM '{folder}/items_day.parquet'").fetchall()}
        listed = ", ".join(f"'{sku}'" for sku in new)
        day = duckdb.sql(f"SELECT DISTINCT customer FROM '{folder}/day.parquet' ORDER BY hash(customer)").fetchall()
        every = added.sql("SELECT DISTINCT customer FROM things_interactions ORDER BY hash(customer)").fetchall()
        for space in ("content", "collaborative", "together", "hybrid"):
            for name, condition in (("new", f"IN ({listed})"), ("other", f"NOT IN ({listed})")):
                asked = whole.execute(
                    f"SELECT sku FROM things_vectors JOIN things USING (_rs_no) WHERE space = ? AND sku {condition} "
                    f"ORDER BY hash(sku) LIMIT {_ASKED}", [space]
                ).fetchall()  # fmt: skip
                equal = _equal(added, whole, f"SELECT sku FROM similar_things(?, space := '{space}')", asked)
                say(f"ten nearest in {space}, of {len(asked)} {name} items: {equal:.2f} equal")
        query = "SELECT sku FROM recommend_things(?)"
        for name, people in (("people of the day", day[:_ASKED]), ("people", every[:_ASKED])):
            say(f"ten recommendations, of {len(people)} {name}: {_equal(added, whole, query, people):.2f} equal")


def _equal(one, other, query: str, asked: list[tuple[object]]) -> float:  # noqa: ANN001
    """Return the share of the second's answers that the first gives, too."""
    right = common = 0
    for (value,) in asked:
        wanted = {row for (row,) in other.execute(query, [value]).fetchall()}
        common += len(wanted & {row for (row,) in one.execute(query, [value]).fetchall()})
        right += len(wanted)
    return common / max(1, right)


if __name__ == "__main__":
    main()
