"""Runs commands of the command line within the process of the tests, which is quick."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import typer
import typer.testing
from typer.testing import CliRunner

from recstore.cli.app import app


def run(*arguments: object) -> tuple[int, str]:
    """Return the exit code and what was said on stderr; the tests keep their own handlers of signals."""
    code, _out, said = ask(*arguments)
    return code, said


def recstore(*arguments: object, cwd=None, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Return what `test_cli.process` does, which starts a process of its own for it."""
    with contextlib.chdir(cwd or "."):
        return subprocess.CompletedProcess(arguments, *ask(*arguments, stdin=stdin))


def ask(*arguments: object, stdin: str | None = None) -> tuple[int, str, str]:
    """Return the exit code, stdout and stderr."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        done = CliRunner().invoke(app, list(map(str, arguments)), input=stdin)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return done.exit_code, done.stdout, done.stderr


def completions(words: str) -> list[str]:
    """Return what the user's own shell is told when it asks how a command line goes on."""
    told = {"_RECSTORE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    return CliRunner().invoke(app, [], env=told, prog_name="recstore").stdout.split()


def commands() -> Iterator[tuple[list[str], typer.core.TyperCommand]]:
    """Yield every registered command, with the words that call it."""

    def walk(words: list[str], command) -> Iterator[tuple[list[str], typer.core.TyperCommand]]:
        for name, one in command.commands.items():
            yield from walk([*words, name], one) if hasattr(one, "commands") else [([*words, name], one)]

    yield from walk([], typer.main.get_command(app))


class Elsewhere:
    """Runs commands in another process, in which other packages are installed: one process for all of them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def recstore(self, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(arguments, *self._asked("recstore", cwd, *map(str, arguments)))

    def completions(self, words: str, cwd: Path) -> list[str]:
        return self._asked("completions", cwd, words)

    def _asked(self, what: str, cwd: Path, *words: str):
        print(json.dumps([what, str(cwd), *words]), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


@contextlib.contextmanager
def elsewhere(environment: Mapping[str, str]) -> Iterator[Elsewhere]:
    """Yield what runs commands in a process of that environment."""
    command = [sys.executable, __file__]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Elsewhere(process)
        process.stdin.close()


def _answer() -> None:
    """Answer what `Elsewhere` asks."""
    for line in sys.stdin:
        what, cwd, *words = json.loads(line)
        with contextlib.chdir(cwd):
            print(json.dumps(completions(*words) if what == "completions" else ask(*words)), flush=True)


@lru_cache(maxsize=1)
def _command(app: typer.Typer, _path: tuple[str, ...]):
    return typer.main.get_command(app)


# What Typer makes of the command line is made once, and anew where `sys.path` changed: it takes as long as an answer.
typer.testing._get_command = lambda app: _command(app, tuple(sys.path))

if __name__ == "__main__":
    _answer()
