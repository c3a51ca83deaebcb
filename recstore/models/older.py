"""What is older than the latest of a history: it counts together, by a few directions of what the weights make of it.

One by one, 165 ratings ask for eight times the weights that the latest 20 do, and most of what they say together are a
few numbers. With X what is older of everybody's history, faded, and W the weights of taste, the strongest right
singular vectors V of XW are the directions in which scores differ most; W is replaced by WVVᵀ, which of that rank
changes the scores least (in the sum of squares). An item of a history gives its row of WV, and an item takes from the
sum of what is given by its row of V.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recstore.models.blocks import as_matrix
from recstore.models.svd import add_image, add_spread

#: So many items take something, those whose scores it changes most: a question looks at each of them.
_TAKERS = 2500
_OVERSAMPLES = 8
_ITERATIONS = 4


@dataclass(frozen=True)
class Directions:
    """What each item gives, and what it takes, both (n_items, d) float32; the product of both is in place of weights.

    Where there are very many items, most take nothing: 0.
    """

    gives: NDArray[np.float32]
    takes: NDArray[np.float32]


def directions_of(histories: Any, weights: Any, dimensions: int, seed: int) -> Directions:  # noqa: ANN401
    """Return the directions of `histories`, (n_users, n_items), times `weights` (n_items, n_items), dense or CSR.

    `histories` is CSR, or any `Matrix`.

    Found by subspace iteration (Halko, Martinsson and Tropp 2011), without the product itself. There are fewer than
    `dimensions` where the histories have no more to say, and none where all are empty.
    """
    rows, n_items = as_matrix(histories), weights.shape[0]
    size = min(dimensions + _OVERSAMPLES, n_items)
    sketch = np.random.default_rng(seed).standard_normal((n_items, size), dtype=np.float32)
    for _ in range(_ITERATIONS):
        spread = rows.total(add_spread, sketch.shape, weights @ sketch, dtype=np.float32)
        sketch, _unused = np.linalg.qr(weights.T @ spread)
    squares, turn = np.linalg.eigh(rows.total(add_image, (size, size), weights @ sketch))
    order = np.argsort(-squares)[:dimensions]
    kept = order[squares[order] > 1e-10 * max(squares.max(initial=0), 1e-30)]
    takes = np.ascontiguousarray(sketch @ turn[:, kept], np.float32)
    gives = np.asarray(weights @ takes, np.float32)
    if n_items > _TAKERS:
        # The directions are uncorrelated: this is how much the scores of an item vary.
        varies = (takes**2) @ squares[kept].astype(np.float32)
        takes[np.argsort(-varies, kind="stable")[_TAKERS:]] = 0
    return Directions(gives, takes)
