"""Measures each stage of a build of MovieLens's shape: seconds of CPU and by the clock, peak memory, and the file.

    python benchmarks/movies_stages.py FOLDER STORE [--memory 8]

FOLDER holds the files of a release. Where it has none, data of the shape of MovieLens 32M are generated there: 32
million ratings of 200,948 users on 87,585 movies, 2 million tags.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from generate import generate
from measuring import GB, StageCosts, in_own_process, peak_memory, say


def build(folder: Path, store: Path, memory: float, threads: int) -> tuple[float, float, int]:
    """Build a store, and return the seconds of CPU and by the clock, and the peak memory."""
    import recstore

    costs, begun = StageCosts(is_loud=True), time.perf_counter()
    options = recstore.BuildOptions(memory=memory)
    recstore.build(store, {"movielens": folder}, options=options, threads=threads, progress=costs)
    peak = max(peak_memory(), *(stage.peak for stage in costs.stages.values()))
    return time.process_time(), time.perf_counter() - begun, peak


def main() -> None:
    """Generate, build and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("--ratings", type=int, default=32_000_000)
    parser.add_argument("--users", type=int, default=200_948)
    parser.add_argument("--movies", type=int, default=87_585)
    parser.add_argument("--tags", type=int, default=2_000_000)
    parser.add_argument("--memory", type=float, default=8.0)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    if not (given.folder / "ratings.csv").exists():
        shape = {"ratings": given.ratings, "users": given.users, "movies": given.movies, "tags": given.tags}
        in_own_process(_generate, given.folder, shape)
    cpu, seconds, peak = in_own_process(build, given.folder, given.store, given.memory, given.threads)
    size = given.store.stat().st_size
    say(f"{cpu:.1f} s of CPU, {seconds:.1f} s, peak {peak / GB:.2f} GB, file {size / GB:.2f} GB")


def _generate(folder: Path, shape: dict[str, int]) -> None:
    generate(folder, **shape)


if __name__ == "__main__":
    main()
