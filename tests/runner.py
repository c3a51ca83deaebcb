"""Runs commands of the command line within the process of the tests, which is quick."""

from __future__ import annotations

import signal

from typer.testing import CliRunner

from recstore.cli.app import app


def run(*arguments: object) -> tuple[int, str]:
    """Return the exit code and what was said on stderr; the tests keep their own handlers of signals."""
    code, _out, said = ask(*arguments)
    return code, said


def ask(*arguments: object) -> tuple[int, str, str]:
    """Return the exit code, stdout and stderr."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        done = CliRunner().invoke(app, list(map(str, arguments)))
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return done.exit_code, done.stdout, done.stderr
