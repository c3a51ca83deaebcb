"""Prints the result of a statement: as a table, CSV, JSON, Parquet or Markdown."""

from __future__ import annotations

import io
import math
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NoReturn, TextIO, TypeVar

import duckdb

from recstore import sql
from recstore.cli.console import Exit, say
from recstore.cli.formats import Format
from recstore.errors import OptionError, RecstoreError
from recstore.text import shown, tokens
from recstore.tools import check_target, open_connection, scratch_folder, whole_file

Result = TypeVar("Result")

_COPY = {
    Format.CSV: "FORMAT csv, HEADER",
    Format.JSON: "FORMAT json, ARRAY",
    Format.PARQUET: "FORMAT parquet",
}


_NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "FLOAT", "DOUBLE", "NUMBER"}  # fmt: skip
#: A table is for eyes; more than this is for a file.
_MOST_ROWS = 10_000
#: On a narrow terminal: words of more characters are folded, and so many stand between columns.
_LONG_WORD, _GAP = 16, 2
#: How long a statement that was interrupted may go on.
_GRACE_SECONDS = 5.0
_PAUSE_SECONDS = 0.1


def write_result(
    connection: duckdb.DuckDBPyConnection,
    text: str,
    form: Format = Format.TABLE,
    output: Path | None = None,
    values: dict[str, object] | None = None,
    inputs: Sequence[Path] = (),
) -> None:
    """Run the statements of `text` and write the rows of the last one to `output`, or to stdout.

    `values` are bound to the last statement; `inputs` are files that must not be overwritten, besides the databases of
    the connection. Raises `OptionError` for such an `output`, and where Parquet has no file to go to.
    """
    if form is Format.PARQUET and output is None:
        raise OptionError("Parquet is not text: name a file for it with -o FILE.")
    if output is not None:
        check_target(output, connection, inputs)
    statements = connection.extract_statements(text)
    if not statements:
        raise OptionError("There is no SQL statement to run.")
    for statement in statements[:-1]:
        connection.execute(statement).fetchall()
    last = statements[-1]
    if form not in _COPY:
        if output is None:
            _write_text(connection.execute(last, values), form, sys.stdout, terminal_width())
        else:
            with whole_file(output, connection, inputs) as part, part.open("w", encoding="utf-8") as file:
                _write_text(connection.execute(last, values), form, file, None)
    elif last.type != duckdb.StatementType.SELECT:
        raise OptionError(f"Only a query can be written as {form.value}, and the last statement is none.")
    elif output is None:
        # Not /dev/stdout: opened anew, it would empty the file that stdout may be.
        with scratch_folder() as folder:
            part = folder / "result"
            _write_rows(connection, last, values, form, part)
            sys.stdout.flush()
            with part.open("rb") as written:
                if sys.stdout.isatty():
                    sys.stdout.writelines(map(shown, io.TextIOWrapper(written, "utf-8", newline="\n")))
                else:
                    shutil.copyfileobj(written, sys.stdout.buffer)
    else:
        with whole_file(output, connection, inputs) as part:
            _write_rows(connection, last, values, form, part)


def _write_rows(
    connection: duckdb.DuckDBPyConnection,
    statement: duckdb.Statement,
    values: dict[str, object] | None,
    form: Format,
    file: Path,
) -> None:
    """Let DuckDB write the rows of a query to a file."""
    query = f"({without_semicolon(statement.query)}\n)"
    if connection.execute("SELECT current_setting('enable_external_access')").fetchall() == [(True,)]:
        interruptibly(connection, lambda: connection.execute(_copy(query, file, form), values).fetchall())
        return
    # This connection may write no file; another one does, from the rows that this one gives.
    rows = connection.sql(f"FROM {query}", params=values).to_arrow_table()
    with open_connection() as writer:
        writer.register("rows_to_write", rows)
        interruptibly(writer, lambda: writer.execute(_copy("rows_to_write", file, form)).fetchall())


def _write_text(result: duckdb.DuckDBPyConnection, form: Format, file: TextIO, width: int | None) -> None:
    """Write a result for people: as a table, or as Markdown."""
    if form is Format.MARKDOWN:
        _write_markdown(result, file)
    else:
        file.write(table_text(result, width)[0])


def _copy(source: str, file: Path, form: Format) -> str:
    return f"COPY {source} TO {sql.literal(str(file))} ({_COPY[form]})"


def interruptibly(
    connection: duckdb.DuckDBPyConnection, work: Callable[[], Result], seconds: float | None = None
) -> Result:
    """Return what `work` gives on `connection`, so that Ctrl-C ends it: DuckDB does not look for signals itself.

    Raises `KeyboardInterrupt` when the work has ended after a Ctrl-C. After so many `seconds` it is a `RecstoreError`;
    the process ends where the work then goes on all the same.
    """
    end = math.inf if seconds is None else time.monotonic() + seconds
    with _heeding_ctrl_c() as is_asked_to_stop, ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        try:
            while not wait([running], _PAUSE_SECONDS).done:
                if is_asked_to_stop.is_set():
                    # Again and again: DuckDB forgets an interrupt that comes before a statement has begun.
                    connection.interrupt()
                elif time.monotonic() > end:
                    _end_late_work(connection, running, seconds)
        except KeyboardInterrupt:
            connection.interrupt()
            raise
    if is_asked_to_stop.is_set():
        raise KeyboardInterrupt
    return running.result()


@contextmanager
def _heeding_ctrl_c() -> Iterator[threading.Event]:
    """Have Ctrl-C set an event: as an exception it could strike while a thread is begun, which nobody ends then.

    Only the main thread can be told of signals; in another one the event is never set.
    """
    is_asked_to_stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield is_asked_to_stop
        return
    before = signal.signal(signal.SIGINT, lambda _number, _frame: is_asked_to_stop.set())
    try:
        yield is_asked_to_stop
    finally:
        signal.signal(signal.SIGINT, before)


def _end_late_work(connection: duckdb.DuckDBPyConnection, running: Future[Result], seconds: float | None) -> NoReturn:
    connection.interrupt()
    late = f"It took more than {seconds:g} seconds; --timeout gives it longer."
    if not wait([running], _GRACE_SECONDS).done:
        say(late, "error", exit_code=Exit.FAILED.value, error="Interrupted")
        sys.stdout.flush()
        os._exit(Exit.FAILED)
    raise RecstoreError(late)


def without_semicolon(query: str) -> str:
    """Cut a statement before the semicolons that end it, and the comments that may follow."""
    end = len(query)
    for offset, _kind in reversed(tokens(query)):
        if query[offset] == ";":
            end = offset
        elif not query.startswith(("--", "/*"), offset):
            break
    return query[:end]


def _write_markdown(result: duckdb.DuckDBPyConnection, file: TextIO) -> None:
    """Write a table as Markdown has it; what would end a cell or a row is escaped."""
    file.write(_markdown_row(name for name, *_ in result.description))
    file.write(_markdown_row("---:" if _is_number(kind) else "---" for _, kind, *_ in result.description))
    while rows := result.fetchmany(_MOST_ROWS):
        file.writelines(_markdown_row(map(_cell, row)) for row in rows)


def _markdown_row(cells: Iterable[str]) -> str:
    escaped = (shown(cell).replace("\\", "\\\\").replace("|", "\\|").replace("\n", "<br>") for cell in cells)
    return f"| {' | '.join(escaped)} |\n"


def _is_number(kind: object) -> bool:
    return str(kind) in _NUMBERS or str(kind).startswith("DECIMAL")


def terminal_width() -> int | None:
    """Return how wide the terminal is that stdout goes to; None where it goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def table_text(result: duckdb.DuckDBPyConnection, width: int | None) -> tuple[str, int]:
    """Return the rows of a result as a table, and how many there are.

    The table is folded to the `width` of a terminal, and bold there unless NO_COLOR is set; with None it is as wide as
    it needs to be. A statement without rows gives an empty text.
    """
    from rich.console import Console
    from rich.table import Table

    columns = [(shown(str(name)), kind) for name, kind, *_ in result.description or ()]
    rows = result.fetchmany(_MOST_ROWS + 1) if columns else []
    if not columns or (not rows and [name for name, _kind in columns] in (["Count"], ["Success"])):
        return "", 0
    cells = [[shown(_cell(value)) for value in row] for row in rows[:_MOST_ROWS]]
    numbers = [_is_number(kind) for _name, kind in columns]
    least = [
        _least_width([name, *(row[place] for row in cells)], numbers[place])
        for place, (name, _kind) in enumerate(columns)
    ]
    kept = _shown(least, width)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place in kept:
        if place is None:
            table.add_column("…", no_wrap=True)
        else:
            justify: Literal["left", "right"] = "right" if numbers[place] else "left"
            table.add_column(columns[place][0], justify=justify, overflow="fold", min_width=least[place])
    for row in cells:
        table.add_row(*("…" if place is None else row[place] for place in kept))
    drawn = io.StringIO()
    # A file has no edge at which to fold.
    styled = width is not None and not os.environ.get("NO_COLOR")
    console = Console(
        file=drawn, width=width or 1_000_000, force_terminal=styled, no_color=not styled, highlight=False, markup=False
    )
    console.print(table)
    if None in kept:
        left_out = ", ".join(name for place, (name, _kind) in enumerate(columns) if place not in kept)
        say(f"The terminal is too narrow for: {left_out}.")
    if len(rows) > _MOST_ROWS:
        say(f"There are more than {_MOST_ROWS:,} rows; --format csv writes them all.")
    return "".join(f"{line.rstrip()}\n" for line in drawn.getvalue().splitlines()), len(rows)


def _least_width(cells: Sequence[str], is_number: bool) -> int:
    """Return how narrow a column may become: numbers are never folded, and words only if they are long."""
    from rich.cells import cell_len

    words = cells if is_number else [word for cell in cells for word in cell.split()]
    longest = max(map(cell_len, words), default=1)
    return longest if is_number else min(longest, _LONG_WORD)


def _shown(least: Sequence[int], width: int | None) -> list[int | None]:
    """Return the places of the columns that fit into `width`; of too many those in the middle make way for a None."""
    n = len(least)
    shown: list[int | None] = list(range(n))
    for kept in range(n - 1, 1, -1):
        needed = sum(1 if place is None else least[place] for place in shown) + _GAP * (len(shown) - 1)
        if width is None or needed <= width:
            break
        head = (kept + 1) // 2
        shown = [*range(head), None, *range(n - kept + head, n)]
    return shown


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, list):
        return ", ".join(_cell(item) for item in value)
    return str(value)
