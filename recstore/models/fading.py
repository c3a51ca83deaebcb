"""How much each item of a history counts: the constants that a model and the SQL functions share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fading:
    """The weight of an item that lies `back` steps from the end of a history, 1 for the last.

    It counts back^-`taste_power` for taste and `next_decay`^back for what comes next. The latest `history` items count
    one by one; all older ones together, for taste alone, by so many `directions`. An item that was rated below
    `low_rating` counts `low_share` of that. Of all weights from item to item the largest are stored, `kept` for each
    item on average.
    """

    taste_power: float = 0.8
    next_decay: float = 0.93
    history: int = 20
    low_rating: float = 3.0
    low_share: float = 0.75
    kept: int = 250
    directions: int = 16


FADING = Fading()
