"""Every path of every command, whatever stands there: one sentence that says what to do, and nothing is waited for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from repeated import THOROUGH
from runner import ask, commands
from test_cli import RECSTORE
from test_rights import ALICE, user

from recstore.cli.console import LogFormat, State, explain, say
from recstore.cli.watching import QuietProgress
from recstore.errors import SourceError, cannot

#: What can stand in the name of a file.
ODD = "new\nline \x1b[31m\x7f?%20's\u202e\""
#: What a path may lead to: nothing, something that is none of what is asked for, and so on.
KINDS = (f"no {ODD}", f"is {ODD}", "folder", "pipe", "loop", "x" * 300, "unreadable.csv", "closed/x")
NAMED = {"FILE", "FILE…", "FOLDER", "SOURCE", "LOADER=SOURCE", "STORE"}
ARGUMENTS = {"catalog": ["movies"], "items": ["1", "2"], "statement": ["SELECT 1"], "item": ["1"], "name": ["hubs"]}
#: What a sentence tells its reader to do.
REMEDIES = ("name", "check", "give", "make it", "pass", "recstore ", "see:", "save it", "shorten", "it needs",
            "expected is", "build it")  # fmt: skip
#: What may be written wherever there is a folder for it: only what cannot be written is tried.
OUTPUTS = {"output", "plot", "target", "folder"}
UNWRITABLE = ("pipe", "loop", "x" * 300, "closed/x")


def is_path(param) -> bool:
    return "Path" in str(param.type_descriptor.annotation) or param.metavar in NAMED


def paths() -> list:
    """Every path parameter of every command but `spark build`, which needs Spark before it looks at any."""
    return [
        pytest.param(words, command, param, id=f"{' '.join(words)} {param.name}")
        for words, command in commands()
        for param in command.params
        if is_path(param) and words[0] not in ("spark", "demo")
    ]


def line(words, command, param, path: object, folder: Path) -> list[object]:
    """Return a command line that is right but for the path."""
    given: list[object] = [*words]
    for one in command.params:
        is_argument = one.param_type_name == "argument"
        if one is param:
            value = f"movielens={path}" if one.metavar == "LOADER=SOURCE" else path
            given += [value] if is_argument else [one.opts[0], value]
        elif one.name == "store":
            given.append(folder / "store.duckdb")
        elif is_argument and one.name in ARGUMENTS:
            given += ARGUMENTS[one.name]
        elif one.required:
            given += [folder / "out.png"] if is_argument else [one.opts[0], folder / "out.png"]
    return [*given, *(["--no-browser"] if words == ["explore"] else [])]


@pytest.fixture(scope="module")
def places(small_store) -> Iterator[dict[str, Path]]:
    """What a path may lead to, in a folder that another user may write; the store beside it is nobody's to write."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        shutil.copy(small_store, folder / "store.duckdb")
        (folder / "folder").mkdir()
        (folder / f"is {ODD}").write_bytes(b"no store and no data, na\xefve\n")
        os.mkfifo(folder / "pipe")
        (folder / "loop").symlink_to("loop")
        (folder / "closed").mkdir(mode=0)
        (folder / "unreadable.csv").write_text("a,b\n1,2\n")
        (folder / "unreadable.csv").chmod(0)
        yield {name: folder / name for name in KINDS}
        (folder / "closed").chmod(0o700)


def kinds_of(words, param) -> list[str]:
    """Return what may stand at a path: of an output, what cannot be written."""
    is_output = param.name in OUTPUTS or (words, param.name) == (["backup"], "file")
    return [kind for kind in KINDS if (kind in UNWRITABLE if is_output else kind != "x" * 300)]


def few_of_each() -> list:
    """Return every path with three of the things that it may lead to, another three for the next, and the rest."""
    few, rest = [], []
    for number, one in enumerate(paths()):
        words, command, param = one.values
        kinds = kinds_of(words, param)
        # All of them with one command. First what root tries, which imports what another user may not be able to.
        turn = [kinds[(number + step) % len(kinds)] for step in range(3)]
        quick = kinds if words == ["info"] or len(kinds) == len(UNWRITABLE) else sorted(turn, key=KINDS.index)
        few.append(pytest.param(words, command, param, quick, id=one.id))
        others = [kind for kind in kinds if kind not in quick]
        rest += [pytest.param(words, command, param, others, id=f"{one.id}, rest", marks=THOROUGH)] if others else []
    return few + rest


@pytest.mark.parametrize(("words", "command", "param", "kinds"), few_of_each())
def test_whatever_a_path_leads_to_is_one_sentence(words, command, param, kinds, places):
    for kind in kinds:
        path, rightless = places[kind], kind in ("unreadable.csv", "closed/x")
        if rightless and os.geteuid() != 0:
            continue
        with user(ALICE) if rightless else nullcontext():
            code, _out, said = ask(*line(words, command, param, path, path.parent))
        told = said.splitlines()
        if code == 0:
            # Sound files that cannot be read are counted, and others are read.
            assert words == ["add"], kind
            assert "give no clip" in said, kind
            continue
        assert code in range(1, 6), (kind, said)
        assert not any(ord(letter) < 32 or letter in "\x7f\u202e" for text in told for letter in text), said
        assert [text for text in told if text.startswith("recstore: ")] == told[-1:], (kind, said)
        assert "fault of recstore's own" not in told[-1], kind
        assert any(word in told[-1].lower() for word in REMEDIES), (kind, told[-1])


def test_a_wrong_call_is_one_sentence_with_where_to_look(monkeypatch):
    for arguments in (["nope"], ["info"], ["info", "--x\x1b[31m\ny"], ["sql", "x", "y", "--format", "a\nb"]):
        code, out, said = ask(*arguments)
        assert (code, out, len(said.splitlines())) == (2, "", 1)
        assert said.startswith("recstore: ")
        assert said.endswith(" --help\n")
        assert "\x1b" not in said


def test_what_comes_from_a_value_ends_no_line(capsys, monkeypatch):
    State.debug = False
    odd = f"/srv/{ODD}"
    for form in LogFormat:
        monkeypatch.setattr(State, "log_format", form)
        say(odd)
        QuietProgress().notice(odd)
        explain(SourceError(cannot(odd, "be read", PermissionError(13, "Permission denied"))), False, ValueError)
        explain(PermissionError(13, "Permission denied", odd), False, ValueError)
        told = capsys.readouterr().err
        assert len(told.splitlines()) == told.count("\n") == 4
        assert not any(ord(letter) < 32 for letter in told.replace("\n", ""))
        assert "\x7f" not in told
        assert told.count("give this user the right to it (chmod, chown)") == 2
        if form is LogFormat.JSON:
            assert [json.loads(text)["text"] for text in told.splitlines()][:2] == [odd, odd]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become other users")
def test_a_folder_that_may_not_be_looked_into_is_not_passed_over(places):
    folder = places["closed/x"].parent
    ask("init", folder / "nothing")  # imports what the other user may not be able to
    with user(ALICE):
        code, _out, said = ask("init", folder)
    assert (code, len(said.splitlines())) == (1, 1)
    assert f"{folder}' cannot be a file or folder (Permission denied): give this user the right" in said


def test_a_declaration_is_not_written_over_a_source(tmp_path):
    (tmp_path / "books.csv").write_text("isbn,title\nb1,A book\nb2,Another\n")
    before = (tmp_path / "books.csv").read_bytes()
    for source in (tmp_path / "books.csv", tmp_path):
        code, _out, said = ask("init", source, "-o", tmp_path / "books.csv", "--force")
        assert code == 2
        assert "what this command reads and would be overwritten. Name another file." in said
    assert (tmp_path / "books.csv").read_bytes() == before


def test_closed_streams_are_nothing(tmp_path):
    for closing, out in (("0<&-", b""), ("1>&-", b""), ("2>&-", b"")):
        done = subprocess.run(
            f'"{RECSTORE}" info "{tmp_path}/none.duckdb" {closing}', shell=True, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout) == (1, out)
        assert done.stderr.startswith(b"recstore: There is no store") == (closing != "2>&-")
