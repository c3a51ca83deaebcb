"""The `implicit` library's alternating least squares, behind the shape that every model of a person has."""

from __future__ import annotations

import warnings

import numpy as np
from implicit.als import AlternatingLeastSquares
from numpy.typing import NDArray

from recstore.models.baselines import seen_matrix
from recstore.models.interactions import Interactions


class ImplicitALS:
    """Factors of people and items, as Hu, Koren and Volinsky (2008) have them; `alpha` is what a rating counts."""

    name = "als"

    def __init__(self, factors: int, regularization: float, alpha: float) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._model = AlternatingLeastSquares(
                factors=factors, regularization=regularization, alpha=alpha, iterations=15, random_state=0
            )

    def fit(self, train: Interactions) -> None:
        """Fit the factors."""
        self._model.fit(seen_matrix(train), show_progress=False)

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the inner products of people and items, (len(users), n_items) float32."""
        return np.asarray(self._model.user_factors[users] @ self._model.item_factors.T, np.float32)
