"""Transitions: what people rated within a few steps after an item, and how far back in time a history lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.interactions import Interactions

#: So many pairs of ratings are looked at together.
_BLOCK = 1 << 18
#: So many pairs are held before they are added up, at most.
_PENDING = 1 << 23


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
        row = np.lexsort((train.items, train.drawn(seed), times, train.users)).astype(np.int32)
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
    timeline: Timeline,
    position: NDArray[np.intp],
    n_items: int,
    window: int,
    reach: float,
    counted: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Count how often item j was rated after item i within `window` steps, each time for 1 / (steps + `reach`).

    `position` (all items,) says which row and column of the result, (n_items, n_items) float32, an item has; -1 for
    none. Two ratings of one moment count half in each direction, at the distance that they would have on average if
    the order within the moment were drawn. With `counted`, which is contiguous, they are added to it.
    """
    square = np.zeros((n_items, n_items), np.float32) if counted is None else counted
    counts = square.reshape(-1)
    for one, other, weight in transitions(timeline, position, window, reach):
        np.add.at(counts, one * n_items + other, weight)
    square[np.diag_indices(n_items)] = 0
    return square


def sparse_transition_counts(
    timeline: Timeline,
    position: NDArray[np.intp],
    n_items: int,
    window: int,
    reach: float,
    most: int,
    size: Callable[[Any], NDArray[np.float32]],
) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Return what `transition_counts` does as CSR, of `most` pairs of items.

    Where there are more, those are dropped, time and again, whose `size`, of such a matrix (nnz,), is least by then.
    Pairs within few steps, which count most, come first.
    """
    found = scipy.sparse.csr_matrix((n_items, n_items), dtype=np.float32)
    steps = transitions(timeline, position, window, reach)
    while True:
        some, held = [], 0
        for one, other, weight in steps:
            some.append((one.astype(np.int32), other.astype(np.int32), weight))
            held += len(one)
            if held > max(_BLOCK, min(most, _PENDING)):
                break
        if not some:
            return found
        one, other, weight = (np.concatenate(parts) for parts in zip(*some, strict=True))
        del some
        differ = one != other
        found = found + scipy.sparse.csr_matrix((weight[differ], (one[differ], other[differ])), shape=found.shape)
        found = largest(found, size(found), most)


def largest(matrix: Any, size: NDArray[np.float32], most: int) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Return of a CSR matrix the `most` entries whose `size` (nnz,) is largest, above 0; of equal ones the first."""
    kept = size > 0
    if np.count_nonzero(kept) > most:
        limit = np.partition(size, len(size) - most)[len(size) - most]
        kept = size > limit
        kept[np.flatnonzero(size == limit)[: most - np.count_nonzero(kept)]] = True
    ends = np.append(0, np.cumsum(kept))[matrix.indptr]
    return scipy.sparse.csr_matrix((matrix.data[kept], matrix.indices[kept], ends), shape=matrix.shape)


def transitions(
    timeline: Timeline, position: NDArray[np.intp], window: int, reach: float
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]]:
    """Yield from which item to which, by `position`, how much is counted; nearer ones first, a pair many times."""
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
            yield one, other, weight
            yield other[tied], one[tied], weight[tied]
