"""What is measured: every model of a person, and every plain alternative to a space, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recstore.budget import Budget
from recstore.evaluation.protocols import Lists, Similarity
from recstore.models.baselines import ItemKNN, Popularity, PureSVD, Random, item_cosines
from recstore.models.ease import Ease
from recstore.models.fading import FADING
from recstore.models.interactions import Interactions, Recommender
from recstore.models.person import Person, PersonSettings
from recstore.models.space import Space
from recstore.search.exact import nearest_neighbors

#: The models of a person, made from a seed. To have another measured, add it.
RECOMMENDERS: dict[str, Callable[[int], Recommender]] = {
    "popularity": lambda _seed: Popularity(),
    "random": Random,
    "itemknn": lambda _seed: ItemKNN(),
    "puresvd": lambda seed: PureSVD(seed=seed),
    "ease": lambda _seed: Ease(),
    "recommend": lambda seed: Person(PersonSettings(history=FADING.history), FADING.kept, seed),
}
#: The one that the SQL functions answer with.
DEFAULT_RECOMMENDER = "recommend"


@dataclass(frozen=True)
class SpaceLists:
    """What stands nearest in a space, among the candidates alone; ranked as the store ranks."""

    rows: NDArray[np.int32]
    lists: Lists

    @staticmethod
    def of(
        space: Space, positions: NDArray[np.int32], candidates: NDArray[np.int32], k: int, budget: Budget
    ) -> SpaceLists:
        """Search `space`, whose items stand at `positions`, for the `k` candidates nearest to each candidate."""
        kept = np.isin(positions, candidates)
        rows = positions[kept]
        lists = np.full((len(rows), k), -1, np.int32)
        for block, neighbors, _scores in nearest_neighbors(space.vectors[kept], k, space.parts, budget):
            lists[block, : neighbors.shape[1]] = rows[neighbors]
        return SpaceLists(rows, lists)

    def __call__(self, items: NDArray[np.int32], k: int) -> Lists:
        """Return the lists of `items`, empty where they are not in the space."""
        place = np.minimum(np.searchsorted(self.rows, items), max(0, len(self.rows) - 1))
        there = self.rows[place] == items if len(self.rows) else np.zeros(len(items), np.bool_)
        found = np.full((len(items), k), -1, np.int32)
        found[there] = self.lists[place[there], :k]
        return found


class PopularLists:
    """The same for every item: what most people rated."""

    def __init__(self, train: Interactions, candidates: NDArray[np.int32], _seed: int) -> None:
        counts = np.bincount(train.items, minlength=train.n_items)[candidates]
        self._ranked = candidates[np.argsort(-counts, kind="stable")]

    def __call__(self, items: NDArray[np.int32], k: int) -> Lists:
        """Return the most rated, the item itself left out."""
        top = np.tile(self._ranked[: k + 1], (len(items), 1))
        itself = top == items[:, None]
        at = np.where(itself.any(axis=1), itself.argmax(axis=1), k)
        kept = np.delete(np.arange(top.size), np.arange(len(top)) * top.shape[1] + np.minimum(at, top.shape[1] - 1))
        return _filled(top.ravel()[kept].reshape(len(top), -1), k)


class RandomLists:
    """Anything for any item."""

    def __init__(self, _train: Interactions, candidates: NDArray[np.int32], seed: int) -> None:
        self._candidates = candidates
        self._seed = seed

    def __call__(self, items: NDArray[np.int32], k: int) -> Lists:
        """Return seeded draws; the same may come twice in a list, which hardly ever matters."""
        drawn = np.random.default_rng(self._seed).integers(0, len(self._candidates), (len(items), k))
        return self._candidates[drawn]


class CosineLists:
    """The items with the highest cosine of who rated what, lessened where few people rated both."""

    def __init__(self, train: Interactions, _candidates: NDArray[np.int32], _seed: int) -> None:
        self._weights = item_cosines(train, shrink=5.0, neighbors=100)

    def __call__(self, items: NDArray[np.int32], k: int) -> Lists:
        """Return the highest, equal ones by the smaller position."""
        rows = self._weights[items]
        row = np.repeat(np.arange(len(items)), np.diff(rows.indptr))
        order = np.lexsort((rows.indices, -rows.data, row))
        place = np.arange(len(order)) - rows.indptr[row]
        found = np.full((len(items), k), -1, np.int32)
        kept = place < k
        found[row[kept], place[kept]] = rows.indices[order[kept]]
        return found


#: The plain alternatives to a space, made from train, the candidates and a seed.
ALTERNATIVES: dict[str, Callable[[Interactions, NDArray[np.int32], int], Similarity]] = {
    "popularity": PopularLists,
    "random": RandomLists,
    "itemknn": CosineLists,
}


def _filled(lists: Lists, k: int) -> Lists:
    return np.pad(lists, ((0, 0), (0, k - lists.shape[1])), constant_values=-1)
