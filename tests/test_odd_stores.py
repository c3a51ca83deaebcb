"""Whatever is wrong with a store's bookkeeping or its place, a command says it in one sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import duckdb
import pytest
from repeated import repeated
from runner import ask, run

import recstore

DAMAGE = [
    *(f"DELETE FROM store_info WHERE key = '{key}'" for key in ("built_at", "build_id", "duckdb_version")),
    "DELETE FROM store_info",
    *(f"UPDATE store_info SET value = '{value}' WHERE key = 'format_version'" for value in ("", "²", "x", "9" * 5000)),
    "UPDATE store_info SET value = 'x' WHERE key = 'built_at'",
    "CREATE OR REPLACE TABLE store_info AS SELECT key, NULL::VARCHAR AS value FROM store_info",
    "CREATE OR REPLACE TABLE store_info AS SELECT key, value::BLOB AS value FROM store_info",
    "CREATE OR REPLACE TABLE store_info AS SELECT 1 AS key, 2 AS value",
    "CREATE OR REPLACE TABLE store_info AS SELECT 'format_version' AS key",
    "DELETE FROM builds",
    *(f"CREATE OR REPLACE TABLE builds AS SELECT * REPLACE ({value} AS {column}) FROM builds"
      for column in ("built_at", "sources", "seconds", "measured") for value in ("NULL", "'garbage'")),
    *(f"CREATE OR REPLACE TABLE spaces AS SELECT * REPLACE ({value} AS {column}) FROM spaces"
      for column in ("catalog", "space", "kind", "items") for value in ("NULL", "'garbage'")),
]  # fmt: skip
CONFIGURATION = ["map{'seed': 'x'}", "map{'memory': 'inf'}", "map{'seed': NULL}", "'garbage'", "[1]",
                 f"map{{'seed': '{'9' * 5000}'}}"]  # fmt: skip


@pytest.fixture
def store(small_store, tmp_path) -> Path:
    return Path(shutil.copy(small_store, tmp_path / "s.duckdb"))


@pytest.mark.parametrize(
    "statement", repeated(DAMAGE, *DAMAGE[2:5], *DAMAGE[12:14], DAMAGE[-1]), ids=lambda text: text[:60]
)
def test_damaged_bookkeeping(statement, store):
    with duckdb.connect(str(store)) as con:
        con.execute(statement)
    for words in (["info"], ["info", "--json"], ["similar", "movies", "1"], ["sql", "SELECT 1"]):
        code, said = run(words[0], store, *words[1:])
        assert "fault of recstore" not in said
        assert code == 0 or said.count("\n") == 1, said


@pytest.mark.parametrize("value", CONFIGURATION, ids=lambda text: text[:20])
def test_a_configuration_that_cannot_be(value, store):
    with duckdb.connect(str(store)) as con:
        con.execute(f"CREATE OR REPLACE TABLE builds AS SELECT * REPLACE ({value} AS configuration) FROM builds")
    code, said = run("rebuild", store, "--quiet")
    assert code == 1, said
    assert "fault of recstore" not in said
    assert said.count("\n") == 1, said


@pytest.mark.parametrize("name", ["a?b", "a#%20", "it's", 'a";b', "md:x", "s3:x", "a\nb", "a" * 200, "?"])
def test_odd_names_are_read_and_those_that_cannot_be_written_are_refused_at_once(name, small_store, tmp_path):
    odd = Path(shutil.copy(small_store, tmp_path / name))
    assert run("similar", odd, "movies", "1")[0] == 0
    if "?" in name:
        code, said = run("rebuild", odd, "--quiet")
        assert (code, "question mark" in said, said.count("\n")) == (1, True, 1)
    assert odd.read_bytes() == small_store.read_bytes()


def test_what_is_no_file(tmp_path, small_folder):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe", Path("/dev/null")):
        for arguments in (
            ["info", place],
            ["check", place],
            ["rebuild", place],
            ["build", place, "--movielens", small_folder],
        ):
            code, said = run(*arguments, *(["--quiet"] if "build" in arguments[0] else []))
            assert (code in (1, 2), "fault of recstore" in said, said.count("\n")) == (True, False, 1), (
                arguments,
                said,
            )


@pytest.mark.parametrize("place", ["loop", "~nobody-of-that-name/x"])
def test_what_leads_nowhere_is_said_by_every_command(place, store, tmp_path, monkeypatch):
    """A link to itself, and the home folder of nobody: as a store, as a source and as what is written."""
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    for arguments in (
        *([name, place] for name in ("info", "check", "manifest", "attach-sql", "rollback", "rebuild", "diff")),
        ["similar", place, "movies", "1"], ["sql", place, "SELECT 1"], ["export", place, "tables"],
        ["backup", place, "copy"], ["backup", store, place], ["restore", store, place], ["restore", place, store],
        ["diff", store, place], ["query", store, "sources", "--attach", place], ["explore", place, "--no-browser"],
        ["build", place, "--movielens", "none"], ["build", "new", "--movielens", place], ["init", place],
        ["build", "new", "--items", place, "--catalog", "things"], ["add", store, "--ratings", place],
        ["sql", store, "SELECT 1", "-o", place], ["export", store, place],
        ["heatmap", store, "movies", "1", "2", "-o", f"{place}.svg" if "/" in place else place],
    ):  # fmt: skip
        code, said = run(*arguments, *(["--quiet"] if arguments[0] in ("build", "rebuild", "add") else []))
        assert code in (1, 2), (arguments, said)
        assert "fault of recstore" not in said, (arguments, said)
        assert said.count("\n") == 1, (arguments, said)


def test_a_pipe_to_attach_is_not_waited_for(store, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place, why in ((tmp_path / "pipe", "no regular file"), (tmp_path, "a folder")):
        code, said = run("query", store, "sources", "--attach", place)
        assert (code, said) == (1, f"recstore: {place} cannot be attached: it is {why}; name a file.\n")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount")
def test_a_store_that_is_mounted_by_itself(store, tmp_path, small_folder):
    place = tmp_path / "one file.duckdb"
    place.touch()
    if subprocess.run(["mount", "--bind", str(store), str(place)], capture_output=True, check=False).returncode:
        pytest.skip("this machine cannot mount")
    try:
        code, said = run("rebuild", place, "--quiet")
        assert (code, "mounted by itself" in said, said.count("\n")) == (1, True, 1), said
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_what_a_monitor_reads(store):
    code, out, _said = ask("info", store, "--json")
    told = json.loads(out)
    assert code == 0
    assert list(told) == [field.name for field in fields(recstore.StoreInfo)]
    facts = recstore.info(store)
    assert (told["items"], told["bytes"], told["checked_at"]) == (facts.items, store.stat().st_size, None)
    assert facts.items["movies"] > 0
    assert facts.age_seconds is not None
    assert 0 < facts.age_seconds < 1e6
    assert {"content", "hybrid"} <= {space["space"] for space in facts.spaces}
    assert told["builds"][0]["build_id"] == facts.build_id
    assert (facts.evaluated_at, facts.evaluations, facts.versions) == (None, 0, [])
    recstore.rebuild(store)
    assert [version["fault"] for version in recstore.info(store).versions] == [None]
