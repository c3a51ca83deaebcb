"""`recstore export`: every table as Parquet, sorted, whole or not at all, with the functions for Spark SQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from runner import run
from shells import installed

import recstore
from recstore.errors import OptionError
from recstore.spark import export


@pytest.fixture(scope="module")
def exported(sample_store, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "tables"
    command = [Path(sys.executable).with_name("recstore"), "export", sample_store, folder, "--schema", "shop"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "functions.sql" in done.stderr
    return folder


def test_every_table_has_the_rows_of_the_store(exported, sample_store):
    with duckdb.connect(str(sample_store), read_only=True) as store:
        tables = store.execute("SELECT table_name FROM duckdb_tables() WHERE table_name NOT LIKE 'annoy%'").fetchall()
        for (table,) in tables:
            files = f"'{exported}/{table}/*.parquet'"
            more = f"(FROM {table} EXCEPT ALL FROM {files}) UNION ALL (FROM {files} EXCEPT ALL FROM {table})"
            assert store.execute(more).fetchall() == [], table


def test_tables_are_sorted_by_what_is_asked(exported):
    place = f"'{exported}/movie_neighbors/*.parquet'"
    found = duckdb.execute(f"SELECT movie_id, space, rank FROM {place}").fetchall()
    assert found == sorted(found)


def test_the_functions_are_created_where_it_is_said_from_where_it_is_said(sample_store, tmp_path):
    export(sample_store, tmp_path / "tables", schema="shop", location="s3://bucket/tables/")
    text = (tmp_path / "tables" / "functions.sql").read_text()
    assert "LOCATION 's3://bucket/tables/movies'" in text
    for name in ("similar_movies", "recommend_for", "recommend_movies_for", "why_movies", "find_audio"):
        assert f"CREATE OR REPLACE FUNCTION spark_catalog.`shop`.`{name}`(" in text


def test_an_earlier_export_is_replaced_and_nothing_else_is(sample_store, tmp_path):
    export(sample_store, tmp_path / "tables")
    (tmp_path / "tables" / "movies" / "old.parquet").touch()
    export(sample_store, tmp_path / "tables")
    assert not (tmp_path / "tables" / "movies" / "old.parquet").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(OptionError, match="is there and is no earlier export"):
        export(sample_store, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "tables"]


def test_only_what_an_export_wrote_is_removed(small_store, tmp_path):
    """A script of somebody's own makes no export of a folder, and what came beside the tables since stays."""
    (tmp_path / "project").mkdir()
    for name in ("functions.sql", "thesis.txt"):
        (tmp_path / "project" / name).write_text("SELECT 1")
    folder = tmp_path / "tables"
    export(small_store, folder)
    before = sorted(path.name for path in folder.iterdir())
    for other in (".tables.part", ".tables.old"):
        (tmp_path / other).mkdir()
        (tmp_path / other / "mine.txt").touch()
    (folder / "mine.txt").touch()
    for place in (tmp_path / "project", folder):
        there = sorted(place.rglob("*"))
        with pytest.raises(OptionError, match=r"is no earlier export|is not of the earlier export"):
            export(small_store, place)
        assert sorted(place.rglob("*")) == there
    (folder / "mine.txt").unlink()
    store = Path(shutil.copy(small_store, folder / "store.duckdb"))
    with pytest.raises(OptionError, match="would be lost"):
        export(store, folder)
    assert store.read_bytes() == small_store.read_bytes()
    store.unlink()
    export(small_store, folder)
    assert sorted(path.name for path in folder.iterdir()) == before
    assert sorted(path.name for path in tmp_path.glob(".*/*")) == ["mine.txt", "mine.txt"]


def test_a_strangers_store_is_written_without_reaching_anything_else(small_store, tmp_path):
    export(small_store, tmp_path / "tables", untrusted=True)
    assert (tmp_path / "tables" / "movies" / "part-0.parquet").exists()
    (tmp_path / "secret.csv").write_text("movie_id\n1\n")
    store = shutil.copy(small_store, tmp_path / "s.duckdb")
    with duckdb.connect(str(store)) as con:
        con.execute(f"DROP TABLE evaluations; CREATE VIEW evaluations AS FROM '{tmp_path}/secret.csv'")
    code, said = run("export", store, tmp_path / "other", "--untrusted")
    assert (code, "evaluations is a view in it" in said, said.count("\n")) == (1, True, 1), said
    assert not (tmp_path / "other").exists()


def test_a_damaged_store_is_called_damaged(small_store, tmp_path):
    store = shutil.copy(small_store, tmp_path / "s.duckdb")
    with duckdb.connect(str(store)) as con:
        con.execute("ALTER TABLE spaces DROP COLUMN dimensions")
    code, said = run("export", store, tmp_path / "tables")
    assert (code, "is damaged (" in said, said.count("\n")) == (1, True, 1), said
    assert not (tmp_path / "tables").exists()


def test_what_cannot_be_is_one_sentence(sample_store, tmp_path):
    with pytest.raises(OptionError, match="--to is parquet or delta, not 'orc'"):
        export(sample_store, tmp_path / "tables", to="orc")
    with pytest.raises(recstore.RecstoreError, match="There is no store at"):
        export(tmp_path / "none.duckdb", tmp_path / "tables")
    assert list(tmp_path.iterdir()) == []


def test_types_that_parquet_or_spark_does_not_know_become_text(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"id": ["a", "b"], "title": ["One", "Two"], "genre": ["x", "y"]})
    recstore.build(tmp_path / "odd.duckdb", {"things": recstore.Items(source=frame, id="id", categories=["genre"])})
    export(tmp_path / "odd.duckdb", tmp_path / "tables")
    assert "`similar_things`(`item` STRING" in (tmp_path / "tables" / "functions.sql").read_text()
    assert duckdb.execute(f"SELECT id, genre FROM '{tmp_path}/tables/things/*.parquet' ORDER BY 1").fetchall() == [
        ("a", "x"),
        ("b", "y"),
    ]


def test_delta_goes_there_and_back(small_store, tmp_path):
    """In a process of its own, since deltalake lies in a folder of its own; a table without rows is one of no files."""
    program = (
        "import sys, recstore, recstore.spark as spark; store, folder, back = sys.argv[1:]; "
        "[spark.export(store, folder, to='delta') for _ in range(2)]; recstore.build_from_tables(back, folder)"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed("delta"))}
    command = [sys.executable, "-c", program, small_store, tmp_path / "tables", tmp_path / "back.duckdb"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "USING delta" in (tmp_path / "tables" / "functions.sql").read_text()
    assert recstore.first_fault(recstore.check(tmp_path / "back.duckdb")) is None
    with recstore.connect(small_store) as ours, recstore.connect(tmp_path / "back.duckdb") as theirs:
        for question in ("FROM similar_movies(3, k := 20)", "FROM recommend_movies(3)"):
            assert ours.execute(question).fetchall() == theirs.execute(question).fetchall() != []


def test_without_deltalake_it_is_said_what_to_do(small_store, tmp_path):
    with pytest.raises(OptionError, match="pip install deltalake"):
        export(small_store, tmp_path / "tables", to="delta")
