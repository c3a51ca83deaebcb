"""`recommend_movies` and `recommend_for`: the rows of the model, for a person of the ratings and for any list."""

from __future__ import annotations

import shutil

import duckdb
import numpy as np
import pytest
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from recstore.catalogs.movies.weights import read_interactions
from recstore.models.fading import FADING
from recstore.models.person import Person, PersonSettings, older_of, person_weights, stored
from recstore.models.transitions import Timeline

COLUMNS = ["rank", "movie_id", "title", "year", "genres", "n_ratings", "mean_rating", "space", "score", "because",
           "reason"]  # fmt: skip


@pytest.fixture(scope="module")
def con(movie_store):
    with duckdb.connect(str(movie_store), read_only=True) as con:
        yield con


def ids(con: duckdb.DuckDBPyConnection, question: str, *parameters: object) -> list[int]:
    return [row[0] for row in con.execute(f"SELECT movie_id FROM {question} ORDER BY rank", parameters).fetchall()]


def test_sql_and_numpy_on_whole_matrices_agree(con):
    train, movies = read_interactions(con)
    rows = con.execute("SELECT movie_id, neighbor_id, taste, next, is_content FROM movie_weights").fetchnumpy()
    everything = con.execute("SELECT movie_id FROM movies ORDER BY movie_id").fetchnumpy()["movie_id"]
    pairs = [np.searchsorted(everything, rows[name]) for name in ("movie_id", "neighbor_id")]
    shape = len(everything), len(everything)
    taste, after = (csr_matrix((rows[name].astype(float), pairs), shape) for name in ("taste", "next"))

    # As a build does: which of the smallest weights are kept hangs on the last digits.
    with threadpool_limits(limits=1):
        settings = PersonSettings(history=FADING.history)
        weights = person_weights(train, settings)
        fitted = stored(weights, older_of(train, weights, settings), FADING.kept)
    rated = np.ix_(*[np.searchsorted(everything, movies[fitted.items])] * 2)
    from_ratings = csr_matrix((rows["taste"] * ~rows["is_content"], pairs), shape)
    np.testing.assert_allclose(from_ratings[rated].toarray(), fitted.taste, atol=1e-6)

    timeline = Timeline.of(train)
    counts = np.where(timeline.ratings < FADING.low_rating, FADING.low_share, 1.0)
    late = timeline.back - (timeline.size - 1) / 2 <= FADING.history
    places = timeline.users, np.searchsorted(everything, movies[timeline.items])
    back, shape = timeline.back.astype(float), (train.n_users, len(everything))
    scores = (csr_matrix((late * counts * back**-FADING.taste_power, places), shape) @ taste).toarray()
    scores += (csr_matrix((late * counts * FADING.next_decay**back, places), shape) @ after).toarray()
    # What is older counts together: all that it gives to a few directions, times what each movie takes.
    gives, takes = np.zeros((2, len(everything), FADING.directions))
    for movie, given, taken in con.execute("FROM movie_tastes").fetchall():
        place = np.searchsorted(everything, movie)
        gives[place], takes[place] = given, taken or 0
    older = fitted.older
    at = np.searchsorted(everything, movies[fitted.items])
    np.testing.assert_allclose(gives[at] @ takes[at].T, older.gives.astype(float) @ older.takes.T, atol=1e-5)
    scores += csr_matrix((~late * counts * back**-FADING.taste_power, places), shape) @ gives @ takes.T
    scores = np.round(scores, 5)
    scores[places] = -np.inf
    best = np.argsort(-scores, axis=1, kind="stable")[:, :10]

    answers = con.execute(
        "SELECT u.user_id, list(r.movie_id ORDER BY r.rank) FROM (SELECT DISTINCT user_id FROM ratings) AS u, "
        "recommend_movies(u.user_id) AS r GROUP BY u.user_id ORDER BY u.user_id"
    ).fetchall()
    assert len(answers) == train.n_users
    same = [found == everything[row].tolist() for (_, found), row in zip(answers, best, strict=True)]
    assert np.mean(same) >= 0.99


def test_what_is_stored_answers_as_well_as_what_was_learnt(con):
    """The last movie of each person, held out: among 99 others drawn ten times, and among all that they did not see."""
    whole, _movies = read_interactions(con)
    # Which of the ratings of one moment is the last depends on the seed; over three of them a person is 0.0005.
    found = [learnt_and_stored(whole, seed) for seed in range(3)]
    (learnt_hits, learnt_gain, learnt_recall), (hits, gain, recall) = np.mean(found, axis=0)
    assert hits > learnt_hits - 0.01
    assert gain > learnt_gain - 0.005
    assert recall > learnt_recall - 0.01


def learnt_and_stored(whole, seed: int) -> list[tuple]:
    """Return the hit rate, the NDCG and the recall of all weights, then of what a store keeps, without the last."""
    timeline = Timeline.of(whole, seed)
    is_last = np.append(timeline.users[1:] != timeline.users[:-1], True)
    train = whole.take(np.sort(timeline.row[~is_last]))
    wanted = timeline.items[is_last]
    with threadpool_limits(limits=1):
        weights = person_weights(train, PersonSettings())
    seen = np.zeros((whole.n_users, whole.n_items), bool)
    seen[whole.users, whole.items] = True
    rng = np.random.default_rng(seed)
    others = [
        np.stack([rng.choice(np.flatnonzero(~row), 99, replace=False) for row in seen]) for _draw in range(10)
    ]  # fmt: skip
    found = []
    for history, keep in ((None, None), (FADING.history, FADING.kept)):
        model = Person(PersonSettings(history=history), keep)
        model.take(train, weights, Timeline.of(train))
        scores = model.scores(np.arange(whole.n_users, dtype=np.int32))
        right = np.take_along_axis(scores, wanted[:, None], axis=1)
        ahead = [(np.take_along_axis(scores, drawn, axis=1) >= right).sum(axis=1) for drawn in others]
        ahead_of_all = ((scores >= right) & ~seen).sum(axis=1)
        gains = [np.where(place < 10, 1 / np.log2(place + 2), 0).mean() for place in ahead]
        found.append((np.mean([place < 10 for place in ahead]), np.mean(gains), np.mean(ahead_of_all < 20)))
    return found


def test_because_of_everybody_points_to_what_is_recommended(con):
    """Also below a movie that older ratings alone point to, which has no cause of its own."""
    with_cause, without_weight = con.execute("""
        SELECT count(*), count(*) FILTER (NOT EXISTS (
            FROM ratings AS h JOIN movies AS m USING (movie_id) JOIN movie_weights AS w USING (movie_id)
            WHERE h.user_id = u.user_id AND m.title = f.because AND w.neighbor_id = f.movie_id))
        FROM (SELECT DISTINCT user_id FROM ratings) AS u, recommend_movies(u.user_id) AS f
        WHERE f.because IS NOT NULL""").fetchall()[0]
    assert with_cause > 6000
    assert without_weight == 0


def test_what_is_older_than_the_latest_counts_together(con):
    """The 21st movie of a list moves scores a little, by its taste; none is recommended because of it."""
    older, *latest = [
        movie for (movie,) in con.execute("SELECT movie_id FROM movies ORDER BY n_ratings DESC LIMIT 21").fetchall()
    ]
    question = "SELECT movie_id, score, because FROM recommend_for(?, k := 300)"
    longer = con.execute(question, [[older, *latest]]).fetchall()
    scores = {movie: score for movie, score, _because in con.execute(question, [latest]).fetchall()}
    gives, title = con.execute(
        "SELECT gives, title FROM movie_tastes JOIN movies USING (movie_id) WHERE movie_id = ?", [older]
    ).fetchall()[0]
    takes = dict(con.execute("SELECT movie_id, takes FROM movie_tastes").fetchall())
    assert older not in {movie for movie, *_rest in longer}
    assert title not in {because for *_rest, because in longer}
    for movie, score, _because in longer:
        if movie in scores:
            added = 21**-FADING.taste_power * np.dot(gives, takes[movie]) if takes.get(movie) else 0
            assert score == pytest.approx(scores[movie] + added, abs=2e-5)
    assert any(movie in scores and abs(score - scores[movie]) > 1e-4 for movie, score, _because in longer)


def test_a_list_is_the_person_who_saw_it(con):
    # Somebody who rated everything 3 or more, never two at a time.
    user = con.execute(
        "SELECT user_id FROM ratings GROUP BY user_id "
        "HAVING min(rating) >= 3 AND count(DISTINCT rated_at) = count(*) ORDER BY user_id LIMIT 1"
    ).fetchall()
    history = f"(SELECT list(movie_id ORDER BY rated_at) FROM ratings WHERE user_id = {user[0][0]})"
    titles = f"(SELECT list(m.title ORDER BY r.rated_at) FROM ratings AS r JOIN movies AS m USING (movie_id) WHERE user_id = {user[0][0]})"  # noqa: E501
    asked = con.execute(f"FROM recommend_movies({user[0][0]})")
    assert [column[0] for column in asked.description] == COLUMNS
    rows = asked.fetchall()
    assert con.execute(f"FROM recommend_for({history})").fetchall() == rows
    assert con.execute(f"FROM recommend_for({titles})").fetchall() == rows


def test_there_are_always_k_rows_and_none_was_seen(con):
    n_movies = con.execute("SELECT count(*) FROM movies").fetchall()[0][0]
    seen = {row[0] for row in con.execute("SELECT movie_id FROM ratings WHERE user_id = 4").fetchall()}
    everything = ids(con, "recommend_movies(4, k := 20000)")
    assert len(everything) == len(set(everything)) == n_movies - len(seen)
    assert not seen & set(everything)
    for k in (1, 10, 300):
        assert ids(con, "recommend_movies(4, k := ?)", k) == everything[:k]
    few = con.execute("SELECT movie_id FROM movies WHERE year = 1957 AND list_contains(genres, 'Drama')").fetchall()
    wanted = {row[0] for row in few} - seen
    found = ids(con, "recommend_movies(4, k := 50, filter := year = 1957 AND list_contains(genres, 'Drama'))")
    assert set(found) == wanted


def test_somebody_without_a_history_is_given_the_most_popular(con):
    popular = [
        row[0]
        for row in con.execute("SELECT movie_id FROM movies ORDER BY n_ratings DESC, movie_id LIMIT 10").fetchall()
    ]
    for question in ("recommend_movies(999999)", "recommend_for([])", "recommend_for(NULL)", "recommend_for(['none'])",
                     "recommend_for((SELECT list(movie_id) FROM ratings WHERE user_id = 999999))"):  # fmt: skip
        rows = con.execute(f"SELECT movie_id, because, reason, score FROM {question} ORDER BY rank").fetchall()
        assert rows == [(movie, None, "popular", 0.0) for movie in popular], question
    assert ids(con, "recommend_movies(NULL)") == []


def test_a_movie_with_too_few_ratings_leads_to_what_is_like_it(con):
    rare = con.execute(
        "SELECT min(movie_id) FROM movie_weights "
        "WHERE movie_id NOT IN (SELECT movie_id FROM movie_weights WHERE NOT is_content)"
    ).fetchall()[0][0]
    rows = con.execute("SELECT because, reason FROM recommend_for([?], k := 3)", [rare]).fetchall()
    title = con.execute("SELECT title FROM movies WHERE movie_id = ?", [rare]).fetchall()[0][0]
    assert rows == [(title, "like it")] * 3


def test_what_is_disliked_is_not_recommended_and_counts_against_its_kind(con):
    liked = ids(con, "recommend_for([1], k := 20)")
    disliked = liked[0]
    rows = ids(con, "recommend_for([1], k := 20, disliked := [?])", disliked)
    assert disliked not in rows
    assert rows[:19] != liked[1:]


def test_joins_per_row(con):
    rows = con.execute(
        "SELECT h.k, list(r.movie_id ORDER BY r.rank) FROM (VALUES (2, [1, 2]), (4, [50]), (3, NULL)) AS h(k, liked), "
        "recommend_for(h.liked, k := h.k) AS r GROUP BY h.k ORDER BY h.k"
    ).fetchall()
    assert rows == [(2, ids(con, "recommend_for([1, 2], k := 2)")), (3, ids(con, "recommend_for([], k := 3)")),
                    (4, ids(con, "recommend_for([50], k := 4)"))]  # fmt: skip


def test_many_lists_in_a_join_are_answered_as_each_alone(con):
    lists = con.execute(
        "SELECT user_id, list(movie_id ORDER BY rated_at, movie_id) AS ids, "
        "list(title ORDER BY rated_at, movie_id) AS titles "
        "FROM ratings JOIN movies USING (movie_id) GROUP BY user_id ORDER BY user_id LIMIT 40"
    ).fetchall()
    histories = (
        "SELECT list(movie_id ORDER BY rated_at, movie_id) AS ids, list(title ORDER BY rated_at, movie_id) AS titles"
    )
    for column, values in (("ids", 1), ("titles", 2)):
        joined = con.execute(
            f"SELECT h.user_id, list(r.movie_id ORDER BY r.rank) FROM ({histories}, user_id "
            f"FROM ratings JOIN movies USING (movie_id) GROUP BY user_id ORDER BY user_id LIMIT 40) AS h, "
            f"recommend_for(h.{column}, k := 5) AS r GROUP BY h.user_id ORDER BY h.user_id"
        ).fetchall()
        assert joined == [(row[0], ids(con, "recommend_for(?, k := 5)", row[values])) for row in lists]


def test_of_what_stands_in_a_list_twice_the_last_counts(con):
    assert ids(con, "recommend_for([50, 1, 2, 50, 3, 50])")[0:5] != ids(con, "recommend_for([50, 1, 2, 3])")[0:5]
    once, twice = "recommend_for([50])", "recommend_for(['50', '50 ', '50'])"
    assert ids(con, once) == ids(con, twice)
    assert ids(con, "recommend_for([50, 1, 50, 1])") == ids(con, "recommend_for([50, 1])")
    both = ids(con, "recommend_for([1, 50], disliked := [50])")
    assert both != ids(con, "recommend_for([1, 50])")
    mixed = "recommend_for(['Toy Story (1995)', '50'], disliked := [10, 21])"
    assert ids(con, mixed) == ids(con, "recommend_for([1, 50], disliked := [10, 21])")
    assert ids(con, mixed) != ids(con, "recommend_for([1, 50])")


def test_names_that_are_not_there_are_no_steps(con):
    unknown = [f"no such movie {number}" for number in range(FADING.history + 5)]
    assert ids(con, "recommend_for(?)", ["Heat (1995)", *unknown]) == ids(con, "recommend_for(['Heat (1995)'])")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE enums AS "
        "SELECT CAST(['Heat (1995)', 'PAINT (2000)'] AS ENUM('Heat (1995)', 'PAINT (2000)')[]) AS liked"
    )
    assert ids(con, "recommend_for((SELECT liked FROM enums))") == ids(con, "recommend_for(['Heat (1995)'])")


def test_a_rating_counts_as_soon_as_it_is_there(sample_store, tmp_path):
    path = tmp_path / "own.duckdb"
    shutil.copy(sample_store, path)
    with duckdb.connect(str(path)) as con:
        before = ids(con, "recommend_movies(424242)")
        con.execute("INSERT INTO ratings VALUES (424242, ?, 5, '2026-01-01')", [before[0]])
        after = con.execute("SELECT movie_id, because FROM recommend_movies(424242) ORDER BY rank").fetchall()
        title = con.execute("SELECT title FROM movies WHERE movie_id = ?", [before[0]]).fetchall()[0][0]
    assert before[0] not in {row[0] for row in after}
    assert after[0][1] == title


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("recommend_movies(1, k := 0)", "recommend_movies: k must be a whole number from 1 to 32767, not 0"),
        ("recommend_movies(1, k := NULL)", "recommend_movies: k must be a whole number from 1 to 32767, not NULL"),
        ("recommend_movies('me')", "recommend_movies: user_id must be a whole number, not me"),
        ("recommend_movies(1.5)", "recommend_movies: user_id must be a whole number, not 1.5"),
        ("recommend_for([1], k := 40000)", "recommend_for: k must be a whole number from 1 to 32767, not 40000"),
        ("recommend_for(1)", "recommend_for: liked must be a list of ids or names, such as [1, 2]"),
        ("recommend_for([1], disliked := 2)", "recommend_for: disliked must be a list of ids or names"),
    ],
)
def test_a_wrong_argument_is_an_error_that_says_what_is_allowed(con, question, says):
    with pytest.raises(duckdb.Error) as raised:
        con.execute(f"FROM {question}").fetchall()
    assert says in str(raised.value)
