"""`recstore demo`: a store from generated data, something asked of it, and what to do next."""

from __future__ import annotations

import tempfile
from pathlib import Path

from recstore import connect
from recstore.cli.output import write_result
from recstore.pipeline import build
from recstore.progress import Progress
from recstore.sample import EXAMPLE_TITLE, write_sample


def run_demo(store: Path, progress: Progress) -> None:
    """Build the sample store at `store`, print similar movies, and end with the lines to paste."""
    with tempfile.TemporaryDirectory(prefix="recstore-") as folder:
        write_sample(Path(folder))
        try:
            build(store, {"movielens": folder}, keep=0, progress=progress)
        finally:
            progress.stop()
    print(f"Movies like {EXAMPLE_TITLE} (the sample is invented):\n")
    with connect(store) as connection:
        write_result(
            connection,
            "SELECT rank, title, genres, n_ratings, score FROM similar_movies($title)",
            values={"title": EXAMPLE_TITLE},
        )
    print("\nThe real MovieLens data:")
    print("  recstore build movies.duckdb --movielens ml-latest-small")
    print(f"The same question in a DuckDB shell (duckdb {store}):")
    print(f"  FROM similar_movies('{EXAMPLE_TITLE}');")
