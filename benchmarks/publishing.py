"""What it costs to publish: a build as it is, beside the same build written straight into its final place.

    python benchmarks/publishing.py ml-latest-small [--times 5]

The two take turns. Straight means: no lock, no staging, no check, no flush to the disk, no rename, and nothing of an
old store kept. Both replace the store of the turn before.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import duckdb

import recstore
from recstore import sql
from recstore.catalogs.registry import to_be_stored
from recstore.catalogs.render import render_tables
from recstore.pipeline import build
from recstore.store.file import STORAGE_VERSION
from recstore.store.publish import NEW, Staged


@contextmanager
def straight(path: Path, **_options: object) -> Iterator[Staged]:
    """Yield a store at its final place, for `recstore.pipeline.build` to fill."""
    path.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"ATTACH {sql.literal(str(path))} AS {NEW} (STORAGE_VERSION {sql.literal(STORAGE_VERSION)}); USE {NEW}"
        )
        catalogs = to_be_stored(())
        connection.execute(render_tables(catalogs))
        yield Staged(connection, path.parent, None, catalogs)
        connection.execute(f"USE memory; CHECKPOINT {NEW}; DETACH {NEW}")


def run(source: str, times: int) -> dict[str, float]:
    """Build so often each way and return the best seconds of each, those of the check alone, and the ratio."""
    publishing = build.staged_store
    seconds: dict[str, list[float]] = {"published": [], "straight": [], "check": []}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("published", "straight") * (times + 1):
            store = Path(folder) / f"{name}.duckdb"
            begun = time.perf_counter()
            with patch.object(build, "staged_store", publishing if name == "published" else straight):
                recstore.build(store, {"movielens": source})
            seconds[name].append(time.perf_counter() - begun)
            if name == "published":
                begun = time.perf_counter()
                recstore.check(store)
                seconds["check"].append(time.perf_counter() - begun)
    # The first turn imports what the others find.
    best = {name: min(found[1:]) for name, found in seconds.items()}
    return {**best, "ratio": best["published"] / best["straight"]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure what publishing costs a build.")
    parser.add_argument("source", help="a MovieLens release")
    parser.add_argument("--times", type=int, default=5, help="how often each way")
    given = parser.parse_args()
    print({name: round(value, 3) for name, value in run(given.source, given.times).items()})
