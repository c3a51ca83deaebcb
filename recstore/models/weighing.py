"""The weights that a store keeps, in the memory that there is: of one square of all items, or by blocks of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recstore.models.blocks import Histories
from recstore.models.ease_blocks import candidates_within
from recstore.models.interactions import Interactions
from recstore.models.person import PersonSettings, Weights, older_of, person_weights, stored, weighed_items
from recstore.models.sparse_weights import sparse_weights
from recstore.models.transitions import Timeline

#: Dense matrices of one float32 per pair of items that exist at one time.
_SQUARES = 6
#: Bytes for each weight that is stored, while weights by blocks are made of twice as many of both kinds.
_SPARSE = 80


@dataclass(frozen=True)
class Weighed:
    """Weights as a store keeps them: `kept` for each item on average, `candidates` of each.

    `candidates` is 0 where these are all items. `figures` says so as a build records it.
    """

    weights: Weights
    kept: int
    candidates: int

    @property
    def figures(self) -> dict[str, float]:
        """What was made, for `builds.measured`."""
        return {
            "items with weights": float(len(self.weights.items)),
            "weights kept for each item": float(self.kept),
            "candidates of a weight": float(self.candidates or len(self.weights.items)),
        }


def weigh(
    train: Histories,
    settings: PersonSettings,
    keep: int,
    room: int,
    seed: int = 0,
    vectors: NDArray[np.float32] | None = None,
) -> Weighed:
    """Return the weights to store, `keep` for each item on average, made in about `room` bytes.

    Where a square of all items that are rated often enough fits, EASE^R is solved as a whole, and what is alike by
    `vectors`, as `person_weights` has them, counts. Else it is solved by blocks, of who had what alone, and fewer
    weights are kept where `room` is too little for that many. Histories that lie on several machines are never solved
    by blocks: of these the most rated items have weights, as many as fit.
    """
    items = weighed_items(train, settings.min_ratings)
    candidates = 0
    if len(items) <= _most_items(room) or not isinstance(train, Interactions):
        weights = person_weights(train, settings, seed, vectors, _most_items(room))
    else:
        candidates = candidates_within(room // 2, len(items))
        keep = min(keep, max(1, room // (_SPARSE * len(items))))
        weights = sparse_weights(train, Timeline.of(train, seed), items, settings, candidates, keep, seed)
    return Weighed(stored(weights, older_of(train, weights, settings, seed), keep, seed), keep, candidates)


def counts_likeness(train: Interactions, min_ratings: int, room: int) -> bool:
    """Say whether `weigh` lets what is alike count: where it solves for all items as a whole."""
    return len(weighed_items(train, min_ratings)) <= _most_items(room)


def _most_items(room: int) -> int:
    """Return of how many items a square fits into so many bytes, with what is made of it."""
    return math.isqrt(room // (4 * _SQUARES))
