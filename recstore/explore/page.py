"""The page: the bar on top with the search, the view below it, and the address that says what is shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from importlib import resources
from typing import Protocol
from urllib.parse import parse_qs

from nicegui import events, run, ui

from recstore.errors import RecstoreError
from recstore.explore import address as addresses
from recstore.explore.address import Address
from recstore.explore.answers import Answers
from recstore.explore.item_view import ItemView
from recstore.explore.map_view import MapView
from recstore.explore.person_view import PersonView
from recstore.explore.quality_view import QualityView
from recstore.explore.session import Session

_NAMES = {addresses.ITEM: "Item", addresses.PERSON: "Person", addresses.MAP: "Map", addresses.QUALITY: "How good"}
#: What changes without the view being made anew, so that a box keeps what is being typed into it.
_QUESTION = ("k", "filter", "boost", "exclude", "diversity", "popularity", "liked", "disliked")
#: What says nothing of another catalogue.
_OTHER: dict[str, object] = {
    name: getattr(Address(), name)
    for name in ("item", "user", "liked", "disliked", "exclude", "filter", "boost", "space", "color")
}
_SECONDS_BETWEEN_LOOKS = 2.0
_BACK = '<script>window.addEventListener("popstate", () => emitEvent("address", location.search));</script>'


class View(Protocol):
    """A part of the page: made once, and brought up to date when what is asked changes."""

    async def build(self) -> None:
        """Make the elements."""

    async def update(self) -> None:
        """Show the answers to what the address asks."""


class Page(Session):
    """One browser's page over a store."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(answers)
        self._edition: int | None = answers.edition
        self._view: View | None = None
        self._shown: Address | None = None
        self._turn = asyncio.Lock()

    async def build(self) -> None:
        """Make the page of the address that was asked for."""
        ui.add_css(resources.files("recstore.explore").joinpath("style.css").read_text(encoding="utf-8"))
        ui.add_head_html(_BACK)
        ui.colors(primary="#3f6be0")
        request = ui.context.client.request
        self.address = _address(request.url.query)
        self._bar = ui.element("header").classes("rs-bar")
        self._body = ui.element("main").classes("rs-page")
        ui.on("address", self._come_back)
        ui.timer(_SECONDS_BETWEEN_LOOKS, self._look)
        await self._catch_up()

    async def show(self, there: Address, is_new: bool = False) -> None:
        """Show what an address says."""
        if there == self.address:
            return
        self.address = there
        if is_new:
            ui.run_javascript(f'history.pushState({{}}, "", {json.dumps(there.text())})')
        else:
            self._shown = None  # boxes hold what was typed into them since
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Show what the address says by then, one after another: two views made at once would both stand there."""
        async with self._turn:
            here, there = self._shown, self.address
            if here == there:
                return
            self._shown = there
            changing = (*_QUESTION, "item") if there.view == addresses.MAP else _QUESTION
            kept = {name: getattr(there, name) for name in changing}
            if here is not None and here.but(**kept) == there and self._view is not None:
                await self._view.update()
                return
            if here is None or (here.catalog, here.view) != (there.catalog, there.view):
                self._build_bar()
            await self._build_view()

    async def _build_view(self) -> None:
        self._body.clear()
        self._view = None
        with self._body:
            try:
                view = self._made_view()
                await view.build()
                await view.update()
            except RecstoreError as error:
                self._body.clear()
                ui.label(str(error)).classes("rs-error").style("grid-column: 1 / -1")
                return
        self._view = view

    def _made_view(self) -> View:
        if self.address.view == addresses.PERSON:
            return PersonView(self)
        if self.address.view == addresses.MAP:
            return MapView(self)
        return QualityView(self) if self.address.view == addresses.QUALITY else ItemView(self)

    def _build_bar(self) -> None:
        self._bar.clear()
        with self._bar, ui.element("div").classes("rs-bar-in"):
            ui.label(self.answers.path.name).classes("rs-brand").tooltip(str(self.answers.path))
            if len(self.answers.catalogs) > 1:
                with ui.element("nav").classes("rs-tabs"):
                    for one in self.answers.catalogs:
                        self._tab(one.name, one.name == self.catalog.name, _OTHER | {"catalog": one.name})
            with ui.element("div").classes("rs-search"):
                self.search(f"Search {self.catalog.name}", lambda item: self.go(view=addresses.ITEM, item=item))
            with ui.element("nav").classes("rs-tabs"):
                for view, name in _NAMES.items():
                    is_of_nobody = view == addresses.PERSON and not self.catalog.interactions
                    self._tab("Basket" if is_of_nobody else name, view == self.address.view, {"view": view})

    def _tab(self, name: str, is_on: bool, changes: Mapping[str, object]) -> None:
        with ui.element("button").classes("rs-tab" + (" rs-on" if is_on else "")) as tab:
            ui.label(name)
        tab.on("click", lambda: self.go(**changes))

    async def _come_back(self, event: events.GenericEventArguments) -> None:
        await self.show(_address(str(event.args).removeprefix("?")))

    async def _look(self) -> None:
        """Turn to a store that was published meanwhile."""
        try:
            edition = await run.io_bound(self.answers.refresh)
        except RecstoreError as error:
            if self._edition is not None:
                text = f"A new store is there, and cannot be read; this shows the one before. {error}"
                ui.notify(text, type="warning", timeout=0, close_button=True)
            self._edition = None
            return
        before, self._edition = self._edition, edition
        if edition != before:
            if before is not None:
                ui.notify("The store was built anew: this shows the new one.", position="top", timeout=6000)
            self._shown = None
            await self._catch_up()


def _address(text: str) -> Address:
    return addresses.parse(parse_qs(text))
