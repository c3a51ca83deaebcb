"""Measures a large audio catalogue: clips drawn around the real ones, every stage after the load, and questions.

    python benchmarks/audio_large.py STORE [--clips 1000000] [--target large.duckdb] [--asked 200] [--shell DUCKDB]

STORE holds the real clips. The generated ones go into the tables of a new store, which is then rebuilt.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from approximate import report
from measuring import GB, in_own_process, milliseconds, row, say, seconds_of

BATCH = 50_000


def generate(real: Path, target: Path, clips: int) -> None:
    """Write a store with so many clips and no vectors: frames of real clips, each byte moved at random."""
    import duckdb
    import numpy as np
    import pyarrow as pa

    from recstore.arrow import arrow_column
    from recstore.catalogs.registry import to_be_stored
    from recstore.catalogs.render import render_tables
    from recstore.store.file import FORMAT_VERSION, STORAGE_VERSION

    with duckdb.connect(str(real), read_only=True) as con:
        rows = con.execute("SELECT frames FROM audio_frames ORDER BY clip_id").fetchnumpy()["frames"]
        frames = np.stack(list(rows)).astype(np.float32)
    rng = np.random.default_rng(0)
    con = duckdb.connect()
    con.execute(f"ATTACH '{target}' AS made (STORAGE_VERSION '{STORAGE_VERSION}'); USE made; ATTACH '{real}' AS real")
    con.execute(render_tables(to_be_stored(())))
    con.execute("INSERT INTO audio_labels FROM real.audio_labels")
    for start in range(0, clips, BATCH):
        ids = np.arange(start + 1, min(start + BATCH, clips) + 1, dtype=np.int32)
        origin = rng.integers(0, len(frames), len(ids))
        # Seconds of a clip move together, as sound does; each second a little by itself.
        whole = np.tile(rng.normal(0, 20, (len(ids), 128)).astype(np.float32), 10)
        each = rng.standard_normal((len(ids), 1280), dtype=np.float32) * 8
        moved = np.clip(np.rint(frames[origin] + whole + each), 0, 255).astype(np.uint8)
        table = pa.table({"id": arrow_column(ids), "origin": arrow_column(origin + 1), "frames": arrow_column(moved)})
        con.register("made_clips", table)
        con.execute("INSERT INTO audio_frames SELECT id, frames FROM made_clips")
        con.execute(
            "INSERT INTO audio_clips SELECT m.id, format('v{:010d}', m.id), 0, 10, c.labels, c.split "
            "FROM made_clips AS m JOIN real.audio_clips AS c ON c.clip_id = m.origin ORDER BY m.id"
        )
        con.unregister("made_clips")
    facts = {"format_version": str(FORMAT_VERSION), "build_id": "generated", "recstore_version": "0"}
    con.execute("INSERT INTO store_info SELECT unnest($k), unnest($v)", {"k": list(facts), "v": list(facts.values())})
    con.execute("USE memory; CHECKPOINT made; DETACH made")
    con.close()


def rebuild(store: Path) -> tuple[dict[str, float], float]:
    """Compute everything, and return the seconds of each stage and the peak memory."""
    import resource

    import recstore

    seconds = recstore.rebuild(store, only="audio", keep=0).seconds
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def similar(store: Path, asked: int) -> float:
    """Return the median seconds of similar_audio by stored neighbours, in plain DuckDB."""
    import duckdb
    import numpy as np

    with duckdb.connect(str(store), read_only=True) as con:
        count = con.execute("SELECT count(*) FROM audio_clips").fetchall()[0][0]
        ids = np.random.default_rng(0).integers(1, count + 1, asked).tolist()
        query = "FROM similar_audio(?)"
        return statistics.median(seconds_of(lambda i=i: con.execute(query, [i]).fetchall()) for i in ids)


def main() -> None:
    """Read the arguments and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("--clips", type=int, default=1_000_000)
    parser.add_argument("--target", type=Path, help="keep the store here")
    parser.add_argument("--asked", type=int, default=200, help="how many questions to put one by one")
    parser.add_argument("--shell", type=Path, metavar="DUCKDB", help="a DuckDB shell")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recstore-benchmark-") as scratch:
        asked, target = arguments.asked, arguments.target or Path(scratch, "large.duckdb")
        if not target.exists():
            in_own_process(generate, arguments.store, target, arguments.clips)
        seconds, peak = in_own_process(rebuild, target)
        say(f"{arguments.clips:,} generated clips")
        for stage, taken in seconds.items():
            row(f"  {stage}", f"{taken:,.1f} s")
        row("  peak memory", f"{peak / GB:.2f} GB")
        row("  file", f"{target.stat().st_size / GB:.2f} GB")
        row(f"  similar_audio, median of {asked}", milliseconds(in_own_process(similar, target, asked)))
        report(target, "audio", 10_000, 20, asked, arguments.shell)


if __name__ == "__main__":
    main()
