"""Whatever of a store is damaged, every command that meets it says what is, in one sentence, and changes nothing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from repeated import repeated
from runner import ask

import recstore
from recstore import OptionError, StoreError

#: What is damaged, by what, and the commands that meet it in a statement of DuckDB's or a line of Python, which would
#: fail in its own words.
DAMAGE = {
    "no neighbours": ("DROP TABLE movie_neighbors CASCADE", ["similar movies 1", "manifest"]),
    "no builds": ("DROP TABLE builds CASCADE", ["info", "rebuild --quiet"]),
    "no spaces": ("DROP TABLE spaces CASCADE", ["info --json", "attach-sql"]),
    "no rejects": ("DROP TABLE load_rejects CASCADE", ["info", "check"]),
    "no vectors": ("DROP TABLE movie_vectors CASCADE", ["heatmap movies 1 2 -o OUT.png", "query hubs"]),
    "a column is gone": (
        "CREATE OR REPLACE TABLE ratings AS SELECT * EXCLUDE (user_id) FROM ratings",
        ["info --untrusted", "manifest", "restore COPY"],
    ),
    "a key is text": (
        "CREATE OR REPLACE TABLE movies AS SELECT * REPLACE ('x' AS movie_id) FROM movies",
        ["similar movies 1", "diff COPY"],
    ),
    "a view in a table's place": (
        "ALTER TABLE movies RENAME TO other; CREATE VIEW movies AS SELECT error('no') AS x",
        ["manifest", "restore COPY"],
    ),
    "a description is no JSON": ("UPDATE catalogs SET declaration = '{'", ["info", "rollback"]),
    "a description is another thing": ("UPDATE catalogs SET declaration = '[7]'", ["info", "rebuild --quiet"]),
    "a description is too deep": ("UPDATE catalogs SET declaration = repeat('[', 100000)", ["query", "check"]),
    "a description has other types": (
        "UPDATE catalogs SET declaration = replace(declaration, 'true', '\"x\"')",
        ["similar movies 1", "rebuild --quiet"],
    ),
    "a description has no types of SQL": (
        "UPDATE catalogs SET declaration = replace(declaration, 'INTEGER', 'NOTYPE')",
        ["check", "similar movies 1"],
    ),
    "a description names no column": (
        "UPDATE catalogs SET declaration = replace(declaration, 'movie_id', 'nope')",
        ["similar movies 1", "rebuild --quiet"],
    ),
    "versions are no JSON": (
        "UPDATE store_info SET value = repeat('[', 100000) WHERE key = 'versions'",
        ["info", "rollback"],
    ),
    "numbers of rows are no JSON": ("UPDATE store_info SET value = '[1]' WHERE key = 'rows_published'", ["rollback"]),
}


@pytest.fixture
def store(small_store, tmp_path) -> Path:
    shutil.copy(small_store, tmp_path / "copy.duckdb")
    return Path(shutil.copy(small_store, tmp_path / "s.duckdb"))


def damage(store: Path, statement: str) -> bytes:
    with duckdb.connect(str(store)) as con:
        con.execute(statement)
    return store.read_bytes()


@pytest.mark.parametrize("what", repeated(DAMAGE, "no builds", "a column is gone", "a description is no JSON"))
def test_every_command_says_what_is_damaged(what, store, tmp_path):
    statement, commands = DAMAGE[what]
    damaged = damage(store, statement)
    before = sorted(tmp_path.iterdir())
    for command in commands:
        places = {"COPY": tmp_path / "copy.duckdb", "OUT.png": tmp_path / "out.png"}
        name, *rest = (places.get(word, word) for word in command.split())
        code, _out, said = ask(name, store, *rest)
        assert code in range(8), command
        assert "fault of recstore" not in said, (command, said)
        errors = re.split(r"^recstore: ", said, flags=re.MULTILINE)[1:]
        assert [error.count("\n") for error in errors] == [1] * bool(code), (command, said)
        assert store.read_bytes() == damaged, command
        assert sorted(tmp_path.iterdir()) == before, command


@pytest.mark.parametrize(
    "door",
    [recstore.info, recstore.manifest, recstore.rebuild,
     lambda store: recstore.diff(store, store.with_name("copy.duckdb"))],
)  # fmt: skip
def test_in_python_it_is_an_error_of_the_store(door, store):
    damage(store, DAMAGE["a column is gone"][0] + "; DROP TABLE movie_neighbors CASCADE; DROP TABLE spaces CASCADE")
    with pytest.raises(StoreError, match=r"s\.duckdb (is damaged \(|has no )"):
        door(store)


def test_what_is_wrong_with_a_question_is_not_said_of_a_sound_store(store):
    code, _out, said = ask("similar", store, "movies", "1", "--filter", "nope > 1")
    assert (code, "damaged" in said) == (2, False)
    with pytest.raises(OptionError, match="no catalogue 'films'"):
        recstore.item_names(store, "films", "T")


def test_what_a_catalogue_exports_is_asked_of_a_store_that_has_it(store, tmp_path):
    with duckdb.connect(str(store)) as con:
        con.execute("DELETE FROM catalogs WHERE catalog = 'audio'")
    code, _out, said = ask("export-audio-json", store, tmp_path / "out.json")
    assert (code, said) == (2, "recstore: There is no catalogue 'audio'; there are: movies.\n")


def test_a_store_that_names_a_version_far_away_keeps_nobody_waiting(store):
    chain = '{"keep": 1, "kept": [{"store": "x", "bytes": 1, "written": 1, "came_from": 0, "number": 1000000000000}]}'
    damage(store, f"UPDATE store_info SET value = '{chain}' WHERE key = 'versions'")
    code, _out, said = ask("rollback", store)
    assert (code, "no version before" in said) == (1, True)
