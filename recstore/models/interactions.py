"""Who rated what and when, as columns: what models of a person learn from and what evaluations cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from recstore.models.blocks import Add, Rows

#: So many interactions are mixed at a time.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Interactions:
    """Ratings by position: users and items are numbered from 0, rows are in order of user, then time, then source.

    `users`, `items`: (n,) int32. `ratings`: (n,) float32, or None where nothing but the pairs is known. `times`: (n,)
    float64 in seconds, or None where no order in time is known. `weights`: (n,) float32 above 0, how much each pair
    says, 1 for what happened once, or None where all say the same. Models learn from pairs; `once` makes them of
    events. They are one block of `Histories`.
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

    @property
    def has_ratings(self) -> bool:
        """Whether anything is known but the pairs."""
        return self.ratings is not None

    @property
    def has_times(self) -> bool:
        """Whether an order in time is known."""
        return self.times is not None

    @property
    def latest(self) -> float:
        """The last of all times, in seconds; 0 where there are none."""
        return 0.0 if self.times is None or len(self) == 0 else float(self.times.max())

    def how_often(self) -> NDArray[np.int64]:
        """Return how many pairs each item has, (n_items,)."""
        return np.bincount(self.items, minlength=self.n_items)

    def ends(self) -> NDArray[np.intp]:
        """Return where the rows of each user begin, and the end, (n_users + 1,)."""
        return np.searchsorted(self.users, np.arange(self.n_users + 1))

    def total(
        self, add: Add, shape: int | tuple[int, ...], *arguments: object, dtype: npt.DTypeLike = np.float64
    ) -> NDArray[Any]:
        """Return zeros of a shape to which `add(sums, self, *arguments)` added."""
        sums = np.zeros(shape, dtype)
        add(sums, self, *arguments)
        return sums

    def matrix(self, make: Callable[..., tuple[Any, ...]], *arguments: object) -> Rows:
        """Return what `make(self, *arguments)` gives as a matrix."""
        return Rows(make(self, *arguments))

    def hashes(self, seed: int) -> NDArray[np.uint64]:
        """Return a number for each user, (n_users,), drawn by the seed from what they had when, not by position."""
        sums = np.zeros(self.n_users, np.uint64)
        of_item = mixed(np.arange(self.n_items, dtype=np.uint64) + np.uint64(seed % 2**32 << 32))
        for start in range(0, len(self), _BLOCK):
            some = slice(start, start + _BLOCK)
            had = of_item[self.items[some]]
            if self.times is not None:
                had = mixed(had ^ np.ascontiguousarray(self.times[some]).view(np.uint64))
            np.add.at(sums, self.users[some], had)
        return mixed(sums)

    def drawn(self, seed: int) -> NDArray[np.uint32]:
        """Return a number for each pair, (n,), drawn by the seed from the user's history and the item.

        Who orders by it depends neither on the order of the source nor on the ids, nor on how people are split.
        """
        of_user = self.hashes(seed)
        found = np.empty(len(self), np.uint32)
        for start in range(0, len(self), _BLOCK):
            some = slice(start, start + _BLOCK)
            found[some] = mixed(of_user[self.users[some]] + self.items[some].astype(np.uint64)) >> np.uint64(32)
        return found

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


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers that look drawn, (n,), one for each: SplitMix64 (Steele, Lea and Flood 2014)."""
    found = numbers + np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


class Recommender(Protocol):
    """A model of what a person wants next, fitted on some interactions and asked about the same people."""

    name: str

    def fit(self, train: Interactions) -> None:
        """Learn from `train`, and keep its histories."""

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return (len(users), n_items) float32 scores, larger first; what a person has seen is not taken out."""
