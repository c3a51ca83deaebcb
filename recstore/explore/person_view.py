"""A person, or a basket: the history, and what follows on it."""

from __future__ import annotations

from functools import partial

from nicegui import events, ui

from recstore import sql
from recstore.catalogs.catalog import InteractionTable
from recstore.errors import OptionError
from recstore.explore import question
from recstore.explore.answers import Row
from recstore.explore.controls import Controls, card, chips
from recstore.explore.lists import Button, ItemList
from recstore.explore.session import Session
from recstore.explore.shown import shown

_SQL = "recstore.explore.sql"
#: As many of a history are shown, and become a basket, as the functions look at, unless a store was tuned.
_LATEST = 20


class PersonView:
    """The view of the address's person, or of the items that are liked and disliked there."""

    def __init__(self, page: Session) -> None:
        self._page = page
        self._history: list[Row] = []

    async def build(self) -> None:
        """Make the choice of a person, the basket, the controls, and an empty list."""
        page = self._page
        with ui.element("aside").classes("rs-side"):
            if page.catalog.interactions:
                await self._build_person(page.catalog.interactions)
            with card():
                ui.label("Basket").classes("rs-title")
                page.search("Add what is liked", self._like)
                page.search("Add what is disliked", self._dislike)
                self._liked = ui.element("div").classes("rs-chips")
                self._disliked = ui.element("div").classes("rs-chips")
            self._controls = Controls(page.catalog, page.address, page.go)
        with ui.element("section").classes("rs-main rs-lists rs-broad"):
            with card():
                self._title = ui.label("").classes("rs-title")
                self._list = ItemList(
                    lambda item: page.go(view="item", item=item),
                    Button("like", "thumb_up_off_alt", "Like it", self._like),
                    Button("dislike", "thumb_down_off_alt", "Dislike it", self._dislike),
                    Button("leave", "block", "Leave out", self._leave_out),
                )
            if page.address.user and page.catalog.interactions:
                await self._build_history(page.catalog.interactions)

    async def update(self) -> None:
        """Show what follows."""
        page, asked = self._page, self._page.address
        rows: list[Row] = []
        fault, call = "", ""
        first = "Choose a person, or put" if page.catalog.interactions else "Put"
        empty = f"{first} something into the basket."
        if asked.liked or asked.disliked or (asked.user and page.catalog.weights):
            try:
                call = question.following(page.catalog, asked)
                more = ["because", "reason"] if page.catalog.weights else []
                rows = await page.ask(question.rows_of(page.catalog, call, more))
                empty = "Nothing is left that could follow."
            except OptionError as error:
                fault = str(error)
        if page.address != asked:
            return  # somebody asked something else meanwhile
        for row in rows:
            if row.get("reason"):
                row["about"] = row["reason"] + (f": {row['because']}" if row["because"] else "")
        self._title.text = "What follows" if page.catalog.weights else "What is like all of these"
        self._list.show(rows, "" if fault else empty)
        self._controls.show_fault(fault)
        self._controls.show_sql(f"FROM {call};" if call else "")
        for where, title, part in (
            (self._liked, "Liked", "liked"),
            (self._disliked, "Disliked", "disliked"),
            (self._controls.excluded, "Left out", "exclude"),
        ):
            chips(where, title, await page.names(getattr(asked, part)), partial(self._remove, part))

    async def _build_person(self, interactions: InteractionTable) -> None:
        page = self._page
        names = {"user": sql.identifier(interactions.user), "table": sql.identifier(interactions.table)}

        async def find(beginning: str) -> list[str]:
            rows = await page.ask(sql.render(_SQL, "people", **names), {"beginning": beginning})
            return [row["person"] for row in rows]

        async def type_in(event: events.GenericEventArguments) -> None:
            # Who is chosen stays among the options: the box would forget them otherwise.
            found = await find(str(event.args or "").strip())
            box.set_options(list(dict.fromkeys([*([box.value] if box.value else []), *found])))

        async def choose(event: events.ValueChangeEventArguments[str | None]) -> None:
            if event.value is not None and str(event.value) != page.address.user:
                await page.go(user=str(event.value), liked=(), disliked=())

        with card():
            ui.label("Person").classes("rs-title")
            chosen = page.address.user or None
            known = list(dict.fromkeys([*([chosen] if chosen else []), *await find("")]))
            label = f"Who {interactions.verb} the most, or an id"
            box = ui.select(known, value=chosen, label=label, with_input=True, on_change=choose)
            box.props("outlined dense options-dense input-debounce=150 behavior=menu").style("width: 100%")
            box.on("input-value", type_in, throttle=0.2)

    async def _build_history(self, interactions: InteractionTable) -> None:
        page, catalog = self._page, self._page.catalog
        names = {
            "id": question.id_of(catalog),
            "title": question.title_of(catalog),
            "table": sql.identifier(interactions.table),
            "items": sql.identifier(catalog.items),
            "item": sql.identifier(interactions.item or catalog.key),
            "identity": catalog.shown_key,
            "user": sql.identifier(interactions.user),
            "value": f"_rs_i.{sql.identifier(interactions.value)}" if interactions.value else "NULL",
            "time": f"_rs_i.{sql.identifier(interactions.time)}" if interactions.time else "NULL",
        }
        asked = {"person": page.address.user, "most": _LATEST}
        self._history = rows = await page.ask(sql.render(_SQL, "history", **names), asked)
        with card():
            ui.label("History, the latest first").classes("rs-title")
            listed = ItemList(lambda one: page.go(view="item", item=one))
            nobody = f"Nobody is called {page.address.user} here: what follows is what most chose."
            listed.show([_of_history(number, row) for number, row in enumerate(rows, 1)], nobody)
            if rows:
                button = ui.button("Go on with it as a basket", on_click=lambda: self._put(*self._basket()))
                button.props("flat dense no-caps icon=shopping_basket").style("align-self: start")

    def _basket(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what is liked and disliked; a person's history, oldest first, becomes a basket when it is changed."""
        one = self._page.address
        if one.user and not (one.liked or one.disliked):
            return tuple(dict.fromkeys(row["id"] for row in reversed(self._history))), ()
        return one.liked, one.disliked

    async def _like(self, item: str) -> None:
        liked, disliked = self._basket()
        await self._put((*_without(liked, item), item), _without(disliked, item))

    async def _dislike(self, item: str) -> None:
        liked, disliked = self._basket()
        await self._put(_without(liked, item), (*_without(disliked, item), item))

    async def _put(self, liked: tuple[str, ...], disliked: tuple[str, ...]) -> None:
        await self._page.go(user="", liked=liked, disliked=disliked)

    async def _leave_out(self, item: str) -> None:
        await self._page.go(exclude=(*self._page.address.exclude, item))

    async def _remove(self, part: str, item: str) -> None:
        await self._page.go(**{part: _without(getattr(self._page.address, part), item)})


def _without(items: tuple[str, ...], item: str) -> tuple[str, ...]:
    return tuple(one for one in items if one != item)


def _of_history(number: int, row: Row) -> Row:
    time, value = ("" if row[name] is None else shown(row[name]) for name in ("time", "value"))
    return {"rank": number, "id": row["id"], "title": row["title"], "about": time, "score": value}
