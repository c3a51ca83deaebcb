"""Who rated what and when, as columns: what models of a person learn from and what evaluations cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interactions:
    """Ratings by position: users and items are numbered from 0, rows are in order of user, then time, then source.

    `users`, `items`: (n,) int32. `ratings`: (n,) float32, or None where nothing but the pairs is known. `times`: (n,)
    float64 in seconds, or None where no order in time is known. `weights`: (n,) float32 above 0, how much each pair
    says, 1 for what happened once, or None where all say the same. Models learn from pairs; `once` makes them of
    events.
    """

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    ratings: NDArray[np.float32] | None
    times: NDArray[np.float64] | None
    n_users: int
    n_items: int
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.users)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Interactions:
        """Return some of the rows, of the same users and items."""
        return replace(
            self,
            users=self.users[rows],
            items=self.items[rows],
            ratings=None if self.ratings is None else self.ratings[rows],
            times=None if self.times is None else self.times[rows],
            weights=None if self.weights is None else self.weights[rows],
        )

    def once(self) -> Interactions:
        """Return each pair of user and item once, as it was last, in order of user, then time.

        `weights` is then `damped` of how many events there are, or of the sum of their weights. Where every pair is
        there once already and nothing weighs it, it has no weights.
        """
        times = np.zeros(len(self)) if self.times is None else self.times
        pair = self.users.astype(np.int64) * self.n_items + self.items
        order = np.lexsort((times, pair))
        is_last = np.append(pair[order][1:] != pair[order][:-1], True) if len(self) else np.zeros(0, np.bool_)
        if self.weights is None and is_last.all():
            return self.take(np.lexsort((times, self.users)))
        amounts = np.ones(len(self), np.float32) if self.weights is None else self.weights[order]
        sums = np.bincount(np.cumsum(is_last) - is_last, amounts.astype(np.float64))
        merged = replace(self.take(order[is_last]), weights=damped(np.asarray(sums, np.float64)).astype(np.float32))
        times = np.zeros(len(merged)) if merged.times is None else merged.times
        return merged.take(np.lexsort((times, merged.users)))


def damped(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much sums of weights say, (n,): as much as they are up to 1, then 1 + ln(sum), more by less."""
    said: NDArray[np.float64] = np.minimum(sums, 1 + np.log(np.maximum(sums, 1)))
    return said


class Recommender(Protocol):
    """A model of what a person wants next, fitted on some interactions and asked about the same people."""

    name: str

    def fit(self, train: Interactions) -> None:
        """Learn from `train`, and keep its histories."""

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return (len(users), n_items) float32 scores, larger first; what a person has seen is not taken out."""
