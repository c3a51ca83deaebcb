"""Exit codes, what programs read on stderr, and ids that look like options."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from repeated import repeated
from runner import ask, run
from runner import recstore as command
from test_cli import process

from recstore.cli.console import _CODES, Exit, exit_code, exit_codes
from recstore.errors import BelowBarError, BusyError, FullError, OptionError, SourceError, StoreError, UnsoundError
from recstore.text import pasted


def test_exit_codes_are_distinct_and_documented():
    assert len(set(Exit)) == len(Exit.__members__)
    shown = " ".join(ask("--help")[1].split())
    assert exit_codes() in shown.replace(" │ ", " ")
    page = (Path(__file__).parents[1] / "docs" / "howto-nightly.md").read_text()
    assert all(f"| {code.value} |" in page for code in Exit)


@pytest.mark.parametrize(
    ("error", "code"),
    [(OptionError(), 2), (StoreError(), 1), (SourceError(), 1), (BusyError(), 3), (FullError(), 4),
     (BelowBarError(), 5), (UnsoundError(), 6), (OSError(28, "No space left on device"), 4), (ValueError(), 1),
     (duckdb.IOException("IO Error: Could not write file: No space left on device"), 4), (MemoryError(), 1)],
)  # fmt: skip
def test_each_error_has_its_code(error, code):
    assert exit_code(error) == code
    assert _CODES["LossError"] == 7


def test_commands_leave_with_their_codes(small_store, tmp_path):
    store = shutil.copy(small_store, tmp_path / "s.duckdb")
    assert run("similar", store, "movies", 1)[0] == Exit.DONE
    assert run("similar", store, "nothing", 1)[0] == Exit.USAGE
    assert run("similar", tmp_path / "none", "movies", 1)[0] == Exit.FAILED
    writer = subprocess.Popen(
        [sys.executable, "-c", f"import duckdb; con = duckdb.connect({str(store)!r}); print(1, flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert writer.stdout is not None
    assert writer.stdout.readline()
    assert run("similar", store, "movies", 1)[0] == Exit.BUSY
    writer.communicate(b"\n")
    with duckdb.connect(str(store)) as con:
        con.execute("DELETE FROM movies WHERE movie_id = 1")
    assert run("check", store)[0] == Exit.UNSOUND


def test_programs_read_one_object_a_line(small_store, small_folder, tmp_path):
    def events(done: subprocess.CompletedProcess[str], code: int = 0) -> list[dict[str, object]]:
        assert done.returncode == code, done.stderr
        return [json.loads(line) for line in done.stderr.splitlines()]

    built = events(process("--log-format", "json", "build", tmp_path / "s.duckdb", "--movielens", small_folder))
    assert all({"time", "level", "event", "text"} <= event.keys() for event in built)
    begun = [event["stage"] for event in built if event["event"] == "stage started"]
    assert begun == [event["stage"] for event in built if event["event"] == "stage finished"]
    assert "load movies" in begun
    for arguments, code in (
        (["similar", small_store], 2),
        (["similar", small_store, "movies", "no"], 1),
        (["nope"], 2),
    ):
        (said,) = events(command("--log-format", "json", *arguments), code)
        assert (said["level"], said["exit_code"]) == ("error", code)


@pytest.mark.parametrize(
    "item",
    repeated(["-abcdefghij", "-k3xCGGDJeQ", "--4gqARaEJE", "-1", "-k", "-oabcdefghi", "-"], "-k", "--4gqARaEJE"),
)
def test_ids_that_look_like_options(item, sample_store):
    for words in ([item], [item, "--format", "csv"], ["--", item]):
        if item == "-k" and len(words) == 3 and words[0] == item:
            continue  # here it is an option
        code, said = run("similar", sample_store, "audio", *words)
        assert (code, repr(item) in said) == (1, True), said
    code, said = run("similar", sample_store, "audio", "-k", 3, "--", "--help")
    assert (code, "'--help'" in said) == (1, True)


def test_a_statement_may_begin_with_a_comment(sample_store):
    for words in (["-- why\nSELECT 41 + 1 AS x"], ["--format", "csv", "-- why\nSELECT 41 + 1 AS x"]):
        code, out, said = ask("sql", sample_store, *words)
        assert (code, "42" in out) == (0, True), said
    code, said = run("sql", sample_store, "SELECT 1", "--fromat", "csv")
    assert (code, "No such option: --fromat" in said) == (2, True)


def test_an_option_of_one_value_is_not_dropped_for_a_second(sample_store, tmp_path):
    """The first folder of music would not be read, and nobody told."""
    store = tmp_path / "store.duckdb"
    found = command("build", store, "--audio", "rock", "--audio", "jazz")
    assert found.returncode == 2
    assert "--audio is there 2 times; give it once." in found.stderr
    assert not store.exists()
    assert command("similar", sample_store, "movies", "1", "-k", "2", "-k", "3").returncode == 2
    assert " times;" not in command("query", sample_store, "sources", "-p", "a=1", "-p", "b=2").stderr


def test_options_stay_options(sample_store, tmp_path):
    assert run("similar", sample_store, "movies", "1", "-k5")[0] == 0
    assert run("similar", sample_store, "movies", "-k5", "1", f"-o{tmp_path / 'a'}")[0] == 0
    assert (tmp_path / "a").exists()
    assert "No such option: --spcae" in run("similar", sample_store, "movies", "1", "--spcae", "x")[1]
    code, said = run("heatmap", sample_store, "movies", "1", "-2", "--4gqARaEJE", "-o", tmp_path / "a.png")
    assert (code, "'-2'" in said) == (2, True), said


def test_a_path_can_be_pasted(tmp_path):
    assert pasted(tmp_path / "it's") == f"'{tmp_path}/it'\"'\"'s'"
    assert pasted(type(tmp_path)("-x.duckdb")) == "./-x.duckdb"
    odd = tmp_path / "a b$c"
    assert pasted(odd) in run("info", odd)[1]
