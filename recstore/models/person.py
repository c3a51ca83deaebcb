"""What a person wants next: the history, weighted by how recent it is, times weights from item to item.

Two kinds of weights are added up. *Taste* are those of EASE^R: what goes with the whole of a history, however old.
*Next* are transitions: what people rated within a few steps after an item, relative to how often both are rated at
all; only the last few steps of a history matter to them. Both are plain numbers per pair of items, so that SQL can do
the same: score(j) = Σ over the history of taste[i, j] * back^-taste_power + next[i, j] * next_decay^back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.baselines import seen_matrix
from recstore.models.blocks import Histories, Matrix, as_matrix
from recstore.models.ease import ease_weights
from recstore.models.fading import FADING, Fading
from recstore.models.interactions import Interactions
from recstore.models.likeness import add_likeness, likeness
from recstore.models.older import Directions, directions_of
from recstore.models.pure_svd import Factors, add_products, item_factors
from recstore.models.transitions import Timeline, largest, transition_counts

#: So many rows say how large the largest weights are.
_ROWS_TO_JUDGE = 2000
#: `user_power` of what latent directions are made from.
FACTORS_EVENED = 0.5
#: Ratings like those of all items, added to those of each, before it is judged by them.
_DOUBT = 1.0


@dataclass(frozen=True)
class PersonSettings:
    """The hyper-parameters; the defaults were chosen on validation cuts of MovieLens small and of MovieLens 100K.

    `min_ratings`: items with fewer have no weights. `regularization`: λ of EASE^R. `user_power`: who had n items counts
    n^-user_power in what goes together. `latent`: the size of the products of `item_factors`, added to the weights of
    taste, relative to these. `content`: likewise the size of `likeness`, where vectors are known. `popularity_power`:
    weights of taste are multiplied by this power of how often the item that they lead to was rated. `taste_power`: the
    history's weight is (steps back)^-taste_power. `window`, `reach`: as `transition_counts` has them. `backward`: how
    much of a transition counts the other way round, too. `damping`: the power to which transitions are raised.
    `out_power`, `in_power`: they are divided by these powers of how often the two items were rated. `next_decay`: the
    history's weight is next_decay^(steps back). `mix`: the size of all transitions together (as a Frobenius norm),
    relative to that of the weights of taste. `trend_power`: both kinds of weights are multiplied by this power of how
    often the item that they lead to was rated lately, relative to ever; a rating of `trend_days` ago is e times less
    late than one of today. `again`: the weight of an item for itself, relative to the largest others, where what was
    had is recommended again. `low_share`: what counts a rating below 3 stars. `history`: how many of the latest ratings
    of a person count one by one, and all of the moment in which that number is reached; None for all. In a store the
    older ones count together, by `directions_of`.
    """

    min_ratings: int = 3
    regularization: float = 1000.0
    user_power: float = 0.0
    latent: float = 0.0
    content: float = 0.0
    popularity_power: float = 0.0
    taste_power: float = FADING.taste_power
    window: int = 30
    reach: float = 1.0
    backward: float = 0.3
    damping: float = 0.65
    out_power: float = 0.4
    in_power: float = 0.5
    next_decay: float = FADING.next_decay
    mix: float = 1.0
    trend_power: float = 0.0
    trend_days: float = 30.0
    again: float = 0.0
    low_share: float = FADING.low_share
    history: int | None = None

    def fading(self, fading: Fading = FADING) -> Fading:
        """Return the constants that a history is weighed by in SQL; the others as `fading` has them."""
        return replace(
            fading,
            taste_power=self.taste_power,
            next_decay=self.next_decay,
            history=fading.history if self.history is None else self.history,
            low_share=self.low_share,
        )


@dataclass(frozen=True)
class Weights:
    """The two kinds of weights among some items: `items` (n,) are their positions, `taste` and `next` (n, n) float32.

    Row i is what item i of a history adds to each other item. `older` is what stands in for `taste` where an item of a
    history is older than the latest. Of very many items both are CSR, as `sparse_weights` makes them. `scale` is what
    brought transitions to the size that `mix` asks for.
    """

    items: NDArray[np.intp]
    taste: Any
    next: Any | None
    older: Directions | None = None
    scale: float = 1.0


def person_weights(
    train: Histories,
    settings: PersonSettings,
    seed: int = 0,
    vectors: NDArray[np.float32] | None = None,
    limit: int | None = None,
) -> Weights:
    """Return the weights among the items that are rated often enough; of more than `limit` the most rated.

    `vectors` (n_items, d) are what is known of the items themselves, of unit length or 0; without them nothing is
    alike. Without times in `train`, or with a `mix` of 0, there are no weights of what comes next.
    """
    items = weighed_items(train, settings.min_ratings, limit)
    if len(items) == 0:
        nothing = np.zeros((0, 0), np.float32)
        return Weights(items, nothing, nothing if train.has_times else None)
    taste = ease_weights(train.matrix(_seen_of, items, settings.user_power), settings.regularization)
    if vectors is not None and settings.content:
        add_likeness(taste, likeness(vectors[items]), settings.content)
    factors = item_factors(train.matrix(_seen_of, items, FACTORS_EVENED), seed) if settings.latent else None
    after = None
    # Nothing is counted that would be multiplied by 0.
    if train.has_times and settings.mix > 0:
        position = np.full(train.n_items, -1, np.intp)
        position[items] = np.arange(len(items))
        steps = settings.window, settings.reach
        after = train.total(_add_transitions, (len(items),) * 2, position, *steps, seed, dtype=np.float32)
    return weights_of(train, items, Parts(taste, factors, after), settings)


def _seen_of(train: Interactions, items: NDArray[np.intp], power: float) -> tuple[Any]:
    """Return who had which of some items, `evened`."""
    return (evened(scipy.sparse.csr_matrix(seen_matrix(train)[:, items]), power),)


def _add_transitions(
    sums: NDArray[np.float32],
    train: Interactions,
    position: NDArray[np.intp],
    window: int,
    reach: float,
    seed: int,
) -> None:
    transition_counts(Timeline.of(train, seed), position, len(sums), window, reach, sums)


@dataclass(frozen=True)
class Parts:
    """What weights are made of: of EASE^R and `likeness` (n, n), `item_factors`, and counts of transitions (n, n)."""

    taste: NDArray[np.float32]
    factors: Factors | None
    counts: NDArray[np.float32] | None


def weights_of(train: Histories, items: NDArray[np.intp], parts: Parts, settings: PersonSettings) -> Weights:
    """Put the weights together; `parts.taste` is used up."""
    taste, counts = parts.taste, parts.counts
    if parts.factors is not None:
        add_products(taste, parts.factors, settings.latent)
    rated = train.how_often()[items]
    if settings.popularity_power:
        taste *= (rated + 1).astype(np.float32) ** np.float32(settings.popularity_power)
    after, scale = None, 1.0
    if counts is not None:
        after = relative_transitions(counts, rated, settings)
        size = np.linalg.norm(after)
        if size > 0:
            scale = float(settings.mix * np.linalg.norm(taste) / size)
            after *= np.float32(scale)
    if settings.trend_power and train.has_times:
        trend = trends(train, settings.trend_days)[items] ** np.float32(settings.trend_power)
        taste *= trend
        if after is not None:
            after *= trend
    if settings.again:
        own = let_again(train, items, taste.max(axis=1, initial=0), settings.again)
        taste[np.diag_indices(len(items))] = own
    return Weights(items, taste, after, scale=scale)


def evened(seen: Any, power: float) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Return who had what, CSR (n_users, n_items) of ones, with each row of n divided by n^(`power` / 2)."""
    if power == 0:
        return seen
    scale = np.maximum(np.diff(seen.indptr), 1).astype(np.float32) ** np.float32(-power / 2)
    return scipy.sparse.csr_matrix(scipy.sparse.diags(scale) @ seen)


def trends(train: Histories, days: float) -> NDArray[np.float32]:
    """Return how much more of each item's ratings are late than of all items', (n_items,), 1 for what has no trend.

    Late is what lies not long before the last of all ratings: it counts exp(-age / `days`). Of an item with few
    ratings little is believed.
    """
    if len(train) == 0:
        return np.ones(train.n_items, np.float32)
    late = train.total(_add_late, train.n_items, train.latest, days)
    recent = late / max(float(late.sum()) / len(train), 1e-12)
    return ((recent + _DOUBT) / (train.how_often() + _DOUBT)).astype(np.float32)


def _add_late(sums: NDArray[np.float64], train: Interactions, latest: float, days: float) -> None:
    assert train.times is not None
    sums += np.bincount(train.items, np.exp((train.times - latest) / (86_400 * days)), len(sums))


def let_again(
    train: Histories, items: NDArray[np.intp], row_largest: NDArray[np.float32], again: float
) -> NDArray[np.float32]:
    """Return the weights with which items lead to themselves: the larger, the more often who had them had them again.

    `row_largest` (n,) is the largest weight of each item.
    """
    often = (train.total(_add_amounts, train.n_items) + _DOUBT) / (train.how_often() + _DOUBT)
    largest = float(np.median(row_largest))
    return (again * (largest or 1.0) * often[items]).astype(np.float32)


def _add_amounts(sums: NDArray[np.float64], train: Interactions) -> None:
    weights = np.ones(len(train)) if train.weights is None else train.weights.astype(np.float64)
    sums += np.bincount(train.items, weights, len(sums))


def weighed_items(train: Histories, min_ratings: int, limit: int | None = None) -> NDArray[np.intp]:
    """Return the positions of the items with at least `min_ratings`, of more than `limit` the most rated; ascending."""
    rated = train.how_often()
    items = np.flatnonzero(rated >= min_ratings)
    if limit is not None and len(items) > limit:
        items = np.sort(items[np.argsort(-rated[items], kind="stable")[:limit]])
    return items


def relative_transitions(
    counts: NDArray[np.float32], rated: NDArray[np.integer[Any]], settings: PersonSettings
) -> NDArray[np.float32]:
    """Return transitions made comparable, (n, n) float32: damped, and divided by powers of how often both are rated.

    `counts` (n, n) is left as it is; `rated` (n,) is how often each item was rated.
    """
    after = counts + np.float32(settings.backward) * counts.T
    np.power(after, np.float32(settings.damping), out=after, where=after > 0)
    often = (rated + 1).astype(np.float32)
    after *= (often**-settings.out_power)[:, None]
    after *= often**-settings.in_power
    return np.asarray(after, np.float32)


def strongest(weights: Weights, keep: int) -> Weights:
    """Keep of all weights the largest, `keep` for each item on average, by the sum of both kinds; the rest is 0.

    One limit for all: what decides a ranking are the largest weights, wherever they are. As many of each row, or of
    each column, cost twice as much quality. What is not above 0 is not kept. Of CSR, both kinds have the same pairs
    then, in the same order.
    """
    if scipy.sparse.issparse(weights.taste):
        return _strongest_of_sparse(weights, keep)
    size = weights.taste if weights.next is None else weights.taste + weights.next
    n = len(weights.items)
    kept = size > 0
    if keep < n:
        # Of a sample of the rows: what is largest of millions is as large as what is largest of all.
        some = size[:: max(1, n // _ROWS_TO_JUDGE)].ravel()
        place = len(some) * (n - keep) // n
        kept &= size >= np.partition(some, place)[place]
    after = None if weights.next is None else weights.next * kept
    return replace(weights, taste=weights.taste * kept, next=after)


def _strongest_of_sparse(weights: Weights, keep: int) -> Weights:
    most = keep * len(weights.items)
    if weights.next is None:
        return replace(weights, taste=largest(weights.taste, weights.taste.data, most))
    # As complex numbers both kinds lie side by side, at the pairs of either.
    both = weights.taste.astype(np.complex64) + np.complex64(1j) * weights.next
    kept = largest(both, both.data.real + both.data.imag, most)
    taste, after = (
        scipy.sparse.csr_matrix((part.copy(), kept.indices, kept.indptr), shape=kept.shape)
        for part in (kept.data.real, kept.data.imag)
    )
    return replace(weights, taste=taste, next=after)


def stored(weights: Weights, older: Matrix | None, keep: int, seed: int = 0) -> Weights:
    """Return what a store holds of weights: the `strongest`, and the directions of what is `older` in histories."""
    kept = strongest(weights, keep)
    if older is None:
        return kept
    found = directions_of(older, weights.taste, FADING.directions, seed)
    return replace(kept, older=found) if found.gives.shape[1] else kept


def older_of(train: Histories, weights: Weights, settings: PersonSettings, seed: int = 0) -> Matrix | None:
    """Return what is older in histories than what counts one by one, among the items with weights; None for nothing."""
    if settings.history is None or len(weights.items) == 0:
        return None
    return train.matrix(_older, weights.items, settings, seed)


def _older(train: Interactions, items: NDArray[np.intp], settings: PersonSettings, seed: int) -> tuple[Any]:
    return (_Faded.of(train, Timeline.of(train, seed), settings).older(items),)


@dataclass(frozen=True)
class _Faded:
    """How much each rating of a timeline counts in the two kinds of weights, and whether it is one of the latest."""

    timeline: Timeline
    shape: tuple[int, int]
    taste: NDArray[np.float32]
    next: NDArray[np.float32]
    is_late: NDArray[np.bool_]

    @staticmethod
    def of(train: Interactions, timeline: Timeline, settings: PersonSettings) -> _Faded:
        """Weigh the histories of `timeline`, whose rows are those of `train`."""
        counted = np.ones(len(timeline.users), np.float32)
        if train.weights is not None:
            # What says less than one event, such as a look, counts for as much less.
            counted = np.minimum(train.weights[timeline.row], 1)
        if timeline.ratings is not None:
            counted[timeline.ratings < FADING.low_rating] = settings.low_share
        is_late = np.ones(len(counted), np.bool_)
        if settings.history is not None:
            is_late = timeline.back - (timeline.size - 1) / 2 <= settings.history
        taste = counted * timeline.back**-settings.taste_power
        after = counted * np.float32(settings.next_decay) ** timeline.back
        return _Faded(timeline, (train.n_users, train.n_items), taste, after, is_late)

    def older(self, items: NDArray[np.intp]) -> Any:  # noqa: ANN401 - SciPy is not typed
        """Return how much what is not of the latest counts, as `histories` does."""
        return self.histories(self.taste * ~self.is_late, items)

    def histories(self, counts: NDArray[np.float32], items: NDArray[np.intp]) -> Any:  # noqa: ANN401 - SciPy is not typed
        """Return how much each of `items` counts for each person, CSR (n_users, len(items))."""
        some = np.flatnonzero(counts)
        pairs = self.timeline.users[some], self.timeline.items[some]
        return scipy.sparse.csr_matrix((counts[some], pairs), shape=self.shape)[:, items]


class Person:
    """The model behind `recommend_movies`; with `keep` as the store holds it, the largest weights of each item alone.

    Where nothing of the history points to an item, its popularity decides, below everything else.
    """

    name = "recstore"

    def __init__(
        self,
        settings: PersonSettings | None = None,
        keep: int | None = None,
        seed: int = 0,
        vectors: NDArray[np.float32] | None = None,
    ) -> None:
        self._vectors = vectors
        self._settings = settings or PersonSettings()
        self._keep = keep
        self._seed = seed

    def fit(self, train: Interactions) -> None:
        """Compute the weights, and how much each rating of each history counts."""
        train = train.once()
        weights = person_weights(train, self._settings, seed=self._seed, vectors=self._vectors)
        self.take(train, weights, Timeline.of(train, self._seed))

    def take(self, train: Interactions, weights: Weights, timeline: Timeline) -> None:
        """Take over weights computed from `train`, and the histories of `timeline`: all of them, or of some people."""
        faded = _Faded.of(train, timeline, self._settings)
        if self._keep is not None:
            older = None if self._settings.history is None else as_matrix(faded.older(weights.items))
            weights = stored(weights, older, self._keep, self._seed)
        self._weights = weights
        self._taste = faded.histories(faded.taste * faded.is_late, weights.items)
        self._next = faded.histories(faded.next * faded.is_late, weights.items)
        self._older = None if weights.older is None else faded.older(weights.items)
        self._popularity = np.bincount(train.items, minlength=train.n_items).astype(np.float32)
        self._popularity *= np.float32(1e-9) / max(1, self._popularity.max(initial=1))

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return (len(users), n_items) float32."""
        scores = np.tile(self._popularity, (len(users), 1))
        weights = self._weights
        found = _dense(self._taste[users] @ weights.taste)
        if weights.next is not None:
            found += _dense(self._next[users] @ weights.next)
        if self._older is not None and weights.older is not None:
            found += (self._older[users] @ weights.older.gives) @ weights.older.takes.T
        scores[:, weights.items] += found
        return scores


def _dense(product: Any) -> NDArray[np.float32]:  # noqa: ANN401 - SciPy is not typed
    return np.asarray(product.todense() if scipy.sparse.issparse(product) else product, np.float32)
