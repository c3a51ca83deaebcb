"""Text beyond ASCII, on the command line and on terminals."""

from __future__ import annotations

import os
import subprocess

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_cli import RECSTORE

from recstore.cli.output import without_semicolon
from recstore.cli.shell import inputs, is_complete
from recstore.errors import OptionError
from recstore.text import decoded, tokens

LETTERS = st.text("aé;日😀'\"-/* \n$ﷺ\u0301", max_size=12)


@given(LETTERS, LETTERS)
def test_what_stands_before_the_semicolon_is_the_query(text, column):
    name = '"' + column.replace('"', '""') + '"' if column else "a"
    query = f"SELECT '{text.replace(chr(39), chr(39) * 2)}' AS {name}"
    assert without_semicolon(f"{query} ; -- é;").rstrip() == query
    assert is_complete(f"{query};")
    assert not is_complete(query)
    assert list(inputs([f"{query};\n", ".help\n"])) == [f"{query};\n", ".help\n"]


@given(st.text("SELECT é;'日😀 1", max_size=20))
def test_places_are_those_of_the_bytes(text):
    places = [place for place, _kind in tokens(text)]
    assert [len(text[:place].encode()) for place in places] == [offset for offset, _kind in duckdb.tokenize(text)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_text(encoding):
    assert decoded("SELECT 'é';\r\n".encode(encoding), "it") == "SELECT 'é';\n"


@pytest.mark.parametrize(
    "content", ["SELECT 'é'".encode("latin-1"), "SELECT 'é'".encode("utf-16-le"), b"\xff\xfeab\xd8", b"a\0"]
)
def test_what_is_not_unicode_is_named(content):
    with pytest.raises(OptionError, match=r"asked\.sql is "):
        decoded(content, "asked.sql")


def run(*arguments: object, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    variables = {**os.environ, **environment}
    command = [RECSTORE, *(argument if isinstance(argument, bytes) else str(argument) for argument in arguments)]
    return subprocess.run(command, capture_output=True, input=stdin, env=variables, check=False)


def test_commands_take_and_give_letters_beyond_ascii(sample_store, tmp_path):
    asked, latin = tmp_path / "fragé.sql", tmp_path / "latin1.sql"
    asked.write_bytes(b"\xef\xbb\xbf" + "SELECT 'é;' AS ä, 2 AS b; -- ü;".encode())
    latin.write_bytes("SELECT 'é'".encode("latin-1"))
    assert run("query", sample_store, asked, "--format", "csv").stdout.decode() == "ä,b\né;,2\n"
    done = run("query", sample_store, latin, "--format", "csv")
    assert (done.returncode, done.stderr.count(b"\n"), b"latin1.sql is not UTF-8 (line 1)" in done.stderr) == (
        2,
        1,
        True,
    )
    done = run("shell", sample_store, stdin="SELECT 'é' AS a;\n.queries\n".encode())
    assert done.stderr == b""
    assert b"hidden_gems" in done.stdout
    done = run("sql", sample_store, b"SELECT '\xe9'")
    assert (done.returncode, done.stderr.count(b"\n"), b"is not UTF-8" in done.stderr) == (2, 1, True)


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "cp1252"},
     {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}],
)  # fmt: skip
def test_terminals_that_are_not_unicode(environment, sample_store):
    """People see question marks; data is UTF-8."""
    query = "SELECT 'é日😀' AS title"
    for form in ("table", "markdown"):
        done = run("sql", sample_store, query, "--format", form, **environment)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"?" in done.stdout
    done = run("sql", sample_store, query, "--format", "csv", **environment)
    assert done.stdout.decode() == "title\né日😀\n"
    done = run("similar", sample_store, "movies", "日本😀", **environment)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
