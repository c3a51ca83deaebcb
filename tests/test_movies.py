"""The movie half of the contract, on the real MovieLens small."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest
from conftest import data
from repeated import repeated

import recstore

ASKED = "Grumpier Old Men (1995)"


@pytest.fixture(scope="module")
def con(movie_store):
    with duckdb.connect(str(movie_store), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def vectors(con):
    """Ids and double-precision vectors of every space, straight from the tables."""
    found = {}
    for space in ("content", "collaborative", "together", "hybrid"):
        rows = con.execute(
            "SELECT movie_id, vector FROM movie_vectors WHERE space = ? ORDER BY 1", [space]
        ).fetchnumpy()
        found[space] = rows["movie_id"], np.stack(rows["vector"]).astype(np.float64)
    return found


def ranking(vectors, movie_id, space, allowed=None):
    """The contract, in NumPy: rounded cosines, ties to the smaller id, never the movie itself."""
    ids, matrix = vectors[space]
    score = np.rint(matrix @ matrix[np.flatnonzero(ids == movie_id)[0]] * 100_000) / 100_000
    keep = ids != movie_id if allowed is None else (ids != movie_id) & np.isin(ids, allowed)
    order = np.lexsort((ids[keep], -score[keep]))
    return list(zip(ids[keep][order].tolist(), score[keep][order].astype(np.float32).tolist(), strict=True))


def ask(con, call):
    return con.execute(f"SELECT movie_id, score FROM {call}").fetchall()


def test_what_is_loaded(con):
    counts = {
        table: con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        for table in ("movies", "ratings", "tags", "links", "load_rejects")
    }
    assert counts == {"movies": 9742, "ratings": 100836, "tags": 3683, "links": 9742, "load_rejects": 0}
    items = dict(con.execute("SELECT space, items FROM spaces").fetchall())
    assert items["collaborative"] == 9710
    assert con.execute("SELECT count(*) FROM movies WHERE genres = []").fetchall() == [(34,)]
    # Every movie that has any term has a content vector, whether it took part or not.
    assert items["content"] > items["hybrid"]
    assert con.execute("SELECT n_ratings, round(mean_rating, 2) FROM movies WHERE movie_id = 1").fetchall() == [
        (215, pytest.approx(3.92))
    ]


@pytest.mark.parametrize("seed", repeated(range(3)))
def test_the_notebook_is_reproduced(seed, movie_store, tmp_path):
    if seed == 0:
        path = movie_store
    else:
        path = shutil.copy(movie_store, tmp_path / "seed.duckdb")
        recstore.rebuild(path, seed=seed)
    with data("reference/notebook_top10.csv").open() as file:
        printed = list(csv.DictReader(line for line in file if not line.startswith("#")))
    with duckdb.connect(str(path), read_only=True) as con:
        top = con.execute("SELECT title FROM similar_movies(?, space := 'hybrid')", [ASKED]).fetchall()
        assert len({title for (title,) in top} & {row["title"] for row in printed}) >= 8
        for row in printed:
            content, collaborative = float(row["content"]), float(row["collaborative"])
            wanted = {"content": content, "collaborative": collaborative, "hybrid": (content + collaborative) / 2}
            for space, score in wanted.items():
                query = "SELECT score FROM similar_movies(?, space := ?, filter := title = ?)"
                assert con.execute(query, [ASKED, space, row["title"]]).fetchall()[0][0] == pytest.approx(
                    score, abs=0.02
                )


@pytest.mark.thorough
def test_tfidf_and_svd_are_scikit_learns(con, vectors):
    from sklearn.feature_extraction.text import TfidfVectorizer

    from recstore.models.stop_words import stop_words

    documents = dict(
        con.execute(
            "SELECT movie_id, concat_ws(' ', array_to_string(genres, ' '), "
            "(SELECT string_agg(tag, ' ') FROM tags WHERE tags.movie_id = movies.movie_id)) FROM movies "
            "WHERE movie_id IN (SELECT movie_id FROM movie_vectors WHERE space = 'hybrid') ORDER BY movie_id"
        ).fetchall()
    )
    vectorizer = TfidfVectorizer(stop_words="english")
    weights = vectorizer.fit_transform(documents.values())
    assert set(stop_words()) == set(vectorizer.get_stop_words())
    ids, mine = vectors["content"]
    mine = mine[np.isin(ids, list(documents))]
    # With 200 of some 1,670 dimensions the cosines are near those of the full matrix, and equal where it matters.
    exact = (weights @ weights.T).toarray()
    np.testing.assert_allclose(np.linalg.norm(mine, axis=1), 1, atol=1e-6)
    assert np.corrcoef(exact[::50].ravel(), (mine @ mine.T)[::50].ravel())[0, 1] > 0.95


@pytest.mark.parametrize("space", ["content", "collaborative", "together", "hybrid"])
def test_stored_neighbors_are_the_exact_ones(con, vectors, space):
    ids, _ = vectors[space]
    for movie_id in ids[:: len(ids) // 60].tolist():
        query = "SELECT neighbor_id, score FROM movie_neighbors WHERE space = ? AND movie_id = ? ORDER BY rank"
        assert con.execute(query, [space, movie_id]).fetchall() == ranking(vectors, movie_id, space)[:100]
    ranks = con.execute(
        "SELECT min(rank), max(rank), count(*) FROM movie_neighbors WHERE space = ?", [space]
    ).fetchall()
    assert ranks == [(1, 100, 100 * len(ids))]


@pytest.mark.parametrize("k", [1, 10, 100, 101, 5_000, 20_000])
@pytest.mark.parametrize("space", ["content", "hybrid"])
def test_exactly_k_rows_in_the_right_order(con, vectors, k, space):
    wanted = ranking(vectors, 3, space)[:k]
    assert ask(con, f"similar_movies(3, k := {k}, space := '{space}')") == wanted
    ranks = con.execute(f"SELECT rank FROM similar_movies(3, k := {k}, space := '{space}')").fetchall()
    assert [rank for (rank,) in ranks] == list(range(1, len(wanted) + 1))


@pytest.mark.parametrize(
    "condition",
    ["year >= 2000 AND n_ratings >= 20 AND list_contains(genres, 'Comedy')", "movie_id IN (1, 5, 9)", "movie_id = 4",
     "false", "NULL::BOOLEAN", "year > 1990 OR true"],
)  # fmt: skip
def test_the_filter_comes_before_the_ranking(con, vectors, condition):
    allowed = con.execute(f"SELECT movie_id FROM movies WHERE {condition}").fetchnumpy()["movie_id"]
    wanted = ranking(vectors, 3, "hybrid", allowed)
    for k in (10, 2_000):
        assert ask(con, f"similar_movies(3, k := {k}, filter := {condition})") == wanted[:k]


def test_k_and_filter_by_row_of_a_join(con, vectors):
    rows = con.execute(
        "SELECT w.id, list((s.movie_id, s.score) ORDER BY s.rank) "
        "FROM (VALUES (1, 3), (2, 100), (3, 101), (5, 400), (-7, 2)) AS w(id, n), "
        "similar_movies(w.id, k := w.n) AS s GROUP BY w.id ORDER BY w.id"
    ).fetchall()
    counts = {1: 3, 2: 100, 3: 101, 5: 400}
    assert rows == [(movie, ranking(vectors, movie, "hybrid")[:n]) for movie, n in counts.items()]
    rows = con.execute(
        "SELECT w.id, list(s.movie_id ORDER BY s.rank) FROM (VALUES (1, 1990), (2, 2005), (2, 1950)) AS w(id, since), "
        "similar_movies(w.id, k := 5, filter := year >= w.since) AS s GROUP BY w.id, w.since ORDER BY w.id, w.since"
    ).fetchall()
    assert [ids for _, ids in rows] == [
        [movie for movie, _ in ranking(vectors, asked, "hybrid", con.execute(
            "SELECT movie_id FROM movies WHERE year >= ?", [since]).fetchnumpy()["movie_id"])[:5]]
        for asked, since in ((1, 1990), (2, 1950), (2, 2005))
    ]  # fmt: skip


def test_several_questions_of_one_row_stay_apart(con):
    for more in ("k := 150", "k := 20, filter := year > 1990", "k := '20'"):
        rows = con.execute(
            f"SELECT list(movie_id ORDER BY score DESC, movie_id) FROM (SELECT 1) AS t, "
            f"similar_movies(unnest([1, 2]), {more})"
        ).fetchall()[0][0]
        each = [con.execute(f"SELECT movie_id FROM similar_movies({movie}, {more})").fetchall() for movie in (1, 2)]
        assert sorted(rows) == sorted(movie for answer in each for (movie,) in answer)
    both = "(SELECT list(vector) FROM movie_vectors WHERE space = 'content' AND movie_id IN (1, 2))"
    query = f"SELECT count(*) FROM nearest_movies(unnest({both}), k := 7, space := 'content')"
    assert con.execute(query).fetchall() == [(14,)]


@pytest.mark.parametrize("kept", ["'content', 'collaborative'", "'collaborative'", ""])
def test_a_store_that_lacks_spaces(movie_store, tmp_path, kept):
    path = tmp_path / "fewer.duckdb"
    path.write_bytes(movie_store.read_bytes())
    with duckdb.connect(str(path)) as con:
        con.execute("BEGIN")
        for table in ("spaces", "movie_vectors", "movie_neighbors"):
            con.execute(f"DELETE FROM {table} WHERE NOT list_contains([{kept}], space)")
        con.execute("COMMIT")
        for k in (10, 150):
            found = con.execute(f"SELECT count(*), any_value(space) FROM similar_movies(1, k := {k})").fetchall()
            assert found == [(k, "collaborative") if kept else (0, None)]
        for call in ("similar_movies(1, space := 'hybrid')", "nearest_movies([1])", "similar_movies(1, space := 'x')"):
            with pytest.raises(duckdb.Error, match="there is no space"):
                con.execute(f"FROM {call}").fetchall()


def test_which_item(con):
    by_id = con.execute("FROM similar_movies(1)").fetchall()
    for same in ("'Toy Story (1995)'", "'  Toy Story (1995) '", "'1'", "'+1'", "1::BIGINT", "1.0", "1::DOUBLE",
                 "1::UTINYINT", "'Toy Story (1995)'::ENUM('Toy Story (1995)', 'other')"):  # fmt: skip
        assert con.execute(f"FROM similar_movies({same})").fetchall() == by_id, same
    for nothing in (
        "NULL",
        "'no such movie'",
        "-1",
        "1.5",
        "'1.5'",
        "'1e0'",
        "'1_0'",
        "99999999999",
        "''",
        "'NaN'",
        "'nan'::DOUBLE",
    ):
        assert con.execute(f"FROM similar_movies({nothing})").fetchall() == [], nothing
    # Two movies share this title; the most rated is meant.
    shared = con.execute(
        "SELECT title, first(movie_id ORDER BY n_ratings DESC, movie_id) FROM movies GROUP BY title HAVING count(*) > 1"
    ).fetchall()
    assert shared
    for title, movie_id in shared:
        assert (
            con.execute("FROM similar_movies(?)", [title]).fetchall()
            == con.execute("FROM similar_movies(?)", [movie_id]).fetchall()
        )


def test_a_movie_without_the_default_space(con):
    no_content = "HAVING list_sort(list(space)) = ['collaborative', 'together']"
    only_collaborative = f"(SELECT movie_id FROM movie_vectors GROUP BY 1 {no_content})"
    only_content = "(SELECT movie_id FROM movie_vectors GROUP BY 1 HAVING list(space) = ['content'])"
    for which, space in ((only_collaborative, "collaborative"), (only_content, "content")):
        one = f"(SELECT min(movie_id) FROM {which})"
        assert con.execute(f"SELECT DISTINCT space FROM similar_movies({one})").fetchall() == [(space,)]
        assert con.execute(f"SELECT count(*) FROM similar_movies({one}, k := 150)").fetchall() == [(150,)]
        assert con.execute(f"SELECT count(*) FROM similar_movies({one}, filter := n_ratings > 50)").fetchall() == [
            (10,)
        ]
        assert con.execute(f"FROM similar_movies({one}, space := 'hybrid')").fetchall() == []
    assert con.execute(f"SELECT count(*) FROM similar_movies((SELECT min(movie_id) FROM {only_content}), "
                       "space := ['collaborative', 'content'])").fetchall() == [(10,)]  # fmt: skip


def test_columns_and_their_types(con):
    wanted = {
        "rank": "SMALLINT", "movie_id": "INTEGER", "title": "VARCHAR", "year": "SMALLINT", "genres": "VARCHAR[]",
        "n_ratings": "INTEGER", "mean_rating": "FLOAT", "space": "VARCHAR", "score": "FLOAT",
    }  # fmt: skip
    vector = "(SELECT vector FROM movie_vectors WHERE movie_id = 1 AND space = 'hybrid')"
    for call in ("similar_movies(1)", "similar_movies(1, k := 500)", "similar_movies(1, filter := true)",
                 f"nearest_movies({vector})", "find_movies('toy')"):  # fmt: skip
        described = con.execute(f"DESCRIBE FROM {call}").fetchall()
        assert {row[0]: row[1] for row in described} == wanted, call


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("similar_movies(1, k := 0)", "k must be a whole number from 1 to 32767, not 0"),
        ("similar_movies(1, k := -3)", "not -3"),
        ("similar_movies(1, k := NULL)", "not NULL"),
        ("similar_movies(1, k := 1.5)", "not 1.5"),
        ("similar_movies(1, k := 40000)", "not 40000"),
        ("similar_movies(1, space := 'colaborative')",
         "there is no space 'colaborative'; space must be one of: collaborative, content, hybrid, together"),
        ("similar_movies(1, space := NULL)", "there is no space NULL"),
        ("similar_movies(1, space := '[content]')", r"there is no space '\[content\]'"),
        ("similar_movies(1, space := 'content, hybrid')", "there is no space 'content, hybrid'"),
        ("similar_movies(1, space := ['content', 'x', NULL])", "there is no space 'x', NULL;"),
        ("similar_movies(1, space := [])", "there is no space NULL"),
        ("similar_movies(1, k := 'ten')", "k must be a whole number from 1 to 32767, not ten"),
        ("similar_movies(1, space := 'colaborative', filter := year > 2000)", "there is no space"),
        ("similar_movies(1, space := 'colaborative', filter := false)", "there is no space"),
        ("similar_movies(NULL, space := 'colaborative')", "there is no space"),
        ("similar_movies(1, k := 0, filter := false)", "k must be"),
        ("nearest_movies([1, 2], filter := false)", "takes vectors of 400"),
        ("nearest_movies(NULL, space := 'x')", "there is no space 'x'"),
        ("nearest_movies([1, 2])", "space 'hybrid' takes vectors of 400 numbers, not 2"),
        ("nearest_movies([1], space := 'x')", "there is no space 'x'"),
        ("nearest_movies([0 FOR _ IN range(400)])", "finite numbers, at least one of them not 0"),
        ("nearest_movies(['nan'::DOUBLE FOR _ IN range(400)])", "finite numbers, at least one of them not 0"),
        ("nearest_movies(['-inf'::DOUBLE FOR _ IN range(400)])", "finite numbers, at least one of them not 0"),
        ("nearest_movies([1e200 FOR _ IN range(400)])", "of a length from 1e-150 to 1e150"),
        ("nearest_movies(['nan'::DOUBLE FOR _ IN range(400)])", "finite numbers"),
        ("nearest_movies([1], k := 0)", "k must be"),
        ("find_movies('toy', k := 0)", "k must be"),
        ("(VALUES (1), (0)) AS w(n), similar_movies(1, k := w.n)", "k must be"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_errors_that_say_what_is_allowed(con, call, message):
    with pytest.raises(duckdb.Error, match=message):
        con.execute(f"SELECT * FROM {call}").fetchall()


def test_nearest(con, vectors):
    ids, _ = vectors["content"]
    for position in (0, 77, len(ids) - 1):
        movie_id = int(ids[position])
        query = f"(SELECT vector FROM movie_vectors WHERE movie_id = {movie_id} AND space = 'content')"
        rows = ask(con, f"nearest_movies({query}, k := 3000, space := 'content')")
        assert [row for row in rows if row[0] != movie_id][:2999] == ranking(vectors, movie_id, "content")[:2999]
        assert dict(rows)[movie_id] == 1
        scaled = f"list_transform({query}, lambda x: x * 12.5)"
        near = ask(con, f"nearest_movies({scaled}, k := 50, space := 'content')")
        assert [score for _, score in near] == pytest.approx([score for _, score in rows[:50]], abs=1.1e-5)
    assert con.execute("FROM nearest_movies(NULL)").fetchall() == []
    assert con.execute("FROM nearest_movies(NULL::FLOAT[])").fetchall() == []
    joined = con.execute(
        "SELECT count(*), count(DISTINCT v.movie_id) FROM (FROM movie_vectors WHERE space = 'hybrid' LIMIT 20) AS v, "
        "nearest_movies(v.vector, k := 3, filter := year >= 1990)"
    ).fetchall()
    assert joined == [(60, 20)]


def test_find(con):
    def titles(words, k=10):
        return [row[0] for row in con.execute(f"SELECT title FROM find_movies('{words}', k := {k})").fetchall()]

    assert titles("the matrix")[0] == "Matrix, The (1999)"
    assert titles("  1995 STORY toy ") == ["Toy Story (1995)"]
    assert titles("amelie") == ["Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)"]
    assert titles("Amélie") == titles("amelie")
    assert titles("star war", 1) == ["Star Wars: Episode IV - A New Hope (1977)"]
    assert titles("") == titles("!?") == []
    assert con.execute("FROM find_movies(NULL)").fetchall() == []
    scores = con.execute("SELECT DISTINCT score FROM find_movies('matrix zzzz')").fetchall()
    assert scores == [(0.5,)]
    counts = con.execute("SELECT n_ratings FROM find_movies('star', k := 5)").fetchall()
    assert counts == sorted(counts, reverse=True)


def test_every_table_and_column_has_a_comment(con):
    assert con.execute("SELECT table_name FROM duckdb_tables() WHERE comment IS NULL").fetchall() == []
    columns = "SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND table_name IN "
    assert con.execute(columns + "(SELECT table_name FROM duckdb_tables())").fetchall() == []
    functions = "SELECT comment FROM duckdb_functions() WHERE function_name IN ('similar_movies', 'find_movies')"
    assert all(comment for (comment,) in con.execute(functions).fetchall())


def other_tables(store, *others):
    """Return the tables of other stores that hold something else than those of a store."""
    rows, found = "SELECT count(*), sum(CAST(hash(t) AS HUGEINT)) FROM", []
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{store}' AS a (READ_ONLY)")
        tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'a'").fetchall()
        assert len(tables) > 20
        for other in others:
            con.execute(f"ATTACH '{other}' AS b (READ_ONLY)")
            for (table,) in tables:
                first, second = (con.execute(f"{rows} {one}.main.{table} AS t").fetchall() for one in "ab")
                found += [(other.name, table)] if first != second and table not in ("builds", "store_info") else []
            con.execute("DETACH b")
    return found


@pytest.mark.parametrize("version", repeated(["1.4", "1.5"]))
def test_builds_are_identical(version, small_folder, small_store, store_written_by):
    """Also those that other versions of DuckDB made, in other processes."""
    assert other_tables(small_store, store_written_by(version, small_folder)) == []


@pytest.mark.thorough
@pytest.mark.parametrize("version", ["1.4", "1.5"])
def test_builds_of_movielens_are_identical(version, movielens, movie_store, store_written_by):
    """As above, of a data set on which more can go astray."""
    assert other_tables(movie_store, store_written_by(version, movielens)) == []


@pytest.mark.thorough
def test_with_less_memory_all_but_the_weights_are_the_same(movie_store, bounded_store):
    """With 1 GB fewer movies have weights and tastes of their own: the most rated, as the square leaves room for."""
    others = [("movies.duckdb", "movie_tastes"), ("movies.duckdb", "movie_weights")]
    assert other_tables(movie_store, bounded_store) == others


def test_a_rebuild_is_identical_to_the_build(sample_store, tmp_path):
    recomputed = Path(shutil.copy(sample_store, tmp_path / "recomputed.duckdb"))
    recstore.rebuild(recomputed)
    assert other_tables(sample_store, recomputed) == []


def test_the_matrix_library_has_one_thread_in_a_build(sample_folder, tmp_path):
    """In a process of its own: another test may have loaded the library with the limit in place."""
    seen = tmp_path / "threads.txt"
    code = f"""
import recstore, recstore.catalogs.movies.spaces as movies
from pathlib import Path
from threadpoolctl import threadpool_info
spaces = movies.spaces
def spy(*arguments):
    Path({str(seen)!r}).write_text(str({{library["num_threads"] for library in threadpool_info()}}))
    return spaces(*arguments)
movies.spaces = spy
recstore.build({str(tmp_path / "a.duckdb")!r}, {{"movielens": {str(sample_folder)!r}}})
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert seen.read_text() == "{1}"
