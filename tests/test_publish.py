"""A store is replaced whole or not at all, and what its user added to it comes along."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest
import runner
from repeated import repeated
from runner import run

import recstore
from recstore import BusyError, OptionError, StoreError

RECSTORE = str(Path(sys.executable).parent / "recstore")

#: What a user may have put into a store, in every kind that DuckDB keeps in a file.
MINE = """
CREATE TYPE mood AS ENUM ('sad', 'well');
CREATE SEQUENCE numbers START 5;
CREATE TABLE watched (id INTEGER PRIMARY KEY DEFAULT nextval('numbers'), movie_id INTEGER, how mood,
    twice INTEGER GENERATED ALWAYS AS (movie_id * 2) VIRTUAL, CHECK (movie_id > 0));
INSERT INTO watched (movie_id, how) VALUES (1, 'sad'), (2, 'well');
CREATE TABLE a_review (watched INTEGER REFERENCES watched (id), said STRUCT(stars INTEGER, words VARCHAR[]));
INSERT INTO a_review VALUES (5, {'stars': 3, 'words': ['so', 'so']});
CREATE SCHEMA club;
CREATE TABLE club.movies AS SELECT range AS member FROM range(5000);
CREATE VIEW seen AS SELECT title, how FROM watched JOIN movies USING (movie_id);
CREATE VIEW club.seen_by AS FROM seen;
CREATE VIEW elsewhere AS FROM read_csv('was-there-once.csv');
CREATE MACRO stars(n, sign := '*') AS repeat(sign, n);
CREATE MACRO best(n := 3) AS TABLE SELECT title FROM movies ORDER BY mean_rating DESC, movie_id LIMIT n;
CREATE INDEX by_title ON movies (title);
COMMENT ON TABLE watched IS 'mine';
ALTER TABLE movies ADD COLUMN note VARCHAR DEFAULT 'none';
UPDATE movies SET note = 'good' WHERE movie_id = 7;
ALTER TABLE ratings ADD COLUMN device VARCHAR;
UPDATE ratings SET device = 'tv' WHERE movie_id = 7;
INSERT INTO store_info VALUES ('owner', 'me');
"""

ASKED = [
    "FROM watched", "FROM a_review", "SELECT count(*), sum(member) FROM club.movies", "FROM seen ORDER BY ALL",
    "FROM club.seen_by ORDER BY ALL", "SELECT stars(3), stars(2, sign := 'x')", "FROM best()", "FROM best(n := 1)",
    "SELECT comment FROM duckdb_tables() WHERE table_name = 'watched'",
    "SELECT index_name, sql FROM duckdb_indexes() ORDER BY ALL", "SELECT sql FROM duckdb_views() WHERE NOT internal",
    "SELECT note, count(*) FROM movies GROUP BY ALL ORDER BY ALL",
    "SELECT movie_id FROM movies WHERE note = 'good'", "SELECT device, count(*) FROM ratings GROUP BY ALL ORDER BY ALL",
    "SELECT column_default FROM duckdb_columns() WHERE column_name IN ('note', 'id') ORDER BY ALL",
    "SELECT value FROM store_info WHERE key = 'owner'",
]  # fmt: skip


@pytest.fixture
def store(small_store, tmp_path) -> Path:
    return shutil.copy(small_store, tmp_path / "store.duckdb")


def ask(store: Path, *queries: str) -> list[object]:
    with duckdb.connect(str(store), read_only=True) as con:
        return [con.execute(query).fetchall() for query in queries]


def change(store: Path, script: str) -> None:
    with duckdb.connect(str(store)) as con:
        con.execute(script)


def build_id(store: Path) -> object:
    return ask(store, "SELECT value FROM store_info WHERE key = 'build_id'")[0]


def beside(store: Path) -> list[str]:
    return sorted(path.name for path in store.parent.iterdir())


@pytest.mark.parametrize("how", repeated(["rebuild", "build", "rebuild the other catalogue"]))
def test_what_the_user_added_survives(how, store, small_folder, tmp_path):
    (tmp_path / "was-there-once.csv").write_text("x\n1\n")
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        change(store, MINE)
    finally:
        os.chdir(here)
    before = ask(store, *ASKED)
    if how == "rebuild":
        recstore.rebuild(store)
    elif how == "build":
        recstore.build(store, {"movielens": small_folder})
    else:
        recstore.rebuild(store, only="audio")
    assert ask(store, *ASKED) == before
    # The sequence goes on where it was, the constraints hold, and the next build keeps it all once more.
    with duckdb.connect(str(store)) as con:
        assert con.execute("INSERT INTO watched (movie_id) VALUES (3) RETURNING id").fetchall() == [(7,)]
        with pytest.raises(duckdb.ConstraintException):
            con.execute("INSERT INTO watched (movie_id) VALUES (-1)")
        con.execute("DELETE FROM watched WHERE id = 7")
    recstore.rebuild(store)
    assert ask(store, *ASKED) == before


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("ALTER TABLE movie_neighbors ADD COLUMN why VARCHAR DEFAULT 'so'", "movie_neighbors.why"),
        ("ALTER TABLE movies ADD PRIMARY KEY (movie_id)", "PRIMARY KEY that was added to movies"),
        ("ALTER TABLE builds ADD COLUMN who VARCHAR; UPDATE builds SET who = 'me'", "builds.who"),
    ],
)
def test_what_cannot_be_kept_stops_the_build(script, named, store):
    change(store, script)
    before = store.read_bytes()
    with pytest.raises(StoreError, match=named):
        recstore.rebuild(store)
    assert store.read_bytes() == before
    assert beside(store) == ["store.duckdb"]


def test_rebuild_goes_by_what_the_store_was_built_with(store):
    recstore.rebuild(store, min_user_ratings=40, content_dimensions=20)
    recstore.rebuild(store, seed=3)
    assert run("rebuild", store, "--collaborative-dimensions", 30, "--quiet")[0] == 0
    [[configuration]] = ask(store, "SELECT configuration FROM builds")
    wanted = {"min_user_ratings": "40", "content_dimensions": "20", "collaborative_dimensions": "30", "seed": "3"}
    assert configuration[0].items() >= wanted.items()
    with pytest.raises(OptionError, match="no option 'sead'"):
        recstore.rebuild(store, sead=3)


def test_a_link_stays_a_link_and_the_mode_stays(store, tmp_path):
    store.chmod(0o640)
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "link.duckdb"
    link.symlink_to(Path("..") / "store.duckdb")
    before = build_id(link)
    recstore.rebuild(link)
    assert link.is_symlink()
    assert build_id(link) == build_id(store) != before
    assert stat.S_IMODE(store.stat().st_mode) == 0o640
    assert beside(link) == ["link.duckdb"]


def test_two_builders(store):
    with subprocess.Popen([RECSTORE, "rebuild", str(store)], stderr=subprocess.DEVNULL) as first:
        lock = store.with_name(".store.duckdb.lock")
        while not lock.exists() or not lock.read_text():
            assert first.poll() is None
            time.sleep(0.001)
        # It stands still, so that it is at work however long the other takes to begin.
        first.send_signal(signal.SIGSTOP)
        code, said = run("rebuild", store)
        first.send_signal(signal.SIGCONT)
        assert code == 3
        assert f"is being built already, by process {first.pid}" in said
        assert run("rebuild", store, "--wait")[0] == 0
    assert first.returncode == 0
    assert beside(store) == ["store.duckdb", "store.duckdb.previous-1"]


def test_what_a_killed_builder_leaves_is_swept_away(store, movielens):
    before = build_id(store)
    process = subprocess.Popen([RECSTORE, "build", str(store), "--movielens", str(movielens)])
    while not list(store.parent.glob(".*.staging-*/store.duckdb")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert build_id(store) == before
    recstore.rebuild(store)
    assert build_id(store) != before
    assert beside(store) == ["store.duckdb", "store.duckdb.previous-1"]


_WRITER = """
import sys, duckdb
con = duckdb.connect(sys.argv[1])
con.execute("CREATE TABLE diary AS SELECT 'first' AS line")
con.execute("CHECKPOINT")
con.execute("INSERT INTO diary VALUES ('second')")
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def writer(store):
    """A process that writes to the store, its last change still in the write-ahead log."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_no_writer_is_robbed(store, writer):
    with pytest.raises(BusyError, match=f"open for writing in another program.*{writer.pid}"):
        recstore.rebuild(store)
    assert run("rebuild", store)[0] == 3
    waiting = threading.Thread(target=recstore.rebuild, args=(store,), kwargs={"wait": True})
    waiting.start()
    time.sleep(0.5)
    writer.communicate("")
    waiting.join()
    assert ask(store, "FROM diary") == [[("first",), ("second",)]]
    assert beside(store) == ["store.duckdb", "store.duckdb.previous-1"]


def test_the_log_of_a_killed_writer_is_replayed(store, writer):
    writer.kill()
    writer.wait()
    assert store.with_name("store.duckdb.wal").exists()
    recstore.rebuild(store)
    assert ask(store, "FROM diary") == [[("first",), ("second",)]]
    assert beside(store) == ["store.duckdb", "store.duckdb.previous-1"]
    store.unlink()
    store.with_name("store.duckdb.wal").write_bytes(b"of a store that is gone")
    with pytest.raises(StoreError, match="without its store"):
        recstore.build(store, {"movielens": "nowhere"})


def test_a_process_that_holds_the_old_store_sees_the_new_one(store):
    old = recstore.connect(store)
    mine = duckdb.connect()
    recstore.attach(mine, store, "one")
    query = "SELECT value FROM {}store_info WHERE key = 'build_id'"
    first = old.execute(query.format("")).fetchall()
    direct = duckdb.connect(str(store), read_only=True)
    recstore.rebuild(store)
    with recstore.connect(store) as new:
        second = new.execute(query.format("")).fetchall()
    assert old.execute(query.format("")).fetchall() == first != second
    recstore.attach(mine, store, "two")
    assert mine.execute(query.format("one.")).fetchall() == first
    assert mine.execute(query.format("two.")).fetchall() == second
    recstore.attach(mine, store, "one")
    assert mine.execute(query.format("one.")).fetchall() == second
    for con in (old, mine, direct):
        con.close()


def test_versions_rollback_and_diff(store):
    first = build_id(store)
    with pytest.raises(StoreError, match="no version before"):
        recstore.diff(store)
    with pytest.raises(StoreError, match="no version before"):
        recstore.rollback(store)
    change(store, "CREATE TABLE mine AS SELECT 1 AS x")
    recstore.rebuild(store, content_dimensions=5)
    second = build_id(store)
    assert "content" in runner.ask("diff", store)[1]
    tables, spaces = recstore.diff(store)
    assert {change.table: (change.before, change.now) for change in tables}["mine"] == (1, 1)
    changed = {(change.catalog, change.space): change.changed for change in spaces}
    assert changed["movies", "content"] > 0 == changed["movies", "collaborative"]
    assert f"{store}.previous-1" in runner.ask("info", store)[1]
    for now, before in ((first, second), (second, first)):
        assert run("rollback", store)[0] == 0
        assert (build_id(store), build_id(Path(f"{store}.previous-1"))) == (now, before)
    recstore.rebuild(store, keep=2)
    recstore.rebuild(store, keep=2)
    assert beside(store) == ["store.duckdb", "store.duckdb.previous-1", "store.duckdb.previous-2"]
    assert build_id(Path(f"{store}.previous-2")) == second
    recstore.rebuild(store, keep=0)
    assert beside(store) == ["store.duckdb"]


def test_no_writer_is_robbed_by_a_rollback(store, writer):
    with pytest.raises(BusyError, match="open for writing"):
        recstore.rollback(store)
    writer.communicate("")


def test_a_build_without_any_space_says_so(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "movies.csv").write_text(
        "movieId,title,genres\n1,A (1999),(no genres listed)\n2,B (1999),(no genres listed)\n"
    )
    (source / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,2,4.0,964982703\n")
    with pytest.raises(StoreError, match="No movie has a vector in any space"):
        recstore.build(tmp_path / "store.duckdb", {"movielens": source})
    assert beside(tmp_path / "store.duckdb") == ["source"]


def test_vectors_whose_packing_would_be_misjudged_are_written_as_they_are(small_store, tmp_path, monkeypatch):
    packing = (
        "SELECT DISTINCT compression FROM pragma_storage_info('movie_vectors') "
        "WHERE segment_type = 'FLOAT' AND NOT contains(compression, 'Constant')"
    )
    found = []
    for most in (10**9, 1):
        monkeypatch.setattr("recstore.pipeline.compute.MOST_PACKED", most)
        store = Path(shutil.copy(small_store, tmp_path / f"{most}.duckdb"))
        recstore.rebuild(store, only="movies")
        with duckdb.connect(str(store), read_only=True) as con:
            found.append({name for (name,) in con.execute(packing).fetchall()})
    assert "ALPRD" in found[0]
    assert "ALPRD" not in found[1]
