"""An item: its columns, and what is like it in every space, side by side."""

from __future__ import annotations

from collections.abc import Awaitable

from nicegui import ui

from recstore import sql
from recstore.errors import OptionError
from recstore.explore import question
from recstore.explore.answers import Row
from recstore.explore.controls import Controls, card, chips, code, copy
from recstore.explore.lists import Button, ItemList, mark_shared
from recstore.explore.session import Session
from recstore.explore.shown import name_of, shown

#: How many items a page without one begins with.
_FIRST = 12
_SPACES = "SELECT space FROM spaces WHERE catalog = $catalog AND kind = 'vectors'"


class ItemView:
    """The view of the address's item; without one, a few to begin with."""

    def __init__(self, page: Session) -> None:
        self._page = page
        self._lists: dict[str, ItemList] = {}
        self._calls: dict[str, str] = {}

    async def build(self) -> None:
        """Make the card of the item, the controls, and an empty list for each space."""
        page = self._page
        row = await self._item() if page.address.item else None
        if row is None:
            await self._build_beginning()
            return
        spaces = await spaces_of(page)
        with ui.element("aside").classes("rs-side"):
            self._build_card(row)
            self._controls = Controls(page.catalog, page.address, page.go)
        with ui.element("section").classes("rs-main rs-lists"):
            for space in spaces:
                with card():
                    with ui.element("div").classes("rs-head"):
                        ui.label(space).classes("rs-title")
                        button = ui.button(icon="content_copy", on_click=lambda space=space: copy(self._sql(space)))
                        button.props("flat round dense size=sm aria-label='Copy the SQL of this list'")
                        button.tooltip("Copy the SQL of this list")
                    self._lists[space] = ItemList(
                        lambda item: page.go(item=item),
                        Button("why", "help_outline", "Why?", self._why),
                        Button("leave", "block", "Leave out", self._leave_out),
                    )
            if not spaces:
                ui.label(f"{page.catalog.name} has no space in which items have vectors.").classes("rs-empty")

    async def update(self) -> None:
        """Ask every space, and show what is alike."""
        page, asked = self._page, self._page.address
        if not self._lists:
            return
        found: dict[str, list[Row]] = {}
        fault = ""
        for space in self._lists:
            try:
                self._calls[space] = call = question.similar(page.catalog, asked, space)
                found[space] = await page.ask(question.rows_of(page.catalog, call))
            except OptionError as error:
                found[space], fault = [], str(error)
            if page.address != asked:
                return  # somebody asked something else meanwhile
        mark_shared(found)
        is_limited = bool(asked.filter or asked.exclude)
        for space, listed in self._lists.items():
            empty = "The filter lets nothing through." if is_limited else "It has no neighbours in this space."
            listed.show(found[space], "" if fault else empty)
        self._controls.show_fault(fault)
        self._controls.show_sql(self._sql(next(iter(self._lists))))
        chips(self._controls.excluded, "Left out", await page.names(asked.exclude), self._let_in)

    def _sql(self, space: str) -> str:
        call = self._calls.get(space, "")
        return f"FROM {call};" if call else ""

    async def _item(self) -> Row | None:
        catalog = self._page.catalog
        # What the functions make of an item besides its columns, such as a clip's link.
        made = [f"{one.over('_rs_i')} AS {one.name}" for one in catalog.columns if one.expression and not catalog.kind]
        columns = ", ".join(["_rs_i.*", *made, f"{question.title_of(catalog)} AS _rs_title"])
        query = (
            f"SELECT {columns} FROM {sql.identifier(catalog.items)} AS _rs_i WHERE {question.id_of(catalog)} = $item"
        )
        rows = await self._page.ask(query, {"item": self._page.address.item})
        return rows[0] if rows else None

    def _build_card(self, row: Row) -> None:
        catalog, item = self._page.catalog, self._page.address.item

        def begin() -> Awaitable[None]:
            return self._page.go(view="person", user="", liked=(item,), disliked=())

        with card():
            with ui.element("h1"):
                ui.label(str(row["_rs_title"]))
            own = {name: value for name, value in row.items() if not name.startswith("_rs_") and name != catalog.title}
            facts(own)
            for link in [value for value in own.values() if is_link(value)][:1]:
                # A link, no player: one would send out what is looked at.
                ui.link("Play" if catalog.item == "clip" else "Open", link, new_tab=True).props(
                    'rel="noopener noreferrer"'
                )
            if any(isinstance(value, str) and value.startswith("file:") for value in own.values()):
                # No browser opens a file from a page, and this one would let nobody read files.
                code(f"recstore play {self._page.answers.path} {item}")
            ui.button("Begin a basket", on_click=begin).props("flat dense no-caps icon=add").style("align-self: start")

    async def _build_beginning(self) -> None:
        page, catalog = self._page, self._page.catalog
        rows = await page.ask(question.first_items(catalog), {"most": _FIRST})
        with card().style("grid-column: 1 / -1; max-width: 720px"):
            if page.address.item:
                ui.label(f"There is no {catalog.item} {page.address.item} in this store.").classes("rs-error")
            with ui.element("h1"):
                ui.label(f"Search {catalog.name} above, or begin here")
            listed = ItemList(lambda item: page.go(item=item))
            listed.show([{"rank": number, "score": "", **row} for number, row in enumerate(rows, 1)], "")

    async def _why(self, item: str) -> None:
        page, catalog = self._page, self._page.catalog
        pair = [question.item_literal(catalog, one) for one in (page.address.item, item)]
        call = f"FROM why_{catalog.name}({', '.join(pair)})"
        try:
            rows = await page.ask(call)
        except OptionError as error:
            ui.notify(str(error), type="negative")
            return
        with ui.dialog() as dialog, ui.card().classes("rs-dialog"):
            ui.label("Why these two?").classes("rs-title")
            facts(rows[0] if rows else {})
            code(f"{call};")
            ui.button("Close", on_click=dialog.close).props("flat dense no-caps").style("align-self: end")
        dialog.on("hide", dialog.delete)
        dialog.open()

    async def _leave_out(self, item: str) -> None:
        await self._page.go(exclude=(*self._page.address.exclude, item))

    async def _let_in(self, item: str) -> None:
        await self._page.go(exclude=tuple(one for one in self._page.address.exclude if one != item))


def is_link(value: object) -> bool:
    """Tell whether a value is an address of the web, and none that would run something."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def facts(row: Row) -> None:
    """Show a row, column by column."""
    with ui.element("div").classes("rs-facts"):
        for column, value in row.items():
            ui.label(name_of(column))
            ui.label(shown(value)).classes("rs-number")


async def spaces_of(page: Session) -> list[str]:
    """Return the spaces of the page's catalogue in the order in which they are preferred, other ones last."""
    rows = await page.ask(_SPACES, {"catalog": page.catalog.name})
    order = {space: place for place, space in enumerate(page.catalog.spaces)}
    return sorted((row["space"] for row in rows), key=lambda space: (order.get(space, len(order)), space))
