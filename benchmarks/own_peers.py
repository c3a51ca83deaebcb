"""What people would pick instead, behind the shape that every model of a person has: what is installed of it.

`pip install implicit rusket` brings them; recstore itself needs none of it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recstore.models.baselines import ItemKNN, Popularity, seen_matrix
from recstore.models.interactions import Interactions, Recommender


class Peer(NamedTuple):
    """A model, and the values of each setting; every combination is tried, in an order drawn by a seed."""

    make: Callable[..., Recommender]
    values: dict[str, tuple[float, ...]]

    def settings(self) -> list[dict[str, float]]:
        """Return all combinations, those in the middle of the values not before the others."""
        found = [dict(zip(self.values, values, strict=True)) for values in product(*self.values.values())]
        return [found[place] for place in np.random.default_rng(0).permutation(len(found))]


class Factors:
    """A model of `implicit` that gives each user and item a vector."""

    name = "factors"

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - the library is not typed
        self._model = model

    def fit(self, train: Interactions) -> None:
        """Fit the factors."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._model.fit(seen_matrix(train), show_progress=False)

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the inner products of people and items, (len(users), n_items) float32."""
        return np.asarray(self._model.user_factors[users] @ self._model.item_factors.T, np.float32)


class RusketEase:
    """EASE^R as `rusket` solves it."""

    name = "ease"

    def __init__(self, regularization: float) -> None:
        self._regularization = regularization

    def fit(self, train: Interactions) -> None:
        """Solve for the weights."""
        self._seen = seen_matrix(train)
        model = import_module("rusket").EASE(regularization=self._regularization)
        model.fit(self._seen)
        self._weights = np.asarray(model.item_weights, np.float32)

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the sum of the weights from the history, (len(users), n_items) float32."""
        return np.asarray(self._seen[users] @ self._weights, np.float32)


def _als(factors: float, alpha: float, regularization: float) -> Recommender:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = import_module("implicit.als").AlternatingLeastSquares(
            factors=int(factors), alpha=alpha, regularization=regularization, iterations=15, random_state=0
        )
    return Factors(model)


def _bpr(factors: float, learning_rate: float, regularization: float, iterations: float) -> Recommender:
    model = import_module("implicit.bpr").BayesianPersonalizedRanking(
        factors=int(factors),
        learning_rate=learning_rate,
        regularization=regularization,
        iterations=int(iterations),
        random_state=0,
    )
    return Factors(model)


def _neighbors(neighbors: float, shrink: float) -> Recommender:
    return ItemKNN(int(neighbors), shrink)


def peers() -> dict[str, Peer]:
    """Return the models that are there, with what is searched among."""
    found = {
        "popularity": Peer(Popularity, {}),
        "itemknn": Peer(
            _neighbors, {"neighbors": (5, 10, 20, 50, 100, 200, 500), "shrink": (0.0, 1.0, 5.0, 10.0, 50.0)}
        ),
    }
    others = {
        "als": ("implicit", Peer(_als, {
            "factors": (16, 32, 64, 128), "alpha": (1.0, 5.0, 20.0), "regularization": (0.01, 0.1, 1.0, 10.0),
        })),
        "bpr": ("implicit", Peer(_bpr, {
            "factors": (32, 64, 128), "learning_rate": (0.01, 0.03, 0.1), "regularization": (0.001, 0.01, 0.05),
            "iterations": (50, 150),
        })),
        "ease": ("rusket", Peer(RusketEase, {
            "regularization": (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 350.0, 500.0, 700.0, 1000.0, 2000.0, 5000.0),
        })),
    }  # fmt: skip
    for name, (library, peer) in others.items():
        try:
            import_module(library)
        except ImportError:
            print(f"{name}: the library {library} is not installed (pip install {library}); left out.", file=sys.stderr)
        else:
            found[name] = peer
    return found
