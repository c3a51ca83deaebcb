"""Who rated what and when, as columns: what models of a person learn from and what evaluations cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interactions:
    """Ratings by position: users and items are numbered from 0, rows are in order of user, then time, then source.

    `users`, `items`: (n,) int32. `ratings`: (n,) float32, or None where nothing but the pairs is known. `times`: (n,)
    float64 in seconds, or None where no order in time is known.
    """

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    ratings: NDArray[np.float32] | None
    times: NDArray[np.float64] | None
    n_users: int
    n_items: int

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.users)


class Recommender(Protocol):
    """A model of what a person wants next, fitted on some interactions and asked about the same people."""

    name: str

    def fit(self, train: Interactions) -> None:
        """Learn from `train`, and keep its histories."""

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return (len(users), n_items) float32 scores, larger first; what a person has seen is not taken out."""
