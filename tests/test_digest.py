"""Two builds of one source hold the same, and the store says so itself: by `diff`, a digest, and a manifest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest
import shells
from repeated import repeated
from runner import recstore as run

import recstore
from recstore import BuildOptions, StoreError, same_content, sql
from recstore import manifest_differences as differences
from recstore.catalogs.registry import to_be_stored
from recstore.samples.movies import write_sample
from recstore.store.digest import content_tables, render_query

SMALL = {"min_user_ratings": 10, "content_dimensions": 8, "collaborative_dimensions": 8}
_BUILD = (
    "import sys, json, recstore; recstore.build(sys.argv[1], {'movielens': sys.argv[2]}, "
    "options=recstore.BuildOptions(**json.loads(sys.argv[3])))"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    write_sample(folder, movies=100, users=40)
    return folder


@pytest.fixture(scope="module")
def built(source, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("built") / "store.duckdb"
    recstore.build(path, {"movielens": source}, options=BuildOptions(**SMALL))
    return path


@pytest.fixture(scope="module")
def elsewhere(source, tmp_path_factory) -> Path:
    """The same from a zip of another order, in another folder, locale and time zone; on one core, matrices on two."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with zipfile.ZipFile(folder / "all.zip", "w") as packed:
        for file in sorted(source.iterdir(), reverse=True):
            packed.write(file, f"inner/{file.name}")
    there = os.environ | {"TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "OMP_NUM_THREADS": "2"}
    there |= {"OPENBLAS_NUM_THREADS": "2"}
    command = [sys.executable, "-c", "import os; os.cpu_count = lambda: 1\n" + _BUILD]
    subprocess.run([*command, "other.duckdb", "all.zip", json.dumps(SMALL)], cwd=folder, env=there, check=True)
    return folder / "other.duckdb"


@pytest.fixture
def store(built, tmp_path) -> Path:
    return shutil.copy(built, tmp_path / "store.duckdb")


def recorded(store: Path) -> str:
    with duckdb.connect(str(store), read_only=True) as con:
        return con.execute("SELECT value FROM store_info WHERE key = 'content_digest'").fetchall()[0][0]


def change(store: Path, *statements: str) -> None:
    with duckdb.connect(str(store)) as con:
        for statement in statements:
            con.execute(statement)


def test_two_builds_hold_the_same_wherever_they_were_made(built, elsewhere):
    tables, spaces = recstore.diff(built, elsewhere)
    assert same_content(tables)
    differing = {change.table for change in tables if change.removed or change.added}
    assert differing <= {"builds", "store_info"}
    assert {space.changed for space in spaces} == {0}
    assert recorded(built) == recorded(elsewhere)


def test_the_tables_are_in_the_same_order(built, elsewhere):
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{built}' AS a (READ_ONLY); ATTACH '{elsewhere}' AS b (READ_ONLY)")
        for table in content_tables(to_be_stored(())):
            assert con.execute(f"FROM a.{table}").fetchall() == con.execute(f"FROM b.{table}").fetchall(), table


def test_an_addition_gives_what_a_whole_build_gives(built, source, tmp_path):
    """Of ratings that were left out: movies, links, and all that is computed."""
    part, rest = tmp_path / "part", tmp_path / "rest.csv"
    shutil.copytree(source, part)
    header, *rows = (source / "ratings.csv").read_text().splitlines(keepends=True)
    (part / "ratings.csv").write_text("".join([header, *rows[:-200]]))
    rest.write_text("".join([header, *rows[-200:]]))
    recstore.build(tmp_path / "grown.duckdb", {"movielens": part}, options=BuildOptions(**SMALL))
    recstore.add(tmp_path / "grown.duckdb", ratings=rest)
    tables, _spaces = recstore.diff(built, tmp_path / "grown.duckdb")
    assert same_content(tables)
    assert recorded(tmp_path / "grown.duckdb") == recorded(built)


def test_what_differs_is_said_by_table(built, store):
    change(
        store,
        "UPDATE movies SET title = title || '!' WHERE rowid < 2",
        "INSERT INTO tags SELECT * FROM tags LIMIT 1",
        "CREATE TABLE mine AS SELECT 1 AS a",
    )
    found = {change.table: (change.removed, change.added) for change in recstore.diff(store, built)[0]}
    assert {table: both for table, both in found.items() if any(both)} == {
        "movies": (2, 2),
        "tags": (0, 1),
        "mine": (0, 1),
    }
    assert run("diff", built, built, "--exit-code").returncode == 0
    assert run("diff", store, built).returncode == 0
    done = run("diff", store, built, "--exit-code")
    assert done.returncode == 1
    assert "They do not hold the same" in done.stderr


@pytest.mark.parametrize("client", repeated(shells.ALL, "shell-1.4"))
def test_anybody_can_compute_the_digest(client, built, tmp_path):
    query = sql.read("recstore.queries", "content_digest").strip().removesuffix(";")
    target = tmp_path / "digest.csv"
    shells.run(client, str(built), [f"COPY ({query}) TO '{target}' (HEADER false)"], tmp_path)
    assert target.read_text().strip() == f"{recorded(built)},{recorded(built)}"


def test_the_saved_query_is_as_it_is_made():
    """Renew it: python tests/golden/renew.py."""
    assert sql.read("recstore.queries", "content_digest") == render_query(to_be_stored(()))


def test_check_knows_what_a_build_alone_fills(store):
    def fault() -> str | None:
        return {finding.check: finding.fault for finding in recstore.check(store)}["content"]

    change(
        store,
        "INSERT INTO tags VALUES (1, (SELECT min(movie_id) FROM movies), 'mine', TIMESTAMP '2026-01-01')",
        "ALTER TABLE movie_vectors ADD COLUMN note VARCHAR DEFAULT 'mine'",
        "CREATE TABLE mine AS SELECT 1 AS a",
        "INSERT INTO store_info VALUES ('owner', 'me')",
    )
    assert fault() is None
    change(store, "UPDATE movie_weights SET taste = taste * 1.001 WHERE rowid = 3")
    assert "movie_weights holds something else than the build put there" in fault()
    change(store, "DELETE FROM store_info WHERE key = 'content'")
    assert fault() is None


def test_the_manifest_says_what_the_store_is_and_can_be_compared(store, tmp_path):
    described = recstore.manifest(store)
    assert described["file"] == {
        "sha256": hashlib.sha256(store.read_bytes()).hexdigest(),
        "bytes": store.stat().st_size,
    }
    assert described["content_digest"] == described["content_digest_recorded"] == recorded(store)
    assert {source["file"] for source in described["sources"]} == {"movies.csv", "links.csv", "ratings.csv", "tags.csv"}
    assert described["tables"]["movies"] == 100
    assert described["store"]["format_version"].isdigit()
    assert differences(described, json.loads(json.dumps(described))) == []

    printed = run("manifest", store)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert json.loads(printed.stdout) == described
    assert printed.stdout == json.dumps(described, indent=2, sort_keys=True) + "\n" == run("manifest", store).stdout
    file = tmp_path / "manifest.json"
    file.write_text(printed.stdout)
    assert run("manifest", store, "--verify", file).returncode == 0
    change(store, "UPDATE ratings SET rating = 5 WHERE rowid = 0")
    done = run("manifest", store, "--verify", file)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "content_digest: " in done.stderr
    file.write_text("no JSON")
    assert "is no manifest" in run("manifest", store, "--verify", file).stderr
    with pytest.raises(StoreError, match="no store"):
        recstore.manifest(file)
