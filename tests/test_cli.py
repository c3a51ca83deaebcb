"""The command line, run as a user runs it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from runner import recstore

from recstore.cli.demo import run_demo
from recstore.progress import Progress

RECSTORE = str(Path(sys.executable).parent / "recstore")


def process(*arguments, cwd=None, stdin=None):
    return subprocess.run(
        [RECSTORE, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, input=stdin, check=False, timeout=600
    )


def test_demo_in_an_empty_folder(tmp_path):
    done = process("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Movies like Ninth Horizon (1979)")
    assert "recstore build movies.duckdb --movielens ml-latest-small" in done.stdout
    # The last line is what to paste into a DuckDB shell; it answers with the rows that were shown.
    with duckdb.connect(str(tmp_path / "recstore-demo.duckdb"), read_only=True) as con:
        titles = [row[2] for row in con.execute(lines[-1]).fetchall()]
    assert [title for title in titles if title in done.stdout] == titles
    assert "Music like the clip sampleClip0" in done.stdout


def test_demo_without_what_sounds_need(tmp_path, monkeypatch, capsys):
    """Twice the same, and music, too: neither TensorFlow nor weights are needed for that."""
    monkeypatch.delenv("RECSTORE_VGGISH", raising=False)
    monkeypatch.setenv("RECSTORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    run_demo(tmp_path / "demo.duckdb", Progress())
    printed = capsys.readouterr()
    run_demo(tmp_path / "demo.duckdb", Progress())
    assert capsys.readouterr().out == printed.out
    assert "Movies like" in printed.out
    assert "Music like the clip sampleClip0" in printed.out
    assert "Music like a chord" not in printed.out
    assert "To ask with a sound file, such as recstore similar STORE audio --file song.mp3: " in printed.err
    assert "pip install 'recstore[audio]'" in printed.err or "vggish_model.ckpt" in printed.err


def test_build_info_rebuild(sample_folder, tmp_path):
    store = tmp_path / "store.duckdb"
    built = process("build", store, "--movielens", sample_folder)
    assert built.returncode == 0
    assert built.stdout == ""
    assert "rows loaded, 0 lines rejected" in built.stderr
    shown = recstore("info", store).stdout
    assert all(word in shown for word in ("400", "hybrid", "ratings.csv", "format 3", "movie_neighbors"))
    assert recstore("rebuild", store, "--seed", 3, "--quiet").returncode == 0
    seeds = recstore("sql", store, "SELECT configuration['seed'] AS seed FROM builds", "--format", "json")
    assert json.loads(seeds.stdout) == [{"seed": "3"}]


def test_similar(sample_store, tmp_path):
    by_title = recstore("similar", sample_store, "movies", "Ninth Horizon (1979)", "-k", 3)
    assert by_title.returncode == 0
    assert len(by_title.stdout.splitlines()) == 4
    assert recstore("similar", sample_store, "movies", 1, "-k", 3).stdout == by_title.stdout
    content = recstore("similar", sample_store, "movies", 1, "--space", "content", "--format", "csv").stdout
    assert content.count(",content,") == 10
    missed = recstore("similar", sample_store, "movies", "ninth horizon")
    assert missed.returncode == 1
    assert missed.stdout == ""
    assert "Did you mean: Ninth Horizon (1979)" in missed.stderr
    assert recstore("similar", sample_store, "films", 1).returncode == 2
    wrong = recstore("similar", sample_store, "movies", 1, "--space", "x")
    assert wrong.returncode == 2
    assert "space must be one of" in wrong.stderr
    assert recstore("similar", sample_store, "movies", 1, "-k", 0).returncode == 2
    target = tmp_path / "near.parquet"
    assert recstore("similar", sample_store, "movies", 1, "--format", "parquet", "-o", target).returncode == 0
    assert duckdb.connect().execute(f"SELECT count(*) FROM '{target}'").fetchall() == [(10,)]
    fewer = tmp_path / "fewer.duckdb"
    fewer.write_bytes(sample_store.read_bytes())
    with duckdb.connect(str(fewer)) as con:
        con.execute("DELETE FROM movie_vectors WHERE movie_id = 1 AND space <> 'collaborative'")
    lacking = recstore("similar", fewer, "movies", " 1", "--space", "content")
    assert lacking.returncode == 1
    assert "1 has no vector in space content; it has one in collaborative" in lacking.stderr


def test_sql_formats(sample_store, tmp_path):
    query = "SELECT movie_id, genres FROM similar_movies(1, k := 2) ORDER BY movie_id; -- a comment"
    as_json = json.loads(recstore("sql", sample_store, query, "--format", "json").stdout)
    assert [list(row) for row in as_json] == [["movie_id", "genres"]] * 2
    assert recstore("sql", sample_store, query, "--format", "csv").stdout.splitlines()[0] == "movie_id,genres"
    assert len(recstore("sql", sample_store, query).stdout.splitlines()) == 3
    assert json.loads(recstore("sql", sample_store, "-", "--format", "json", stdin=query).stdout) == as_json
    target = tmp_path / "out.parquet"
    assert recstore("sql", sample_store, query, "--format", "parquet", "-o", target).returncode == 0
    assert duckdb.connect().execute(f"SELECT count(*) FROM '{target}'").fetchall() == [(2,)]
    assert recstore("sql", sample_store, query, "--format", "parquet").returncode == 2
    several = "CREATE TABLE mine AS SELECT 1 AS movie_id; SELECT count(*) AS n FROM mine, similar_movies(movie_id)"
    assert recstore("sql", sample_store, several, "--format", "csv").stdout == "n\n10\n"
    # Appending to a file keeps what was in it.
    kept = tmp_path / "kept.csv"
    kept.write_text("before\n")
    with kept.open("a") as file:
        subprocess.run(
            [RECSTORE, "sql", str(sample_store), "SELECT 1 AS x", "--format", "csv"], stdout=file, check=True
        )
    assert kept.read_text() == "before\nx\n1\n"


def test_an_interrupt_ends_a_long_query(sample_store, tmp_path):
    begun = tmp_path / "begun.csv"
    query = f"COPY (SELECT 1) TO '{begun}'; "
    query += "SELECT count(*) FROM range(1000000000) AS a(x), range(100000) AS b(y) WHERE x + y = 7"
    command = [RECSTORE, "sql", str(sample_store), query, "--format", "csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not begun.exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=300)
    assert process.returncode == 130


def test_attach_sql(sample_store):
    script = recstore("attach-sql", sample_store, "--alias", "films").stdout
    with duckdb.connect() as con:
        con.execute(script)
        assert con.execute("SELECT count(*) FROM films.similar_movies(1)").fetchall() == [(10,)]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["build", "x.duckdb"], 2, "Name at least one source"),
        (["build", "x.duckdb", "--movielens", "nowhere"], 1, "no known name"),
        (["build", "x.duckdb", "--movielens", ""], 1, "'' is no file or folder"),
        (["build", "x.duckdb", "--movielens", "http://localhost/a.zip"], 1, "a.zip is not an https address"),
        (["build", "x.duckdb", "--movielens", "a", "--source", "movielens=b"], 2, "two sources for movielens: a and b"),
        (["build", "", "--movielens", "."], 1, "is a folder, not a store"),
        (["build", "no/such/folder/x.duckdb", "--movielens", "."], 1, "does not exist; make it first"),
        (["build", "x.duckdb", "--source", "nix=."], 2, "no loader 'nix'; installed are: audio, audioset, movielens"),
        (["build", "x.duckdb", "--movielens", ".", "--min-user-ratings", "0"], 2, "at least 1"),
        (["build", "text.txt", "--movielens", "."], 1, "not a DuckDB file"),
        (["rebuild", "x.duckdb"], 2, "no store"),
        (["info", "x.duckdb"], 1, "There is no store at x.duckdb"),
        (["info", "text.txt"], 1, "not a DuckDB file"),
        (["info", "other.duckdb"], 1, "no store: it has no table store_info"),
        (["info", "newer.duckdb"], 1, "format 99.* upgrade recstore"),
        (["sql", "sample.duckdb", "SELEC 1"], 1, "syntax error"),
        (["sql", "sample.duckdb", ""], 2, "no SQL statement"),
        (["sql", "sample.duckdb", "SELECT 1", "--format", "xml"], 2, "xml"),
        (["nonsense"], 2, "nonsense"),
    ],
)  # fmt: skip
def test_errors_have_an_exit_code_and_one_message(arguments, code, message, sample_store, tmp_path):
    (tmp_path / "text.txt").write_text("hello, I am no store at all")
    for name in ("sample", "newer"):
        (tmp_path / f"{name}.duckdb").write_bytes(sample_store.read_bytes())
    with duckdb.connect(str(tmp_path / "newer.duckdb")) as con:
        con.execute("UPDATE store_info SET value = '99' WHERE key = 'format_version'")
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    # What an interpreter says at its end is looked at where a store was open.
    asked = process if "sql" in arguments or arguments[0] == "info" else recstore
    done = asked(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "leaked" not in done.stderr
    assert re.search(message, re.sub(r"\s*[│╭╰─]*\n[│╭╰─]*\s*", " ", done.stderr)), done.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_quiet_builds_still_warn(sample_folder, tmp_path):
    done = recstore("build", tmp_path / "a.duckdb", "--movielens", sample_folder, "--quiet")
    assert "The content space has" in done.stderr
    assert "load movies" not in done.stderr


def test_wide_tables_are_not_folded_in_a_pipe(sample_store):
    text = "x" * 1000
    assert text in recstore("sql", sample_store, f"SELECT '{text}' AS t").stdout


def test_debug_shows_the_traceback():
    assert "Traceback" in process("--debug", "info", "nowhere.duckdb").stderr


def test_every_option_says_what_it_is_for():
    from typer.main import get_command

    from recstore.cli.app import app

    parameters = [
        (name, parameter)
        for name, command in get_command(app).commands.items()
        for parameter in command.params
        if parameter.name != "help"
    ]
    assert len(parameters) > 50
    assert [(name, parameter.name) for name, parameter in parameters if not parameter.help] == []


def test_every_command_has_help_that_ends_in_an_example():
    listed = recstore("--help").stdout
    for command in ("demo", "build", "rebuild", "info", "similar", "sql", "attach-sql"):
        assert command in listed
        assert "Example: recstore " + command in " ".join(recstore(command, "--help").stdout.split())
