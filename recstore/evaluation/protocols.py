"""The protocols: what is held out, what is asked, and what counts as right. Pure NumPy; nothing here knows a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recstore.evaluation.metrics import Surroundings
from recstore.models.interactions import Interactions, Recommender

#: Who rated a movie so high liked it.
LIKED = 4.0
#: No more questions than these are asked of one model: with as many, the standard error is below 0.002.
MOST_PAIRS, MOST_PEOPLE = 100_000, 10_000
_BLOCK = 4_000_000

Lists = NDArray[np.int32]


class Similarity(Protocol):
    """A model of what is alike: for each of `items`, the `k` most similar among the candidates, best first, or -1."""

    def __call__(self, items: NDArray[np.int32], k: int) -> Lists:
        """Return (len(items), k) int32 positions of items."""


@dataclass(frozen=True)
class NextChosen:
    """Pairs of items that somebody chose one after the other, held out: is `answers[i]` among those like `asked[i]`?

    `train` is what models may learn from, `candidates` (m,) are the items that may be answered, `asked` and `answers`
    (n,) are the pairs, all as positions of items.
    """

    train: Interactions
    candidates: NDArray[np.int32]
    asked: NDArray[np.int32]
    answers: NDArray[np.int32]

    def ask(self, model: Similarity, k: int) -> tuple[NDArray[np.bool_], Lists, NDArray[np.intp]]:
        """Return the hits (n, k), the lists (a, k) of the distinct items asked, and each pair's list (n,)."""
        distinct, which = np.unique(self.asked, return_inverse=True)
        lists = model(distinct, k)
        return lists[which] == self.answers[:, None], lists, which


def next_chosen(data: Interactions, share: float = 0.8, least: int = 5, seed: int = 0) -> NextChosen:
    """Hold out the end of each person's history.

    Only items with at least `least` interactions take part. The first `share` of each person's interactions, rounded
    up, train. Of the rest those with items that are in train stand in their order, where there are ratings only those
    of 4 or more, and each two neighbours there make a pair.
    """
    data = data.take(np.bincount(data.items, minlength=data.n_items)[data.items] >= least)
    counts = np.bincount(data.users, minlength=data.n_users)
    place = np.arange(len(data)) - (np.cumsum(counts) - counts)[data.users]
    return _pairs(data, place < np.ceil(counts * share)[data.users], seed)


def next_chosen_temporal(data: Interactions, share: float = 0.8, least: int = 5, seed: int = 0) -> NextChosen:
    """Hold out all that was chosen after a day in the calendar, before which `share` of all interactions lie.

    Pairs are made as for `next_chosen`. Needs times: `data.times` may not be None.
    """
    assert data.times is not None
    data = data.take(np.bincount(data.items, minlength=data.n_items)[data.items] >= least)
    assert data.times is not None
    return _pairs(data, data.times < _cut(data.times, share), seed)


def _pairs(data: Interactions, trains: NDArray[np.bool_], seed: int) -> NextChosen:
    train = data.take(trains)
    candidates = np.unique(train.items)
    liked = ~trains & np.isin(data.items, candidates)
    if data.ratings is not None:
        liked &= data.ratings >= LIKED
    users, items = data.users[liked], data.items[liked]
    pairs = np.flatnonzero(users[1:] == users[:-1])
    if len(pairs) > MOST_PAIRS:
        pairs = np.sort(np.random.default_rng(seed).choice(pairs, MOST_PAIRS, replace=False))
    return NextChosen(train, candidates, items[pairs], items[pairs + 1])


@dataclass(frozen=True)
class HeldOut:
    """What some people chose later, held out: does it come first among what they had not chosen?

    `train` is what models may learn from. `users` (n,) are the people asked about; the items held out of person
    `users[i]` are `held[start[i]:start[i + 1]]`. `negatives` (n, m), -1 where there are fewer, are the items that the
    held out ones are ranked among; None means all that the person has not chosen in train.
    """

    train: Interactions
    users: NDArray[np.int32]
    held: NDArray[np.int32]
    start: NDArray[np.intp]
    negatives: NDArray[np.int32] | None
    seed: int

    @property
    def relevant(self) -> NDArray[np.int64]:
        """How many items are held out of each person, (n,)."""
        return np.diff(self.start)

    def ask(self, model: Recommender, k: int) -> tuple[NDArray[np.bool_], Lists]:
        """Return the hits (n, k) among the negatives, and the lists (n, k) of what each would be recommended of all.

        Equal scores are put in an order drawn by the seed: who gives everything the same score gains nothing by it.
        """
        hits = np.zeros((len(self.users), k), np.bool_)
        lists = np.full((len(self.users), k), -1, np.int32)
        shuffled = np.random.default_rng(self.seed).permutation(self.train.n_items)
        seen = _Seen(self.train)
        for rows in _blocks(len(self.users), self.train.n_items):
            users = self.users[rows]
            scores = np.array(model.scores(users), np.float32)
            scores[np.isnan(scores)] = -np.inf
            row, item = seen.of(users)
            scores[row, item] = -np.inf
            right = np.zeros(scores.shape, np.bool_)
            right[np.repeat(np.arange(len(users)), self.relevant[rows]), self._held_of(rows)] = True
            all_of_them = np.tile(shuffled.astype(np.int32), (len(users), 1))
            lists[rows] = _best(scores, all_of_them, k)
            best = lists[rows] if self.negatives is None else _best(scores, self._ranked(rows), k)
            hits[rows] = np.take_along_axis(right, best, axis=1) & (best >= 0)
        return hits, lists

    def _held_of(self, rows: slice) -> NDArray[np.int32]:
        return self.held[self.start[rows.start] : self.start[rows.stop]]

    def _ranked(self, rows: slice) -> NDArray[np.int32]:
        """Return the negatives with the one item held out among them, in an order that says nothing."""
        assert self.negatives is not None
        together = np.hstack([self._held_of(rows)[:, None], self.negatives[rows]])
        return np.random.default_rng([self.seed, rows.start]).permuted(together, axis=1)


def leave_one_out(data: Interactions, negatives: int = 99, seed: int = 0) -> HeldOut:
    """Hold out the last interaction of each person who has at least two.

    So do He et al., "Neural Collaborative Filtering" (2017). It is ranked among so many items, drawn by the seed, that
    the person never chose.
    """
    last = np.flatnonzero(np.append(data.users[1:] != data.users[:-1], True))
    last = last[np.bincount(data.users, minlength=data.n_users)[data.users[last]] > 1]
    trains = np.ones(len(data), np.bool_)
    trains[last] = False
    rng = np.random.default_rng(seed)
    if len(last) > MOST_PEOPLE:
        last = np.sort(rng.choice(last, MOST_PEOPLE, replace=False))
    users, seen = data.users[last], _Seen(data)
    drawn = np.full((len(users), negatives), -1, np.int32)
    for rows in _blocks(len(users), data.n_items):
        chance = rng.random((rows.stop - rows.start, data.n_items), np.float32)
        chance[seen.of(users[rows])] = -np.inf
        drawn[rows] = _best(chance, np.tile(np.arange(data.n_items, dtype=np.int32), (len(chance), 1)), negatives)
    return HeldOut(data.take(trains), users, data.items[last], np.arange(len(last) + 1), drawn, seed)


def temporal_hold_out(data: Interactions, share: float = 0.8, seed: int = 0) -> HeldOut:
    """Hold out all that people chose after a day in the calendar, before which `share` of all interactions lie.

    Asked about are the people who have interactions before and after that day; items that nobody chose before it do not
    count. They are ranked among everything that the person had not chosen. Needs times: `data.times` may not be None.
    """
    assert data.times is not None
    trains = data.times < _cut(data.times, share)
    train = data.take(trains)
    held = data.take(~trains & np.isin(data.users, train.users) & np.isin(data.items, train.items))
    users, start = np.unique(held.users, return_index=True)
    start = np.append(start, len(held))
    if len(users) > MOST_PEOPLE:
        chosen = np.sort(np.random.default_rng(seed).choice(len(users), MOST_PEOPLE, replace=False))
        kept = np.isin(held.users, users[chosen])
        users, start = users[chosen], np.append(0, np.cumsum(np.diff(start)[chosen]))
        held = held.take(kept)
    return HeldOut(train, users, held.items, start, None, seed)


def surroundings(
    train: Interactions, features: NDArray[np.float32], candidates: NDArray[np.int32] | None = None
) -> Surroundings:
    """Return what lists are measured against: popularity among the people in train, and `features` of the items."""
    people = max(1, len(np.unique(train.users)))
    popularity = np.bincount(train.items, minlength=train.n_items) / people
    return Surroundings(np.unique(train.items) if candidates is None else candidates, popularity, features)


class _Seen:
    """Finds what people have chosen, by the order of the rows."""

    def __init__(self, data: Interactions) -> None:
        self._items = data.items
        self._start = np.searchsorted(data.users, np.arange(data.n_users + 1))

    def of(self, users: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return the row in `users` and the item of each of their interactions."""
        start, length = self._start[users], self._start[users + 1] - self._start[users]
        offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        return np.repeat(np.arange(len(users)), length), self._items[np.repeat(start, length) + offset]


def _best(scores: NDArray[np.float32], items: NDArray[np.int32], k: int) -> Lists:
    """Return the `k` of `items` (n, m) with the highest `scores` (n, n_items), best first.

    Which of equal ones depends on their places in `items` alone. What scores -inf, and the item -1, is left out; -1
    fills up.
    """
    there = np.where(items >= 0, np.take_along_axis(scores, items, axis=1), -np.inf)
    if there.shape[1] > k:
        chosen = np.sort(np.argpartition(-there, k - 1, axis=1)[:, :k], axis=1)
        items, there = np.take_along_axis(items, chosen, 1), np.take_along_axis(there, chosen, 1)
    order = np.argsort(-there, axis=1, kind="stable")
    best = np.where(np.isneginf(np.take_along_axis(there, order, 1)), -1, np.take_along_axis(items, order, 1))
    return np.pad(best, ((0, 0), (0, k - best.shape[1])), constant_values=-1).astype(np.int32)


def _blocks(n: int, width: int) -> Iterator[slice]:
    step = max(1, _BLOCK // max(1, width))
    for start in range(0, n, step):
        yield slice(start, min(n, start + step))


def _cut(times: NDArray[np.float64], share: float) -> float:
    """Return the first midnight (UTC) before which at least `share` of `times` lie."""
    return float(np.ceil(np.quantile(times, share) / 86_400) * 86_400) if len(times) else 0.0
