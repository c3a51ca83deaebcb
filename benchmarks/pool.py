"""Many threads over one SQLAlchemy pool while the store is rebuilt: no errors, nothing leaked, the last build seen.

    python benchmarks/pool.py movies.duckdb --threads 50 --seconds 60 --rebuilds 10 [--pause 0]

The rebuilds run in processes of their own, as a nightly job would. The store is copied first. Prints one JSON object;
the exit code is 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from sqlalchemy import Engine, create_engine, select, text

from recstore.sqlalchemy import similar_movies

_BUILD = text("SELECT value FROM store_info WHERE key = 'build_id'")
_RECSTORE = str(Path(sys.executable).parent / "recstore")


class Worker(threading.Thread):
    """Asks over and over, each time on a connection checked out anew, and notes which builds it saw."""

    def __init__(self, engine: Engine, ids: list[int], stop: threading.Event, pause: float) -> None:
        """Start with nothing seen."""
        super().__init__()
        self.engine, self.ids, self.stop, self.pause = engine, ids, stop, pause
        self.seen: list[str] = []
        self.errors: list[str] = []
        self.asked = 0

    def run(self) -> None:
        """Ask until told to stop, and once more: what is seen then is the last build."""
        last = False
        while not last:
            last = self.stop.wait(self.pause)
            try:
                self.ask()
            except Exception as error:
                self.errors.append(f"{type(error).__name__}: {error}")

    def ask(self) -> None:
        """Ask for one movie's neighbours."""
        movie = self.ids[self.asked % len(self.ids)]
        with self.engine.connect() as connection:
            build = connection.execute(_BUILD).scalar_one()
            rows = connection.execute(select(similar_movies(movie, k=5))).all()
        if len(rows) != 5:
            raise AssertionError(f"{len(rows)} rows for movie {movie}")
        if not self.seen or self.seen[-1] != build:
            self.seen.append(build)
        self.asked += 1


def open_files(store: Path) -> int | None:
    """Return how many files of this process are the store, or were before it was replaced; None where unknown."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return None
    links = []
    for entry in folder.iterdir():
        try:
            links.append(str(entry.readlink()))
        except OSError:
            continue
    return sum(str(store) in link for link in links)


def measure(store: Path, threads: int, seconds: float, rebuilds: int, pause: float = 0) -> dict[str, object]:
    """Run the threads and the rebuilds, and say what happened."""
    engine = create_engine(f"recstore:///{store}", pool_size=threads, max_overflow=0)
    with engine.connect() as connection:
        ids = [row[0] for row in connection.execute(text("SELECT movie_id FROM movie_vectors ORDER BY ALL LIMIT 500"))]
    stop = threading.Event()
    workers = [Worker(engine, ids[number:] + ids[:number], stop, pause) for number in range(threads)]
    for worker in workers:
        worker.start()
    begun = time.monotonic()
    most_files = 0
    for seed in range(1, rebuilds + 1):
        command = [_RECSTORE, "rebuild", str(store), "--seed", str(seed), "--keep", "0", "--wait", "--quiet"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        most_files = max(most_files, open_files(store) or 0)
        time.sleep(max(0.0, begun + seed * seconds / (rebuilds + 1) - time.monotonic()))
    time.sleep(max(0.0, begun + seconds - time.monotonic()))
    stop.set()
    for worker in workers:
        worker.join()
    with engine.connect() as connection:
        newest = connection.execute(_BUILD).scalar_one()
    checked_out = engine.pool.checkedout()  # type: ignore[attr-defined]
    files = open_files(store)
    engine.dispose()
    return {
        "seconds": round(time.monotonic() - begun, 1),
        "threads": threads,
        "rebuilds": rebuilds,
        "questions": sum(worker.asked for worker in workers),
        "errors": [error for worker in workers for error in worker.errors][:5],
        "builds_seen": max(len(worker.seen) for worker in workers),
        "went_back": any(len(set(worker.seen)) < len(worker.seen) for worker in workers),
        "not_the_last": sum(worker.seen[-1:] != [newest] for worker in workers),
        "checked_out": checked_out,
        "most_open_files": most_files,
        "open_files": files,
        "open_files_after_dispose": open_files(store),
    }


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--threads", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rebuilds", type=int, default=10)
    parser.add_argument("--pause", type=float, default=0, help="seconds of each thread between questions")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(shutil.copy(given.store, folder)).resolve()
        found = measure(store, given.threads, given.seconds, given.rebuilds, given.pause)
    print(json.dumps(found, indent=2))
    wrong = found["errors"] or found["went_back"] or found["not_the_last"] or found["checked_out"]
    return 1 if wrong or found["open_files_after_dispose"] else 0


if __name__ == "__main__":
    sys.exit(main())
