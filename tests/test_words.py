"""Movies by words, the numbers of scikit-learn, and why two movies are alike."""

from __future__ import annotations

import re

import duckdb
import numpy as np
import pytest

import recstore

SENTENCES = [
    "space opera with robots",
    "A SERIAL-KILLER, and a twist ending!",
    "time travel time travel comedy",
    "the zombies of xyzzy",
    "drama",
]


@pytest.fixture(scope="module")
def con(movie_store):
    with duckdb.connect(str(movie_store), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def fitted(con):
    """What scikit-learn makes of the same documents: the vectorizer, the weights, and the decomposition."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    documents = con.execute(
        "SELECT concat_ws(' ', array_to_string(genres, ' '), "
        "(SELECT string_agg(tag, ' ') FROM tags WHERE tags.movie_id = movies.movie_id)) FROM movies WHERE movie_id IN "
        "(SELECT movie_id FROM movie_vectors WHERE space = 'hybrid') ORDER BY movie_id"
    ).fetchall()
    vectorizer = TfidfVectorizer(stop_words="english")
    weights = vectorizer.fit_transform([text for (text,) in documents])
    return vectorizer, weights, TruncatedSVD(200, n_iter=10, random_state=0).fit(weights)


def test_the_weights_are_scikit_learns(con, fitted):
    vectorizer, _, svd = fitted
    rows = con.execute("SELECT term, idf, component FROM movie_terms ORDER BY term").fetchall()
    terms, idf, components = zip(*rows, strict=True)
    assert list(terms) == sorted(vectorizer.vocabulary_)
    np.testing.assert_allclose(idf, vectorizer.idf_, rtol=1e-12)
    # The strongest directions, whose signs are anybody's.
    mine, theirs = np.array(components)[:, :20], svd.components_[:20].T
    np.testing.assert_allclose(mine * np.sign((mine * theirs).sum(axis=0)), theirs, atol=1e-3)


def test_words_score_as_in_scikit_learn(con, fitted):
    """Every movie's score is the cosine of its vector and what scikit-learn's transform gives with our components."""
    vectorizer, _, svd = fitted
    terms = con.execute("SELECT component FROM movie_terms ORDER BY term").fetchall()
    svd.components_ = np.array([component for (component,) in terms]).T
    ids, vectors = con.execute(
        "SELECT list(movie_id ORDER BY movie_id), list(vector ORDER BY movie_id) FROM movie_vectors "
        "WHERE space = 'content'"
    ).fetchall()[0]
    for words in SENTENCES:
        transformed = svd.transform(vectorizer.transform([words]))[0]
        wanted = dict(zip(ids, np.array(vectors) @ transformed / np.linalg.norm(transformed), strict=True))
        rows = con.execute("SELECT rank, movie_id, space, score FROM movies_about(?, k := 32767)", [words]).fetchall()
        assert [row[0] for row in rows] == list(range(1, len(ids) + 1))
        assert {row[2] for row in rows} == {"content"}
        np.testing.assert_allclose([row[3] for row in rows], [wanted[row[1]] for row in rows], atol=2e-5)
        assert rows == sorted(rows, key=lambda row: (-row[3], row[1]))


def test_explained_variance_is_scikit_learns(con, fitted):
    _, _, svd = fitted
    explained = dict(con.execute("SELECT space, explained FROM spaces WHERE catalog = 'movies'").fetchall())
    assert explained["hybrid"] is None
    np.testing.assert_allclose(explained["content"], np.cumsum(svd.explained_variance_ratio_), atol=2e-3)
    for space in ("content", "collaborative", "together"):
        assert len(explained[space]) == 200
        assert (np.diff(explained[space]) > 0).all()
        assert 0 < explained[space][-1] < 1


def test_a_space_opera_with_robots(con):
    found = con.execute("SELECT title FROM movies_about('space opera with robots')").fetchall()
    assert sum("Star Wars" in title for (title,) in found) >= 2
    later = "FROM movies_about('space opera with robots', filter := year > 2010 AND n_ratings > 20, k := 3)"
    assert all(row[3] > 2010 and row[5] > 20 for row in con.execute(later).fetchall())


@pytest.mark.parametrize("words", ["xyzzy", "", "the of and", "a b c", None])
def test_words_that_nothing_is_known_of(con, words):
    assert con.execute("FROM movies_about(?)", [words]).fetchall() == []


def test_wrong_arguments(con):
    for words in ("'space'", "'xyzzy'", "NULL"):
        for k in ("0", "NULL", "1.5", "40000", "'x'"):
            with pytest.raises(duckdb.Error, match="movies_about: k must be a whole number from 1 to 32767, not"):
                con.execute(f"FROM movies_about({words}, k := {k})").fetchall()


def test_a_join_over_words(con):
    asked = [*SENTENCES, "xyzzy", None]
    rows = con.execute(
        "SELECT a.words, list(s.movie_id ORDER BY s.rank) FROM (SELECT unnest(?) AS words, 7 AS k) AS a, "
        "movies_about(words, k := k) AS s GROUP BY ALL",
        [asked],
    ).fetchall()
    single = "SELECT list(movie_id ORDER BY rank) FROM movies_about(?, k := 7)"
    assert dict(rows) == {words: con.execute(single, [words]).fetchall()[0][0] for words in SENTENCES}


@pytest.mark.parametrize("exact", [True, False])
def test_through_connect(con, movie_store, exact):
    with recstore.connect(movie_store, exact=exact) as views:
        for query in ("FROM movies_about('space opera')", "FROM why_similar(1, 3114)"):
            assert views.execute(query).fetchall() == con.execute(query).fetchall()


def test_a_store_without_terms(tmp_path, small_folder):
    for name in ("movies.csv", "tags.csv"):
        text = (small_folder / name).read_text()
        text = re.sub(r",[^,\n]*$", ",(no genres listed)", text, flags=re.M) if name == "movies.csv" else text[:0]
        header = (small_folder / name).read_text().splitlines()[0]
        lines = [header, *text.splitlines()[1:]]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    for name in ("ratings.csv", "links.csv"):
        (tmp_path / name).write_bytes((small_folder / name).read_bytes())
    recstore.build(tmp_path / "bare.duckdb", {"movielens": tmp_path})
    with recstore.connect(tmp_path / "bare.duckdb") as bare:
        assert bare.execute("SELECT count(*) FROM movie_terms").fetchall() == [(0,)]
        assert bare.execute("FROM movies_about('drama')").fetchall() == []
        assert bare.execute("SELECT map_keys(scores) FROM why_similar(1, 2)").fetchall() == [
            (["collaborative", "together"],)
        ]


def test_a_rebuild_and_an_addition_keep_words(small_store, tmp_path):
    with recstore.connect(small_store) as store:
        before = store.execute("FROM movies_about('drama', k := 20)").fetchall()
    assert before
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(small_store.read_bytes())
    recstore.rebuild(copy)
    with recstore.connect(copy) as store:
        assert store.execute("FROM movies_about('drama', k := 20)").fetchall() == before


def test_why_similar(con):
    for space, rank in (("content", 1), ("hybrid", 17), ("collaborative", 3), ("together", 100)):
        other, score = con.execute(
            "SELECT neighbor_id, score FROM movie_neighbors WHERE movie_id = 296 AND space = ? AND rank = ?",
            [space, rank],
        ).fetchall()[0]
        found = con.execute("FROM why_similar(296, ?)", [other])
        names = [column[0] for column in found.description]
        rows = found.fetchall()
        assert len(rows) == 1
        why = dict(zip(names, rows[0], strict=True))
        assert (why["movie_a"], why["movie_b"]) == (296, other)
        assert (why["scores"][space], why["ranks"][space]) == (score, rank)
        genres, tags, liked = (
            [{value for (value,) in con.execute(query, [movie]).fetchall()} for movie in (296, other)]
            for query in (
                "SELECT unnest(genres) FROM movies WHERE movie_id = ?",
                "SELECT lower(trim(tag)) FROM tags WHERE movie_id = ?",
                "SELECT user_id FROM ratings WHERE movie_id = ? AND rating >= 4",
            )
        )
        assert set(why["shared_genres"]) == genres[0] & genres[1]
        assert set(why["shared_tags"]) == tags[0] & tags[1]
        assert [why["liked_a"], why["liked_b"]] == [len(people) for people in liked]
        assert why["liked_both"] == len(liked[0] & liked[1])


def test_why_similar_of_what_is_named_or_not_there(con, movie_store):
    by_id = con.execute("FROM why_similar(1, 3114)").fetchall()
    assert con.execute("FROM why_similar('Toy Story (1995)', ' Toy Story 2 (1999)')").fetchall() == by_id
    assert con.execute("FROM why_similar(1, NULL)").fetchall() == []
    assert con.execute("FROM why_similar('none', 1)").fetchall() == []
    assert con.execute("SELECT ranks, liked_both = liked_a FROM why_similar(1, 1)").fetchall() == [(None, True)]
    pairs = "(VALUES (1, 3114), (2, 1), (-1, 1)) AS movie(movie_a, movie_b)"
    rows = con.execute(f"SELECT w.* FROM {pairs}, why_similar(movie_a, movie_b) AS w ORDER BY 1").fetchall()
    assert [row[:2] for row in rows] == [(1, 3114), (2, 1)]
    assert rows[0] == by_id[0]
    with duckdb.connect() as other:
        other.execute(f"ATTACH '{movie_store}' AS \"my rec\" (READ_ONLY)")
        assert other.execute("FROM \"my rec\".why_similar(1, 3114, store := 'my rec')").fetchall() == by_id
