"""Measures Annoy against the exact scan on a store's own vectors, through SQL: recall, latency, a join.

    python benchmarks/approximate.py STORE [--catalog audio] [--rows 10000] [--exact-rows 10000] [--asked 200]
        [--shell DUCKDB]

Annoy is forced, whatever the build measured; the same join is put to a stock DuckDB shell.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from measuring import in_own_process, milliseconds, row, run, say, seconds_of

JOIN = (
    "SELECT q.number, s.rank, s.score FROM (SELECT row_number() OVER () AS number, vector FROM ("
    "FROM {vectors} WHERE space = '{space}' ORDER BY hash({key})) LIMIT {rows}) AS q, "
    "nearest_{catalog}(q.vector, k := 11, space := '{space}') AS s"
)


def names(catalog: str, space: str, rows: int) -> dict[str, object]:
    """Return what fills the join."""
    key, vectors = {"movies": ("movie_id", "movie_vectors"), "audio": ("clip_id", "audio_vectors")}[catalog]
    return {"catalog": catalog, "space": space, "rows": rows, "key": key, "vectors": vectors}


def spaces(store: Path, catalog: str | None) -> list[tuple[str, str, int, int]]:
    """Return (catalogue, space, items, dimensions) of each space to measure."""
    import duckdb

    query = "SELECT catalog, space, items, dimensions FROM spaces ORDER BY catalog, is_default DESC, space"
    with duckdb.connect(str(store), read_only=True) as con:
        return [found for found in con.execute(query).fetchall() if catalog in (None, found[0])]


def ask(
    store: Path, exact: bool, catalog: str, space: str, rows: int, count: int
) -> tuple[float, float, float, object]:
    """Return the seconds of the first question, the median of `count`, those of a join, and the join's rows."""
    import recstore

    con = recstore.connect(store, exact=exact)
    values = names(catalog, space, rows)
    query = "SELECT vector FROM {vectors} WHERE space = '{space}' ORDER BY hash({key}) DESC LIMIT {count}".format(
        count=count, **values
    )
    vectors = [vector for (vector,) in con.execute(query).fetchall()]
    one = f"FROM nearest_{catalog}(?, space := '{space}')"
    first = seconds_of(lambda: con.execute(one, [vectors[0]]).fetchall())
    each = statistics.median(seconds_of(lambda v=v: con.execute(one, [v]).fetchall()) for v in vectors)
    found: list[object] = []
    join = seconds_of(lambda: found.append(con.execute(JOIN.format(**values)).fetchnumpy()))
    return first, each, join, found[0]


def recall(approximate: dict, exact: dict) -> float:
    """Return the share of the best eleven whose score reaches the eleventh exact score to within 1e-5."""
    last = dict(zip(exact["number"].tolist(), [0.0] * len(exact["number"]), strict=True))
    for number, rank, score in zip(*(exact[name].tolist() for name in ("number", "rank", "score")), strict=True):
        if rank == 11:
            last[number] = score
    pairs = zip(approximate["number"].tolist(), approximate["score"].tolist(), strict=True)
    hits = sum(score >= last[number] - 1.1e-5 for number, score in pairs if number in last)
    # The asked vector itself is always found; it is not counted.
    return (hits - len(last)) / (10 * len(last))


def report(store: Path, catalog: str | None, rows: int, exact_rows: int, count: int, shell: Path | None) -> None:
    """Print a block for each space."""
    for name, space, items, dimensions in in_own_process(spaces, store, catalog):
        asked, asked_exactly = min(rows, items), min(exact_rows, items)
        say(f"\n{name}, {space}: {items:,} x {dimensions}")
        annoy = in_own_process(ask, store, False, name, space, asked, count)
        exact = in_own_process(ask, store, True, name, space, asked_exactly, count)
        row("", "Annoy", "exact scan")
        row("  the first question", milliseconds(annoy[0]), milliseconds(exact[0]))
        row(f"  one question, median of {count}", milliseconds(annoy[1]), milliseconds(exact[1]))
        row("  rows of the join", f"{asked:,}", f"{asked_exactly:,}")
        row("  the join", f"{annoy[2]:.2f} s", f"{exact[2]:.2f} s")
        row("  a row of the join", milliseconds(annoy[2] / asked), milliseconds(exact[2] / asked_exactly))
        row("  recall@10", f"{recall(annoy[3], exact[3]):.4f}", "1")
        if shell:
            query = JOIN.format(**names(name, space, asked_exactly))
            done = run(shell, "-readonly", store, f"SELECT count(*) FROM ({query})")
            row("  the join in a stock shell, its start included", "", f"{done.seconds:.2f} s")


def main() -> None:
    """Read the arguments and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("--catalog", choices=["movies", "audio"])
    parser.add_argument("--rows", type=int, default=10_000, help="of the join with Annoy")
    parser.add_argument("--exact-rows", type=int, default=10_000, help="of the same join with the exact scan")
    parser.add_argument("--asked", type=int, default=200, help="how many questions to put one by one")
    parser.add_argument("--shell", type=Path, metavar="DUCKDB", help="a DuckDB shell")
    arguments = parser.parse_args()
    told = (arguments.rows, arguments.exact_rows, arguments.asked, arguments.shell)
    report(arguments.store, arguments.catalog, *told)


if __name__ == "__main__":
    main()
