"""A map: all items of a space in two dimensions, from the store's table of places, to click and to select from."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any

import numpy as np
from nicegui import events, ui

from recstore import sql
from recstore.errors import OptionError
from recstore.explore import question
from recstore.explore.answers import Row
from recstore.explore.charts import COLORS, GREY, Options
from recstore.explore.controls import card, code
from recstore.explore.lists import Button, ItemList
from recstore.explore.session import Session
from recstore.pipeline.maps import FACT, map_table

_SQL = "recstore.explore.sql"
#: More points than these are slow to draw: then the most chosen items stand for all.
_MOST = 200_000
#: Of more points, none says its name under the mouse: the page would take too long to come.
_MOST_NAMED = 20_000
#: As many values of a column have colours of their own.
_GROUPS = 12
_REST = "other"
#: A selection of more items is no filter that anybody reads.
_MOST_SELECTED = 500
_NEAR = "near"
#: Pixels: half of a map in a narrow window.
_NAME_WIDTH = 150
#: Where in the page's coordinates a click was, and what a rectangle holds, in the map's.
_CLICK = "(e) => emit(getElement({id}).chart.convertFromPixel('grid', [e.offsetX, e.offsetY]))"
_AREA = "(e) => emit((e.areas[0] || {}).coordRange || [])"


class MapView:
    """The view of the map of the address's space, coloured by the address's column."""

    def __init__(self, page: Session) -> None:
        self._page = page
        self._chart: ui.echart | None = None

    async def build(self) -> None:
        """Read the places, and draw them; where there are none, say how to make them."""
        page, catalog = self._page, self._page.catalog
        made = await self._made()
        if not made:
            with card().style("grid-column: 1 / -1; max-width: 720px"):
                ui.label(f"There is no map of {catalog.name} yet").classes("rs-title")
                ui.label("This places the items, once; rebuilds keep the places:").classes("rs-empty")
                code(f"recstore explore {page.answers.path} --map")
            return
        self._facts = next((one for one in made if one["space"] == page.address.space), made[0])
        rows = await page.ask(self._query(), {"space": self._facts["space"], "most": _MOST})
        self._ids = [row["id"] for row in rows]
        self._places = np.array([(row["x"], row["y"]) for row in rows], np.float32).reshape(-1, 2)
        main, aside = ui.element("section").classes("rs-main"), ui.element("aside").classes("rs-side")
        with aside, card():
            self._title = ui.label("").classes("rs-title")
            open_item = Button("open", "open_in_new", "Open it", lambda item: page.go(view="item", item=item))
            self._list = ItemList(lambda item: page.go(item=item), open_item)
            self._selected = ui.element("div").style("width: 100%")
        marked = await self._marked()
        with main, card():
            with ui.element("div").classes("rs-tools"):
                self._build_tools(made)
            self._build_chart(rows, marked)
            self._build_legend()
            ui.label(self._said(len(rows))).classes("rs-soft rs-small")

    async def update(self) -> None:
        """Mark the address's item and what is near it in the space."""
        if self._chart is None:
            return
        points = await self._marked()
        self._chart.options["series"][-1]["data"] = points
        series: list[Options] = [{} for _ in self._groups] + [{"data": points}]
        self._chart.run_chart_method("setOption", {"series": series})

    async def _marked(self) -> list[Options]:
        """List what is near the address's item, and return the points of both on the map."""
        page, catalog, item = self._page, self._page.catalog, self._page.address.item
        rows: list[Row] = []
        if item:
            call = question.similar(catalog, page.address, self._facts["space"])
            try:
                rows = await page.ask(question.rows_of(catalog, call))
            except OptionError as error:
                ui.notify(str(error), type="negative")
        names = await page.names((item,)) if item else {}
        places = await self._places_of([item, *(row["id"] for row in rows)]) if item else {}
        self._title.text = names.get(item, "Click a point")
        self._list.show(rows, "It has no neighbours in this space." if item else "Its nearest in the space stand here.")
        points: list[Options] = [
            {"name": row["title"], "value": places[row["id"]], "symbolSize": 9} for row in rows if row["id"] in places
        ]
        if item in places:
            # Only this one has its name beside it: those of what is near would lie on each other.
            middle = float(np.ptp(self._places[:, 0]) / 2 + self._places[:, 0].min()) if len(self._places) else 0.0
            label = {"show": True, "position": "right" if places[item][0] < middle else "left"}
            points.append({"name": names[item], "value": places[item], "symbolSize": 14, "label": label})
        return points

    async def _places_of(self, items: list[str]) -> dict[str, list[float]]:
        """Return where items lie by their ids, also where they are not drawn."""
        asked = {"space": self._facts["space"], "wanted": items}
        rows = await self._page.ask(sql.render(_SQL, "places_of", **self._names()), asked)
        return {row["id"]: [row["x"], row["y"]] for row in rows}

    async def _made(self) -> list[dict[str, Any]]:
        """Return what is known of the maps of the catalogue, of which there is a table."""
        catalog = self._page.catalog
        there = "SELECT count(*) AS n FROM duckdb_columns() WHERE table_name = $name AND database_name = 'rec_store'"
        if not (await self._page.ask(there, {"name": map_table(catalog)}))[0]["n"]:
            return []
        rows = await self._page.ask(sql.read(_SQL, "maps"), {"beginning": f"{FACT}{catalog.name} "})
        return [json.loads(row["value"]) | {"now": row["now"]} for row in rows]

    def _names(self) -> dict[str, str]:
        catalog = self._page.catalog
        return {
            "table": sql.identifier(map_table(catalog)),
            "items": sql.identifier(catalog.items),
            "key": catalog.key,
            "id": question.id_of(catalog),
        }

    def _query(self) -> str:
        catalog = self._page.catalog
        descends = "DESC" if catalog.preference_descends else "ASC"
        names = self._names() | {
            "title": question.title_of(catalog),
            "color": self._color_sql(),
            "preferred": f"{catalog.preference} {descends} NULLS LAST",
        }
        return sql.render(_SQL, "places", **names)

    def _columns(self) -> list[str]:
        """Return the columns that items may be coloured by: what has few values, or the first of a list."""
        catalog = self._page.catalog
        left_out = {catalog.key, catalog.identity, catalog.title}
        lists = [one.name for one in catalog.columns if one.type == "VARCHAR[]"]
        known = [one.name for one in catalog.columns if not one.expression or catalog.kind]
        return [name for name in dict.fromkeys([*lists, *known]) if name not in left_out]

    def _color_sql(self) -> str:
        catalog, columns = self._page.catalog, self._columns()
        name = self._page.address.color if self._page.address.color in columns else next(iter(columns), "")
        self._color = name
        kinds = {one.name: one.type for one in catalog.columns}
        if not name:
            return "''"
        column = catalog.named(name)
        return f"CAST({column}{'[1]' if kinds[name].endswith('[]') else ''} AS VARCHAR)"

    def _build_tools(self, made: list[dict[str, Any]]) -> None:
        page = self._page

        def choose(part: str) -> Any:  # noqa: ANN401 - a handler of NiceGUI
            def chosen(event: events.ValueChangeEventArguments[str | None]) -> Awaitable[None]:
                return page.go(**{part: event.value or ""})

            return chosen

        spaces = [one["space"] for one in made]
        space = ui.select(spaces, value=self._facts["space"], label="space", on_change=choose("space"))
        color = ui.select(self._columns(), value=self._color or None, label="colour", on_change=choose("color"))
        for box in (space, color):
            box.props("outlined dense options-dense behavior=menu").style("min-width: 150px")

        async def find(item: str) -> None:
            await page.go(item=item)

        with ui.element("div").style("flex: 1 1 220px"):
            page.search("Find on the map", find)

    def _build_chart(self, rows: list[Row], points: list[Options]) -> None:
        often: dict[str, int] = {}
        for row in rows:
            row["color"] = row["color"] or "–"
            often[row["color"]] = often.get(row["color"], 0) + 1
        first = sorted(often, key=lambda name: (-often[name], name))[:_GROUPS]
        self._groups = [*first, *([_REST] if len(often) > len(first) else [])]
        group_of = {name: place for place, name in enumerate(first)}
        groups = np.array([group_of.get(row["color"], len(first)) for row in rows])
        rounded = np.round(self._places, 2).tolist()
        points_of: list[list[Any]] = [[] for _ in self._groups]
        has_names = len(rows) <= _MOST_NAMED
        for group, row, place in zip(groups.tolist(), rows, rounded, strict=True):
            points_of[group].append({"name": row["title"], "value": place} if has_names else place)
        series = [
            {
                "type": "scatter",
                "name": name,
                "large": True,
                "largeThreshold": 1000,
                "symbolSize": 3 if len(rows) > 3000 else 5,
                "itemStyle": {"opacity": 0.7, "color": GREY if name == _REST else _PALETTE[place]},
                "data": points_of[place],
            }
            for place, name in enumerate(self._groups)
        ]
        marked = {"type": "scatter", "name": _NEAR, "z": 9, "data": points}
        marked["itemStyle"] = {"color": "#d1495b", "borderColor": "#fff", "borderWidth": 1}
        written = {"formatter": "{b}", "fontSize": 12, "fontWeight": "bold", "color": GREY}
        marked["label"] = written | {"show": False, "width": _NAME_WIDTH, "overflow": "truncate"}
        axis = {"type": "value", "scale": True, "show": False}
        # Below, in letters that are never cut; here it only hides and shows.
        legend = {"show": False, "data": self._groups}
        self._chart = ui.echart(
            {
                "animation": False,
                "grid": {"left": 8, "right": 8, "top": 34, "bottom": 8},
                "xAxis": axis,
                "yAxis": axis,
                "legend": legend,
                "dataZoom": [{"type": "inside", "xAxisIndex": 0}, {"type": "inside", "yAxisIndex": 0}],
                "toolbox": {
                    "feature": {"restore": {"title": "Whole map"}},
                    "right": 8,
                    "iconStyle": {"borderColor": GREY},
                },
                # Drawn as text on the canvas: no title becomes HTML.
                "tooltip": {"trigger": "item", "renderMode": "richText", "formatter": "{b}", "show": has_names},
                "brush": {"toolbox": ["rect", "clear"], "xAxisIndex": 0, "yAxisIndex": 0, "throttleType": "debounce"},
                "series": [*series, marked],
            }
        ).classes("rs-map")
        self._chart.on("click", self._click, js_handler=_CLICK.format(id=self._chart.id))
        self._chart.on("chart:brushEnd", self._select, js_handler=_AREA)

    def _build_legend(self) -> None:
        chart = self._chart

        def toggle(name: str, entry: ui.element) -> None:
            entry.classes(toggle="rs-off")
            if chart is not None:
                chart.run_chart_method("dispatchAction", {"type": "legendToggleSelect", "name": name})

        with ui.element("div").classes("rs-legend"):
            for place, name in enumerate(self._groups):
                with ui.element("button").classes("rs-go") as entry:
                    color = GREY if name == _REST else _PALETTE[place]
                    ui.element("span").classes("rs-dot").style(f"background: {color}")
                    ui.label(name)
                entry.on("click", lambda name=name, entry=entry: toggle(name, entry))

    async def _click(self, event: events.GenericEventArguments) -> None:
        """Go to the nearest point of the click: a click need not hit it."""
        place = event.args
        if isinstance(place, list) and len(place) == 2 and len(self._ids):
            distances = np.square(self._places - np.array(place, np.float32)).sum(axis=1)
            await self._page.go(item=self._ids[int(distances.argmin())])

    def _select(self, event: events.GenericEventArguments) -> None:
        """Make a filter of what a rectangle holds."""
        self._selected.clear()
        if not event.args:
            return
        (left, right), (low, high) = event.args
        x, y = self._places.T
        inside = np.flatnonzero((x >= left) & (x <= right) & (y >= low) & (y <= high))
        catalog = self._page.catalog
        with self._selected:
            ui.label(f"{len(inside):,} items selected").classes("rs-title")
            if len(inside) > _MOST_SELECTED:
                ui.label(f"Select up to {_MOST_SELECTED}, to make a filter of them.").classes("rs-empty")
            elif len(inside):
                listed = ", ".join(question.item_literal(catalog, self._ids[place]) for place in inside)
                text = f"{catalog.shown_key} IN ({listed})"
                use = ui.button("Use as a filter", on_click=lambda: self._page.go(view="item", filter=text))
                use.props("flat dense no-caps icon=filter_alt")
                code(text)

    def _said(self, drawn: int) -> str:
        one = self._facts
        said = [
            f"{one['method']} of {one['space']}: of an item's ten nearest, {10 * one['kept']:.1f} are so on the map."
        ]
        if drawn < one["items"]:
            said.append(f"Drawn are {drawn:,} of {one['items']:,} items, those that are chosen the most.")
        if one["build_id"] != one["now"]:
            said.append("The store was built anew since: recstore explore --map places its items again.")
        return " ".join(said)


_PALETTE = [*COLORS, "#5aa897", "#b07aa1"]
