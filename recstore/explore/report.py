"""How good a store is, with example lists, as one file of HTML that needs nothing else: for a mail after a build."""

from __future__ import annotations

import os
from dataclasses import asdict
from importlib import resources
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import recstore
from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.errors import MissingExtraError, RecstoreError
from recstore.explore import question
from recstore.explore.address import Address
from recstore.explore.answers import Answers, Row
from recstore.explore.charts import COLORS
from recstore.explore.shown import shown
from recstore.paths import typed
from recstore.reports.output_files import whole_file

_SQL = "recstore.explore.sql"
_HEALTH = 'SELECT "check", faults, example, means FROM store_health WHERE NOT is_sound ORDER BY "check" ASC'
#: Where the charts lie in their picture, in its units: from left to right, and from below to above.
_LEFT, _RIGHT, _BELOW, _ABOVE = 46, 420, 224, 14


def report_html(path: str | os.PathLike[str], *, lists: int = 6) -> str:
    """Return a page of HTML about the store at `path`: its evaluations, and of each catalogue so many example lists.

    The lists are those of the items that are preferred, such as popular ones, in the default space. The page holds its
    style and its charts, no script, and asks for nothing. The store is opened as a stranger's is. Raises `StoreError`,
    and `MissingExtraError` without Jinja.
    """
    try:
        from jinja2 import Environment
    except ImportError as error:
        raise MissingExtraError("A report needs Jinja. Install it with: pip install 'recstore[explore]'") from error
    files = resources.files("recstore.explore")
    template = Environment(autoescape=True, trim_blocks=True).from_string(
        files.joinpath("report.html").read_text("utf-8")
    )
    with Answers(typed(path)) as answers:
        info = recstore.info(answers.path, untrusted=True)
        size = f"{info.bytes / 1e6:,.1f} MB, {info.rejects:,} lines not loaded"
        items = ", ".join(f"{count:,} {name}" for name, count in info.items.items() if count)
        return template.render(
            # Without what is only the page's; it is recstore's own, and no store's.
            css=_Safe(_css(files.joinpath("style.css").read_text("utf-8"))),
            name=answers.path.name,
            said=f"{items}, built {shown(info.built_at)} UTC, {size}",
            catalogs=[_catalog(answers, one, lists) for one in answers.catalogs],
            tables=_tables(answers),
        )


def write_report(path: str | os.PathLike[str], target: str | os.PathLike[str], *, lists: int = 6) -> None:
    """Write what `report_html` returns to the file `target`, whole or not at all.

    Raises what it raises, and `OptionError` where `target` is the store, one of its sources, or what it needs.
    """
    with recstore.connect(path, untrusted=True) as connection, whole_file(Path(target), connection) as file:
        file.write_text(report_html(path, lists=lists), encoding="utf-8")


class _Safe(str):
    """Text that is HTML already."""

    def __html__(self) -> str:
        return self


def _css(text: str) -> str:
    """Return the style of the page, dark where the reader's system is."""
    light, _dark, rest = text.partition(".body--dark {")
    dark, _end, rest = rest.partition("}")
    return f"{light}@media (prefers-color-scheme: dark) {{ :root {{{dark}}} }}{rest}"


def _catalog(answers: Answers, catalog: Catalog, lists: int) -> dict[str, Any]:
    rows = answers.ask(sql.read(_SQL, "evaluations"), {"catalog": catalog.name})
    charts = [_chart(protocol, list(grouped)) for protocol, grouped in groupby(rows, itemgetter("protocol"))]
    return {"name": catalog.name, "charts": charts, "lists": _lists(answers, catalog, lists)}


def _lists(answers: Answers, catalog: Catalog, most: int) -> list[dict[str, Any]]:
    found = []
    for row in answers.ask(question.first_items(catalog), {"most": most}):
        address = Address(item=row["id"])
        call = question.similar(catalog, address, catalog.spaces[0]) if catalog.spaces else ""
        rows = answers.ask(question.rows_of(catalog, call)) if call else []
        found.append({"title": row["title"], "about": f"what is like it in {catalog.spaces[0]}", "rows": rows})
    return found


def _chart(protocol: str, rows: list[Row]) -> dict[str, Any]:
    """Return accuracy (up) against coverage (across) as places in a picture."""
    top: float = max([row["high"] or row["value"] for row in rows] + [1e-9])
    wide: float = max([row["coverage"] or 0 for row in rows] + [1e-9])

    def x(value: float) -> float:
        return float(round(_LEFT + (_RIGHT - _LEFT) * value / wide, 1))

    def y(value: float) -> float:
        return float(round(_BELOW + (_ABOVE - _BELOW) * value / top, 1))

    points = [
        {
            "model": row["model"] + (" (default)" if row["is_default"] else ""),
            "is_default": row["is_default"],
            "color": COLORS[number % len(COLORS)],
            "x": x(row["coverage"] or 0),
            "y": y(row["value"]),
            "low": y(row["value"] if row["low"] is None else row["low"]),
            "high": y(row["value"] if row["high"] is None else row["high"]),
            "value": f"{row['value']:.3f}",
            "interval": "–" if row["low"] is None else f"{row['low']:.3f} – {row['high']:.3f}",
            "coverage": shown(row["coverage"]),
        }
        for number, row in enumerate(rows)
    ]
    quarters = [quarter / 4 for quarter in range(5)]
    return {
        "title": protocol,
        "metric": rows[0]["metric"],
        "about": f"{rows[0]['metric']}, up, against coverage, across: {rows[0]['questions']:,} questions",
        "points": points,
        "lines": [{"y": y(top * one), "says": f"{top * one:.3f}"} for one in quarters],
        "columns": [{"x": x(wide * one), "says": f"{wide * one:.2g}"} for one in quarters],
    }


def _tables(answers: Answers) -> list[dict[str, Any]]:
    try:
        tables, _spaces = recstore.diff(answers.path, untrusted=True)
        changed, empty = [asdict(one) for one in tables if one.removed or one.added], "Every table holds the same."
    except RecstoreError as error:
        changed, empty = [], str(error)
    found = [
        ("Builds", answers.ask(sql.read(_SQL, "builds")), "No build is recorded."),
        ("Health: what does not hold", answers.ask(_HEALTH), "Everything that must hold does."),
        ("Not loaded", answers.ask(sql.read(_SQL, "rejects")), "Every line of the sources was loaded."),
        ("What changed since the build before", changed, empty),
    ]
    return [
        {"title": title, "rows": [{name: shown(value) for name, value in row.items()} for row in rows], "empty": none}
        for title, rows, none in found
    ]
