"""The best of candidates that come in blocks: chosen by single precision, ranked by double."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recstore.search.exact import NO_SCORE, error_of, exact_products
from recstore.search.ranking import SCORE_STEPS, steps

#: So many times k candidates for each question wait before they are sifted.
_WAITING = 16


class Found:
    """The k rows nearest to each of some questions, of the rows that were added."""

    def __init__(
        self,
        questions: npt.NDArray[np.float32],
        rows: npt.NDArray[np.float32],
        names: npt.NDArray[np.integer[Any]],
        k: int,
    ) -> None:
        """Begin with nothing found: `questions` (q, d) and `rows` (n, d) float32, unit; `names` (n,) tell rows apart.

        Of equal scores the smaller name comes first.
        """
        self._questions, self._rows, self._names, self._k = questions, rows, names, k
        #: A score in single precision that is lower than this is not among the k highest.
        self._least = np.full(len(questions), 0.75 * NO_SCORE, np.float32)
        self._margin = 1.5 / SCORE_STEPS + 2 * error_of(rows.shape[1])
        self._parts: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]] = []
        self._waiting = 0

    def add(self, asked: npt.NDArray[np.intp], first: int, scores: npt.NDArray[np.float32]) -> None:
        """Add the rows from `first` on, with their scores (len(asked), n_rows) for some of the questions."""
        if not self._parts and scores.shape[1] > self._k:
            place = scores.shape[1] - self._k
            self._least[asked] = np.partition(scores, place, axis=1)[:, place] - self._margin
        which = np.flatnonzero(scores >= self._least[asked][:, None])
        question, place = np.divmod(which, scores.shape[1])
        self._parts.append((asked[question], first + place, scores.ravel()[which]))
        self._waiting += len(which)
        if self._waiting > _WAITING * self._k * len(self._questions):
            self._sift()

    def best(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return the names (q, k) in rank order, and their scores: cosines rounded to 5 decimals."""
        self._sift()
        question, row, score = self._parts[0]
        order, begin = self._ranked(question, row, steps(score))
        top = order[begin[:, None] + np.arange(self._k)]
        return self._names[row[top]].astype(np.int32), (steps(score[top]) / SCORE_STEPS).astype(np.float32)

    def _sift(self) -> None:
        """Keep of what waits the k best of each question, with exact scores."""
        question, row, score = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        place, begin = self._ranked(question, row, steps(score))
        count = np.diff(np.append(begin, len(place)))
        full = np.flatnonzero(count >= self._k)
        self._least[full] = score[place[begin[full] + self._k - 1]] - self._margin
        near = np.flatnonzero(score >= self._least[question])
        question, row = question[near], row[near]
        exact = exact_products(self._questions, question, self._rows, row)
        order, begin = self._ranked(question, row, steps(exact))
        rank = np.arange(len(order)) - begin[question[order]]
        kept = order[rank < self._k]
        self._parts = [(question[kept], row[kept], exact[kept])]
        self._waiting = len(kept)

    def _ranked(
        self, question: npt.NDArray[np.intp], row: npt.NDArray[np.intp], step: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return candidates by question, then score from above, then name; and where each question begins."""
        # One integer for each sorts so.
        span = 5 * SCORE_STEPS
        key = (question * span + 2 * SCORE_STEPS - step) * len(self._names) + self._names[row]
        order = np.argsort(key)
        starts = np.arange(len(self._questions)) * (span * len(self._names))
        return order, np.searchsorted(key[order], starts)
