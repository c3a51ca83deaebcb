"""Part (c) of `movies.py`: data of MovieLens 25M's shape, its load beside DuckDB's bare CSV reader."""

from __future__ import annotations

import re
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from measuring import GB, build, in_own_process, row, run, say, verdict


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

    from recstore import sql
    from recstore.catalogs.registry import to_be_stored
    from recstore.catalogs.render import render_tables
    from recstore.options import BuildOptions
    from recstore.progress import Progress
    from recstore.sources.loader import get_loader
    from recstore.store.file import STORAGE_VERSION

    loader = get_loader("movielens")
    connection = duckdb.connect()
    target = f"ATTACH {sql.literal(str(file))} AS fresh (STORAGE_VERSION {sql.literal(STORAGE_VERSION)})"
    connection.execute(f"{target}; USE fresh; {render_tables(to_be_stored(()))}").fetchall()
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


def report_loading(folder: Path, scratch: Path, runs: int) -> None:
    """Part (c), first half: the checked load of the ratings beside the bare read."""
    as_is = ratings_only(folder, scratch / "as-is")
    as_is.symlink_to((folder / "ratings.csv").resolve())
    shuffled = ratings_only(folder, scratch / "shuffled")
    in_own_process(shuffle, as_is, shuffled)
    single = ratings_only(folder, scratch / "single")
    with as_is.open(encoding="utf-8") as file:
        single.write_text(file.readline() + file.readline(), encoding="utf-8")

    # The loader reads the movies first, in a time that is not the ratings'.
    movies = statistics.median(in_fresh_file(load_checked, single.parent, scratch) for _ in range(runs))
    row("ratings.csv", "bare read", "recstore", "ratio")
    for label, ratings in (("sorted by user, as MovieLens's are", as_is), ("shuffled", shuffled)):
        bare, checked = [], []
        for _ in range(1 + runs):
            bare.append(in_fresh_file(load_bare, ratings, scratch))
            checked.append(in_fresh_file(load_checked, ratings.parent, scratch) - movies)
        seconds = [statistics.median(found[1:]) for found in (bare, checked)]
        ratio = seconds[1] / seconds[0]
        row(f"  {label}", f"{seconds[0]:.2f} s", f"{seconds[1]:.2f} s", f"{ratio:.2f}  {verdict(ratio, 2)}")
    shutil.rmtree(shuffled.parent)


def report_large(folder: Path, scratch: Path, runs: int) -> None:
    """Part (c): data of MovieLens 25M's shape."""
    if not (folder / "ratings.csv").exists():
        run(sys.executable, Path(__file__).with_name("generate.py"), folder)
    size = (folder / "ratings.csv").stat().st_size / 1e6
    say(f"\n(c) Data of MovieLens 25M's shape, ratings.csv of {size:,.0f} MB; loads: median of {runs} after a warm-up")
    report_loading(folder, scratch, runs)

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
