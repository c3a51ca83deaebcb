"""How good it is: what was measured, what the builds found, what was not loaded, and what changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from itertools import groupby
from operator import itemgetter

from nicegui import run, ui

import recstore
from recstore import sql
from recstore.errors import OptionError, RecstoreError
from recstore.explore import charts
from recstore.explore.answers import Row
from recstore.explore.controls import card, code
from recstore.explore.lists import plain_table
from recstore.explore.session import Session
from recstore.explore.shown import shown
from recstore.reports.differences import SpaceChange, TableChange

_SQL = "recstore.explore.sql"
_HEALTH = 'SELECT "check", is_sound, faults, example, means FROM store_health ORDER BY "check" ASC'

#: Every row of the store is looked at: much longer than a list may take.
_SECONDS_FOR_HEALTH = 180.0


class QualityView:
    """The view of the figures of the page's catalogue, and of what the whole store says of itself."""

    def __init__(self, page: Session) -> None:
        self._page = page

    async def build(self) -> None:
        """Ask everything once, and show it in cards."""
        page, of_catalog = self._page, {"catalog": self._page.catalog.name}
        figures = await page.ask(sql.read(_SQL, "evaluations"), of_catalog)
        explained = await page.ask(sql.read(_SQL, "explained"), of_catalog)
        builds = await page.ask(sql.read(_SQL, "builds"))
        rejects = await page.ask(sql.read(_SQL, "rejects"))
        with ui.element("section").classes("rs-main rs-lists rs-broad").style("grid-column: 1 / -1"):
            self._build_evaluations(figures)
            if explained:
                with card():
                    ui.label("Explained variance").classes("rs-title")
                    ui.label("Share of the variance that so many dimensions explain").classes("rs-soft rs-small")
                    _chart(charts.explained(explained), 260)
            _table_card("Builds", builds, "No build is recorded.")
            self._build_health()
            _table_card("Not loaded", rejects, "Every line of the sources was loaded.", wide=("reason", "example"))
            self._build_changes()

    async def update(self) -> None:
        """Show the same: nothing of it depends on what is asked."""

    def _build_evaluations(self, figures: list[Row]) -> None:
        if not figures:
            with card():
                ui.label("How good are the answers?").classes("rs-title")
                ui.label("Nothing was measured yet. This measures it, and it then stands here:").classes("rs-empty")
                code(f"recstore evaluate {self._page.answers.path}")
        for protocol, grouped in groupby(figures, itemgetter("protocol")):
            rows = list(grouped)
            with card():
                ui.label(protocol).classes("rs-title")
                about = f"{rows[0]['metric']}, up, with 95 % intervals, against coverage, across"
                ui.label(f"{about}: {rows[0]['questions']:,} questions").classes("rs-soft rs-small")
                _chart(charts.evaluation(rows), 300)
                colors = [charts.color_of(number) for number in range(len(rows))]
                plain_table([_figures(row) for row in rows], colors=colors)

    def _build_health(self) -> None:
        """Make the card of what must hold; of a large store it takes long, and all else is there before."""
        with card() as health:
            ui.label("Health").classes("rs-title")
            waits = ui.label("Checking …").classes("rs-empty")

        async def ask() -> None:
            try:
                rows = await self._page.ask(_HEALTH, seconds=_SECONDS_FOR_HEALTH)
            except OptionError as error:
                waits.text = f"{error} Without an end: recstore check {self._page.answers.path}"
                return
            bad = [row for row in rows if not row["is_sound"]]
            if not bad:
                waits.text = f"All {len(rows)} checks hold."
            elif not health.is_deleted:
                waits.delete()
                with health:
                    plain_table([_text(row) for row in bad], ("means", "example"))

        with health:
            ui.timer(0, ask, once=True)

    def _build_changes(self) -> None:
        with card() as changes:
            ui.label("What changed since the build before").classes("rs-title")
            button = ui.button("Compare").props("flat dense no-caps icon=difference").style("align-self: start")

        async def compare() -> None:
            button.disable()
            fault = ""
            try:
                found = await run.io_bound(recstore.diff, self._page.answers.path, untrusted=True)
            except RecstoreError as error:
                found, fault = None, str(error)
            if changes.is_deleted:
                return  # another view was chosen meanwhile
            with changes:
                _show_changes(*found) if found else ui.label(fault).classes("rs-empty")

        button.on_click(compare)


def _show_changes(tables: list[TableChange], spaces: list[SpaceChange]) -> None:
    changed = [asdict(one) for one in tables if one.removed or one.added or one.before != one.now]
    if changed:
        plain_table([_text(row) for row in changed])
    else:
        ui.label("Every table holds the same.").classes("rs-empty")
    if spaces:
        ui.label("Items of each space, and of how many the first ten are others now").classes("rs-soft")
        plain_table([_text(asdict(one)) for one in spaces])


def _figures(row: Row) -> Row:
    interval = "–" if row["low"] is None else f"{row['low']:.3f} – {row['high']:.3f}"
    name = row["model"] + (" (default)" if row["is_default"] else "")
    return {"model": name, row["metric"]: f"{row['value']:.3f}", "95 %": interval, "coverage": shown(row["coverage"])}


def _text(row: Row) -> Row:
    """Return a row in which what is no whole number is text."""
    return {name: value if type(value) is int else shown(value) for name, value in row.items()}


def _table_card(title: str, rows: list[Row], empty: str, wide: Collection[str] = ()) -> None:
    with card():
        ui.label(title).classes("rs-title")
        if rows:
            plain_table([_text(row) for row in rows], wide)
        else:
            ui.label(empty).classes("rs-empty")


def _chart(options: charts.Options, height: int) -> None:
    ui.echart(options).style(f"width: 100%; height: {height}px")
