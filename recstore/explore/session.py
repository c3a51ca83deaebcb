"""What the parts of a page know of it: the store, the address, and how to go to another."""

from __future__ import annotations

from asyncio import CancelledError
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from nicegui import events, run, ui

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.errors import OptionError
from recstore.explore.address import Address
from recstore.explore.answers import Answers, Row
from recstore.explore.question import id_of, title_of

_MOST_FOUND = 12


class Session:
    """One browser's look at a store: `address` says what is shown."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.address = Address()

    @property
    def catalog(self) -> Catalog:
        """The catalogue that is shown."""
        return self.answers.catalog(self.address.catalog)

    async def ask(
        self, question: str, values: Mapping[str, object] | list[object] | None = None, seconds: float | None = None
    ) -> list[Row]:
        """Ask the store as `Answers.ask` does, while others are served.

        Raises `CancelledError` when the server ends: nobody waits for an answer then, and there is none.
        """
        rows = await run.io_bound(self.answers.ask, question, values, seconds)
        if rows is None:
            raise CancelledError
        return rows

    async def names(self, items: tuple[str, ...]) -> dict[str, str]:
        """Return the names of items by id, in the order given; one that is not there is called by its id."""
        if not items:
            return {}
        named = f"SELECT {id_of(self.catalog)} AS id, {title_of(self.catalog)} AS title"
        there = f"FROM {sql.identifier(self.catalog.items)} WHERE list_contains($items, {id_of(self.catalog)})"
        known = {row["id"]: row["title"] for row in await self.ask(f"{named} {there}", {"items": list(items)})}
        return {item: known.get(item, item) for item in items}

    async def show(self, there: Address, is_new: bool = False) -> None:
        """Show what an address says; `is_new` makes a step that one can go back from."""
        raise NotImplementedError

    def go(self, **changes: object) -> Awaitable[None]:
        """Show something else, under an address of its own; back leads to where one was."""
        return self.show(self.address.but(**changes), is_new=True)

    def search(self, label: str, chosen: Callable[[str], Awaitable[None]]) -> ui.select:
        """Make a box that searches as one types; `chosen` is called with the id of what is chosen."""

        async def take(event: events.ValueChangeEventArguments[str | None]) -> None:
            if event.value is not None:
                item, box.value = str(event.value), None
                await chosen(item)

        typed: list[str] = []

        async def type_in(event: events.GenericEventArguments) -> None:
            # While one search is under way, the next waits for what is typed by then.
            typed.append(str(event.args or "").strip())
            if len(typed) > 1:
                return
            try:
                while (words := typed[-1]) and not box.is_deleted:
                    found = await self._find(words)
                    if words == typed[-1]:
                        box.set_options(found)
                        return
            except OptionError as error:
                ui.notify(str(error), type="negative")
            finally:
                typed.clear()

        box = ui.select({}, label=label, with_input=True, on_change=take)
        box.props("outlined dense options-dense hide-dropdown-icon input-debounce=150 behavior=menu")
        with box.add_slot("prepend"):
            ui.icon("search", size="20px")
        box.on("input-value", type_in, throttle=0.15)
        return box.style("width: 100%")

    async def _find(self, words: str) -> dict[str, str]:
        """Return the items whose words match, by id: what the searches offer."""
        catalog = self.catalog
        found = f"SELECT {id_of(catalog)} AS id, {title_of(catalog)} AS title FROM find_{catalog.name}($words, k := $k)"
        rows = await self.ask(f"{found} ORDER BY rank ASC", {"words": words, "k": _MOST_FOUND})
        often = Counter(row["title"] for row in rows)
        return {row["id"]: row["title"] + (f" · {row['id']}" if often[row["title"]] > 1 else "") for row in rows}
