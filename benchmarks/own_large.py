"""A catalogue of one's own at size: 10 million interactions of 200,000 users on 100,000 items with text ids.

`python benchmarks/own_large.py [--interactions 10000000] [--users 200000] [--items 100000] [--memory 5]`

Prints what a bare CREATE TABLE … FROM of the same Parquet takes beside reading and loading, then each stage of the
build as it ends, by the clock and in CPU time, with the peak memory of its process by then.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

_ITEMS = """
COPY (
    SELECT
        format('SKU-{:07d}', i) AS sku, format('Thing {} of kind {}', i, i % 997) AS title,
        format('kind{} colour{} maker{} size{}', i % 997, hash(i) % 23, hash(i + 1) % 401, hash(i + 2) % 7)
            || coalesce(list_aggregate(list_transform(range($words), lambda j: format(
                ' word{}', i % 997 * 7 % 4000 + CAST(floor(900 * pow(hash(i * 1000 + j) % 1000 / 1000.0, 3)) AS BIGINT)
            )), 'string_agg', ''), '') AS blurb,
        round(5 + hash(i + 3) % 10000 / 100.0, 2) AS price
    FROM range($items) AS t(i)
) TO '$folder/items.parquet'
"""
#: Popularity falls as a power of the rank, and each user keeps to the kinds that they like.
_SALES = """
COPY (
    SELECT
        format('U{:08d}', person) AS customer,
        format('SKU-{:07d}', least(
            CAST(floor($items * pow(random(), 3)) AS BIGINT) // 997 * 997 + hash(person) % 997, $items - 1
        )) AS sku,
        TIMESTAMP '2025-01-01' + to_seconds(CAST(random() * 3e7 AS BIGINT)) AS sold_at
    FROM (SELECT CAST(floor($users * pow(random(), 1.5)) AS BIGINT) AS person FROM range($interactions))
) TO '$folder/sales.parquet'
"""
_BUILD = """
import resource, sys, time, recstore
from recstore import Interactions, Items
from recstore.progress import Progress

class Told(Progress):
    def notice(self, text): print(text)
    def started(self, stage, steps): self.begun = time.process_time()
    def finished(self, stage, seconds):
        cpu, peak = time.process_time() - self.begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{stage}: {seconds:.1f} s, {cpu:.1f} s of CPU, peak {peak:.2f} GB by then", flush=True)

sold = Interactions(source=sys.argv[1] + "/sales.parquet", user="customer", item="sku", at="sold_at")
things = Items(source=sys.argv[1] + "/items.parquet", id="sku", title="title", text="blurb", interactions=sold)
options = recstore.BuildOptions(memory=float(sys.argv[2]), max_reject_rate=0.2)
recstore.build(sys.argv[1] + "/large.duckdb", {"things": things}, options=options, progress=Told())
"""


def generate(folder: Path, *, items: int, users: int, interactions: int, words: int = 0) -> None:
    """Write items.parquet, with so many words of each item besides those of its kind, and sales.parquet to `folder`."""
    sizes = {"$items": items, "$users": users, "$interactions": interactions, "$words": words}
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1; SELECT setseed(0.5)")
        for statement in (_ITEMS, _SALES):
            for name, value in {"$folder": folder, **sizes}.items():
                statement = statement.replace(name, str(value))  # noqa: PLW2901
            connection.execute(statement)


def main() -> None:
    """Generate, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interactions", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, default=200_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--memory", type=float, default=5.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), items=asked.items, users=asked.users, interactions=asked.interactions)
        with duckdb.connect(str(Path(folder) / "bare.duckdb")) as connection:
            began, cpu = time.perf_counter(), time.process_time()
            for name in ("items", "sales"):
                connection.execute(f"CREATE TABLE {name} AS FROM '{folder}/{name}.parquet'")
            connection.execute("CHECKPOINT")
            taken, cpu = time.perf_counter() - began, time.process_time() - cpu
            print(f"bare CREATE TABLE of both: {taken:.1f} s, {cpu:.1f} s of CPU", flush=True)
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", _BUILD, folder, str(asked.memory)], check=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak, cpu = used.ru_maxrss / 1e6, used.ru_utime + used.ru_stime
        size = (Path(folder) / "large.duckdb").stat().st_size / 1e6
        taken = time.perf_counter() - began
        print(f"the whole build: {taken:.1f} s, {cpu:.1f} s of CPU, peak {peak:.2f} GB, file {size:.0f} MB")


if __name__ == "__main__":
    main()
