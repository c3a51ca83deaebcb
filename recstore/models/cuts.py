"""A validation cut: the latest that users had to do with, held out of what a model may learn from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recstore.models.interactions import Interactions

_K = 10


@dataclass(frozen=True)
class Cut:
    """What is learnt from, and what is asked: of `users[i]` the items `held[start[i]:start[i + 1]]` are held out.

    `train` holds pairs of the most had items only, numbered anew; `items` are the positions that they had before.
    `keeps_seen` says whether what a user had in train may be answered.
    """

    train: Interactions
    users: NDArray[np.int32]
    held: NDArray[np.int32]
    start: NDArray[np.intp]
    keeps_seen: bool
    items: NDArray[np.intp]

    def judge(self, rows: slice, scores: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return NDCG@10 and recall@10 of the questions `rows` from the scores (n, n_items) of their users.

        NDCG as Järvelin and Kekäläinen (2002) define it, for yes and no, with as many ideal places as are held out.
        """
        users = self.users[rows]
        if not self.keeps_seen:
            begin, end = np.searchsorted(self.train.users, [users, users + 1])
            lengths = end - begin
            row = np.repeat(np.arange(len(users)), lengths)
            offset = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
            scores[row, self.train.items[begin[row] + offset]] = -np.inf
        k = min(_K, scores.shape[1])
        top = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        top = np.take_along_axis(top, np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable"), 1)
        relevant = np.diff(self.start)[rows]
        right = np.zeros(scores.shape, np.bool_)
        first, last = self.start[:-1][rows][0], self.start[1:][rows][-1]
        right[np.repeat(np.arange(len(users)), relevant), self.held[first:last]] = True
        hits = np.take_along_axis(right & np.isfinite(scores), top, axis=1)
        discount = 1 / np.log2(np.arange(2, _K + 2))
        ideal = np.cumsum(discount)[np.minimum(relevant, _K) - 1]
        return (hits @ discount[:k]) / ideal, hits.sum(axis=1) / relevant


def cut_latest(data: Interactions, seed: int, most_users: int, most_items: int, seen: str) -> Cut:
    """Hold out what each user had in their latest moment, a basket or one item; of many users those drawn by the seed.

    Of somebody whose whole history is one moment, or without times, one item is drawn; such users are asked only where
    there are few others. What is held out must be among the `most_items` that most had, and had by somebody in train,
    too. With `seen` of "exclude" what a user had before is not asked for.
    """
    data, items = _of_items(data, most_items)
    held, trains = _latest(data, np.random.default_rng(seed), seen == "include")
    train = data.take(trains).once()
    pairs_held = data.take(held).once()
    known = np.zeros(data.n_items, np.bool_)
    known[train.items] = True
    asked = np.isin(pairs_held.users, train.users) & known[pairs_held.items]
    if seen != "include":
        known_pairs = train.users.astype(np.int64) * data.n_items + train.items
        asked &= ~np.isin(pairs_held.users.astype(np.int64) * data.n_items + pairs_held.items, known_pairs)
    pairs_held = pairs_held.take(asked)
    users = np.unique(pairs_held.users)
    if len(users) > most_users:
        users = np.sort(np.random.default_rng(seed).choice(users, most_users, replace=False))
        pairs_held = pairs_held.take(np.isin(pairs_held.users, users))
    start = np.append(np.searchsorted(pairs_held.users, users), len(pairs_held))
    return Cut(train, users.astype(np.int32), pairs_held.items, start, seen == "include", items)


def _of_items(data: Interactions, most: int) -> tuple[Interactions, NDArray[np.intp]]:
    """Return what concerns the `most` items that are there most often, numbered anew, and their positions before."""
    often = np.bincount(data.items, minlength=data.n_items)
    items = np.sort(np.argsort(-often, kind="stable")[: min(most, int(np.count_nonzero(often)))])
    position = np.full(data.n_items, -1, np.int32)
    position[items] = np.arange(len(items), dtype=np.int32)
    data = data.take(position[data.items] >= 0)
    return replace(data, items=position[data.items], n_items=len(items)), items


def _latest(data: Interactions, rng: np.random.Generator, again: bool) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows of `data` are held out, and which are learnt from: what is later still is neither.

    Without `again` the latest moment is the latest in which the user had something new.
    """
    pair, at = np.unique(data.users.astype(np.int64) * data.n_items + data.items, return_inverse=True)
    owner = (pair // max(1, data.n_items)).astype(np.intp)
    several = np.bincount(owner, minlength=data.n_users) > 1
    drawn = np.full(data.n_users, -1, np.intp)
    order = np.lexsort((rng.random(len(pair)), owner))
    drawn[owner[order]] = order
    one = several[data.users] & (drawn[data.users] == at)
    if data.times is None or len(data) == 0:
        return one, ~one
    times = data.times
    if not again:
        since = np.full(len(pair), np.inf)
        np.minimum.at(since, at, times)
        times = since[at]
    latest, first = np.full(data.n_users, -np.inf), np.full(data.n_users, np.inf)
    np.maximum.at(latest, data.users, times)
    np.minimum.at(first, data.users, times)
    has_earlier = latest > first
    at_latest = has_earlier[data.users] & (times == latest[data.users])
    trains = ~has_earlier[data.users] | (data.times < latest[data.users])
    if np.count_nonzero(has_earlier) < min(1000, np.count_nonzero(several) / 2):
        one &= ~has_earlier[data.users]
        at_latest |= one
        trains &= ~one
    return at_latest, trains
