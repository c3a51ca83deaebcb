"""A store from a stranger reaches nothing but itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from repeated import repeated
from runner import recstore as run_recstore
from runner import run

import recstore

RECSTORE = str(Path(sys.executable).parent / "recstore")


@pytest.fixture
def strange(sample_store, tmp_path) -> Path:
    """A store whose views and macros read a file of whoever opens it."""
    store = shutil.copy(sample_store, tmp_path / "strange.duckdb")
    secret = tmp_path / "secret.csv"
    secret.write_text("word\nsesame\n")
    with duckdb.connect(str(store)) as con:
        con.execute(f"CREATE OR REPLACE VIEW similar_movies_view AS FROM read_csv('{secret}')")
        con.execute(f"CREATE VIEW mine AS FROM read_csv('{secret}')")
        con.execute(
            f"CREATE OR REPLACE MACRO find_movies(words, k := 10, store := NULL) AS TABLE FROM read_csv('{secret}')"
        )
    return store


def test_its_views_and_macros_read_nothing(strange, tmp_path):
    with recstore.connect(strange) as con:
        assert con.execute("FROM mine").fetchall() == [("sesame",)]
    with recstore.connect(strange, untrusted=True) as con:
        for query in (
            "FROM mine", "FROM similar_movies_view", "FROM rec_store.mine", "FROM rec_store.main.find_movies('x')",
            "FROM read_csv('secret.csv')", "COPY (SELECT 1) TO 'out.csv'", "ATTACH 'other.duckdb'",
            "INSTALL httpfs", "LOAD httpfs", "SET enable_external_access = true",
        ):  # fmt: skip
            with pytest.raises(duckdb.Error):
                con.execute(query).fetchall()
        assert len(con.execute("FROM similar_movies(1)").fetchall()) == 10
        assert con.execute("SELECT count(*) FROM find_movies('ninth horizon')").fetchall()[0][0] > 0
        con.execute("CREATE TABLE my_own AS SELECT 1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.csv", "strange.duckdb"]


def test_a_view_that_lost_its_file_takes_nothing_else_along(strange, tmp_path):
    (tmp_path / "secret.csv").unlink()
    with recstore.connect(strange) as con:
        assert len(con.execute("FROM similar_movies(1)").fetchall()) == 10


@pytest.mark.parametrize("form", repeated(["table", "csv", "json"]))
def test_on_the_command_line(form, strange, sample_store):
    def output(*arguments):
        done = run_recstore(*arguments, "--format", form)
        assert done.returncode == 0, done.stderr
        return done.stdout

    query = "SELECT movie_id, score FROM similar_movies(1)"
    assert output("sql", strange, query, "--untrusted") == output("sql", sample_store, query)
    assert output("similar", strange, "movies", 1, "--untrusted") == output("similar", sample_store, "movies", 1)


def test_what_is_not_as_recstore_defines_it_is_told(strange):
    done = run_recstore("check", strange, "--untrusted")
    assert done.returncode == 6
    assert "functions and views: find_movies" in done.stderr
    assert "not as this recstore defines it" in done.stderr


def test_files_of_strangers_are_described_copied_and_put_in_place(sample_store, tmp_path):
    copy, store = tmp_path / "copy.duckdb", tmp_path / "s.duckdb"
    for command in (
        ["backup", sample_store, copy],
        ["restore", store, copy],
        ["manifest", store],
    ):
        code, said = run(*command, "--untrusted", "--timeout", "200")
        assert code == 0, said
    described = recstore.manifest(store, untrusted=True)
    assert described["content_digest"] == recstore.manifest(sample_store)["content_digest"]


def test_a_statement_in_the_shell_of_a_strangers_store_has_an_end(sample_store):
    endless = "SELECT count(*) FROM range(1000000000) a(x), range(100000) b(y) WHERE x + y = 7;\nSELECT 41 + 1;\n"
    done = subprocess.run(
        [RECSTORE, "shell", sample_store, "--untrusted", "--timeout", "2"],
        input=endless, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "more than 2 seconds; --timeout" in done.stderr
    assert "42" in done.stdout
