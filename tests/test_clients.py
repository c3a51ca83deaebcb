"""The same SQL answers the same rows in every client, over stores written by every DuckDB that we support."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import shells
from repeated import repeated

from recstore import attach_script


@pytest.fixture(scope="session", params=repeated(["1.4", "1.5", None], None), ids=["by-1.4", "by-1.5", "by-2.0"])
def written_store(request, movielens, movie_store, store_written_by) -> Path:
    """A store of MovieLens small, written by one version of DuckDB."""
    return store_written_by(request.param, movielens) if request.param else movie_store


def names_in_bodies() -> list[str]:
    """Every name that the bodies of the functions make, and their parameters."""
    schema = Path(__file__).parents[1] / "schema"
    text = "".join(path.read_text() for path in sorted(schema.glob("**/functions/*.sql")))
    made = set(re.findall(r"\b_rs_\w+", text))
    return sorted(made | {"movie", "movies", "k", "filter", "store", "words", "vector", "rank", "score", "title", "m"})


def questions() -> dict[str, str]:
    """Queries with @ where the qualifier of a function goes, and ! where its `store :=` argument goes."""
    asked = "(SELECT movie_id, title, 3 AS k, 7 AS rank FROM (VALUES (1, 'Toy Story (1995)'), (2, 'Jumanji (1995)'), " \
            "(3, 'Grumpier Old Men (1995)'), (-1, 'no such movie'), (NULL, NULL)) AS v(movie_id, title))"  # fmt: skip
    return {
        "one": "SELECT * FROM @similar_movies(1!)",
        "title": "SELECT * FROM @similar_movies('Grumpier Old Men (1995)', k := 25!)",
        "content": "SELECT * FROM @similar_movies(' 1 ', space := 'content'!)",
        "beyond": "SELECT * FROM @similar_movies(2, k := 150!)",
        "filter": "SELECT * FROM @similar_movies(1, filter := year >= 2000 AND n_ratings >= 20 "
                  "AND list_contains(genres, 'Comedy')!)",
        "fallback": "SELECT * FROM @similar_movies((SELECT min(movie_id) FROM movie_vectors WHERE "
                    "space = 'collaborative' AND movie_id NOT IN "
                    "(SELECT movie_id FROM movie_vectors WHERE space = 'content'))!)",
        "person": "SELECT * FROM @recommend_movies(4, k := 12!)",
        "nobody": "SELECT * FROM @recommend_movies(999999, filter := year < 1990!)",
        "list": "SELECT * FROM @recommend_for(['Heat (1995)', 'no such movie', 'Fargo (1996)'], disliked := [50]!)",
        "subquery": "SELECT * FROM @recommend_for((SELECT list(movie_id ORDER BY movie_id) FROM movies "
                    "WHERE movie_id < 9), filter := year > 1990!)",
        "join people": "SELECT w.title, s.* FROM (SELECT 7 AS k, 4 AS user_id, 'x' AS title UNION ALL "
                       "SELECT 2, 99, 'y') AS w, @recommend_movies(user_id, k := k!) AS s ORDER BY ALL",
        "join lists": "SELECT w.title, s.* FROM (SELECT 3 AS k, [1, 50] AS liked, 'x' AS title UNION ALL "
                      "SELECT 2, [], 'y') AS w, @recommend_for(liked, k := k!) AS s ORDER BY ALL",
        "about": "SELECT * FROM @movies_about('a serial killer', k := 12, filter := year > 1980!)",
        "why": "SELECT * FROM @why_similar('Toy Story (1995)', 2!)",
        "join about": "SELECT w.k, s.* FROM (SELECT 'space opera' AS words, 3 AS k UNION ALL SELECT 'xyzzy', 4 "
                      "UNION ALL SELECT 'high school', 2) AS w, @movies_about(words, k := k!) AS s ORDER BY ALL",
        "find": "SELECT * FROM @find_movies('the MATRIX'!)",
        "nearest": "SELECT * FROM @nearest_movies((SELECT vector FROM movie_vectors WHERE movie_id = 1 "
                   "AND space = 'content'), space := 'content'!)",
        "join id": f"SELECT w.title, s.* FROM {asked} AS w, @similar_movies(movie_id, k := k!) AS s ORDER BY ALL",
        "join title": f"SELECT w.rank, s.* FROM {asked} AS w, @similar_movies(w.title, k := 4!) AS s ORDER BY ALL",
        "join rank": f"SELECT w.title, s.* FROM {asked} AS w, @similar_movies(rank, k := 2!) AS s ORDER BY ALL",
        "join filter": f"SELECT w.title, s.* FROM {asked} AS w, "
                       "@similar_movies(w.movie_id, filter := year > 1990!) AS s ORDER BY ALL",
    }  # fmt: skip


def script(questions_: dict[str, str], qualifier: str, store: str, folder: Path, tables: str = "") -> list[str]:
    statements = []
    for name, question in questions_.items():
        query = question.replace("@", qualifier).replace("!", f", store := '{store}'" if store else "")
        query = re.sub(r"\bFROM (movies|movie_vectors)\b", rf"FROM {tables}\1", query)
        statements.append(f"COPY ({query}) TO '{folder / name}.csv' (HEADER)")
    return statements


def answers(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in sorted(folder.glob("*.csv"))}


@pytest.fixture(scope="session")
def expected(movie_store, tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("expected")
    shells.run("python-2.0", str(movie_store), script(questions(), "", "", folder), folder)
    found = answers(folder)
    assert all(text.count("\n") > 1 for text in found.values())
    return found


@pytest.mark.parametrize("client", repeated(shells.ALL, "python-2.0", "shell-1.4"))
def test_every_way_of_asking_gives_the_same_rows(client, written_store, expected, tmp_path):
    def asked(way: str, qualifier: str, store: str = "", tables: str = "") -> list[str]:
        folder = tmp_path / way
        folder.mkdir()
        return script(questions(), qualifier, store, folder, tables)

    own = "CREATE TABLE movies AS SELECT 'mine' AS title, 1 AS movie_id, 5 AS k, 6 AS rank, 1888 AS year"
    attach = f"ATTACH '{written_store}' AS \"my rec\" (READ_ONLY)"
    views = attach_script(written_store, "rec").rstrip(";\n").split(";\n")
    shells.run(client, str(written_store), asked("directly", ""), tmp_path)
    # In one session, which takes less time than three: the store is let go of before it is attached again.
    attached = [own, attach, *asked("attached", '"my rec".', "my rec", '"my rec".'), 'DETACH "my rec"']
    viewed = [*views, *asked("views", "rec.", "", "rec."), "USE rec", *asked("in use", "")]
    shells.run(client, ":memory:", attached + viewed, tmp_path)
    for way in ("directly", "attached", "views", "in use"):
        assert answers(tmp_path / way) == expected, way


@pytest.mark.parametrize("client", repeated(shells.ALL, "python-2.0", "shell-1.4"))
def test_the_view_answers_attached(client, written_store, expected, tmp_path):
    attach = f"ATTACH '{written_store}' AS rec (READ_ONLY)"
    where = "WHERE movie_id = 3 AND space = 'hybrid' AND rank <= 25 ORDER BY rank"
    query = f"SELECT similar_movie_id, score FROM rec.similar_movies_view {where}"
    shells.run(client, ":memory:", [attach, f"COPY ({query}) TO '{tmp_path / 'view.csv'}' (HEADER false)"], tmp_path)
    rows = [line.split(",") for line in expected["title"].splitlines()[1:]]
    assert (tmp_path / "view.csv").read_text().splitlines() == [f"{row[1]},{row[-1]}" for row in rows]


#: So many names at once: to ask one by one takes minutes.
AT_ONCE = 16


class Callers:
    """The FROM clauses of a caller whose tables and columns go by names that the bodies use."""

    def __init__(self, names: list[str], columns: dict[str, str]) -> None:
        self.names, self.columns = names, columns

    def _table(self, name: str, columns: dict[str, str]) -> str:
        values = {"other" if name in self.columns else name: "2", **columns}
        return "(SELECT " + ", ".join(f'{value} AS "{column}"' for column, value in values.items()) + f') AS "{name}"'

    def tables(self, *shared: str) -> str:
        """Tables of which one has the columns, so that they can be called by bare names; the shared ones all have."""
        common = {column: self.columns[column] for column in shared}
        return ", ".join(self._table(name, common if at else self.columns) for at, name in enumerate(self.names))

    def of_all(self, column: str) -> str:
        """An expression that names the column of every table, and is its value if all are the caller's own."""
        values = ", ".join(f'"{name}"."{column}"' for name in self.names)
        return f'CASE WHEN len(list_distinct([{values}])) = 1 THEN "{self.names[-1]}"."{column}" END'


def callers(columns: dict[str, str], *more: str) -> Iterator[Callers]:
    names = [*names_in_bodies(), *more]
    return (Callers(names[start : start + AT_ONCE], columns) for start in range(0, len(names), AT_ONCE))


@pytest.mark.parametrize("client", repeated(["python-2.0", "shell-1.5", "shell-1.4"]))
def test_no_name_of_the_caller_is_captured(client, movie_store, tmp_path):
    """The caller's tables go by every name that the bodies use, with columns that are called like theirs."""
    columns = {"movie_id": "1", "k": "3", "rank": "9", "title": "'Jumanji (1995)'", "space": "'hybrid'"}
    statements = []
    for caller in callers(columns):
        asked = [
            ("movie_id", caller.tables(), "movie_id"),
            ("movie_id", caller.tables("movie_id"), caller.of_all("movie_id")),
            ("title", caller.tables(), "title"),
        ]
        for which, tables, argument in asked:
            call = f"rec.similar_movies({argument}, k := k, space := space, store := 'rec') AS s"
            statements.append(
                f"INSERT INTO seen SELECT '{which}', list(s.movie_id ORDER BY s.rank) FROM {tables}, {call}"
            )
    before = [f"ATTACH '{movie_store}' AS rec (READ_ONLY)", "CREATE TABLE seen (which VARCHAR, ids INTEGER[])"]
    check = (
        "SELECT CASE WHEN count(*) <> 2 OR min(len(ids)) <> 3 THEN error('captured: ' || count(*)) END "
        "FROM (SELECT DISTINCT which, ids FROM seen)"
    )
    shells.run(client, ":memory:", [*before, *statements, check], tmp_path)


@pytest.mark.parametrize("client", repeated(["python-2.0", "shell-1.5", "shell-1.4"]))
def test_no_name_of_the_caller_is_captured_for_a_person(client, movie_store, tmp_path):
    """As above, for the functions that continue a history, and for those that take words or two movies."""
    columns = {
        "user_id": "4", "k": "3", "rank": "9", "liked": "[1, 50]", "disliked": "[2]", "movie_id": "5", "rating": "6",
        "words": "'space opera'", "movie_a": "1", "movie_b": "2", "term": "'x'", "tag": "'y'",
    }  # fmt: skip
    ids, pair = "list(s.movie_id ORDER BY s.rank)", "max([s.movie_b, s.liked_a, s.liked_b])"
    statements = []
    for caller in callers(columns, "liked", "disliked", "user_id", "movie_a", "movie_b"):
        of_user, of_k = caller.of_all("user_id"), caller.of_all("k")
        for which, found, tables, call in (
            ("person", ids, caller.tables(), "recommend_movies(user_id, k := k"),
            ("person", ids, caller.tables("user_id", "k"), f"recommend_movies({of_user}, k := {of_k}"),
            ("list", ids, caller.tables(), "recommend_for(liked, k := k, disliked := disliked"),
            ("words", ids, caller.tables(), "movies_about(words, k := k"),
            ("pair", pair, caller.tables(), "why_similar(movie_a, movie_b"),
        ):
            statements.append(f"INSERT INTO seen SELECT '{which}', {found} "
                              f"FROM {tables}, rec.{call}, store := 'rec') AS s")  # fmt: skip
    before = [f"ATTACH '{movie_store}' AS rec (READ_ONLY)", "CREATE TABLE seen (which VARCHAR, ids INTEGER[])"]
    check = (
        "SELECT CASE WHEN count(*) <> 4 OR min(len(ids)) <> 3 THEN error('captured: ' || count(*)) END "
        "FROM (SELECT DISTINCT which, ids FROM seen)"
    )
    shells.run(client, ":memory:", [*before, *statements, check], tmp_path)
