"""Lists of items: the rows of an answer, each with a way to it, to why it is there, and to the basket."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from nicegui import events, ui

from recstore.explore.answers import Row
from recstore.explore.shown import name_of

#: All that comes from a store is put in by {{ }} or bound to a property, which Vue writes as text.
_BODY = r"""
<q-tr :props="props">
  <q-td class="rs-number">{{ props.row.rank }}</q-td>
  <q-td>
    <button class="rs-go" @click="$parent.$emit('go', props.row.id)">{{ props.row.title }}</button>
    <span v-if="props.row.also" class="rs-shared" :title="props.row.also">{{ props.row.lists }}</span>
    <div v-if="props.row.about" class="rs-soft rs-small">{{ props.row.about }}</div>
  </q-td>
  <q-td class="rs-number">{{ props.row.score }}</q-td>
  <q-td>BUTTONS</q-td>
</q-tr>
"""
_BUTTON = (
    '<q-btn flat round dense size="sm" icon="{icon}" aria-label="{says}" '
    "@click=\"$parent.$emit('{event}', props.row.id)\"><q-tooltip>{says}</q-tooltip></q-btn>"
)
#: The first cell of a row that has a colour in a chart.
_COLORED = """
<q-td :props="props">
  <span class="rs-dot rs-in-line" :style="{background: props.row._color}"></span>{{ props.value }}
</q-td>
"""
#: Longer tables are shown in pages.
_A_PAGE = 20


@dataclass(frozen=True)
class Button:
    """A small button of every row: its event, the icon, what it says, and what it does with the item's id."""

    event: str
    icon: str
    says: str
    does: Callable[[str], object]


class ItemList:
    """A list of items; `go` is called with the id of the one that is clicked."""

    def __init__(self, go: Callable[[str], object], *buttons: Button) -> None:
        columns = [{"name": name, "label": name, "field": name} for name in ("rank", "title", "score", "buttons")]
        self._table = ui.table(rows=[], columns=columns, row_key="rank", pagination=0)
        self._table.props("flat dense hide-bottom hide-header wrap-cells").classes("rs-list")
        made = (_BUTTON.format(event=one.event, icon=one.icon, says=one.says) for one in buttons)
        self._table.add_slot("body", _BODY.replace("BUTTONS", "".join(made)))
        self._table.on("go", lambda event: go(_id(event)))
        for one in buttons:
            self._table.on(one.event, lambda event, one=one: one.does(_id(event)))
        self._empty = ui.label("").classes("rs-empty")

    def show(self, rows: list[Row], empty: str) -> None:
        """Show rows of rank, id, title, about, score, and perhaps also and lists; where there are none, say `empty`."""
        self._table.rows = rows
        self._table.set_visibility(bool(rows))
        self._empty.text = empty
        self._empty.set_visibility(not rows and bool(empty))


def _id(event: events.GenericEventArguments) -> str:
    return str(event.args[0] if isinstance(event.args, list) else event.args)


def mark_shared(lists: dict[str, list[Row]]) -> None:
    """Say at each row in which other lists its item stands, and at which place."""
    places: dict[str, dict[str, int]] = {}
    for name, rows in lists.items():
        for row in rows:
            places.setdefault(row["id"], {})[name] = row["rank"]
    for name, rows in lists.items():
        for row in rows:
            others = [f"{other} at {rank}" for other, rank in places[row["id"]].items() if other != name]
            row["lists"] = f"+{len(others)}"
            row["also"] = f"also in {', '.join(others)}" if others else ""


def plain_table(rows: list[Row], wide: Collection[str] = (), colors: Sequence[str] = ()) -> ui.table:
    """Make a table of rows whose values are text or numbers already; columns in `wide` may break their lines.

    With `colors`, one for each row, a dot before the row says which it has in a chart.
    """
    columns = [
        {
            "name": name,
            "label": name_of(name),
            "field": name,
            "sortable": True,
            "align": "right" if all(isinstance(row[name], int | float) for row in rows) else "left",
            "classes": "rs-wide" if name in wide else "rs-number",
        }
        for name in rows[0]
    ]
    is_long = len(rows) > _A_PAGE
    numbered = [{**row, "_row": number} for number, row in enumerate(rows)]
    for row, color in zip(numbered, colors, strict=False):
        row["_color"] = color
    table = ui.table(rows=numbered, columns=columns, row_key="_row", pagination=_A_PAGE if is_long else 0)
    if colors:
        table.add_slot(f"body-cell-{columns[0]['name']}", _COLORED)
    return table.props("flat dense" + ("" if is_long else " hide-bottom")).classes("rs-list rs-plain")
