"""What a page shows, as the text behind the ? of its address: there and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from urllib.parse import urlencode

ITEM, PERSON, MAP, QUALITY = VIEWS = ("item", "person", "map", "quality")
#: How many rows a list may have: more is for SQL.
MOST = 200


@dataclass(frozen=True)
class Address:
    """What is shown: a view, an item or a person or a basket, and what questions say besides.

    Items go by their ids as text. `k` is from 1 to `MOST`, `diversity` from 0 to 1, `popularity` from -1 to 1.
    """

    view: str = ITEM
    catalog: str = ""
    item: str = ""
    user: str = ""
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    k: int = 10
    filter: str = ""
    boost: str = ""
    exclude: tuple[str, ...] = ()
    diversity: float = 0.0
    popularity: float = 0.0
    space: str = ""
    color: str = ""

    def text(self) -> str:
        """Return what follows the ?: only what differs from the beginning."""
        said: list[tuple[str, object]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                said += [(field.name, one) for one in value]
            elif value != field.default:
                said.append((field.name, value))
        return f"?{urlencode(said)}" if said else "?"

    def but(self, **changes: object) -> Address:
        """Return the address with some parts changed, and all within its bounds."""
        return _bounded(replace(self, **changes))  # type: ignore[arg-type]


def parse(given: Mapping[str, list[str]]) -> Address:
    """Return what an address says; what is unknown, or no number where one belongs, is passed over."""
    parts: dict[str, object] = {}
    for field in fields(Address):
        values = given.get(field.name)
        if not values:
            continue
        if isinstance(field.default, tuple):
            parts[field.name] = tuple(dict.fromkeys(values))
            continue
        if isinstance(field.default, str):
            parts[field.name] = values[-1]
        elif (number := _number(values[-1])) is not None:
            parts[field.name] = int(number) if isinstance(field.default, int) else number
    return Address().but(**parts)


def _bounded(one: Address) -> Address:
    return replace(
        one,
        view=one.view if one.view in VIEWS else ITEM,
        k=min(MOST, max(1, one.k)),
        diversity=_within(one.diversity, 0.0),
        popularity=_within(one.popularity, -1.0),
    )


def _number(text: str) -> float | None:
    """Return a number that an address gives; None for what is none, or has no end."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _within(value: float, least: float) -> float:
    return min(1.0, max(least, value))
