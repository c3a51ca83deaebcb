"""Text beyond ASCII, on the command line and on terminals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from repeated import repeated
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


#: Runs commands one after the other, each with files for what it writes, as `recstore` does each in a process.
_EACH = """
import json, os, sys
from recstore.cli.app import main
for sys.argv, files in json.loads(sys.argv[1]):
    for descriptor, file in zip((1, 2), files):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), descriptor)
    try:
        main()
    except SystemExit as left:
        code = left.code
    sys.stdout.flush()
    os.write(2, f"\\n{code or 0}".encode())
"""


def run_each(folder: Path, *commands: tuple[object, ...], **environment: str) -> list[tuple[int, bytes, bytes]]:
    """Return the exit code, stdout and stderr of each, all run in one process of that environment."""
    told, files = [], []
    for number, arguments in enumerate(commands):
        files.append([folder / f"{number}.out", folder / f"{number}.err"])
        told.append([["recstore", *map(str, arguments)], list(map(str, files[-1]))])
    command = [sys.executable, "-c", _EACH, json.dumps(told)]
    subprocess.run(command, env={**os.environ, **environment}, check=True)
    found = []
    for out, err in files:
        said, _, code = err.read_bytes().rpartition(b"\n")
        found.append((int(code), out.read_bytes(), said))
    return found


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
    repeated([{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "cp1252"},
              {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}]),
)  # fmt: skip
def test_terminals_that_are_not_unicode(environment, sample_store, tmp_path):
    """People see question marks; data is UTF-8."""
    query = "SELECT 'é日😀' AS title"
    commands = [("sql", sample_store, query, "--format", form) for form in ("table", "markdown", "csv")]
    commands.append(("similar", sample_store, "movies", "日本😀"))
    *forms, data, refused = run_each(tmp_path, *commands, **environment)
    for code, out, said in forms:
        assert (code, said) == (0, b"")
        assert b"?" in out
    assert data[1].decode() == "title\né日😀\n"
    assert (refused[0], refused[2].count(b"\n")) == (1, 1)
