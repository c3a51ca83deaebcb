"""Values of SQL as a person reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

_MOST = 12


def shown(value: object) -> str:
    """Return a value as text: lists with commas, structs with their names, numbers with three decimals at most."""
    if value is None or value in ("", [], {}):
        return "–"
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    return str(value)


def _list(values: list[Any]) -> str:
    more = f", … ({len(values)} in all)" if len(values) > _MOST else ""
    return ", ".join(shown(one) for one in values[:_MOST]) + more


_WRITERS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "yes" if value else "no",
    float: lambda value: f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:,.0f}",
    datetime: lambda value: value.isoformat(sep=" ", timespec="minutes"),
    bytes: lambda value: f"{len(value):,} bytes",
    dict: lambda value: ", ".join(f"{name} {shown(one)}" for name, one in value.items()),
    list: _list,
    tuple: _list,
}


def name_of(column: str) -> str:
    """Return the name of a column as a heading."""
    return column.replace("_", " ")
