"""The benchmarks say how they are called, and several run on tiny data; what they measure is for whoever runs them.

`kills.py` and `readers.py` run in test_survival.py.
"""

from __future__ import annotations

import importlib
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import shells

FOLDER = Path(__file__).parent.parent / "benchmarks"
#: The others are imported by these.
COMMANDS = sorted(path.stem for path in FOLDER.glob("*.py") if "__main__" in path.read_text())
SHELL = shells.CLIENTS / "shell-1.5" / "duckdb_cli" / "duckdb"


@pytest.fixture
def command(benchmarks, monkeypatch, capfd):
    """Run a benchmark with arguments, all of it in this process; return what it printed."""

    def run(name: str, *arguments: object) -> str:
        module = importlib.import_module(name)
        for each in (
            module,
            *(sys.modules[other] for other in ("approximate", "movies_large") if other in sys.modules),
        ):
            if hasattr(each, "in_own_process"):
                monkeypatch.setattr(each, "in_own_process", lambda task, *values: task(*values))
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        assert not module.main()
        return capfd.readouterr().out

    return run


@pytest.mark.parametrize("script", COMMANDS)
def test_every_benchmark_says_how_it_is_called(script, benchmarks, monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", [script, "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(FOLDER / f"{script}.py"), run_name="__main__")
    assert ended.value.code == 0
    assert "usage:" in capfd.readouterr().out


def test_person_speed(command, benchmarks, small_folder, monkeypatch):
    import person_speed

    monkeypatch.setattr(person_speed, "PEOPLE", 20)
    monkeypatch.setattr(person_speed, "ONES", 5)
    printed = command("person_speed", "--data", small_folder)
    assert all(label in printed for label in ("recommend_movies(?)", "20 people x 10 in one join", "NumPy, 20 people"))


def test_als(benchmarks):
    pytest.importorskip("implicit", reason="implicit is not installed: pip install implicit")
    from als import ImplicitALS

    from recstore.models.interactions import Interactions

    rng = np.random.default_rng(0)
    seen = Interactions(
        rng.integers(0, 9, 60).astype(np.int32), rng.integers(0, 7, 60).astype(np.int32), None, None, 9, 7
    )
    model = ImplicitALS(4, 0.1, 1.0)
    model.fit(seen)
    assert model.scores(np.arange(3, dtype=np.int32)).shape == (3, 7)


def test_own_quality(command, benchmarks, tmp_path):
    folder = tmp_path / "epub"
    folder.mkdir()
    rng = np.random.default_rng(0)
    lines, times = [], []
    for session in range(300):
        times.append(f"session_{session};Wed Jan  {session % 9 + 1} 19:59:00 2003")
        first = rng.integers(20)
        lines += [f"session_{session};doc_{(first + step) % 20}" for step in range(3)]
    (folder / "epub.dat").write_text("\n".join(lines) + "\n")
    (folder / "epub.time").write_text("\n".join(times) + "\n")
    told = ("--name", "epub", "--trials", 3, "--only", "popularity", "itemknn")
    printed = command("own_quality", "--data", tmp_path, *told).splitlines()
    rows = [dict(zip(printed[0].split(","), line.split(","), strict=True)) for line in printed[1:]]
    assert {row["protocol"] for row in rows} == {"last-paper", "calendar"}
    figures = {(row["model"], row["metric"]): float(row["value"]) for row in rows if row["protocol"] == "last-paper"}
    assert figures["recstore", "ndcg@10"] > figures["popularity", "ndcg@10"]


def test_approximate(command, small_store):
    shell = ["--shell", SHELL] if SHELL.exists() else []
    printed = command("approximate", small_store, "--rows", 20, "--exact-rows", 10, *shell)
    assert printed.count("\nmovies, ") == 4


def test_publishing(benchmarks, small_folder):
    import publishing

    from recstore.pipeline import build
    from recstore.store.publish import staged_store

    found = publishing.run(str(small_folder), 1)
    assert set(found) == {"published", "straight", "check", "ratio"}
    assert build.staged_store is staged_store, "the builds of other tests would publish nothing"


def test_bitflips(benchmarks):
    import bitflips

    assert sum(bitflips.run(4).values()) == 4


@pytest.mark.parametrize("kind", ["csv", "dat", "json", "records"])
def test_fuzz(command, benchmarks, kind, monkeypatch):
    if kind == "records":
        pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install 'recstore[audio]'")
    import fuzz_records

    monkeypatch.setattr(fuzz_records.RecordMaker, "FILES", 2)
    monkeypatch.setattr(fuzz_records.RecordMaker, "RECORDS", 10)
    assert re.match(rf"{kind}: \d+ in \d+ files, each accounted for", command("fuzz", kind, "--count", 10))
