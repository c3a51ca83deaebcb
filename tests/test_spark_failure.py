"""A build on Spark in which something is killed, full or half written ends right, or says what to do and goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import spark_session
from shells import installed

from recstore.spark.stages import Shelf

#: A small shop, built in the current folder; `searching` is what workers do in the stage that finds neighbours.
SHOP = """
import json, os, resource, signal
from pathlib import Path
import pyarrow as pa
import recstore, recstore.spark
from recstore.spark import model

Searching, neighbors, seen = model._Searching, model.SparkDeclared.neighbors, []


def stages():
    return {place.name: place.stat().st_ino for place in Path("tables.stages/books").glob("*")
            if place.is_dir() and place.name != "scratch"}


def build(spark, searching=Searching, before=lambda: None, after=lambda: None, **changes):
    def watched(*arguments):
        seen.append(stages())
        before()
        try:
            return neighbors(*arguments)
        finally:
            after()

    model._Searching, model.SparkDeclared.neighbors = searching, watched
    items = pa.table({"id": [f"b{n}" for n in range(40)], "title": [f"Book {n} {n % 4}" for n in range(40)]})
    sales = pa.table({"who": [n % 50 for n in range(1500)], "what": [f"b{n * n * 7 % 41 % 40}" for n in range(1500)]})
    sold = recstore.Interactions(source=spark.createDataFrame(sales), user="who", item="what")
    books = recstore.Items(source=items, id="id", title="title", text="title", interactions=sold)
    options = recstore.BuildOptions(tune=False, collaborative_dimensions=4, **changes)
    try:
        return sum(recstore.spark.build(spark, {"books": books}, "tables", options=options).exported.rows.values())
    except recstore.RecstoreError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        model._Searching, model.SparkDeclared.neighbors = Searching, neighbors


class Killed(Searching):
    def run(self, batches):
        os.kill(os.getpid(), signal.SIGKILL)


class KilledOnce(Searching):
    def run(self, batches):
        try:
            open(f"{self.vectors}.killed", "x").close()
        except FileExistsError:
            yield from Searching.run(self, batches)
        else:
            os.kill(os.getpid(), signal.SIGKILL)
"""
#: A driver of its own, whose Java is killed in the middle of a stage.
KILLS_JAVA = """
spark = recstore.spark.session("local[1]", json.loads(os.environ["SETTINGS"]))
java = spark.sparkContext._gateway.proc.pid
print(build(spark, before=lambda: os.kill(java, signal.SIGKILL)))
"""
#: What the shared session does after that: a worker is killed always, nothing larger may be written, half a file is
#: found, and a worker is killed once.
GOES_ON = """
from pyspark.sql import SparkSession

spark = SparkSession.getActiveSession()
java = spark.sparkContext._gateway.proc.pid
before, hard = resource.prlimit(java, resource.RLIMIT_FSIZE)
limit = lambda most: resource.prlimit(java, resource.RLIMIT_FSIZE, (most, hard))
said = [build(spark, Killed), build(spark, before=lambda: limit(100), after=lambda: limit(before))]
half, *_ = Path("tables.stages/books/histories").glob("part-*.parquet")
os.truncate(half, half.stat().st_size // 2)
said.append(build(spark, KilledOnce, content_dimensions=3))
print(json.dumps([said, seen, Path("tables.stages").exists()]))
"""
ON = "Then give the same command again: it goes on behind the stages that ended, which are in {}/tables.stages."


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> Path:
    """The folder of a build whose Java was killed, with what it said."""
    folder = tmp_path_factory.mktemp("killed")
    settings = json.dumps(spark_session.SETTINGS | {"spark.driver.memory": "512m"})
    path = os.pathsep.join([str(installed("spark")), *filter(None, [os.environ.get("PYTHONPATH")])])
    program = [sys.executable, "-c", SHOP + KILLS_JAVA]
    environment = {**os.environ, "PYTHONPATH": path, "SETTINGS": settings}
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, check=False)
    (folder / "said.txt").write_bytes(done.stdout)
    return folder


def test_a_java_that_is_killed_is_told_in_one_sentence(killed):
    said = (killed / "said.txt").read_text().strip()
    assert said.startswith("StoreError: Spark itself ended in the middle: its Java was killed, most often for want of")
    assert said.endswith(ON.format(killed))


def test_what_ended_is_not_run_again_whatever_failed(killed, spark):
    [always, full, rows], seen, is_left = json.loads(spark.call("run", SHOP + GOES_ON, str(killed)))
    assert always.startswith(
        "StoreError: A worker of Spark's was killed again and again, most often for want of memory"
    )
    assert always.endswith(ON.format(killed))
    assert full.startswith("FullError: There is no room to write ")
    assert full.endswith(ON.format(killed))
    assert rows > 1500
    assert not is_left
    first, second, third, *_ = seen
    assert {"loaded", "histories", "space-collaborative", "space-together", "space-content"} <= first.keys()
    assert first == second
    # Of what was half written the stage was run again, and what the changed option is of; no other.
    assert sorted(stage for stage in first if third[stage] != first[stage]) == ["histories", "space-content"]


def test_a_stage_in_which_the_driver_is_killed_has_not_ended(tmp_path):
    """Its files stand under another name until all are there; what the killed left is cleared away."""
    program = """
import os, signal, sys
from pathlib import Path
from recstore.spark.stages import Shelf

def half(place):
    place.mkdir()
    (place / "part-0.parquet").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

Shelf.at(Path(sys.argv[1])).within("books").files("histories", half)
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "stages")], check=False)
    assert done.returncode == -signal.SIGKILL
    [left] = (tmp_path / "stages" / "books").iterdir()
    shelf = Shelf.at(tmp_path / "stages").within("books")
    assert not left.exists()
    assert not shelf.has("histories")

    def whole(place: Path) -> None:
        place.mkdir()
        (place / "part-0.parquet").write_text("whole")

    assert (shelf.files("histories", whole) / "part-0.parquet").read_text() == "whole"
    assert shelf.has("histories")
    assert not shelf.of("other sources").has("histories")
