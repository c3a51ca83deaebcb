"""What a question says besides: how many, a filter, what to leave out, boost, diversity, popularity; and its SQL."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import events, ui

from recstore.catalogs.catalog import Catalog
from recstore.errors import OptionError
from recstore.explore.address import MOST, Address
from recstore.explore.question import check_expression


class Controls:
    """The card of controls; `change` is called with the parts of the address that somebody changed."""

    def __init__(self, catalog: Catalog, address: Address, change: Callable[..., object]) -> None:
        self._change = change
        with card():
            ui.label("What to ask").classes("rs-title")
            with ui.element("div").classes("rs-row2"):
                number = ui.number("k", value=address.k, min=1, max=MOST, step=1, format="%d", on_change=self._take_k)
                number.props("outlined dense debounce=300")
                ui.label(f"rows, up to {MOST}").classes("rs-soft rs-small").style("align-self: center")
            self.filter = self._expression("filter", address.filter, _example(catalog))
            self.boost = self._expression("boost", address.boost, "what scores are multiplied by")
            self._slider("diversity", 0.0, address.diversity)
            if catalog.interactions:
                self._slider("popularity", -1.0, address.popularity)
            self._fault = ui.label("").classes("rs-error")
            self._fault.set_visibility(False)
            self.excluded = ui.element("div").classes("rs-chips")
            self._sql = code("")
        self.show_sql("")

    def show_sql(self, text: str) -> None:
        """Show the question that the controls make."""
        self._sql.text = text
        if self._sql.parent_slot:
            self._sql.parent_slot.parent.set_visibility(bool(text))

    def show_fault(self, text: str) -> None:
        """Say at the box of the filter, or else of the boost, or else below, what is wrong; "" takes it back."""
        is_of_filter, is_of_boost = bool(text and self.filter.value), bool(text and self.boost.value)
        self.filter.error = text if is_of_filter else None
        self.boost.error = text if is_of_boost and not is_of_filter else None
        self._fault.text = text
        self._fault.set_visibility(bool(text) and not is_of_filter and not is_of_boost)

    def _expression(self, name: str, value: str, hint: str) -> ui.input:
        box = ui.input(name, value=value, placeholder=hint)
        box.props("outlined dense clearable stack-label spellcheck=false").style("width: 100%")

        def take() -> object:
            text = (box.value or "").strip()
            try:
                if text:
                    check_expression(text, name)
            except OptionError as error:
                box.error = str(error)
                return None
            box.error = None
            return self._change(**{name: text})

        for event in ("keydown.enter", "blur", "clear"):
            box.on(event, take)
        return box

    def _slider(self, name: str, least: float, value: float) -> None:
        with ui.element("div").style("width: 100%"):
            with ui.element("div").classes("rs-label"):
                ui.label(name)
                number = ui.label(f"{value:g}").classes("rs-number")
            slider = ui.slider(min=least, max=1, step=0.1, value=value).props(f"dense aria-label={name}")
            slider.on_value_change(lambda event: number.set_text(f"{round(event.value, 1):g}"))
            slider.on("change", lambda: self._change(**{name: round(float(slider.value), 1)}))

    def _take_k(self, event: events.ValueChangeEventArguments[float | None]) -> object:
        return self._change(k=int(event.value)) if event.value is not None and 1 <= event.value <= MOST else None


def card() -> ui.element:
    """Make a card."""
    return ui.element("section").classes("rs-card")


def code(text: str) -> ui.label:
    """Show SQL with a button that copies it; what is returned holds the text."""
    with ui.element("div").classes("rs-sql"):
        label = ui.label(text)
        button = ui.button(icon="content_copy", on_click=lambda: copy(label.text))
        button.props("flat round dense size=sm aria-label='Copy the SQL'")
    return label


def copy(text: str) -> None:
    """Put a text into the clipboard, and say so."""
    ui.clipboard.write(text)
    ui.notify("Copied", position="bottom", timeout=1000)


def chips(where: ui.element, title: str, items: dict[str, str], remove: Callable[[str], object]) -> None:
    """Show items by id and name, each with a cross that removes it."""
    where.clear()
    where.set_visibility(bool(items))
    with where:
        ui.label(title).classes("rs-soft rs-small").style("width: 100%")
        for item, name in items.items():
            with ui.element("span").classes("rs-chip"):
                ui.label(name)
                button = ui.button(icon="close", on_click=lambda item=item: remove(item))
                button.props("flat round dense size=xs aria-label='Take away'")


def _example(catalog: Catalog) -> str:
    """Return an example of a filter over the columns of the items."""
    for one in catalog.columns:
        if one.type in ("SMALLINT", "DOUBLE", "FLOAT", "BIGINT"):
            return f"{catalog.named(one.name).strip(chr(34))} > 10"
    return f"{catalog.named(catalog.title).strip(chr(34))} LIKE 'A%'"
