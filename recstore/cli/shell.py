"""`recstore shell`: an interactive SQL prompt on a store."""

from __future__ import annotations

import os
import pydoc
import shutil
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb

from recstore import catalogs_of, connect, find_query, saved_queries, set_parameters, sql
from recstore.cli.console import say, say_lines
from recstore.cli.output import interruptibly, table_text, terminal_width
from recstore.cli.query import signature
from recstore.errors import OptionError, RecstoreError
from recstore.paths import typed
from recstore.text import decoded, one_line, read_text, tokens

COMMANDS = {
    ".help": "say what these are",
    ".functions": "list the store's functions with their parameters",
    ".tables": "list the tables and views and what they hold",
    ".queries": "list the saved queries",
    ".query": "run a saved query: .query hubs k=5 catalog=books",
    ".read": "run the statements of a file",
    ".timer": "show how long each statement takes: .timer off",
    ".pager": "page what is longer than the terminal: .pager off",
    ".quit": "leave; so does Ctrl-D",
}
_SQL = "recstore.cli.sql"


class Shell:
    """Runs statements and commands, one after the other, on one connection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        is_terminal: bool,
        seconds: float | None = None,
        untrusted: bool = False,
    ) -> None:
        """Page and time what is done where somebody looks on; end a statement after so many `seconds`."""
        self.connection = connection
        self._catalogs = catalogs_of(connection, untrusted=untrusted)
        self.seconds = seconds
        self.is_paged = self.is_timed = is_terminal
        self.is_over = False
        self.failed = False

    def run(self, text: str) -> None:
        """Run one input: a command that begins with a dot, or SQL. What goes wrong is said, and the shell goes on.

        Raises `KeyboardInterrupt` after Ctrl-C: it ends what is read from a file or a pipe as a whole.
        """
        try:
            if text.lstrip().startswith("."):
                self._command(text.strip())
            else:
                self._sql(text)
        except (RecstoreError, duckdb.Error, OSError) as error:
            self.failed = True
            say_lines(str(error).strip())

    def _sql(self, text: str) -> None:
        for statement in self.connection.extract_statements(text):
            begun = time.perf_counter()
            ask = partial(_ask, self.connection, statement, terminal_width())
            shown, rows = interruptibly(self.connection, ask, self.seconds)
            seconds = time.perf_counter() - begun
            self._show(shown)
            if self.is_timed:
                done = f"{rows:,} row{'' if rows == 1 else 's'}" if shown else "Done"
                say(f"{done} in {seconds:.3f} s")

    def _show(self, text: str) -> None:
        if self.is_paged and text.count("\n") >= shutil.get_terminal_size().lines:
            os.environ.setdefault("LESS", "-RS")
            pydoc.pager(text)
        else:
            sys.stdout.write(text)
            sys.stdout.flush()

    def _command(self, text: str) -> None:
        name, _, rest = text.rstrip(";").partition(" ")
        rest = rest.strip()
        if name not in COMMANDS:
            raise OptionError(f"There is no command {name}; .help lists them.")
        getattr(self, f"_{name[1:]}")(rest)

    def _help(self, _rest: str) -> None:
        listed = "".join(f"{command:<12}{about}\n" for command, about in COMMANDS.items())
        self._show(f"{listed}Everything else is SQL and ends with a semicolon, on one line or several.\n")

    def _functions(self, _rest: str) -> None:
        self._show(table_text(self.connection.execute(sql.read(_SQL, "list_functions")), terminal_width())[0])

    def _tables(self, _rest: str) -> None:
        self._show(table_text(self.connection.execute(sql.read(_SQL, "list_relations")), terminal_width())[0])

    def _queries(self, _rest: str) -> None:
        self._show(
            "".join(
                f"{query.name}({signature(query)})\n    {query.answers}\n" for query in saved_queries(self._catalogs)
            )
        )

    def _read(self, rest: str) -> None:
        if not rest:
            raise OptionError(".read wants a file: .read queries.sql")
        text = read_text(typed(rest.strip("'\"")))
        for part in inputs(text.splitlines(keepends=True)):
            self.run(part)

    def _timer(self, rest: str) -> None:
        self.is_timed = _is_on(".timer", rest)

    def _pager(self, rest: str) -> None:
        self.is_paged = _is_on(".pager", rest)

    def _quit(self, _rest: str) -> None:
        self.is_over = True

    def _query(self, rest: str) -> None:
        import shlex

        name, *given = shlex.split(rest) or [""]
        values = dict(text.partition("=")[::2] for text in given)
        query = find_query(name, self._catalogs, values.pop("catalog", None))
        set_parameters(self.connection, query, values)
        try:
            self._sql(query.text)
        finally:
            for parameter in values:
                self.connection.execute(f'RESET VARIABLE "{parameter}"')


def _ask(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement, width: int | None) -> tuple[str, int]:
    return table_text(connection.execute(statement), width)


def _is_on(command: str, text: str) -> bool:
    if text not in ("on", "off"):
        raise OptionError(f"{command} is on or off, not {text!r}.")
    return text == "on"


def is_complete(text: str) -> bool:
    """Tell whether an input can be run as it is: a command, nothing, or SQL that ends with a semicolon."""
    stripped = text.strip()
    if not stripped or stripped.startswith("."):
        return True
    places = [place for place, _kind in tokens(text) if not text.startswith(("--", "/*"), place)]
    return bool(places) and text.startswith(";", places[-1])


def inputs(lines: list[str]) -> Iterator[str]:
    """Cut the lines of a script into inputs, as if they had been typed."""
    begun = ""
    for line in lines:
        begun += line
        if is_complete(begun):
            yield begun
            begun = ""
    if begun.strip():
        yield begun


def run_shell(store: Path, exact: bool, untrusted: bool, seconds: float | None = None) -> None:
    """Read and run until the end, each statement for `seconds` at most.

    From a pipe the input is a script, and a failure is the exit code's.
    """
    with connect(store, exact=exact or None, untrusted=untrusted) as connection:
        is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        shell = Shell(connection, is_terminal, seconds, untrusted)
        if is_terminal:
            _interact(shell, store)
            return
        for part in inputs(decoded(sys.stdin.buffer.read(), "The script").splitlines(keepends=True)):
            if part.strip() and not shell.is_over:
                shell.run(part)
        if shell.failed:
            raise RecstoreError("Not everything could be run.")


def _interact(shell: Shell, store: Path) -> None:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.lexers import PygmentsLexer
    from prompt_toolkit.output import ColorDepth
    from pygments.lexers.sql import SqlLexer

    from recstore.cli.completion import StoreCompleter, Vocabulary

    bindings = KeyBindings()

    @bindings.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        """Run what is complete; otherwise begin another line."""
        buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None
        elif is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    completer = StoreCompleter(Vocabulary.read(shell.connection), COMMANDS)
    session: PromptSession[str] = PromptSession(
        f"{one_line(store.stem)}> ",
        history=FileHistory(str(history_file())),
        completer=completer,
        complete_while_typing=True,
        lexer=PygmentsLexer(SqlLexer),
        color_depth=ColorDepth.DEPTH_1_BIT if os.environ.get("NO_COLOR") else None,
        key_bindings=bindings,
        multiline=True,
        prompt_continuation=lambda width, _line, _wrapped: "." * (width - 1) + " ",
    )
    print(f"{one_line(str(store))}: SQL ends with a semicolon; .help says what else there is.")
    while not shell.is_over:
        text = ""
        try:
            text = session.prompt()
            if text.strip():
                shell.run(text)
                completer.vocabulary = Vocabulary.read(shell.connection)
        except KeyboardInterrupt:
            if text.strip():
                say("Interrupted.")
        except EOFError:
            return


def history_file() -> Path:
    """Return where the lines that were typed are kept; its folder is there afterwards."""
    from platformdirs import user_state_path

    folder = user_state_path("recstore", ensure_exists=True)
    return folder / "shell-history"
