"""What the command line does for whoever sits at a terminal: completion, hints, widths, colours."""

from __future__ import annotations

import os
import pty
import re
import subprocess

import pytest
import typer
from repeated import repeated
from runner import completions
from runner import recstore as run_recstore
from test_cli import RECSTORE

from recstore.cli.app import app

COMMANDS = typer.main.get_command(app).commands


def on_a_terminal(*arguments: object, columns: int = 80, **environment: str) -> str:
    """Return what a command shows on a terminal that is so wide."""
    main, side = pty.openpty()
    variables = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), **environment}
    with subprocess.Popen([RECSTORE, *map(str, arguments)], stdout=side, stderr=side, env=variables) as process:
        os.close(side)
        shown = b""
        try:
            while data := os.read(main, 65536):
                shown += data
        except OSError:
            pass  # the terminal's other end is closed
        process.wait()
    os.close(main)
    return shown.decode()


def test_a_table_fits_the_terminal(sample_store):
    for columns in (60, 100):
        shown = on_a_terminal("similar", sample_store, "movies", 1, columns=columns)
        plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
        lines = plain.splitlines()
        assert len(lines) > 10
        assert max(map(len, lines)) <= columns
        assert "Horizon" in plain
        # Numbers are whole, and what has no room is left out by name rather than broken into letters.
        assert any(re.search(r" 0\.\d{4,5}$", line) for line in lines)
        assert bool(re.search("too narrow for: .*genres", plain)) == (columns < 100)


@pytest.mark.parametrize(
    "arguments", repeated([["similar", "STORE", "movies", "1"], ["info", "STORE"], ["sql", "--help"]])
)
def test_no_color(arguments, sample_store):
    arguments = [sample_store if word == "STORE" else word for word in arguments]
    assert re.search(r"\x1b\[[\d;]*m", on_a_terminal(*arguments))
    shown = on_a_terminal(*arguments, NO_COLOR="1")
    assert not re.search(r"\x1b\[(\d+;)*(3|4|9|10)\d", shown)


def test_quiet_builds_without_progress(small_folder, tmp_path):
    loud = run_recstore("build", tmp_path / "a.duckdb", "--movielens", small_folder).stderr.splitlines()
    quiet = run_recstore("build", tmp_path / "b.duckdb", "--movielens", small_folder, "--quiet").stderr.splitlines()
    assert len(quiet) < len(loud)
    assert not any(re.search(r"^[\w ,]+: \d+\.\d+ s\b", line) for line in quiet)


def test_the_users_own_shell_completes(sample_store):
    told = {"_RECSTORE_COMPLETE": "complete_bash", "COMP_WORDS": "recstore sim", "COMP_CWORD": "1"}
    done = subprocess.run([RECSTORE], env={**os.environ, **told}, capture_output=True, text=True)
    assert done.stdout.split() == ["similar"]
    assert completions("recstore sim") == ["similar"]
    assert set(completions("recstore ")) >= set(COMMANDS)
    assert completions(f"recstore similar {sample_store} mo") == ["movies"]
    assert completions(f"recstore similar {sample_store} movies 1 --space co") == ["collaborative", "content"]
    assert completions("recstore similar nowhere.duckdb mo") == []
    assert completions("recstore query x.duckdb hid") == ["hidden_gems"]
    assert "markdown" in completions("recstore sql x.duckdb 'SELECT 1' --format ")
    assert "--install-completion" in run_recstore("--help").stdout


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("toy story", "Toy Story (1995)"),
        ("Jumanjii", "Jumanji (1995)"),
        ("Jumanjii (1995)", "Jumanji (1995)"),
        ("Casabalnca", "Casablanca (1942)"),
        ("the matrix", "Matrix, The (1999)"),
    ],
)
def test_did_you_mean(asked, hint, movie_store):
    done = run_recstore("similar", movie_store, "movies", asked)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Did you mean: {hint}" in done.stderr


def test_no_hint_where_nothing_is_near(movie_store):
    assert "Did you mean" not in run_recstore("similar", movie_store, "movies", "qqqqqq zzzzzz").stderr
