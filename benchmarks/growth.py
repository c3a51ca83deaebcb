"""Measures how the cost of a store grows with its items: time, memory and file of each stage and table, by size.

    python benchmarks/growth.py STORE [--clips 62500 125000 250000] [--memory 8] [--plot growth.svg]

STORE holds real audio clips; as many as said are generated around them (`audio_large.py`), and all is computed anew, in
a process of its own for each size. What a stage takes is fitted by `cost = a * items ** exponent`, by least squares of
the logarithms; 1 is in proportion. Seconds are of CPU, of all threads. The peak of memory counts what of the files is
mapped, too.
"""

from __future__ import annotations

import argparse
import csv
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio_large import generate
from measuring import GB, Stage, StageCosts, in_own_process, peak_memory, say

#: A stage that takes less at the largest size says nothing of how it grows.
LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Size:
    """What a store of so many items took: its stages, the bytes of each table, of the file, and of the memory."""

    items: int
    stages: dict[str, Stage]
    tables: dict[str, int]
    file: int
    peak: int
    recall: dict[str, float]


def rebuild(
    store: Path, memory: float, threads: int, exact_up_to: int | None, is_loud: bool
) -> tuple[dict[str, Stage], int]:
    """Compute all of a store anew, and return what each stage took, and the peak of all."""
    import recstore

    costs = StageCosts(is_loud=is_loud)
    changes = {} if exact_up_to is None else {"exact_up_to": exact_up_to}
    recstore.rebuild(store, only="audio", keep=0, memory=memory, threads=threads, progress=costs, **changes)
    return costs.stages, max(peak_memory(), *(stage.peak for stage in costs.stages.values()))


def bytes_of_tables(store: Path) -> dict[str, int]:
    """Return what each table with rows takes of a file, in bytes: the blocks that its columns lie in."""
    import duckdb

    with duckdb.connect(str(store), read_only=True) as con:
        size = con.execute("SELECT block_size FROM pragma_database_size()").fetchall()[0][0]
        found = {}
        for (table,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall():
            # What does not fit into one block, such as a megabyte of an index, has blocks besides.
            query = f"""
                SELECT count(DISTINCT block_id) FROM (
                    SELECT block_id FROM pragma_storage_info('{table}') WHERE block_id >= 0
                    UNION ALL
                    SELECT unnest(additional_block_ids) FROM pragma_storage_info('{table}')
                )
            """
            if blocks := con.execute(query).fetchall()[0][0]:
                found[table] = blocks * size
    return found


def recalls(store: Path) -> dict[str, float]:
    """Return the recall of the neighbours that the build measured, by space; exact ones have none."""
    import duckdb

    with duckdb.connect(str(store), read_only=True) as con:
        query = (
            "SELECT m.space, m.value FROM (SELECT unnest(measured) AS m FROM builds) "
            "WHERE m.what = 'neighbors recall' AND m.catalog = 'audio'"
        )
        return dict(con.execute(query).fetchall())


def measure(real: Path, target: Path, clips: int, given: argparse.Namespace) -> Size:
    """Make a store of so many clips, and measure it."""
    if not target.exists():
        in_own_process(generate, real, target, clips)
    stages, peak = in_own_process(rebuild, target, given.memory, given.threads, given.exact_up_to, True)
    tables = in_own_process(bytes_of_tables, target)
    return Size(clips, stages, tables, target.stat().st_size, peak, in_own_process(recalls, target))


def exponent(sizes: list[Size], cost: Callable[[Size], float]) -> float:
    """Return the exponent of the power of the items that fits a cost best."""
    points = [(math.log(size.items), math.log(value)) for size in sizes if (value := cost(size)) > 0]
    if len(points) < 2:
        return math.nan
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


def report(sizes: list[Size]) -> None:
    """Print a table: each stage and its exponent, then memory and file, for each size."""
    last = sizes[-1]
    say(f"{'':<36}" + "".join(f"{size.items:>16,}" for size in sizes) + "    exponent")
    every: list[tuple[str, Callable[[Size], float], Callable[[Size], str]]] = []
    for name in last.stages:
        every.append((name, *_of_stage(name)))
    every.append(("all stages", _cpu, lambda size: f"{_cpu(size):,.1f} s"))
    every.append(("peak memory", lambda size: size.peak, lambda size: f"{size.peak / GB:.2f} GB"))
    every.append(("file", lambda size: size.file, lambda size: f"{size.file / GB:.2f} GB"))
    for name in sorted(last.tables, key=lambda name: -last.tables[name]):
        every.append((f"  {name}", *_of_table(name)))
    for name in last.recall:
        every.append((f"recall of neighbours, {name}", lambda size: 0.0, _recall(name)))
    for name, cost, said in every:
        fitted = exponent(sizes, cost)
        is_large = name not in last.stages or cost(last) >= LEAST_SECONDS
        shown = f"{fitted:>12.2f}" if is_large and not math.isnan(fitted) else ""
        say(f"{name:<36}" + "".join(f"{said(size):>16}" for size in sizes) + shown)


def _cpu(size: Size) -> float:
    return sum(stage.cpu for stage in size.stages.values())


def _of_stage(name: str) -> tuple[Callable[[Size], float], Callable[[Size], str]]:
    def said(size: Size) -> str:
        stage = size.stages[name]
        return f"{stage.cpu:,.1f} s {stage.peak / GB:.2f} GB"

    return lambda size: size.stages[name].cpu, said


def _of_table(name: str) -> tuple[Callable[[Size], float], Callable[[Size], str]]:
    return lambda size: size.tables.get(name, 0), lambda size: f"{size.tables.get(name, 0) / size.items:,.0f} B"


def _recall(name: str) -> Callable[[Size], str]:
    return lambda size: f"{size.recall[name]:.3f}" if name in size.recall else "exact"


def draw(sizes: list[Size], path: Path) -> None:
    """Draw seconds of CPU and bytes of memory per item, against the items."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    items = [size.items for size in sizes]
    times, memory = figure.subplots(1, 2)
    most = max(stage.cpu for stage in sizes[-1].stages.values())
    for name, stage in sizes[-1].stages.items():
        if stage.cpu < most / 50:
            continue
        label = f"{name}: {exponent(sizes, lambda size, name=name: size.stages[name].cpu):.2f}"
        times.plot(items, [1e3 * size.stages[name].cpu / size.items for size in sizes], "o-", label=label)
    times.set(title="time of each stage, and its exponent", xlabel="items", ylabel="ms of CPU per item")
    memory.plot(items, [size.peak / size.items / 1e3 for size in sizes], "o-", label="peak of memory")
    memory.plot(items, [size.file / size.items / 1e3 for size in sizes], "o-", label="file")
    memory.set(title="memory and file", xlabel="items", ylabel="KB per item")
    for axes in (times, memory):
        axes.set(xscale="log", ylim=(0, None))
        axes.set_xticks(items, [f"{n:,}" for n in items], fontsize="small")
        axes.minorticks_off()
        axes.legend(fontsize="x-small")
    with rc_context({"svg.hashsalt": "recstore", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def write(sizes: list[Size], path: Path) -> None:
    """Write all figures as CSV: items, what, value."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["items", "what", "value"])
        for size in sizes:
            flat: dict[str, Any] = {"peak": size.peak, "file": size.file}
            flat |= {f"table {name}": value for name, value in size.tables.items()}
            flat |= {f"recall {name}": value for name, value in size.recall.items()}
            for name, stage in size.stages.items():
                flat |= {f"{what} {name}": value for what, value in stage._asdict().items()}
            rows.writerows((size.items, what, value) for what, value in flat.items())


def main() -> None:
    """Measure each size, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="a store of real clips")
    parser.add_argument("--clips", type=int, nargs="+", default=[62_500, 125_000, 250_000])
    parser.add_argument("--memory", type=float, default=8.0)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--exact-up-to", type=int, help="search approximately above this many items, as in a build")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the stores are made, and stay")
    parser.add_argument("--plot", type=Path, help="where to draw it (needs recstore[plot])")
    parser.add_argument("--csv", type=Path, help="where to write all figures")
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    sizes = []
    with tempfile.TemporaryDirectory(prefix="recstore-benchmark-") as scratch:
        for clips in sorted(given.clips):
            target = (given.keep or Path(scratch)) / f"clips-{clips}.duckdb"
            say(f"{clips:,} clips")
            sizes.append(measure(given.store, target, clips, given))
            if not given.keep:
                target.unlink()
    report(sizes)
    if given.csv:
        write(sizes, given.csv)
    if given.plot:
        draw(sizes, given.plot)


if __name__ == "__main__":
    main()
