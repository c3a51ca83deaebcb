"""`check` finds what is wrong with a store, and says it first."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from older_index import keep_vectors_in_chunks
from repeated import repeated
from runner import recstore as run_recstore

import recstore
from recstore import StoreError

RECSTORE = str(Path(sys.executable).parent / "recstore")


@pytest.fixture
def store(small_store, tmp_path) -> Path:
    return shutil.copy(small_store, tmp_path / "store.duckdb")


def faults(store: Path) -> list[str]:
    return [finding.check for finding in recstore.check(store) if finding.fault]


@pytest.mark.parametrize("which", repeated(["sample_store", "movie_store"]))
def test_a_new_store_is_sound(which, request):
    store = request.getfixturevalue(which)
    assert faults(store) == []
    with duckdb.connect(str(store), read_only=True) as con:
        rows = con.execute('SELECT "check", is_sound, faults, example FROM store_health').fetchall()
    assert len(rows) > 20
    assert {row[1:] for row in rows} == {(True, 0, None)}


_FIGURE = "INSERT INTO evaluations SELECT 'movies', 'protocol', 'model', true, 'ndcg@10',"
_TWO = "(SELECT movie_id FROM movie_vectors WHERE space = 'content' ORDER BY movie_id LIMIT 1 OFFSET 1)"


def one_of_each_check(damages: list[tuple[str, str]]) -> list:
    first = {found: (damage, found) for damage, found in reversed(damages)}
    return repeated(damages, *first.values())


@pytest.mark.parametrize(
    ("damage", "found"),
    one_of_each_check([
        ("DROP TABLE links", "tables"),
        ("ALTER TABLE tags RENAME COLUMN tag TO word", "tables"),
        ("DROP MACRO TABLE find_movies", "functions and views"),
        ("CREATE OR REPLACE MACRO find_movies(words, k := 10, store := NULL) AS TABLE SELECT 1", "functions and views"),
        ("CREATE OR REPLACE VIEW similar_movies_view AS SELECT 1 AS movie_id", "functions and views"),
        ("INSERT INTO movies SELECT * FROM movies LIMIT 1", "movies: key"),
        ("INSERT INTO ratings SELECT * FROM ratings LIMIT 1", "ratings: key"),
        ("INSERT INTO movie_vectors SELECT * FROM movie_vectors LIMIT 1", "movie vectors: key"),
        ("DELETE FROM movies WHERE movie_id = (SELECT movie_id FROM ratings LIMIT 1)", "ratings.movie id"),
        ("UPDATE tags SET movie_id = -1 WHERE rowid = 0", "tags.movie id"),
        ("UPDATE movie_vectors SET vector = list_transform(vector, lambda x: x * 1.01) WHERE rowid = 3",
         "movies: vectors"),
        ("UPDATE movie_vectors SET vector = list_transform(vector, lambda x: 'NaN'::FLOAT) WHERE rowid = 3",
         "movies: vectors"),
        ("UPDATE movie_vectors SET vector = vector[2:] WHERE rowid = 3", "movies: vectors"),
        ("DELETE FROM movie_vectors WHERE rowid = 3", "movies: spaces"),
        ("UPDATE spaces SET items = items + 1 WHERE space = 'content'", "movies: spaces"),
        (f"DELETE FROM movie_neighbors WHERE movie_id = {_TWO} AND rank > 50", "movies: neighbors complete"),
        (f"DELETE FROM movie_neighbors WHERE movie_id = {_TWO}", "movies: neighbors complete"),
        (f"UPDATE movie_neighbors SET score = 0.99 WHERE movie_id = {_TWO} AND rank = 50",
         "movies: neighbors in order"),
        (f"UPDATE movie_neighbors SET neighbor_id = -1 WHERE movie_id = {_TWO} AND rank = 50",
         "movies: neighbors known"),
        (f"UPDATE movie_neighbors SET neighbor_id = movie_id WHERE movie_id = {_TWO} AND rank = 5",
         "movies: neighbors in order"),
        ("UPDATE movie_neighbors SET score = score - 0.00001", "movies: neighbors of a sample"),
        ("UPDATE movies SET n_ratings = n_ratings + 1 WHERE rowid = 5", "movie statistics"),
        ("DELETE FROM movie_terms", "movie terms"),
        ("DELETE FROM movie_weights", "movie weights"),
        ("UPDATE movie_weights SET taste = 'nan' WHERE rowid = 3", "movie weights"),
        ("UPDATE movie_tastes SET gives = gives[2:] WHERE rowid = 3", "movie tastes"),
        ("UPDATE movie_tastes SET takes = ['inf'] WHERE rowid = 3", "movie tastes"),
        ("UPDATE movie_weights SET neighbor_id = movie_id WHERE rowid = 3", "movie weights"),
        (f"{_FIGURE} 0.5, 0.4, 0.6, 9, 0, 'no such build', TIMESTAMP '2026-01-01'", "evaluations"),
        (f"{_FIGURE} 0.7, 0.4, 0.6, 9, 0, build_id, TIMESTAMP '2026-01-01' FROM builds", "evaluations"),
        ("UPDATE movie_terms SET component = component[2:] WHERE rowid = 3", "movie terms"),
        ("UPDATE movie_terms SET term = (SELECT max(term) FROM movie_terms) WHERE rowid = 3", "movie terms: key"),
        ("UPDATE store_info SET value = 'x' WHERE key = 'build_id'", "build"),
        ("UPDATE annoy_chunks SET data = data || '\\x00'::BLOB WHERE rowid = 0", "annoy bytes"),
        ("DELETE FROM annoy_chunks WHERE rowid = 0", "annoy bytes"),
        ("UPDATE annoy_items SET id = (SELECT max(id) FROM annoy_items) WHERE item = 0", "annoy items"),
        ("UPDATE annoy_items SET id = -1 WHERE item = 0", "movies: annoy ids"),
    ]),
)  # fmt: skip
def test_what_is_wrong_is_found(damage, found, store):
    with duckdb.connect(str(store)) as con:
        con.execute(damage)
    assert found in faults(store)
    if found not in ("tables", "functions and views", "movies: neighbors of a sample"):
        with duckdb.connect(str(store), read_only=True) as con:
            rows = con.execute('SELECT "check" FROM store_health WHERE NOT is_sound').fetchall()
        assert (found,) in rows


def test_on_the_command_line(store):
    def check(*options):
        return run_recstore("check", store, *options)

    done = check()
    assert (done.returncode, done.stderr) == (0, "")
    assert "movies: neighbors in order" in done.stdout
    with duckdb.connect(str(store)) as con:
        con.execute("DELETE FROM movies WHERE movie_id = (SELECT movie_id FROM ratings LIMIT 1)")
    done = check("--json")
    assert done.returncode == 6
    assert done.stderr.startswith("recstore: links.movie id: 1 faults, such as: ")
    listed = json.loads(done.stdout)
    assert [row["check"] for row in listed if row["fault"]] == faults(store)
    assert all(row.keys() == {"check", "means", "fault"} for row in listed)


@pytest.mark.parametrize("times", repeated([8, 25]))
def test_single_bit_flips(times, small_store, tmp_path):
    """Whatever bit of the file flips, DuckDB or `check` says so, or the answers are as they were."""
    original = small_store.read_bytes()
    query = "SELECT hash(list(m.movie_id ORDER BY ALL)), sum(s.score) FROM movies AS m, similar_movies(m.movie_id) AS s"

    def answers(path):
        with duckdb.connect(str(path), read_only=True) as con:
            return con.execute(query).fetchall()

    right = answers(small_store)
    found = 0
    rng = random.Random(0)
    for number in range(times):
        flipped = bytearray(original)
        place = rng.randrange(len(original) if number else 12_288)
        flipped[place] ^= 1 << rng.randrange(8)
        path = tmp_path / f"{number}.duckdb"
        path.write_bytes(flipped)
        try:
            if faults(path):
                found += 1
                continue
        except StoreError:
            found += 1
            continue
        assert answers(path) == right, place
    assert found > times // 5


def test_the_recall_of_the_indexes_is_checked_unless_the_store_is_a_strangers(store):
    trusted = {finding.check: finding.fault for finding in recstore.check(store)}
    strange = {finding.check: finding.fault for finding in recstore.check(store, untrusted=True)}
    assert trusted.keys() - strange.keys() == {"movies: recall of annoy", "audio: recall of annoy"}
    assert set(trusted.values()) == {None}


def test_an_index_of_other_vectors_is_found_by_its_recall(sample_store, tmp_path):
    """Bytes, checksums and ids are those of a sound index; only what it was built from is not what it is said to be.

    As older stores keep it: an index that takes the vectors of its items from their table cannot be of others.
    """
    store = shutil.copy(sample_store, tmp_path / "store.duckdb")
    keep_vectors_in_chunks(store)
    other = "CASE %s WHEN 'movies_together' THEN 'movies_collaborative' ELSE 'movies_together' END"
    both = "('movies_together', 'movies_collaborative')"
    with duckdb.connect(str(store)) as con:
        con.execute(f"UPDATE annoy_chunks SET index_name = {other % 'index_name'} WHERE index_name IN {both}")
        con.execute("CREATE TEMP TABLE before AS FROM annoy_indexes")
        con.execute(
            "UPDATE annoy_indexes SET sha256 = b.sha256, bytes = b.bytes FROM before AS b "
            f"WHERE annoy_indexes.index_name IN {both} AND b.index_name = {other % 'annoy_indexes.index_name'}"
        )
    # In a process of its own: this one may have the sound index of the same build open.
    done = subprocess.run([RECSTORE, "check", str(store)], capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert "movies: recall of annoy: in collaborative it finds" in done.stderr


def test_a_store_of_two_people_is_sound_without_weights(tmp_path):
    """No movie is rated by three, and none has genres: nothing leads from one to another."""
    movies = "".join(f"{number},Movie {number} (2000),(no genres listed)\n" for number in range(1, 41))
    rows = [(user, number) for user in (1, 2) for number in range(user, user + 30)]
    ratings = "".join(f"{user},{number},{user * number % 5 + 0.5},{10**9 + number}\n" for user, number in rows)
    (tmp_path / "movies.csv").write_text(f"movieId,title,genres\n{movies}")
    (tmp_path / "ratings.csv").write_text(f"userId,movieId,rating,timestamp\n{ratings}")
    recstore.build(tmp_path / "two.duckdb", {"movielens": tmp_path})
    with duckdb.connect(str(tmp_path / "two.duckdb"), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM movie_weights").fetchall() == [(0,)]
        assert con.execute("SELECT count(*) FROM store_health WHERE NOT is_sound").fetchall() == [(0,)]
