"""The benchmarks say how they are called, and run on tiny data; what they measure is for whoever runs them.

`kills.py` and `readers.py` run in test_survival.py.
"""

from __future__ import annotations

import csv
import importlib
import json
import re
import runpy
import subprocess
import sys
import tarfile
from pathlib import Path

import duckdb
import explorer
import numpy as np
import pytest
import runner
import shells
from conftest import need_tensorflow
from records import write_audio_records

import recstore
from recstore.samples.movies import EXAMPLE_TITLE

FOLDER = Path(__file__).parent.parent / "benchmarks"
#: The others are imported by these.
COMMANDS = sorted(path.stem for path in FOLDER.glob("*.py") if "__main__" in path.read_text())
IMPORTED = ("approximate", "measuring", "movies_large")
SHELL = shells.CLIENTS / "shell-1.5" / "duckdb_cli" / "duckdb"


def run_here(monkeypatch, capfd, program: Path, *told: object):
    """Do in this process what `measuring.run` starts a process for: a build, or a script of this folder."""
    import measuring

    told = [str(value) for value in told]
    if Path(program).name == "recstore":
        code, said = runner.run(*told)
        assert code == 0, said
        return measuring.Run(1.0, 1, said)
    before = capfd.readouterr().out
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", told)
        importlib.import_module(Path(told[0]).stem).main()
    output = capfd.readouterr().out
    sys.stdout.write(before)
    return measuring.Run(1.0, 1, output)


@pytest.fixture
def command(benchmarks, monkeypatch, capfd):
    """Run a benchmark with arguments, all of it in this process; return what it printed."""

    def run(name: str, *arguments: object) -> str:
        module = importlib.import_module(name)
        for each in (module, *(sys.modules[other] for other in IMPORTED if other in sys.modules)):
            if hasattr(each, "in_own_process"):
                monkeypatch.setattr(each, "in_own_process", lambda task, *values: task(*values))
            if hasattr(each, "run") and name == "movies":
                monkeypatch.setattr(each, "run", lambda *told: run_here(monkeypatch, capfd, *told))
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


def test_questions(command, benchmarks, small_store):
    printed = command("questions", small_store, small_store, "--times", 1)
    import questions

    for name in (*questions.ONE, *questions.MANY):
        assert re.search(rf"^    {re.escape(name)} .*\d\.\d\d$", printed, re.M), printed


@pytest.mark.thorough
def test_diversity(command, benchmarks, small_folder, tmp_path):
    gifts, plot = tmp_path / "gifts.parquet", tmp_path / "diversity.svg"
    duckdb.sql("""
        SELECT c AS CustomerID, c * 10 + b AS InvoiceNo, CAST(10000 + (c * 7 + b * 5 + l) % 60 AS VARCHAR) AS StockCode,
            'GIFT ' || ((c * 7 + b * 5 + l) % 60) || ['RED', 'BLUE', 'TIN'][1 + l % 3] AS Description, 1 AS Quantity,
            TIMESTAMP '2011-01-01' + INTERVAL (b * 7) DAY AS InvoiceDate
        FROM range(30) AS p(c), range(4) AS q(b), range(6) AS r(l)
    """).write_parquet(str(gifts))
    printed = command("diversity", "--films", small_folder, "--gifts", gifts, "--people", 5, "--plot", plot)
    rows = [line.split() for line in printed.splitlines() if re.match(" +(recommend|similar)_", line)]
    assert len(rows) == 44
    assert all(float(row[4]) > 0 for row in rows)
    assert {row[0] for row in rows} == set(re.findall("[a-z_]+_(?:for|gifts|movies)", plot.read_text()))


def test_peers(command):
    printed = command("peers", "--items", 300, "--width", 8, "--questions", 3, "--ids", 5, "--only", "recstore")
    rows = [line.split() for line in printed.splitlines() if line.startswith("recstore") and "loaded" not in line]
    assert len(rows) == 4
    assert [row[-4] for row in rows] == ["1.000"] * 4
    # 1 % of 300 items, of which one may be the item that is asked about.
    assert [float(row[-3]) for row in rows] == [10, pytest.approx(2.5, abs=0.5), 10, 10]


@pytest.mark.thorough
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
    words = ["bond", "trade", "growth", "model", "price"]
    papers = [f'doc_{n};A;eng;"{words[n % 5]} {words[n // 5]} {n}";"";"";"";2001;"";' for n in range(20)]
    (folder / "info.csv").write_text("author;lang;title;keywords_eng;keywords;series;year\n" + "\n".join(papers) + "\n")
    told = ("--name", "epub", "--trials", 3, "--only", "popularity", "itemknn")
    printed = command("own_quality", "--data", tmp_path, *told).splitlines()
    rows = [dict(zip(printed[0].split(","), line.split(","), strict=True)) for line in printed[1:]]
    assert {row["protocol"] for row in rows} == {"last-paper", "calendar"}
    figures = {(row["model"], row["metric"]): float(row["value"]) for row in rows if row["protocol"] == "last-paper"}
    assert figures["recstore", "ndcg@10"] > figures["popularity", "ndcg@10"]


def test_own_join(command, bookshop):
    printed = command("own_join", bookshop / "shop.duckdb", "books", "--users", 20, "--times", 1)
    assert printed.startswith("recstore,20 users,200 rows,")


@pytest.mark.thorough
def test_approximate(command, small_store):
    shell = ["--shell", SHELL] if SHELL.exists() else []
    printed = command("approximate", small_store, "--rows", 20, "--exact-rows", 10, "--asked", 20, *shell)
    assert printed.count("\nmovies, ") == 4


@pytest.mark.thorough
def test_publishing(benchmarks, small_folder):
    import publishing

    from recstore.pipeline import build
    from recstore.store.publish import staged_store

    found = publishing.run(str(small_folder), 1)
    assert set(found) == {"published", "straight", "check", "ratio"}
    assert build.staged_store is staged_store, "the builds of other tests would publish nothing"


@pytest.mark.thorough
def test_bitflips(benchmarks):
    import bitflips

    assert sum(bitflips.run(4).values()) == 4


@pytest.mark.parametrize("kind", ["csv", "dat", "json", "records"])
def test_fuzz(command, benchmarks, kind, monkeypatch):
    if kind == "records":
        need_tensorflow()
    import fuzz_records

    monkeypatch.setattr(fuzz_records.RecordMaker, "FILES", 2)
    monkeypatch.setattr(fuzz_records.RecordMaker, "RECORDS", 10)
    assert re.match(rf"{kind}: \d+ in \d+ files, each accounted for", command("fuzz", kind, "--count", 10))


def test_movies_and_the_large_data(command, benchmarks, small_folder, tmp_path):
    sizes = ("--ratings", 2000, "--users", 40, "--movies", 90, "--tags", 200)
    command("generate", tmp_path / "large", *sizes)
    rows = {path.name: len(path.read_text().splitlines()) - 1 for path in (tmp_path / "large").iterdir()}
    assert rows == {"movies.csv": 90, "links.csv": 90, "tags.csv": 200, "ratings.csv": 1962}
    told = ("--large-folder", tmp_path / "large", "--title", EXAMPLE_TITLE, "--runs", 1, "--asked", 5)
    printed = command("movies", "--data", small_folder, *told)
    assert re.search(r"both name +[1-9]\d? of 10\n", printed), "the notebook and the store agree on some"
    assert re.search(r"largest difference of a score to NumPy's +0\.0000", printed)
    assert all(
        part in printed for part in ("(a) From", "(b) Questions", "(c) Data", "shuffled", "recstore build, one run")
    )


def test_leave_one_out(command, benchmarks, small_folder, tmp_path):
    from leave_one_out import read_release, read_split

    command("leave_one_out", "--movielens", small_folder, "--csv", tmp_path / "found.csv")
    rows = list(csv.DictReader((tmp_path / "found.csv").read_text().splitlines()))
    assert {"popularity", "itemknn", "puresvd", "ease", "recstore", "recstore-default"} <= {
        row["model"] for row in rows
    }
    assert all(0 < float(row["value"]) < 1 for row in rows)

    # The same split, written as the paper's files.
    split = read_release(small_folder)
    train = zip(split.train.users, split.train.items, split.train.ratings, split.train.times, strict=True)
    for name, lines in (
        ("train", train),
        ("test", zip(split.users, split.candidates[:, 0], strict=True)),
        (
            "negatives",
            [(f"({u},{c[0]})", *c[1:][c[1:] >= 0]) for u, c in zip(split.users, split.candidates, strict=True)],
        ),
    ):
        (tmp_path / name).write_text("".join("\t".join(map(str, line)) + "\n" for line in lines))
    read = read_split(tmp_path / "train", tmp_path / "test", tmp_path / "negatives")
    assert (read.users == split.users).all()
    assert len(read.train.users) == len(split.train.users)
    assert ((read.candidates >= 0).sum(axis=1) == (split.candidates >= 0).sum(axis=1)).all()


@pytest.mark.thorough
def test_pool(command, small_store):
    found = json.loads(command("pool", small_store, "--threads", 2, "--seconds", 0, "--rebuilds", 1, "--pause", 0.1))
    assert found["errors"] == []
    assert found["questions"] >= 2
    assert found["rebuilds"] == 1


@pytest.fixture(scope="module")
def audio_folder(once) -> Path:
    """A small data set of clips as AudioSet packs them."""
    need_tensorflow()

    def fill(folder: Path) -> None:
        write_audio_records(folder, clips=60)
        with tarfile.open(folder / "features.tar.gz", "w:gz") as packed:
            packed.add(folder / "bal_train", "audioset_v1_embeddings/bal_train")

    return once("audio-clips", fill)


def test_audio(command, audio_folder):
    printed = command("audio", "--data", audio_folder)
    assert "the archive's files ten times in one" in printed
    precision = [float(found) for found in re.findall(r"^ +(?:mean|sequence) +([\d.]+)$", printed, re.MULTILINE)]
    assert len(precision) == 2
    assert min(precision) > 0.5


@pytest.mark.thorough
def test_audio_large(command, audio_folder, tmp_path):
    recstore.build(tmp_path / "clips.duckdb", {"audioset": audio_folder})
    printed = command("audio_large", tmp_path / "clips.duckdb", "--clips", 80, "--asked", 20)
    assert "80 generated clips" in printed
    assert "recall@10" in printed


@pytest.mark.thorough
def test_growth(command, audio_folder, tmp_path):
    recstore.build(tmp_path / "clips.duckdb", {"audioset": audio_folder})
    figures, plot = tmp_path / "growth.csv", tmp_path / "growth.svg"
    told = ("--clips", 60, 120, "--plot", plot, "--csv", figures)
    printed = command("growth", tmp_path / "clips.duckdb", *told)
    assert re.search(r"^peak memory +[\d.]+ GB +[\d.]+ GB +-?\d\.\d\d$", printed, re.MULTILINE), printed
    assert re.search(r"^  audio_neighbors +[\d,]+ B +[\d,]+ B", printed, re.MULTILINE), printed
    rows = list(csv.DictReader(figures.read_text().splitlines()))
    stages = {row["what"].removeprefix("cpu ") for row in rows if row["what"].startswith("cpu ")}
    assert {"vectors of audio", "neighbours of audio, mean", "index of audio, mean", "check"} <= stages
    sizes = {row["items"]: int(row["value"]) for row in rows if row["what"] == "table audio_frames"}
    assert set(sizes) == {"60", "120"}
    assert "KB per item" in plot.read_text()


def test_the_exponent_of_what_grows_with_the_square_is_two(benchmarks):
    import growth
    import measuring

    sizes = [growth.Size(n, {"search": measuring.Stage(3e-6 * n**2, 1, 1)}, {}, 1, 1, {}) for n in (100, 200, 800)]
    assert growth.exponent(sizes, lambda size: size.stages["search"].cpu) == pytest.approx(2)


@pytest.mark.thorough
def test_movies_stages(command, tmp_path):
    told = ("--ratings", 3000, "--users", 60, "--movies", 150, "--tags", 90, "--memory", 2)
    printed = command("movies_stages", tmp_path / "data", tmp_path / "store.duckdb", *told)
    assert re.search(r"^ +vectors of movies: [\d.]+ s of CPU", printed, re.MULTILINE), printed
    assert re.search(r"^[\d.]+ s of CPU, [\d.]+ s, peak [\d.]+ GB, file [\d.]+ GB$", printed, re.MULTILINE), printed


def test_neighbors_beside_faiss_say_what_they_need(benchmarks, monkeypatch):
    import neighbors

    monkeypatch.setitem(sys.modules, "faiss", None)
    monkeypatch.setattr(sys, "argv", ["neighbors.py", "store.duckdb"])
    with pytest.raises(SystemExit, match="pip install faiss-cpu"):
        neighbors.main()


@pytest.mark.thorough
def test_additions(command, benchmarks, monkeypatch):
    import additions

    monkeypatch.setattr(additions, "_ASKED", 10)
    told = ("--items", 2500, "--users", 300, "--interactions", 6000, "--dimensions", 8)
    printed = command("additions", *told)
    assert re.search(r"^adding takes [\d.]+ of a whole build$", printed, re.MULTILINE), printed
    assert "place what is new of things" in printed
    shares = re.findall(r"^ten (?:nearest in|recommendations).*: ([\d.]+) equal$", printed, re.MULTILINE)
    assert len(shares) >= 6
    assert max(map(float, shares)) > 0.5


@pytest.mark.thorough
def test_own_large(benchmarks):
    told = ("--interactions", "2000", "--users", "100", "--items", "2000")
    done = subprocess.run([sys.executable, FOLDER / "own_large.py", *told], capture_output=True, text=True, check=True)
    assert "the whole build" in done.stdout


@pytest.mark.thorough
def test_explore(command, tmp_path):
    explorer.browser()
    told = ("--items", 2020, "--keep", tmp_path)
    built = command("explore", *told, "--map", "--no-page")
    assert "2,020 items" in built
    assert float(re.search(r"so on the map +([\d.]+)", built)[1]) > 3
    store = tmp_path / "things-2020.duckdb"
    question = "SELECT sku, rank, score FROM similar_things('SKU-0001000', k := 100) ORDER BY rank"
    with recstore.connect(store) as con:
        right = con.execute(question).fetchall()
    store.unlink()
    printed = command("explore", *told, "--built", 0)
    assert len(re.findall(r"from .+ ms", printed)) == 3
    # What is put in by SQL answers as what is built.
    with recstore.connect(store) as con:
        found = con.execute(question).fetchall()
        assert {row[0] for row in found} == {row[0] for row in right}
        assert [row[2] for row in found] == pytest.approx([row[2] for row in right], abs=1e-4)


@pytest.mark.thorough
def test_ease_blocks(command):
    printed = command("ease_blocks", "--data", "made", "--items", 500, "--candidates", 100)
    found = re.findall(r"  (.+): recall@20 ([\d.]+) .*, ndcg@10 ([\d.]+) ", printed)
    assert [name for name, *_ in found] == [
        *("the square", "itemknn", "100 candidates"),
        *("stored, of the square", "stored, by blocks"),
    ]
    assert float(found[2][1]) > 0.9 * float(found[0][1]) > 0


def test_sources(benchmarks, tmp_path, monkeypatch, capfd):
    import sources

    monkeypatch.setattr(sources, "in_own_process", lambda task, *values: task(*values))
    sources.files(tmp_path, 200)
    kinds = [line.split("|")[1].strip() for line in capfd.readouterr().out.splitlines()]
    assert {"bare read_csv", "CSV, gzip", "JSON lines", "CSV with one bad line"} < set(kinds)


@pytest.mark.thorough
def test_sound(command):
    need_tensorflow()
    pytest.importorskip("soundfile")
    printed = command("sound", "--files", 10, "--seconds", 10, "--minutes", 1, "--narrow")
    assert "10 files of 10 s, 10 formats; one of 1 minutes" in printed
    assert len(re.findall(r"the (?:files|long one): files a second +\d", printed)) == 2
