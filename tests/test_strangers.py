"""Every door by which a stranger's store is opened keeps what `untrusted` promises."""

from __future__ import annotations

import inspect
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest
from runner import commands, completions
from runner import recstore as run
from test_cli import process

import recstore
from recstore import attach_script
from recstore.errors import OptionError, StoreError
from recstore.text import shown

RECSTORE = str(Path(sys.executable).parent / "recstore")
#: What steers a terminal: a title for its window, the whole screen cleared, C1, the direction of text, and a bell.
STEERING = "\x1b]0;mine\x07\x1b[2J\x9b31m\u202eevil\u2066\r\x08"


#: Runs commands one after the other, as `recstore` does each in a process of its own.
_ON_A_TERMINAL = """
import json, sys
from recstore.cli.app import main
for sys.argv in json.loads(sys.argv[1]):
    try:
        main()
    except SystemExit:
        pass
    print(flush=True)
    print("END", file=sys.stderr, flush=True)
"""


def on_a_terminal(*commands: tuple[object, ...]) -> list[str]:
    """Return what each command writes to a terminal, from both streams."""
    main, side = pty.openpty()
    told = json.dumps([["recstore", *map(str, arguments)] for arguments in commands])
    process = subprocess.Popen([sys.executable, "-c", _ON_A_TERMINAL, told], stdout=side, stderr=side, stdin=side)
    os.close(side)
    parts = []
    try:
        while part := os.read(main, 65536):
            parts.append(part)
    except OSError:
        pass
    os.close(main)
    process.wait()
    *written, rest = b"".join(parts).decode().split("END\r\n")
    assert (len(written), rest) == (len(commands), "")
    return written


@pytest.fixture
def strange(sample_store, tmp_path) -> Path:
    """A store that would read a file, take for ever, or steer the terminal of whoever asks it."""
    store = shutil.copy(sample_store, tmp_path / "strange.duckdb")
    (tmp_path / "secret.csv").write_text("word\nsesame\n")
    with duckdb.connect(str(store)) as con:
        con.execute(f"CREATE VIEW mine AS FROM read_csv('{tmp_path}/secret.csv')")
        con.execute("CREATE VIEW slow AS SELECT sum(hash(a.range) % 7) AS s FROM range(10000000) AS a, range(10000000)")
        con.execute("CREATE VIEW large AS SELECT list(range) AS l FROM range(2000000000)")
        con.execute("CREATE MACRO lower(a) AS error('shadowed')")
        con.execute("CREATE MACRO round(a) AS error('shadowed')")
        con.execute("UPDATE movies SET title = ? WHERE movie_id = 1", [f"A{STEERING}"])
        con.execute("UPDATE store_info SET value = ? WHERE key = 'recstore_version'", [STEERING])
        con.execute('CREATE TABLE "t\x1b[31m" AS SELECT 1 AS "c\x1b[31m"')
        con.execute("COMMENT ON TABLE movies IS '\x1b[31mred'")
    return store


def test_every_command_takes_it(strange, tmp_path):
    for arguments in (
        ("info", strange), ("query", strange, "spaces"), ("query", strange), ("attach-sql", strange),
        ("similar", strange, "movies", 2), ("sql", strange, "SELECT count(*) FROM movies"),
        ("export-audio-json", strange, tmp_path / "clips.json"),
    ):  # fmt: skip
        done = run(*arguments, "--untrusted")
        assert done.returncode == 0, done.stderr
    assert "".join((tmp_path / "clips.json").read_text().split()) == "[]"
    for arguments in (("sql", strange, "FROM mine"), ("query", strange, tmp_path / "q.sql")):
        (tmp_path / "q.sql").write_text("FROM mine;")
        done = run(*arguments, "--untrusted")
        assert done.returncode == 1
        assert "sesame" not in done.stdout
        assert "disabled by configuration" in done.stderr
    assert "no file of yours" in run("query", strange, "spaces", "--untrusted", "--attach", strange).stderr


#: What writes into a store takes along what it defines, and is not for a stranger's.
WRITING_COMMANDS = {"add", "build", "demo", "evaluate", "rebuild", "rollback", "tune"}
WRITING_FUNCTIONS = {"add", "build", "build_from_tables", "evaluate", "map_items", "rebuild", "rollback", "tune"}


def test_each_command_on_a_store_takes_it_or_says_why_not(tmp_path):
    refusing = set()
    for words, command in commands():
        flags = {flag for param in command.params for flag in param.opts}
        if "store" not in flags:
            continue
        if "--untrusted" in flags:
            assert "--timeout" in flags or words == ["explore"], words
            continue
        refusing.add(words[0])
        done = run(*words, tmp_path / "x.duckdb", "--untrusted")
        assert done.returncode == 2
        assert f"recstore {words[0]} writes into a store" in " ".join(re.sub("[│╭╰─]", " ", done.stderr).split())
    assert refusing == WRITING_COMMANDS
    assert list(tmp_path.iterdir()) == []


def test_each_function_on_a_store_takes_it():
    takes: dict[str, bool] = {}
    for name in recstore.__all__:
        function = getattr(recstore, name)
        if inspect.isfunction(function) and {"path", "store"} & set(inspect.signature(function).parameters):
            takes[name] = "untrusted" in inspect.signature(function).parameters
    others = {
        "check_plot",
        "draw_evaluation",
        "embed",
        "read_config",
        "vector_of_file",
    }  # these paths are of other files
    assert {name for name, is_taken in takes.items() if not is_taken} == WRITING_FUNCTIONS | others
    assert sum(takes.values()) >= 12


def test_what_reads_a_store_as_a_strangers_opens_it_in_no_other_way(sample_store, monkeypatch, tmp_path):
    opened: list[bool | None] = []
    accelerate = sys.modules[recstore.connect.__module__].accelerate

    def heard(connection, store, database, exact, catalogs):
        opened.append(exact)
        return accelerate(connection, store, database, exact, catalogs)

    monkeypatch.setattr("recstore.connection.sessions.accelerate", heard)
    recstore.info(sample_store)
    assert opened == [None]
    for arguments in (["info", sample_store], ["info", sample_store, "--json"]):
        assert run(*arguments, "--untrusted").returncode == 0
    if find_spec("jinja2"):
        assert run("report", sample_store, "-o", tmp_path / "r.html").returncode == 0
    assert completions(f"recstore similar {sample_store} mo") == ["movies"]
    assert len(opened) >= 5
    assert set(opened[1:]) == {True}


def test_a_catalogue_that_is_left_out_is_said(bookshop, tmp_path):
    store = shutil.copy(bookshop / "shop.duckdb", tmp_path / "s.duckdb")
    assert recstore.info(store, untrusted=True).left_out == []
    with duckdb.connect(str(store)) as con:
        con.execute("UPDATE catalogs SET declaration = replace(declaration, '\"depth\": 100', '\"depth\": 99')")
    with pytest.warns(UserWarning, match=r"Left out of this store: books\..*recstore rebuild"):
        recstore.connect(store, untrusted=True).close()
    assert recstore.info(store).left_out == []
    done = process("info", store, "--untrusted")
    assert "\nbooks: left out, since " in done.stdout
    assert done.stderr.startswith("warning: Left out of this store: books. ")
    assert len(done.stderr.splitlines()) == 1


def test_memory_time_and_threads_are_limited(strange):
    with recstore.connect(strange, untrusted=True) as con:
        settings = "SELECT current_setting('memory_limit'), current_setting('max_temp_directory_size')"
        assert con.execute(settings).fetchall() == [("1.8 GiB", "953.6 MiB")]
        con.execute("SET memory_limit = '100MB'; SET max_temp_directory_size = '1MB'")
        with pytest.raises(duckdb.OutOfMemoryException):
            con.execute("FROM large").fetchall()
    # In a process of its own, which ends at once when its time is over.
    done = process("sql", strange, "FROM slow", "--untrusted", "--timeout", "1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "It took more than 1 seconds; --timeout gives it longer. Nothing was changed.\n"


def test_a_view_in_the_place_of_a_table(strange):
    with duckdb.connect(str(strange)) as con:
        con.execute("ALTER TABLE links RENAME TO was; CREATE VIEW links AS FROM was")
    with duckdb.connect() as con:
        for door in (lambda: recstore.connect(strange, untrusted=True), lambda: attach_script(strange, untrusted=True),
                     lambda: recstore.attach(con, strange, untrusted=True)):  # fmt: skip
            with pytest.raises(StoreError, match="links is a view in it, not a table"):
                door()
        with pytest.raises(duckdb.Error):
            con.execute("FROM rec_store.store_info")


def test_in_a_connection_of_ones_own(strange):
    """The functions are recstore's own, and nothing else of the file stands beside them."""
    with duckdb.connect() as con:
        recstore.attach(con, strange, untrusted=True)
        assert len(con.execute("FROM rec.similar_movies(2)").fetchall()) == 10
        assert con.execute("SELECT count(*) FROM rec.find_movies('ninth horizon')").fetchall()[0][0] > 0
        for name in ("mine", "slow", "similar_movies_view"):
            with pytest.raises(duckdb.CatalogException):
                con.execute(f"FROM rec.{name}")
    with duckdb.connect() as con:
        con.execute(attach_script(strange, untrusted=True))
        assert len(con.execute("FROM rec.similar_movies(2)").fetchall()) == 10
        with pytest.raises(duckdb.PermissionException):
            con.execute("FROM rec_store.mine").fetchall()


def test_in_sqlalchemy(strange):
    sa = pytest.importorskip("sqlalchemy")
    pytest.importorskip("duckdb_sqlalchemy")
    engine = sa.create_engine(f"recstore:///{strange}?untrusted=true")
    with engine.connect() as con:
        assert len(con.execute(sa.text("FROM similar_movies(2)")).fetchall()) == 10
        with pytest.raises(sa.exc.DBAPIError, match="disabled by configuration"):
            con.execute(sa.text("FROM mine")).fetchall()
    engine.dispose()
    with pytest.raises(sa.exc.ArgumentError, match="no file of yours"):
        sa.create_engine(f"recstore:///{strange}?untrusted=true&attach=mine.duckdb").connect()


def test_the_version_before_may_be_strange_too(strange, tmp_path):
    facts = Path(shutil.copy(strange, tmp_path / "strange.duckdb.previous-1")).stat()
    with duckdb.connect(str(strange)) as con:
        version = {"bytes": facts.st_size, "written": facts.st_mtime_ns, "came_from": 0, "number": 1}
        version["store"] = con.execute("SELECT value FROM store_info WHERE key = 'publication'").fetchall()[0][0]
        con.execute("UPDATE store_info SET value = ? WHERE key = 'versions'", [json.dumps({"kept": [version]})])
    tables, _spaces = recstore.diff(strange, untrusted=True)
    assert {change.table for change in tables} >= {"movies", "ratings"}


def test_nothing_steers_a_terminal(strange):
    commands = (
        ("sql", strange, "SELECT title FROM movies WHERE movie_id = 1"),
        ("sql", strange, "SELECT title FROM movies WHERE movie_id = 1", "--format", "markdown"),
        ("sql", strange, "SELECT title FROM movies WHERE movie_id = 1", "--format", "csv"),
        ("sql", strange, "SELECT title FROM movies WHERE movie_id = 1", "--format", "json"),
        ("sql", strange, 'FROM "t\x1b[31m"'),
        ("sql", strange, "SELECT error(title) FROM movies WHERE movie_id = 1"),
        ("similar", strange, "movies", f"A{STEERING[:-2]}!"),
        ("info", strange),
    )  # fmt: skip
    shown_by_each = on_a_terminal(*((*arguments, "--untrusted") for arguments in commands))
    for arguments, written in zip(commands, shown_by_each, strict=True):
        assert "\\x1b" in written or "\\u001B" in written or "\\u001b" in written, written
        # What is left is the terminal's own end of a line, and bold headings.
        plain = written.replace("\r\n", "\n").replace("\x1b[1m", "").replace("\x1b[0m", "")
        assert shown(plain) == plain, arguments


def test_data_for_programs_keep_their_bytes(strange):
    done = subprocess.run(
        [RECSTORE, "sql", str(strange), "SELECT title FROM movies WHERE movie_id = 1", "--format", "csv"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert STEERING.encode() in done.stdout


def test_what_is_shown():
    assert shown("Amélie\t(2001)\n寿") == "Amélie\t(2001)\n寿"
    assert shown(STEERING) == r"\x1b]0;mine\x07\x1b[2J\x9b31m\u202eevil\u2066\r\x08"


def test_wrong_options(strange):
    with duckdb.connect() as con, pytest.raises(OptionError, match="alias must not be empty"):
        recstore.attach(con, strange, "", untrusted=True)
