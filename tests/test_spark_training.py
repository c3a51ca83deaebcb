"""What Spark trains is what one machine makes of the same sources, and a build that ended in the middle goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import duckdb
import numpy as np
import pytest
from spark_session import command

import recstore


@pytest.fixture(scope="module")
def both(trained, bookshop, tmp_path_factory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The store of one machine as `one`, and what Spark trained, brought into a store, as `many`."""
    store = tmp_path_factory.mktemp("trained") / "many.duckdb"
    recstore.build_from_tables(store, trained / "trained")
    assert recstore.first_fault(recstore.check(store)) is None
    with duckdb.connect() as connection:
        for name, path in {"one": bookshop / "shop.duckdb", "many": store}.items():
            connection.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
        yield connection


def test_spark_loads_what_one_machine_loads(both):
    for table in ("books", "books_interactions", "load_rejects"):
        for one, other in (("one", "many"), ("many", "one")):
            more = f"SELECT count(*) FROM (FROM {one}.{table} EXCEPT ALL FROM {other}.{table})"
            assert both.execute(more).fetchall() == [(0,)], (table, one)


@pytest.mark.parametrize("space", ["collaborative", "together", "content", "hybrid"])
def test_spark_makes_the_spaces_of_one_machine(space, both):
    """The same items have vectors, of which the products are the same, and the same neighbours where scores differ."""
    found = []
    for store in ("one", "many"):
        query = f"SELECT _rs_no, vector FROM {store}.books_vectors WHERE space = ? ORDER BY _rs_no"
        ids, vectors = zip(*both.execute(query, [space]).fetchall(), strict=True)
        found.append((ids, np.array(vectors)))
    (ids, ours), (others, theirs) = found
    assert ids == others
    assert len(ids) > 400
    np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-3)
    query = "SELECT count(*) FROM {}.books_neighbors AS a WHERE space = $space AND rank <= 10"
    alike = both.execute(f"{query.format('one')} AND (SELECT count(*) FROM many.books_neighbors AS b WHERE b.space = "
                         "a.space AND b._rs_no = a._rs_no AND b.neighbor_id = a.neighbor_id AND b.rank <= 10) = 1",
                         {"space": space}).fetchall()[0][0]  # fmt: skip
    assert alike >= 0.99 * both.execute(query.format("one"), {"space": space}).fetchall()[0][0]


def test_spark_makes_the_weights_of_one_machine(both):
    """Constants are found alike; so every weight is the same, and so is what is said of how they were made."""
    differ, many = both.execute(
        "SELECT count(*) FILTER (NOT coalesce(abs(a.taste - b.taste) < 1e-4 AND abs(a.next - b.next) < 1e-4, "
        "coalesce(a.taste + a.next, b.taste + b.next) < 0.01)), count(*) FROM one.books_weights AS a "
        "FULL JOIN many.books_weights AS b USING (_rs_no, neighbor_id)"
    ).fetchall()[0]
    assert differ == 0
    assert many > 50_000
    found = [
        dict(both.execute("SELECT m.what, m.value FROM (SELECT unnest(measured) AS m FROM "
                          f"{store}.builds) WHERE starts_with(m.what, 'setting: ')").fetchall())
        for store in ("one", "many")
    ]  # fmt: skip
    assert found[0] == found[1]
    # Weights of content are among what is compared.
    assert found[0]["setting: content"] > 0


def test_a_stage_that_ended_is_not_run_again(trained, spark, tmp_path):
    """A build that ends in the middle says where it stands; begun again, it goes on behind what had ended."""
    for name in ("books.csv", "sales.csv", "recstore.toml"):
        shutil.copy(trained / name, tmp_path)
    program = """
import json
from pathlib import Path
import recstore, recstore.spark
from pyspark.sql import SparkSession
from recstore.spark import model

spark, made, kept = SparkSession.getActiveSession(), [], model.SparkDeclared.neighbors
options = recstore.BuildOptions(tune=False, collaborative_dimensions=8)


def build(fails):
    def neighbors(self, space, options, budget):
        made.append((space.name, self._loader.arrived.files.stat().st_mtime_ns))
        if fails and space.name == "together":
            raise recstore.StoreError("the disk is full")
        return kept(self, space, options, budget)

    model.SparkDeclared.neighbors = neighbors
    try:
        return recstore.spark.build(spark, "recstore.toml", "tables", options=options)
    finally:
        model.SparkDeclared.neighbors = kept


try:
    build(True)
    said = ""
except recstore.StoreError as error:
    said = str(error)
before = sorted(path.name for path in Path("tables.stages/books").iterdir() if path.is_dir())
(Path("tables.stages/books/neighbors-collaborative/_inputs")).write_text("half")
build(False)
print(json.dumps([said, before, made, Path("tables.stages").exists(), Path("tables").exists()]))
"""
    said, before, made, is_left, is_there = json.loads(spark.call("run", program, str(tmp_path)))
    assert (said, is_left, is_there) == ("the disk is full", False, True)
    assert {"loaded", "histories", "space-collaborative", "space-together", "neighbors-collaborative"} <= {*before}
    # What was loaded the first time is what the second went on from.
    assert len({loaded for _space, loaded in made}) == 1
    assert [space for space, *_ in made[:2]] == ["collaborative", "together"]


WRONG = {
    "database = 'sqlite:///shop.db'": "Spark does not open by this declaration",
    "from = 'nowhere'": "nowhere is neither a file or folder (looked in ",
    "from = 'my-sales.csv'": "my-sales.csv is neither a file or folder (looked in ",
    "from = '~/no such/sales.csv'": "sales.csv is neither a file or folder (looked in ",
}


@pytest.mark.parametrize(("line", "sentence"), WRONG.items(), ids=WRONG)
def test_what_spark_does_not_read_is_said(line, sentence, spark, trained, tmp_path):
    shutil.copy(trained / "books.csv", tmp_path)
    text = (trained / "recstore.toml").read_text()
    instead = line if line.startswith("from") else f'from = "sales"\n{line}'
    (tmp_path / "recstore.toml").write_text(text.replace('from = "sales.csv"', instead))
    said = command(spark, "recstore spark build --to tables --master local[2] --quiet", tmp_path)
    assert sentence in said
    assert not (tmp_path / "tables").exists()


def test_spark_reads_csv_as_one_machine_does_also_in_a_folder_with_a_blank(spark, tmp_path):
    """Doubled quotes, several lines in a field, ids with zeros before them, names that differ by case."""
    folder = tmp_path / "my books, Büch%20er"
    folder.mkdir()
    (folder / "new sales.csv").write_text('u,I,note,n\n1,007,"say ""hi"", you",7\n2,08,"two\nlines",8\n')
    program = """
from pathlib import Path
from pyspark.sql import SparkSession
from recstore import Interactions
from recstore.spark.quoting import address
from recstore.spark.sources import frame_of

spark = SparkSession.getActiveSession()
sales = Interactions(source=Path("new sales.csv"), user="U", item="i")
frame = frame_of(spark, sales, Path(), "The interactions")
frame.write.parquet(address(Path("a b")))
rows = spark.read.parquet(address(Path("a b"))).orderBy("n").collect()
print([list(row) for row in rows], Path("a b/_SUCCESS").exists())
"""
    rows = [[1, "007", 'say "hi", you', 7], [2, "08", "two\nlines", 8]]
    assert spark.call("run", program, str(folder)).strip() == f"{rows} True"


def test_an_address_is_no_folder_to_write(spark, trained):
    said = command(spark, "recstore spark build --to s3://bucket/tables --master local[2] --quiet", trained)
    assert "Name a folder of this machine, copy it there afterwards, and say by --location" in said
    assert not (trained / "s3:").exists()
