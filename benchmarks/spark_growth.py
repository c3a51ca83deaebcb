"""How a build on Spark grows: generated interactions, by stage: seconds, CPU, peak memory of each part, shuffled bytes.

`python benchmarks/spark_growth.py [1000000 5000000 …] [--items 5000] [--cores 2] [--tune]`

There is one user for 100 interactions. Memory is what each process has for itself (anonymous), sampled four times a
second: of the driver, of Spark's Java, and of all Python workers together. It runs on Linux.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import measuring
import own_large

from recstore.progress import Progress

_TICKS = 100
_PARTS = ("driver", "Java", "workers")


@dataclass
class Stage:
    """What one stage took: when it ran, CPU seconds of all processes, and the peak of each part in bytes."""

    name: str
    begun: float
    seconds: float = 0.0
    cpu: float = 0.0
    peaks: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_PARTS, 0))
    shuffled: int = 0


class Watched(Progress):
    """Samples the processes of a build, and keeps what each stage took."""

    def __init__(self, java: int) -> None:
        self.stages: list[Stage] = []
        self._java, self._cpu, self._spent = java, dict[int, float](), 0.0
        self._lock, self._is_over = threading.Lock(), threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def started(self, stage: str, steps: int | None) -> None:
        """Begin with a stage."""
        self._sample()
        with self._lock:
            self._spent = sum(self._cpu.values())
            self.stages.append(Stage(stage, time.time()))

    def finished(self, stage: str, seconds: float) -> None:
        """Keep what it took."""
        self._sample()
        with self._lock:
            done = next(one for one in reversed(self.stages) if one.name == stage)
            done.seconds, done.cpu = seconds, sum(self._cpu.values()) - self._spent
        print(f"{stage}: {seconds:.1f} s", file=sys.stderr, flush=True)

    def stop(self) -> None:
        """Sample no more."""
        self._is_over.set()

    def _watch(self) -> None:
        while not self._is_over.wait(0.25):
            self._sample()

    def _sample(self) -> None:
        now = dict.fromkeys(_PARTS, 0)
        for part, process in self._processes():
            # A worker may end while it is looked at.
            with suppress(OSError, ValueError, IndexError):
                fields = (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()
                self._cpu[process] = (int(fields[11]) + int(fields[12])) / _TICKS
                status = (Path("/proc") / str(process) / "status").read_text()
                now[part] += int(status.partition("RssAnon:")[2].split()[0]) * 1024
        with self._lock:
            for stage in self.stages[-1:]:
                for part, size in now.items():
                    stage.peaks[part] = max(stage.peaks[part], size)

    def _processes(self) -> list[tuple[str, int]]:
        parents = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, IndexError):
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        found, workers = [("driver", _own()), ("Java", self._java)], {self._java}
        for _generation in range(3):
            workers |= {child for child, parent in parents.items() if parent in workers}
        # What Java forks to start a program is a copy of Java for a moment.
        return found + [("workers", one) for one in sorted(workers - {self._java}) if _is_python(one)]


def _is_python(process: int) -> bool:
    with suppress(OSError):
        return (Path("/proc") / str(process) / "comm").read_text().startswith("python")
    return False


def _own() -> int:
    return int(Path("/proc/self").readlink().name)


def measure(folder: Path, asked: argparse.Namespace) -> None:
    """Build on Spark from the data in a folder, and print what each stage took."""
    import recstore.spark

    settings = {"spark.driver.memory": asked.java, "spark.eventLog.enabled": "true",
                "spark.eventLog.dir": (folder / "events").as_uri(), "spark.eventLog.compress": "false",
                "spark.eventLog.rolling.enabled": "false", "spark.local.dir": str(folder / "local")}  # fmt: skip
    (folder / "events").mkdir()
    spark = recstore.spark.session(f"local[{asked.cores}]", settings)
    watched = Watched(spark.sparkContext._gateway.proc.pid)
    sold = recstore.Interactions(source=str(folder / "sales.parquet"), user="customer", item="sku", at="sold_at")
    things = recstore.Items(
        source=str(folder / "items.parquet"), id="sku", title="title", text="blurb", interactions=sold
    )
    options = recstore.BuildOptions(memory=asked.memory, max_reject_rate=0.2, tune=asked.tune)
    built = recstore.spark.build(spark, {"things": things}, folder / "tables", options=options, progress=watched)
    watched.stop()
    spark.stop()
    _shuffled(folder / "events", watched.stages)
    print(f"{'stage':<36}{'s':>8}{'CPU s':>8}{'driver':>9}{'Java':>9}{'workers':>9}{'shuffled':>10}  (MB)")
    for stage in watched.stages:
        peaks = "".join(f"{stage.peaks[part] / 1e6:>9,.0f}" for part in _PARTS)
        print(f"{stage.name:<36}{stage.seconds:>8.1f}{stage.cpu:>8.1f}{peaks}{stage.shuffled / 1e6:>10,.1f}")
    size = sum(file.stat().st_size for file in (folder / "tables").rglob("*.parquet"))
    print(f"{sum(built.exported.rows.values()):,} rows, {size / 1e6:,.0f} MB of tables")


def _shuffled(events: Path, stages: list[Stage]) -> None:
    """Add up what tasks wrote for others, by the stage in which they ended: Spark's own log says it."""
    for file in events.iterdir():
        for line in file.read_text().splitlines():
            event = json.loads(line)
            if event["Event"] != "SparkListenerTaskEnd" or "Task Metrics" not in event:
                continue
            ended = event["Task Info"]["Finish Time"] / 1000
            of = next((one for one in reversed(stages) if one.begun <= ended), None)
            if of is not None:
                of.shuffled += event["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Bytes Written"]


def main() -> None:
    """Generate, and measure each size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("interactions", type=int, nargs="*", default=[1_000_000, 5_000_000])
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--java", default="4g", help="memory of Spark's Java")
    parser.add_argument("--memory", type=float, default=4.0, help="GB that the driver may take")
    parser.add_argument("--tune", action="store_true", help="find the constants of recommendations, too")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.folder:
        measure(asked.folder, asked)
        return
    for many in asked.interactions:
        with tempfile.TemporaryDirectory() as folder:
            users = max(10, many // 100)
            own_large.generate(Path(folder), items=asked.items, users=users, interactions=many)
            measuring.say(f"{many:,} interactions of {users:,} users on {asked.items:,} items")
            told = [f"--{name}={getattr(asked, name)}" for name in ("cores", "java", "memory")]
            more = ["--tune"] if asked.tune else []
            subprocess.run([sys.executable, __file__, f"--folder={folder}", *told, *more], check=True)


if __name__ == "__main__":
    main()
