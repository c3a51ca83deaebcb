"""What the functions are to answer, in NumPy over what is stored: an implementation of its own, by docs/sql.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

STEPS = 100_000


class Answers:
    """The items of one catalogue with their vectors, and what follows on a question."""

    def __init__(self, store: Path, items: str, key: str, vectors: str, popularity: str) -> None:
        with duckdb.connect(str(store), read_only=True) as con:
            rows = con.execute(f"SELECT {key}, {popularity} FROM {items} ORDER BY {key}").fetchall()
            found = con.execute(f"SELECT space, {key}, vector FROM {vectors} ORDER BY space, {key}").fetchall()
            self.table = con.execute(f"FROM {items} ORDER BY {key}").fetchdf()
        self.ids = np.array([row[0] for row in rows])
        known = np.log1p(np.array([row[1] for row in rows], float))
        self.share = 2 * known / known.max() - 1
        self.vectors: dict[str, dict[int, npt.NDArray[np.float64]]] = {}
        for space, item, vector in found:
            self.vectors.setdefault(space, {})[item] = np.array(vector, np.float32).astype(float)

    def similar(
        self,
        items: Sequence[int],
        k: int,
        spaces: Sequence[str],
        passing: npt.NDArray[np.bool_],
        disliked: Sequence[int] = (),
        exclude: Sequence[int] = (),
        boost: npt.NDArray[np.float64] | float = 1.0,
        popularity: float = 0.0,
        diversity: float = 0.0,
    ) -> list[tuple[int, int, float, str]]:
        """Return (rank, id, score, space) of what is most like some items."""
        space = next((one for one in spaces if any(item in self.vectors[one] for item in items)), None)
        if space is None:
            return []
        held = self.vectors[space]
        question = np.mean([held[item] for item in dict.fromkeys(items) if item in held], axis=0)
        against = [held[item] for item in dict.fromkeys(disliked) if item in held]
        if against:
            question = question - np.mean(against, axis=0) / 2
        apart = {*items, *disliked, *exclude}
        places = [place for place, item in enumerate(self.ids) if item in held and passing[place] and item not in apart]
        if not places:
            return []
        cosines = rounded(np.array([held[self.ids[place]] @ question for place in places]) * STEPS)
        factor = np.broadcast_to(boost, self.ids.shape)[places] * (1 + popularity * self.share[places])
        scores = rounded(cosines * factor)
        ids = self.ids[places]
        best = ranked(scores, ids, max(100, 5 * k) if diversity else k)
        order = diverse(scores[best], [held[one] for one in ids[best]], k, diversity)
        return [
            (rank, int(ids[best][place]), round(float(scores[best][place]) / STEPS, 5), space)
            for rank, place in enumerate(order, start=1)
        ]


def rounded(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round as SQL does: halves away from zero."""
    return np.sign(numbers) * np.floor(np.abs(numbers) + 0.5)


def ranked(scores: npt.NDArray[np.float64], ids: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.int64]:
    """Return the places of the k greatest scores; of equal ones the smaller id first."""
    return np.lexsort((ids, -scores))[:k]


def diverse(
    relevance: npt.NDArray[np.float64], vectors: Sequence[npt.NDArray[np.float64] | None], k: int, diversity: float
) -> list[int]:
    """Return places by maximal marginal relevance (Carbonell and Goldstein 1998), in steps of a score."""
    width = next((len(vector) for vector in vectors if vector is not None), 1)
    # What has no vector is near to nothing.
    matrix = np.array([np.zeros(width) if vector is None else vector for vector in vectors]).reshape(-1, width)
    chosen: list[int] = []
    left, nearest = np.arange(len(relevance)), np.zeros(len(relevance))
    while len(left) and len(chosen) < k:
        best = int(np.argmax((1 - diversity) * relevance[left] - diversity * nearest[left]))
        place = int(left[best])
        near = rounded(matrix @ matrix[place] * STEPS)
        nearest = np.maximum(nearest, near) if chosen else near
        chosen.append(place)
        left = np.delete(left, best)
    return chosen
