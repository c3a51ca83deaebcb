"""The saved queries: each runs as it is in a stock shell, and by `recstore query` with parameters."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
import shells
from conftest import data
from repeated import repeated
from runner import recstore as run_recstore

import recstore
from recstore import find_query, saved_queries, set_parameters
from recstore.connection.saved_queries import parse
from recstore.errors import OptionError

QUERIES = {query.name: query for query in saved_queries()}
#: What every version of the shell answers from the movies of MovieLens small and a few invented clips.
EMPTY = {"evaluations", "rejects", "doubtful_labels"}


@pytest.fixture(scope="session")
def store(movie_store, tmp_path_factory) -> Path:
    """MovieLens small with a few clips beside it, in two groups of sounds."""
    folder = tmp_path_factory.mktemp("queries")
    genres = ["Jazz", "Rock music", "Folk music", "Opera"]
    clips = [
        {
            "video_id": f"clip-{number:07}",
            "start_seconds": 10.0,
            "end_seconds": 20.0,
            "labels": ["Music", "Guitar" if number % 2 else "Piano", genres[number % 4]],
            "frames": [[(number % 2 * 200 + (number * 7 + dimension) % 23) % 256 for dimension in range(128)]] * 10,
        }
        for number in range(40)
    ]
    for name in ("class_labels_indices.csv", "ontology.json"):
        shutil.copy(data(f"audioset/{name}"), folder)
    (folder / "clips.json").write_text(json.dumps(clips))
    path = folder / "store.duckdb"
    path.write_bytes(movie_store.read_bytes())
    recstore.build(path, {"audioset": folder / "clips.json"}, keep=0)
    return path


def rows(path: Path) -> list[dict]:
    return json.loads(path.read_text())


def test_every_query_says_what_it_answers_and_takes():
    assert len(QUERIES) >= 16
    for name, query in QUERIES.items():
        assert query.answers.endswith("."), name
        asked = set(re.findall(r"getvariable\('(\w+)'\)", query.text)) - set(
            re.findall(r"^SET VARIABLE (\w+)", query.text, re.M)
        )
        assert {parameter.name for parameter in query.parameters} == asked, name
        for parameter in query.parameters:
            beside = re.findall(rf"coalesce\(\s*getvariable\('{parameter.name}'\),\s*(.+)", query.text)
            assert beside, name
            assert all(text.startswith(parameter.default) for text in beside), f"{name}: {parameter.name}"


@pytest.mark.parametrize("client", repeated(["shell-1.4", "shell-1.5", "python-2.0"], "python-2.0"))
def test_every_query_runs_as_it_is(client, store, tmp_path):
    parts = {name: [one.query for one in duckdb.extract_statements(query.text)] for name, query in QUERIES.items()}
    bare = {name: (before, last.strip().rstrip(";")) for name, (*before, last) in parts.items()}
    statements = [
        statement
        for name, (before, last) in bare.items()
        for statement in (*before, f"COPY ({last}\n) TO '{tmp_path / name}.json' (ARRAY)")
    ]
    shells.run(client, str(store), statements, tmp_path)
    assert {name for name in QUERIES if not rows(tmp_path / f"{name}.json")} <= EMPTY
    with recstore.connect(store) as con:
        for name, (before, last) in bare.items():
            for statement in before:
                con.execute(statement)
            con.execute(f"COPY ({last}\n) TO '{tmp_path / 'attached.json'}' (ARRAY)")
            if name != "tables":
                assert rows(tmp_path / "attached.json") == rows(tmp_path / f"{name}.json"), name


def test_reading_a_query_in_the_shell(store):
    _version, command = shells.ALL["shell-1.5"]
    binary = command(str(store), Path("x"))[0]
    file = Path(__file__).parents[1] / "queries" / "hidden_gems.sql"
    ask = [binary, "-init", "/dev/null", "-readonly", "-csv", str(store)]
    default = subprocess.run([*ask, f".read {file}"], capture_output=True, text=True, check=True)
    assert len(default.stdout.splitlines()) == 11
    ask += ["SET VARIABLE k = 2", f".read {file}"]
    assert len(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.splitlines()) == 3


def test_a_default_is_what_the_header_says(store):
    with recstore.connect(store) as con:
        for name, query in QUERIES.items():
            before = con.execute(query.text).fetchall() if query.parameters else []
            given = {
                parameter.name: con.execute(f"SELECT CAST({parameter.default} AS VARCHAR)").fetchall()[0][0]
                for parameter in query.parameters
            }
            set_parameters(con, query, given)
            assert not query.parameters or con.execute(query.text).fetchall() == before, name
            for parameter in given:
                con.execute(f'RESET VARIABLE "{parameter}"')


def test_what_the_queries_answer(store, tmp_path):
    with recstore.connect(store) as con:

        def ask(name, **values):
            set_parameters(con, QUERIES[name], {key: str(value) for key, value in values.items()})
            return con.sql(QUERIES[name].text).fetchall()

        liked = ask("watch_list", liked="[Toy Story (1995), 3114]", k=4)
        assert len(liked) == 4
        assert not {1, 3114} & {row[0] for row in liked}
        seen = {row[0] for row in con.execute("SELECT movie_id FROM ratings WHERE user_id IN (5, 6)").fetchall()}
        together = ask("watch_together", first_user=5, second_user=6, k=7)
        assert len(together) == 7
        assert not seen & {row[0] for row in together}
        assert all(row[4] <= 9 for row in ask("hidden_gems", max_ratings=9))
        fans = con.execute("SELECT count(*) FROM ratings WHERE movie_id = 1 AND rating >= 5").fetchall()[0][0]
        assert {row[4] for row in ask("promote", movie=1, min_rating=5)} == {fans}
        con.execute("CREATE TABLE liked AS SELECT 'young' AS segment, 'Toy Story (1995)' AS movie")
        best = ask("per_segment", segments="liked", k=1)
        assert [row[:3] for row in best] == [("young", 1, con.execute("FROM similar_movies(1)").fetchall()[0][1])]
        alike = {(row[0], row[1]) for row in ask("label_clusters", k=50)}
        assert ("Guitar", "Rock music") in alike
        assert ("Guitar", "Piano") not in alike
        assert all("Piano" in row[3] for row in ask("typical_clips", label="Piano", k=5))
        rest = {row[0] for row in ask("never_recommended", min_ratings=1, k=100000)}
        assert not rest & {row[0] for row in ask("hubs", k=100)}


def test_the_command(store, tmp_path):
    listed = run_recstore("query", store, "--format", "json")
    assert {row["name"]: row["answers"] for row in json.loads(listed.stdout)} == {
        n: q.answers for n, q in QUERIES.items()
    }
    done = run_recstore("query", store, "by_decade", "-p", "movie=1", "-p", "k=1", "--format", "csv")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 5
    with duckdb.connect(str(tmp_path / "mine.duckdb")) as con:
        con.execute("CREATE TABLE liked AS SELECT 'a' AS segment, 1 AS movie")
    own = ["--attach", tmp_path / "mine.duckdb", "-p", "segments=mine.liked", "-p", "k=2", "--format", "csv"]
    assert run_recstore("query", store, "per_segment", *own).stdout.count("\na,") == 2
    text = run_recstore("query", store, "hubs", "--sql").stdout
    assert text == QUERIES["hubs"].text
    (tmp_path / "own.sql").write_text("-- $n INTEGER = 3 -- a number\nSELECT coalesce(getvariable('n'), 3) AS n;\n")
    done = run_recstore("query", store, tmp_path / "own.sql", "-p", "n=5", "--format", "json")
    assert json.loads(done.stdout) == [{"n": 5}]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["hidden_gem"], 2, "Did you mean: hidden_gems"),
        (["xyz"], 2, "There is: because_you_liked"),
        (["hubs", "-p", "k=many"], 2, "k is INTEGER, such as 20, which 'many' is not"),
        (["hubs", "-p", "n=1"], 2, "has no parameter 'n'; it takes space, k"),
        (["health", "-p", "n=1"], 2, "takes no parameters"),
        (["hubs", "-p", "k"], 2, "NAME=VALUE"),
        (["nowhere.sql"], 1, "nowhere.sql cannot be read (No such file"),
        (["hubs", "--attach", "nowhere.duckdb"], 1, "nowhere.duckdb cannot be attached"),
    ],
)
def test_wrong_calls(arguments, code, message, sample_store, tmp_path):
    done = run_recstore("query", sample_store, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


def test_a_value_is_never_sql(sample_store):
    query = parse("-- q: Quotes.\n-- $text VARCHAR = 'a' -- any\nSELECT getvariable('text')", "q")
    with recstore.connect(sample_store) as con:
        for odd in ("it's", "'); DROP TABLE x; --", '"', ""):
            set_parameters(con, query, {"text": odd})
            assert con.execute(query.text).fetchall() == [(odd,)]
    with pytest.raises(OptionError, match="no saved query"):
        find_query("no_such")
