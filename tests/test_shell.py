"""The interactive prompt: what it runs, what it completes, and how it looks on a real terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from runner import recstore as run_recstore
from test_cli import RECSTORE

import recstore
from recstore.cli.completion import StoreCompleter, Vocabulary
from recstore.cli.shell import COMMANDS, inputs, is_complete


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("", True),
        (".help", True),
        ("SELECT 1;", True),
        ("SELECT 1; -- done", True),
        ("SELECT 1 -- not; yet", False),
        ("SELECT ';'", False),
        ("SELECT 1", False),
        ("SELECT 1;\nSELECT", False),
        ("/* a; b */", False),
        ("SELECT 'it''s;';", True),
    ],
)
def test_when_an_input_is_complete(text, complete):
    assert is_complete(text) is complete


def test_a_script_is_cut_as_if_it_had_been_typed():
    assert list(inputs(["SELECT 1\n", "+ 1;\n", ".help\n", "SELECT 2; SELECT 3;\n", "SELECT 4"])) == [
        "SELECT 1\n+ 1;\n",
        ".help\n",
        "SELECT 2; SELECT 3;\n",
        "SELECT 4",
    ]


@pytest.fixture(scope="module")
def completer(sample_store):
    with recstore.connect(sample_store) as con:
        con.execute("CREATE TABLE own (shoe_size INTEGER)")
        yield StoreCompleter(Vocabulary.read(con), COMMANDS)


def complete(completer, text) -> list[str]:
    return [found.text for found in completer.get_completions(Document(text), CompleteEvent())]


def test_completion(completer):
    assert complete(completer, "FROM similar_m")[:2] == ["similar_movies(", "similar_movies_view"]
    shown = next(iter(completer.get_completions(Document("FROM similar_m"), CompleteEvent())))
    assert shown.display_text == (
        "similar_movies(movie, k, space, filter, disliked, exclude, boost, popularity, diversity, store)"
    )
    assert complete(completer, "FROM similar_movies(1, ")[:3] == ["k := ", "space := ", "filter := "]
    assert complete(completer, "FROM similar_movies((SELECT min(movie_id) FROM movies), fi")[0] == "filter := "
    assert complete(completer, "SELECT mean_r") == ["mean_rating"]
    assert complete(completer, "SELECT shoe") == ["shoe_size"]
    assert complete(completer, "SELECT movies.") == ["movie_id", "title", "year", "genres", "n_ratings", "mean_rating"]
    assert "SELECT" in complete(completer, "sel")
    assert complete(completer, ".q") == [".queries", ".query", ".quit"]
    assert complete(completer, ".query hid") == ["hidden_gems"]
    assert complete(completer, "SELECT ") == []


def test_completing_a_file(completer, tmp_path, monkeypatch):
    (tmp_path / "report.sql").touch()
    monkeypatch.chdir(tmp_path)
    assert complete(completer, ".read re") == ["port.sql"]


def test_a_script_from_a_pipe(sample_store, tmp_path):
    (tmp_path / "one.sql").write_text("-- a comment\nSELECT 41 + 1 AS answer;\n")
    script = ".read one.sql\nSELECT rank, movie_id\nFROM similar_movies(1, k := 2);\n.query hubs k=1\nSELECT 7 AS seven"
    done = run_recstore("shell", sample_store, stdin=script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == ["answer", "    42"]
    assert lines[2] == "rank  movie_id"
    assert len(lines) == 2 + 3 + 2 + 2
    listed = run_recstore("shell", sample_store, stdin=".help\n.functions\n.tables\n.queries\n").stdout
    for word in (
        *COMMANDS,
        "similar_movies(movie, k := 10, space",
        "movie_vectors",
        "hidden_gems(movie=Blade Runner (1982)",
    ):
        assert word in listed


def test_what_goes_wrong_is_said_and_the_rest_goes_on(sample_store):
    wrong = [
        "SELEC 1;",
        ".nonsense",
        ".timer maybe",
        ".read nowhere.sql",
        ".query no_such",
        "DROP TABLE rec_store.movies;",
    ]
    script = "\n".join([*wrong, "SELECT 7 AS s;", ""])
    done = run_recstore("shell", sample_store, stdin=script)
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["s", "7"]
    for word in ("syntax error", "no command .nonsense", "on or off", "nowhere.sql", "no saved query", "read-only"):
        assert word in done.stderr
    assert "Traceback" not in done.stderr


class Terminal:
    """A real terminal of 100 columns, with the shell in it."""

    def __init__(self, store: Path, folder: Path, lines: int = 40, **environment: str) -> None:
        self.screen = self.before = ""
        main, side = pty.openpty()
        self.main = main
        kind = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": str(lines), "PROMPT_TOOLKIT_NO_CPR": "1"}
        environment = {**os.environ, **kind, "XDG_STATE_HOME": str(folder), "PAGER": "cat", **environment}
        self.process = subprocess.Popen(
            [RECSTORE, "shell", str(store)], stdin=side, stdout=side, stderr=side, env=environment,
            start_new_session=True,
        )  # fmt: skip
        os.close(side)

    def expect(self, pattern: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.screen):
            assert time.monotonic() < deadline, self.screen
            if select.select([self.main], [], [], 0.2)[0]:
                try:
                    data = os.read(self.main, 65536).decode(errors="replace")
                except OSError:
                    break
                self.screen += data
        found = re.search(pattern, self.screen)
        assert found, self.screen
        self.before, self.screen = self.screen[: found.start()], self.screen[found.end() :]

    def type(self, text: str) -> None:
        os.write(self.main, text.encode())

    def wait(self) -> int:
        return self.process.wait(timeout=600)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.main)


@pytest.fixture
def open_terminal(sample_store, tmp_path):
    opened = []

    def open_one(**options) -> Terminal:
        opened.append(Terminal(sample_store, tmp_path, **options))
        opened[-1].expect(r"what else there is")
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


def test_on_a_terminal(open_terminal, tmp_path):
    terminal = open_terminal()
    terminal.type("SELECT 6 *\r")
    terminal.type("7 AS answer;\r")
    terminal.expect(r"answer\S*\s+42\s[\s\S]*1 row in \d+\.\d+ s")
    terminal.type("SELECT 1\x03")  # Ctrl-C drops what was begun
    terminal.type("SELEC 1;\r")
    terminal.expect("syntax error")
    terminal.type(".quit\r")
    assert terminal.wait() == 0
    assert "7 AS answer;" in (tmp_path / "recstore" / "shell-history").read_text()


def test_ctrl_c_ends_the_statement_and_not_the_shell(open_terminal, tmp_path):
    terminal, begun = open_terminal(), tmp_path / "begun.csv"
    terminal.type(
        f"COPY (SELECT 1) TO '{begun}'; SELECT sum(a.range * b.range) FROM range(10000000) AS a, range(100000) AS b;\r"
    )
    while not begun.exists():
        time.sleep(0.05)
    terminal.process.send_signal(signal.SIGINT)
    terminal.expect("Interrupted")
    terminal.type("SELECT 6 * 7 AS answer;\r")
    terminal.expect(r"answer\S*\s+42\s[\s\S]*1 row in[\s\S]*sample>")
    terminal.type("\x04")
    assert terminal.wait() == 0


#: A Ctrl-C that comes at the least convenient moment: while the thread is begun in which the statement runs.
_AT_THE_START = """
import os, signal, sys, threading
from recstore.cli.app import main

start = threading.Thread.start

def start_and_interrupt(thread):
    start(thread)
    if threading.current_thread() is threading.main_thread():
        os.kill(os.getpid(), signal.SIGINT)

threading.Thread.start = start_and_interrupt
main()
"""


def test_ctrl_c_at_any_moment_ends_the_statement_and_a_script(sample_store):
    script = "SELECT sum(a.range * b.range) FROM range(10000000) AS a, range(100000) AS b;\nSELECT 6 * 7;\n"
    command = [sys.executable, "-c", _AT_THE_START, "shell", str(sample_store)]
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


def test_what_is_longer_than_the_terminal_is_paged(open_terminal, tmp_path):
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\nsed 's/^/PAGED /'\n")
    pager.chmod(0o755)
    terminal = open_terminal(lines=10, PAGER=str(pager))
    terminal.type("SELECT unnest(range(30)) AS n;\r")
    terminal.expect(r"PAGED +29")
    terminal.type(".quit\r")
    assert terminal.wait() == 0


@pytest.mark.parametrize(("environment", "styled"), [({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color(environment, styled, open_terminal):
    terminal = open_terminal(**environment)
    terminal.type("SELECT 41 + 1 AS answer;\r")
    terminal.expect(r"\x1b\[1manswer" if styled else r"[^m]answer\r?\n")
    coloured = re.search(r"38;5;\d+", terminal.before)
    assert bool(coloured) is styled
