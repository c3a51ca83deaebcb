"""Runs commands of the command line within the process of the tests, which is quick."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from functools import lru_cache

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


@lru_cache(maxsize=1)
def _command(app: typer.Typer, _path: tuple[str, ...]):
    return typer.main.get_command(app)


# What Typer makes of the command line is made once, and anew where `sys.path` changed: it takes as long as an answer.
typer.testing._get_command = lambda app: _command(app, tuple(sys.path))
