"""Transitions: what people rated within a few steps after an item, and how far back in time a history lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recstore.models.interactions import Interactions

#: So many pairs of ratings are looked at together.
_BLOCK = 1 << 18


@dataclass(frozen=True)
class Timeline:
    """The histories of all people in order of time, (n,) each, people one after another.

    What was rated at one moment has no order: `place` is the mean of the places (from 1) that the moment takes up in
    the history, `back` likewise counts the steps from its end, 1 for the last. `moment` numbers the moments of all
    people, and `size` is how many ratings each holds. `row` is where each rating stands in the interactions.
    """

    row: NDArray[np.int32]
    users: NDArray[np.int32]
    items: NDArray[np.int32]
    ratings: NDArray[np.float32] | None
    place: NDArray[np.float32]
    back: NDArray[np.float32]
    moment: NDArray[np.int32]
    size: NDArray[np.int32]

    @staticmethod
    def of(train: Interactions, seed: int = 0) -> Timeline:
        """Put `train` in order; without times the whole of a history is one moment.

        Within a moment the order is drawn: it decides only which pairs of a large moment lie within a window, and must
        depend neither on the order of the source nor on the ids.
        """
        times = np.zeros(len(train)) if train.times is None else train.times
        row = np.lexsort((train.items, times, train.users)).astype(np.int32)
        drawn = np.random.default_rng(seed).permutation(len(train)).astype(np.int32)
        row = row[np.lexsort((drawn, times[row], train.users[row]))]
        del drawn
        users, times = train.users[row], times[row]
        begins = np.ones(len(row), np.bool_)
        begins[1:] = (users[1:] != users[:-1]) | (times[1:] != times[:-1])
        moment = np.cumsum(begins, dtype=np.int32) - np.int32(1)
        first = np.flatnonzero(begins)
        size = np.diff(np.append(first, len(row))).astype(np.int32)
        del begins, times
        bounds = np.searchsorted(users, np.arange(train.n_users + 1))
        place = (first + (size + 1) / 2)[moment] - bounds[users]
        place = place.astype(np.float32)
        back = (np.diff(bounds)[users] + 1 - place).astype(np.float32)
        ratings = None if train.ratings is None else train.ratings[row]
        return Timeline(
            row=row,
            users=users,
            items=train.items[row],
            ratings=ratings,
            place=place,
            back=back,
            moment=moment,
            size=size[moment],
        )


def transition_counts(
    timeline: Timeline, position: NDArray[np.intp], n_items: int, window: int, reach: float
) -> NDArray[np.float32]:
    """Count how often item j was rated after item i within `window` steps, each time for 1 / (steps + `reach`).

    `position` (all items,) says which row and column of the result, (n_items, n_items) float32, an item has; -1 for
    none. Two ratings of one moment count half in each direction, at the distance that they would have on average if
    the order within the moment were drawn.
    """
    counts = np.zeros(n_items * n_items, np.float32)
    users, place = timeline.users, timeline.place
    for step in range(1, min(window, len(users) - 1) + 1):
        for start in range(0, len(users) - step, _BLOCK):
            some = slice(start, min(start + _BLOCK, len(users) - step))
            earlier = start + np.flatnonzero(users[some.start + step : some.stop + step] == users[some])
            later = earlier + step
            one, other = position[timeline.items[earlier]], position[timeline.items[later]]
            weighed = (one >= 0) & (other >= 0)
            earlier, later, one, other = earlier[weighed], later[weighed], one[weighed], other[weighed]
            tied = timeline.moment[earlier] == timeline.moment[later]
            steps = np.where(tied, (timeline.size[earlier] + 1) / 3, place[later] - place[earlier])
            weight = (np.where(tied, 0.5, 1) / (steps + reach)).astype(np.float32)
            np.add.at(counts, one * n_items + other, weight)
            np.add.at(counts, other[tied] * n_items + one[tied], weight[tied])
    square = counts.reshape(n_items, n_items)
    square[np.diag_indices(n_items)] = 0
    return square
