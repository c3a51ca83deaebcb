"""The example project of dbt builds against a store, and its models hold what the store answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import shells

import recstore

EXAMPLE = Path(__file__).parents[1] / "examples" / "dbt"


@pytest.fixture
def project(movie_store, tmp_path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb", ".user.yml"))
    (folder / "movies.duckdb").symlink_to(movie_store)
    return folder


def dbt(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run dbt, which has its packages apart from ours; without them the test is skipped."""
    variables = {**os.environ, "PYTHONPATH": str(shells.installed("dbt")), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments, "--profiles-dir", "."]
    return subprocess.run(command, cwd=folder, env=variables | environment, capture_output=True, text=True, timeout=900)


@pytest.mark.thorough
def test_dbt_build(project, movie_store):
    done = dbt(project, "build")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS=11 WARN=0 ERROR=0" in done.stdout
    with duckdb.connect() as con:
        recstore.attach(con, movie_store)
        con.execute(f"ATTACH '{project / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
        con.execute("USE warehouse")
        per_customer = con.execute("SELECT customer, count(*) FROM next_up GROUP BY ALL ORDER BY ALL").fetchall()
        assert per_customer == [("ada", 5), ("ben", 5), ("cleo", 5)]
        recent = "SELECT rank, movie_id, score FROM next_up_recent WHERE because = 'Alien (1979)' ORDER BY rank"
        asked = "SELECT rank, movie_id, score FROM rec.similar_movies('Alien (1979)', k := 3, filter := year >= 2000)"
        assert con.execute(recent).fetchall() == con.execute(asked).fetchall()
        members = "SELECT rank, movie_id, score FROM for_members WHERE customer = 'cleo' ORDER BY rank"
        asked = "SELECT rank, movie_id, score FROM rec.recommend_movies(414, k := 5)"
        assert con.execute(members).fetchall() == con.execute(asked).fetchall()


def test_dbt_builds_from_a_catalogue_of_ones_own(bookshop, tmp_path):
    folder = tmp_path / "dbt"
    ignored = shutil.ignore_patterns("target", "logs", "*.duckdb", ".user.yml")
    shutil.copytree(EXAMPLE.parent / "bookshop" / "dbt", folder, ignore=ignored)
    done = dbt(folder, "build", STORE=str(bookshop / "shop.duckdb"), STOCK=str(bookshop / "stock.csv"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS=10 WARN=0 ERROR=0" in done.stdout
    with recstore.connect(bookshop / "shop.duckdb") as con:
        con.execute(f"ATTACH '{folder / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
        least = "SELECT count(DISTINCT customer) * 3 = count(*), count(*) > 10 FROM warehouse.mailing"
        assert con.execute(least).fetchall() == [(True, True)]
        there = "isbn IN (SELECT isbn FROM warehouse.stock WHERE on_hand > 0)"
        (one,) = con.execute("SELECT min(customer) FROM warehouse.mailing").fetchone()
        written = con.execute("SELECT rank, isbn, score FROM warehouse.mailing WHERE customer = ? ORDER BY rank", [one])
        asked = f"SELECT rank, isbn, score FROM recommend_books(?, k := 3, filter := {there})"
        assert written.fetchall() == con.execute(asked, [one]).fetchall()
        assert con.execute(f"SELECT count(*) FROM warehouse.in_stock_instead WHERE NOT {there}").fetchall() == [(0,)]


def test_a_store_that_is_not_there(project):
    done = dbt(project, "build", STORE="nowhere.duckdb")
    assert done.returncode != 0
    assert "There is no store at nowhere.duckdb" in done.stdout
