"""What a question can say: exclude, boost, diversity, popularity, examples against, several items, in every client."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import numpy as np
import pytest
import shells
from answers import STEPS, Answers, diverse, ranked, rounded
from repeated import repeated
from runner import ask

import recstore

SPACES = ("hybrid", "collaborative", "content")
VERSIONS = (None, "1.5", "1.4")
_ASK = """
import sys, json, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
con.execute("SET enable_progress_bar = false")  # on a busy machine it is drawn among the answers
for line in sys.stdin:
    try:
        print(json.dumps(con.execute(json.loads(line)).fetchall()), flush=True)
    except duckdb.Error as error:
        print(json.dumps(str(error)), flush=True)
"""


@pytest.fixture(scope="module")
def answers(sample_store) -> Answers:
    return Answers(sample_store, "movies", "movie_id", "movie_vectors", "n_ratings")


@pytest.fixture(scope="module", params=repeated(VERSIONS, None))
def asked(request, sample_store) -> Iterator[Callable[[str], Any]]:
    """What answers a question in a version of DuckDB, in a process of its own: rows, or the message of an error."""
    command = [sys.executable, "-c", _ASK, str(sample_store)]
    with subprocess.Popen(
        command, env=shells.python_with(request.param), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def ask_it(question: str) -> Any:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask_it
        process.stdin.close()


def shown(rows) -> list[tuple]:
    return [(rank, item, round(score, 5), space) for rank, item, score, space in rows]


ROWS = "SELECT rank, movie_id, score, space FROM "
CALLS = [
    ("similar_movies([1, 2, 7])", {"items": [1, 2, 7]}),
    ("similar_movies([1, 2], k := 120)", {"items": [1, 2], "k": 120}),
    ("similar_movies(1, exclude := [2, 3, 4, 99999, NULL])", {"exclude": [2, 3, 4]}),
    ("similar_movies(1, boost := CASE WHEN year >= 2000 THEN 1.5 WHEN year < 1980 THEN -1 END)", {"boost": "years"}),
    ("similar_movies(1, popularity := 0.7)", {"popularity": 0.7}),
    ("similar_movies(1, popularity := -1, space := 'content')", {"popularity": -1.0, "spaces": ["content"]}),
    ("similar_movies(1, diversity := 0.4)", {"diversity": 0.4}),
    ("similar_movies(1, diversity := 1)", {"diversity": 1.0}),
    ("similar_movies(1, diversity := 0.5, k := 40)", {"diversity": 0.5, "k": 40}),
    ("similar_movies(1, disliked := [5, 6])", {"disliked": [5, 6]}),
    ("similar_movies([1, 9], disliked := [5], exclude := [3])", {"items": [1, 9], "disliked": [5], "exclude": [3]}),
    ("similar_movies(1, filter := year >= 1990, exclude := [2])", {"passing": "modern", "exclude": [2]}),
    (
        "similar_movies([1, 2], k := 7, space := ['content', 'hybrid'], filter := year >= 1990, disliked := [6], "
        "exclude := [3], boost := CASE WHEN year >= 2000 THEN 1.5 WHEN year < 1980 THEN -1 END, popularity := 0.3, "
        "diversity := 0.2)",
        {
            "items": [1, 2],
            "k": 7,
            "spaces": ["content", "hybrid"],
            "passing": "modern",
            "disliked": [6],
            "exclude": [3],
            "boost": "years",
            "popularity": 0.3,
            "diversity": 0.2,
        },
    ),
]


def expected(answers: Answers, said: dict) -> list[tuple]:
    years = answers.table["year"].to_numpy(float)
    given = {"items": [1], "k": 10, "spaces": SPACES, "passing": np.ones(len(years), bool), **said}
    if said.get("boost") == "years":
        given["boost"] = np.where(years >= 2000, 1.5, np.where(years < 1980, -1.0, 1.0))
    if said.get("passing") == "modern":
        given["passing"] = years >= 1990
    return answers.similar(**given)


def test_every_argument_is_what_numpy_finds(asked, answers):
    for call, said in CALLS:
        rows = asked(ROWS + call)
        assert not isinstance(rows, str), (call, rows)
        assert shown(rows) == expected(answers, said), call


def test_every_argument_through_a_view_database_attached_and_by_its_store(sample_store, answers):
    with recstore.connect(sample_store) as con:
        for call, said in CALLS:
            assert shown(con.execute(ROWS + call).fetchall()) == expected(answers, said), call
    with duckdb.connect() as con:
        recstore.attach(con, sample_store, alias="rec")
        con.execute(f"ATTACH '{sample_store}' AS plain (READ_ONLY)")
        for call, said in CALLS:
            wanted = expected(answers, said)
            assert shown(con.execute(f"{ROWS}rec.{call}").fetchall()) == wanted, call
            by_store = call.removesuffix(")") + ", store := 'plain')"
            assert shown(con.execute(f"{ROWS}plain.{by_store}").fetchall()) == wanted, call


IN_A_JOIN = """
    SELECT q.n, s.rank, s.movie_id, s.score, s.space
    FROM (SELECT unnest({questions}, recursive := true)) AS q, similar_movies(
        q.item, k := q.k, disliked := q.disliked, exclude := q.excluded, filter := year >= q.since - 20,
        boost := CASE WHEN year > q.since THEN q.times END, popularity := q.popularity, diversity := q.diversity
    ) AS s
    ORDER BY q.n, s.rank
"""


@pytest.fixture(scope="module")
def thousand(answers) -> list[tuple[dict[str, Any], list[tuple]]]:
    """A thousand questions, the same in each run, and what NumPy answers to each."""
    draw = random.Random(1000)

    def items(most: int) -> list[int]:
        return [draw.randint(1, 60) for _ in range(draw.randint(0, most))]

    years = answers.table["year"].to_numpy(float)
    questions = [
        {
            "item": draw.randint(1, 60),
            "k": draw.randint(1, 25),
            "disliked": items(3),
            "excluded": items(5),
            "since": draw.randint(1950, 2020),
            "times": draw.choice([0.0, 0.5, 1.0, 1.25, 3.0, -1.0]),
            "popularity": draw.choice([None, -1.0, -0.25, 0.0, 0.5, 1.0]),
            "diversity": draw.choice([None, 0.0, 0.1, 0.5, 0.9, 1.0]),
        }
        for _ in range(1000)
    ]
    wanted = [
        answers.similar(
            [q["item"]],
            q["k"],
            SPACES,
            years >= q["since"] - 20,
            q["disliked"],
            q["excluded"],
            np.where(years > q["since"], q["times"], 1.0),
            q["popularity"] or 0.0,
            q["diversity"] or 0.0,
        )
        for q in questions
    ]
    return list(zip(questions, wanted, strict=True))


def test_a_thousand_questions_in_joins(asked, thousand):
    def written(value: object) -> str:
        return "NULL" if value is None else f"CAST({value} AS {'INTEGER[]' if isinstance(value, list) else 'DOUBLE'})"

    for start in range(0, len(thousand), 50):
        part = thousand[start : start + 50]
        structs = ", ".join(
            f"{{'n': {n}, 'item': {q['item']}, 'k': {q['k']}, 'since': {q['since']}, 'times': {written(q['times'])}, "
            + ", ".join(f"'{name}': {written(q[name])}" for name in ("disliked", "excluded", "popularity", "diversity"))
            + "}"
            for n, (q, _wanted) in enumerate(part)
        )
        rows = asked(IN_A_JOIN.format(questions=f"[{structs}]"))
        assert not isinstance(rows, str), rows
        found: dict[int, list] = {}
        for n, *row in rows:
            found.setdefault(n, []).append(row)
        for n, (q, wanted) in enumerate(part):
            assert shown(found.get(n, [])) == wanted, q


FOR_A_PERSON = [
    ("recommend_movies(5, {})", "recommend_movies(5, k := 32767)"),
    ("recommend_for([1, 2, 3], {})", "recommend_for([1, 2, 3], k := 32767)"),
    ("recommend_for([], {})", "recommend_for([], k := 32767)"),
]


@pytest.mark.parametrize(("call", "everything"), FOR_A_PERSON)
@pytest.mark.parametrize(
    ("said", "exclude", "boost", "popularity", "diversity"),
    [
        ("exclude := [4, 8, 15, 16, 23, 42]", [4, 8, 15, 16, 23, 42], False, 0.0, 0.0),
        ("boost := CASE WHEN year >= 2000 THEN 2.5 END", [], True, 0.0, 0.0),
        ("popularity := -0.6", [], False, -0.6, 0.0),
        ("diversity := 0.35", [], False, 0.0, 0.35),
        (
            "exclude := [4], boost := CASE WHEN year >= 2000 THEN 2.5 END, popularity := 1, diversity := 0.1",
            [4],
            True,
            1.0,
            0.1,
        ),
    ],
)
def test_arguments_of_what_is_recommended(
    sample_store, answers, call, everything, said, exclude, boost, popularity, diversity
):
    with duckdb.connect(str(sample_store), read_only=True) as con:
        rows = con.execute(f"SELECT movie_id, score, reason, year, n_ratings, because FROM {everything}").fetchall()
        found = con.execute(f"SELECT movie_id, score, reason, because FROM {call.format(said)}").fetchall()
    rows = [row for row in rows if row[0] not in exclude]
    ids = np.array([row[0] for row in rows])
    steps = rounded(np.array([row[1] for row in rows]) * STEPS)
    times = np.array([2.5 if boost and row[3] >= 2000 else 1.0 for row in rows])
    share = answers.share[np.searchsorted(answers.ids, ids)]
    scores = rounded(steps * times * (1 + popularity * share))
    known = rounded(np.array([row[4] for row in rows]) * times)
    level = np.where(scores > 0, scores, np.where(scores == 0, known - 1e9, scores - 2e9))
    best = ranked(level, ids, 100 if diversity else 10)
    relevance = STEPS * scores[best] / max(scores[best][0], 1)
    held = answers.vectors["hybrid"]
    order = diverse(relevance, [held.get(one) for one in ids[best]], 10, diversity)
    reasons = {row[0]: (row[2], row[5]) for row in rows}
    wanted = []
    for place in best[order]:
        reason, because = reasons[ids[place]]
        told = (reason, because) if scores[place] > 0 else ("popular", None)
        wanted.append((int(ids[place]), round(max(scores[place], -1e9) / STEPS, 5), *told))
    assert [(item, round(score, 5), *told) for item, score, *told in found] == wanted


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("similar_movies(1, boost := 1001)", "boost must be a number from -1000 to 1000, not 1001.0"),
        ("similar_movies(1, boost := 'nan')", "boost must be a number from -1000 to 1000, not nan"),
        ("similar_movies(1, popularity := 2)", "popularity must be a number from -1 to 1, not 2"),
        ("similar_movies(1, popularity := 'much')", "popularity must be a number from -1 to 1, not much"),
        ("similar_movies(1, diversity := -0.1)", "diversity must be a number from 0 to 1, not -0.1"),
        ("similar_movies(1, exclude := 2)", "exclude must be a list of ids or names, such as [1, 2]"),
        ("similar_movies(1, disliked := 'x')", "disliked must be a list of ids or names, such as [1, 2]"),
        ("similar_movies(99999, diversity := 3)", "diversity must be a number from 0 to 1, not 3"),
        ("nearest_movies([1.0], exclude := 2)", "exclude must be a list"),
        ("recommend_movies(1, diversity := 7)", "diversity must be a number from 0 to 1, not 7"),
        ("recommend_movies(1, exclude := 1)", "exclude must be a list"),
        ("recommend_for([1], popularity := -3)", "popularity must be a number from -1 to 1, not -3"),
        ("similar_movies(1, k := 0, diversity := 0.5)", "k must be a whole number from 1 to 32767, not 0"),
        ("similar_movies(1, space := 'no', exclude := [2])", "there is no space 'no'"),
        ("similar_movies(1, 5)", "please supply all arguments by name"),
        ("similar_movies(1, per_group := 2)", "does not support the supplied arguments"),
    ],
)
def test_a_wrong_argument_says_what_is_allowed(asked, call, message):
    answer = asked(f"FROM {call}")
    assert isinstance(answer, str), answer
    assert message in answer


@pytest.mark.parametrize(
    "said",
    ["exclude := NULL", "boost := NULL", "diversity := NULL", "popularity := NULL", "disliked := []", "exclude := []"],
)
def test_null_is_as_if_nothing_were_said(sample_store, said):
    with duckdb.connect(str(sample_store), read_only=True) as con:
        assert con.sql(f"FROM similar_movies(1, {said})").fetchall() == con.sql("FROM similar_movies(1)").fetchall()


def test_names_are_taken_for_items_as_everywhere(sample_store):
    with duckdb.connect(str(sample_store), read_only=True) as con:
        [(name,)] = con.sql("SELECT title FROM similar_movies(1, k := 1)").fetchall()
        by_name = con.execute("SELECT movie_id FROM similar_movies(1, exclude := [?])", [name]).fetchall()
        assert by_name == con.sql("SELECT movie_id FROM similar_movies(1, k := 11) WHERE rank > 1").fetchall()
        [(first,), (second,)] = con.sql(
            "SELECT title FROM movies WHERE movie_id IN (1, 2) ORDER BY movie_id"
        ).fetchall()
        named = con.execute("SELECT movie_id, score FROM similar_movies([?, ?])", [first, second]).fetchall()
        assert named == con.sql("SELECT movie_id, score FROM similar_movies([1, 2])").fetchall()
        named = con.execute("SELECT movie_id FROM recommend_movies(5, exclude := [?])", [first]).fetchall()
        assert named == con.sql("SELECT movie_id FROM recommend_movies(5, exclude := [1])").fetchall()


def test_the_callers_names_are_never_captured(sample_store):
    names = "movie_id, year, n_ratings, space, score, rank, k, exclude, boost, diversity, popularity, vector, chosen"
    with duckdb.connect(str(sample_store), read_only=True) as con:
        columns = ", ".join(
            f"{value} AS {name}"
            for value, name in zip(
                ("1", "0.5", "0.2", "'hybrid'", "[2, 3]", "4", "5", "[4]", "2.0", "0.3", "-0.5", "7", "8"),
                names.split(", "),
                strict=True,
            )
        )
        query = (
            f"SELECT s.movie_id, s.score FROM (SELECT {columns}) AS movies, similar_movies(movies.movie_id, "
            "k := movies.rank, exclude := movies.score, diversity := movies.year, popularity := movies.n_ratings) AS s "
            "ORDER BY s.rank"
        )
        plain = "similar_movies(1, k := 4, exclude := [2, 3], diversity := 0.5, popularity := 0.2)"
        assert con.sql(query).fetchall() == con.sql(f"SELECT movie_id, score FROM {plain}").fetchall()


def test_the_command_line_says_the_same(sample_store):
    said = [
        "--filter",
        "year >= 1990",
        "--exclude",
        "3",
        "--disliked",
        "6",
        "--boost",
        "CASE WHEN year >= 2000 THEN 1.5 END",
    ]
    said += ["--diversity", "0.2", "--popularity", "0.3", "--format", "json"]
    code, out, err = ask("similar", sample_store, "movies", "1", "2", "-k", "4", *said)
    assert code == 0, err
    with recstore.connect(sample_store) as con:
        wanted = con.sql(
            "SELECT movie_id FROM similar_movies([1, 2], k := 4, filter := year >= 1990, exclude := [3], "
            "disliked := [6], boost := CASE WHEN year >= 2000 THEN 1.5 END, diversity := 0.2, popularity := 0.3)"
        ).fetchall()
    assert [row["movie_id"] for row in json.loads(out)] == [item for (item,) in wanted]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["--boost", "nonsense"], '--boost: Referenced column "nonsense" not found'),
        (["--filter", "year >"], "--filter: syntax error"),
        (["--boost", "2000"], "similar_movies: boost must be a number from -1000 to 1000, not 2000.0"),
        (["--diversity", "2"], "diversity must be a number from 0 to 1, not 2"),
        (["--per-group", "2"], "The catalogue movies does not know --per-group"),
    ],
)
def test_what_the_command_line_says_of_a_wrong_argument(sample_store, said, message):
    code, _out, err = ask("similar", sample_store, "movies", "1", *said)
    assert code == 2
    assert message in err


def test_the_names_that_every_catalogue_has(sample_store):
    with duckdb.connect(str(sample_store), read_only=True) as con:
        for own, regular, call in (
            ("recommend_for", "recommend_movies_for", "([1, 2, 3])"),
            ("recommend_for", "recommend_movies_for", "([1], disliked := [2], diversity := 0.3)"),
            ("why_similar", "why_movies", "(1, 2)"),
        ):
            assert con.sql(f"FROM {regular}{call}").fetchall() == con.sql(f"FROM {own}{call}").fetchall()


def test_what_the_command_line_says_where_nothing_is_left(sample_store):
    code, _out, err = ask("similar", sample_store, "movies", "1", "--filter", "year > 3000", "--exclude", "2")
    assert (code, err) == (1, "recstore: No movie is left: --filter and --exclude let none through.\n")


def test_what_the_caller_calls_as_the_body_does_is_never_captured(sample_store):
    """The names that hold the arguments themselves."""
    said = "k := _rs_i._rs_given, exclude := _rs_i._rs_excluded, diversity := _rs_i._rs_said"
    columns = "1 AS item, 4 AS _rs_given, [2, 3] AS _rs_excluded, 0.5 AS _rs_said"
    with duckdb.connect(str(sample_store), read_only=True) as con:
        for call, item in (("similar_movies", "_rs_i.item"), ("recommend_movies", "_rs_i.item")):
            for more, plain in (
                (said, "k := 4, exclude := [2, 3], diversity := 0.5"),
                ("k := _rs_i._rs_given", "k := 4"),
            ):
                joined = (
                    f"SELECT s.movie_id FROM (SELECT {columns}) AS _rs_i, {call}({item}, {more}) AS s ORDER BY s.rank"
                )
                assert con.sql(joined).fetchall() == con.sql(f"SELECT movie_id FROM {call}(1, {plain})").fetchall()
