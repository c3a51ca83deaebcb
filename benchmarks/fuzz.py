"""Feeds the loaders generated files and checks that each line is accounted for: loaded or rejected, none lost.

    python benchmarks/fuzz.py --count 100000 --seed 0 [csv] [dat] [json] [records]

counts rows, clips or damaged records, and ends at the first file that breaks a promise, which it prints. A crash, a
hang, or an exception that is none of recstore's own is a broken promise too.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from fuzz_clips import AudioFuzz, json_files
from fuzz_lines import Fuzz, files
from fuzz_records import record_files

#: Longer than any file of this size may take.
HANG = 600


def runs(kind: str, folder: Path, draw: random.Random) -> Iterator[int]:
    """Check file after file without end, and give how many of its rows, clips or records count."""
    if kind in ("csv", "dat"):
        fuzz = Fuzz(folder)
        for name, content, rows, sound in files(kind, draw):
            fuzz.check(name, content, sound)
            yield rows
    else:
        audio = AudioFuzz(folder)
        for source in {"json": json_files, "records": record_files}[kind](draw):
            audio.check(source)
            yield source.counted


def main() -> None:
    """Run until `--count` rows, clips or records of each kind have been through a loader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=["csv", "dat"])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for kind in options.kinds:
        begun, rows, loaded = time.perf_counter(), 0, 0
        with tempfile.TemporaryDirectory() as folder:
            faulthandler.dump_traceback_later(HANG, exit=True)
            for count in runs(kind, Path(folder), random.Random(options.seed)):
                faulthandler.dump_traceback_later(HANG, exit=True)
                rows += count
                loaded += 1
                if rows >= options.count:
                    break
            faulthandler.cancel_dump_traceback_later()
        print(f"{kind}: {rows:,} in {loaded:,} files, each accounted for, in {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
