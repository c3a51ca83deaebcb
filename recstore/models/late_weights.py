"""Weights of items that became known enough after all others were weighed, which keep the weights that they have.

The linear model of EASE^R is solved for each such item among those that it goes with most, as block-wise and
neighbourhood-restricted forms of it are (Steck, Dimakopoulou, Riabov and Jebara 2020, "ADMM SLIM"): with P the inverse
of the small square of what they have in common, plus λ, the weights are -P / diag(P) both ways.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.baselines import seen_matrix
from recstore.models.interactions import Interactions
from recstore.models.person import PersonSettings, evened, let_again, trends
from recstore.models.transitions import Timeline, transitions

#: An item is weighed among so many that it goes with most.
_AMONG = 200


@dataclass(frozen=True)
class LateWeights:
    """Weights (m,) of pairs, of which one at least is late: from `one` to `other`, positions, as `Weights` has them."""

    one: NDArray[np.intp]
    other: NDArray[np.intp]
    taste: NDArray[np.float32]
    next: NDArray[np.float32]

    def above(self, least: float) -> LateWeights:
        """Return those of at least that size, all above 0, as `strongest` keeps them."""
        size = self.taste + self.next
        kept = (size >= least) & (size > 0)
        return LateWeights(self.one[kept], self.other[kept], self.taste[kept], self.next[kept])


def late_weights(
    train: Interactions,
    known: NDArray[np.intp],
    late: NDArray[np.intp],
    settings: PersonSettings,
    scale: float,
    largest: float,
    seed: int,
) -> LateWeights:
    """Weigh the items `late` (t,), positions, among themselves and with `known` (n,), which have weights.

    `scale` is that of `Weights`, `largest` how large the largest weights of taste of an item are, in the middle. What
    `settings.latent` adds to other weights is not added.
    """
    there = np.zeros(train.n_items, np.bool_)
    there[known], there[late] = True, True
    pairs = _taste(train, np.flatnonzero(there), late, settings)
    rated = np.bincount(train.items, minlength=train.n_items)
    after = _next(train, there, late, rated, settings, scale, seed)
    if settings.popularity_power:
        pairs.data *= (rated[pairs.col] + 1.0) ** settings.popularity_power
    if settings.trend_power and train.times is not None:
        trend = trends(train, settings.trend_days) ** np.float32(settings.trend_power)
        pairs.data *= trend[pairs.col]
        after.data *= trend[after.col]
    if settings.again:
        again = let_again(train, late, np.array([largest], np.float32), settings.again)
        pairs = scipy.sparse.coo_matrix(
            (np.append(pairs.data, again), (np.append(pairs.row, late), np.append(pairs.col, late))), pairs.shape
        )
    every = np.unique(np.concatenate([_keys(pairs), _keys(after)]))
    one, other = np.divmod(every, train.n_items)
    taste, following = np.zeros(len(every), np.float32), np.zeros(len(every), np.float32)
    taste[np.searchsorted(every, _keys(pairs))] = pairs.data
    following[np.searchsorted(every, _keys(after))] = after.data
    return LateWeights(one, other, taste, following)


def _keys(pairs: scipy.sparse.coo_matrix) -> NDArray[np.int64]:
    return np.asarray(pairs.row.astype(np.int64) * pairs.shape[1] + pairs.col)


def _taste(
    train: Interactions, items: NDArray[np.intp], late: NDArray[np.intp], settings: PersonSettings
) -> scipy.sparse.coo_matrix:
    """Return the weights of taste of pairs with a late item, (n_items, n_items); of two late ones the last solved."""
    seen = evened(scipy.sparse.csr_matrix(seen_matrix(train)[:, items]), settings.user_power)
    by_item = scipy.sparse.csr_matrix(seen.T)
    often = np.sqrt(np.maximum(np.asarray(by_item.multiply(by_item).sum(axis=1)).ravel(), 1e-12))
    found: dict[tuple[int, int], float] = {}
    for item in np.searchsorted(items, late):
        common = np.asarray((by_item[[item]] @ seen).todense()).ravel() / often
        common[item] = 0
        among = np.argsort(-common, kind="stable")[:_AMONG]
        among = np.append(among[common[among] > 0], item)
        some = by_item[among]
        square = np.asarray((some @ some.T).todense(), np.float64)
        square[np.diag_indices(len(among))] += settings.regularization
        inverse = np.linalg.inv(square)
        weights = -inverse / np.diag(inverse)
        own, others = int(items[item]), items[among[:-1]].tolist()
        found |= {(other, own): value for other, value in zip(others, weights[:-1, -1].tolist(), strict=True)}
        found |= {(own, other): value for other, value in zip(others, weights[-1, :-1].tolist(), strict=True)}
    places = np.array(list(found), np.int64).reshape(-1, 2).T
    shape = train.n_items, train.n_items
    return scipy.sparse.coo_matrix((np.array(list(found.values()), np.float64), (places[0], places[1])), shape)


def _next(
    train: Interactions,
    there: NDArray[np.bool_],
    late: NDArray[np.intp],
    rated: NDArray[np.intp],
    settings: PersonSettings,
    scale: float,
    seed: int,
) -> scipy.sparse.coo_matrix:
    """Return the weights of what comes next of pairs with a late item, (n_items, n_items)."""
    shape = train.n_items, train.n_items
    counts = scipy.sparse.csr_matrix(shape, dtype=np.float32)
    if train.times is None or settings.mix <= 0:
        return counts.tocoo()
    is_late = np.zeros(train.n_items, np.bool_)
    is_late[late] = True
    # Others have none of them before or after anything.
    concerned = np.zeros(train.n_users, np.bool_)
    concerned[train.users[is_late[train.items]]] = True
    timeline = Timeline.of(train.take(concerned[train.users]), seed)
    position = np.where(there, np.arange(train.n_items), -1)
    for one, other, weight in transitions(timeline, position, settings.window, settings.reach):
        kept = (is_late[one] | is_late[other]) & (one != other)
        counts += scipy.sparse.csr_matrix((weight[kept], (one[kept], other[kept])), shape)
    after = scipy.sparse.coo_matrix(counts + np.float32(settings.backward) * counts.T)
    often = rated + 1.0
    after.data = after.data**settings.damping * scale
    after.data *= often[after.row] ** -settings.out_power * often[after.col] ** -settings.in_power
    return after
