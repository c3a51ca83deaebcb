"""What a long command says: of each stage what is done, the memory in use, and how long the whole will take yet."""

from __future__ import annotations

import json
import shutil

import pytest
import runner

from recstore.cli import watching
from recstore.cli.console import LogFormat, State
from recstore.progress import Outlook, memory_in_use, time_said


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """What time it is for what watches a stage: nothing but the test moves it."""
    now = [0.0]
    monkeypatch.setattr("recstore.progress.time.perf_counter", lambda: now[0])
    return now


def test_the_rest_takes_what_was_expected_at_the_pace_of_what_is_done(clock):
    outlook = Outlook()
    outlook.expected({"load": 2.0, "vectors": 4.0, "check": 6.0})
    outlook.started("load", None)
    assert outlook.remaining() is None
    outlook.finished("load", 4.0)
    assert outlook.remaining() == pytest.approx(20.0)
    outlook.started("vectors", 10)
    clock[0] += 0.5
    assert outlook.remaining() == pytest.approx(19.5)
    outlook.finished("vectors", 8.0)
    outlook.started("check", None)
    clock[0] += 0.5
    assert outlook.remaining() == pytest.approx(11.5)
    outlook.finished("check", 1.0)
    assert outlook.remaining() == 0.0


def test_the_steps_of_a_stage_tell_how_long_it_takes_yet(clock):
    outlook = Outlook()
    outlook.expected({"copy": 1.0, "vectors": 1000.0})
    outlook.started("copy", None)
    outlook.finished("copy", 1.0)
    outlook.started("vectors", 4)
    clock[0] += 3.0
    outlook.advanced(3)
    assert outlook.remaining() == pytest.approx(1.0)


def test_stages_that_were_passed_over_are_not_waited_for_and_others_are_no_hindrance():
    outlook = Outlook()
    outlook.expected({"load": 100.0, "vectors": 1.0, "check": 1.0})
    for stage in ("copy", "vectors"):
        outlook.started(stage, None)
        outlook.finished(stage, 1.0)
    assert outlook.remaining() == pytest.approx(1.0)
    nothing_known = Outlook()
    nothing_known.started("copy", None)
    nothing_known.finished("copy", 1.0)
    assert nothing_known.remaining() is None


def test_time_and_memory():
    assert [time_said(s) for s in (0, 89, 91, 5399, 9000)] == ["1 s", "89 s", "2 min", "90 min", "2.5 h"]
    block = bytearray(64 << 20)
    memory = memory_in_use()
    assert memory is None or memory > len(block)


@pytest.mark.parametrize("form", LogFormat)
def test_a_long_stage_says_what_is_done_and_what_is_left(form, monkeypatch, capsys):
    monkeypatch.setattr(State, "log_format", form)
    monkeypatch.setattr(watching, "_PAUSE", 0.0)
    progress = watching.watch(quiet=False)
    progress.expected({"load": 1.0, "neighbours": 2.0})
    progress.started("load", None)
    progress.finished("load", 1.0)
    progress.started("neighbours", 4000)
    progress.advanced(1000)
    said = capsys.readouterr().err.splitlines()[-1]
    if form is LogFormat.TEXT:
        assert said.startswith("neighbours: 1,000 of 4,000 done, ")
        assert " MB in use, about " in said
        assert said.endswith(" left")
    else:
        event = json.loads(said)
        assert (event["event"], event["done"], event["steps"]) == ("stage advanced", 1000, 4000)
        assert event["memory_bytes"] > 10_000_000
        assert event["remaining_seconds"] >= 0


def test_a_rebuild_says_from_its_second_stage_on_how_long_it_takes_yet(small_store, tmp_path):
    store = shutil.copy(small_store, tmp_path / "store.duckdb")
    done = runner.recstore("--log-format", "json", "rebuild", store)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    begun = [event["remaining_seconds"] for event in events if event["event"] == "stage started"]
    assert begun[0] is None
    assert None not in begun[1:]
    assert begun[-1] < 5
    assert all(event["memory_bytes"] > 0 for event in events if event["event"].startswith("stage"))
