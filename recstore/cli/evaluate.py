"""`recstore evaluate`: how good the recommendations are, as a table, a picture and an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from recstore import Bar, check_plot, connect, draw_evaluation, evaluate, sql
from recstore.cli.formats import Format
from recstore.cli.output import write_result
from recstore.errors import BelowBarError
from recstore.progress import Progress
from recstore.tools import check_target, whole_file

_EXPLAINED = "SELECT space, explained FROM spaces WHERE explained IS NOT NULL ORDER BY space"


class Evaluating(TypedDict):
    """What `recstore.evaluate` is told."""

    seed: int
    memory: float
    threads: int
    wait: float


def run_evaluation(
    store: Path, bars: list[str], plot: Path | None, told: Evaluating, form: Format, watching: Progress
) -> None:
    """Evaluate a store, print and draw what was found, and raise a `BelowBarError` where it is not enough."""
    parsed = [Bar.parse(text) for text in bars]
    if plot is not None:
        check_plot(plot)
        with connect(store) as connection:
            check_target(plot, connection)
    try:
        report = evaluate(store, **told, progress=watching)
    finally:
        watching.stop()
    with connect(store) as connection:
        write_result(connection, sql.read("recstore.queries", "evaluations"), form)
        if plot is not None:
            explained = connection.execute(_EXPLAINED).fetchall()
            with whole_file(plot, connection) as file:
                draw_evaluation(report.evaluations, file, dict(explained))
    failures = []
    for bar in parsed:
        try:
            bar.check(report.evaluations)
        except BelowBarError as failure:
            failures.append(str(failure))
    if failures:
        raise BelowBarError(" ".join(failures))
