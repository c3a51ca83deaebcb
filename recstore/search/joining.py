"""Nearest neighbours when some vectors join others whose neighbours are known: only what changes is searched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recstore.budget import Budget
from recstore.search.exact import Block
from recstore.search.ranking import SCORE_STEPS, steps

_BLOCK = 4096
#: How far a product of unit vectors in single precision may be off.
_SINGLE = 2e-5
#: Scores of a block against those that join may take so many numbers.
_SCORES = 8 << 20

Lists = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]
#: A row, another that may come among its neighbours, and their score in steps.
_Entering = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Joining:
    """`vectors` (n, d) float32 of unit length, of which those at `anew` (a,), ascending, are searched; k < n.

    All others have k neighbours each, none of them at `anew`: those at `joins` (t,), part of `anew`, are what may come
    among them. `last` (n,) float32 are the scores of their last neighbours. `lists(rows)` returns the neighbours
    (m, k), as positions, and scores, of some rows (m,), ascending, that are not at `anew`, in rank order.
    """

    vectors: npt.NDArray[np.float32]
    anew: npt.NDArray[np.intp]
    joins: npt.NDArray[np.intp]
    last: npt.NDArray[np.float32]
    k: int
    lists: Callable[[npt.NDArray[np.intp]], Lists]

    def changed(self, budget: Budget) -> tuple[npt.NDArray[np.intp], Iterator[Block]]:
        """Return the rows that have other neighbours now, ascending, and these, as `nearest_neighbors` yields them."""
        own, pairs = self._search(budget)
        rows = np.union1d(self.anew, pairs[0])
        return rows, self._blocks(rows, own, pairs)

    def _blocks(self, changed: npt.NDArray[np.intp], own: Lists, pairs: _Entering) -> Iterator[Block]:
        order = np.argsort(pairs[0], kind="stable")
        row, other, step = (one[order] for one in pairs)
        for start in range(0, len(changed), _BLOCK):
            rows = changed[start : start + _BLOCK]
            near, score = np.empty((len(rows), self.k), np.int32), np.empty((len(rows), self.k), np.float32)
            is_anew = np.isin(rows, self.anew)
            place = np.searchsorted(self.anew, rows[is_anew])
            near[is_anew], score[is_anew] = own[0][place], own[1][place]
            begin, stop = np.searchsorted(row, [rows[0], rows[-1] + 1])
            if stop > begin:
                at = np.flatnonzero(~is_anew)
                which = np.searchsorted(rows[at], row[begin:stop])
                near[at], score[at] = self._merged(*self.lists(rows[at]), which, other[begin:stop], step[begin:stop])
            yield rows, near, score

    def _merged(
        self,
        near: npt.NDArray[np.int32],
        score: npt.NDArray[np.float32],
        which: npt.NDArray[np.intp],
        other: npt.NDArray[np.intp],
        step: npt.NDArray[np.int64],
    ) -> Lists:
        """Return lists (m, k) with further candidates taken in: `which` (c,) list, its position, its score in steps."""
        lists = np.concatenate([np.repeat(np.arange(len(near)), self.k), which])
        ids = np.concatenate([near.ravel(), other])
        every = np.concatenate([steps(score.ravel().astype(np.float64)), step])
        return _best(lists, ids, every, len(near), self.k)

    def _search(self, budget: Budget) -> tuple[Lists, _Entering]:
        """Return the neighbours of those at `anew`, and the pairs (row, joining, steps) that may enter another's."""
        n, a = len(self.vectors), len(self.anew)
        asked = np.ascontiguousarray(self.vectors[self.anew].T)
        is_join = np.isin(self.anew, self.joins)
        is_anew = np.zeros(n, np.bool_)
        is_anew[self.anew] = True
        least = np.full(a, -2.0, np.float32)
        found, entering = [], []
        size = max(self.k + 1, min(_BLOCK, _SCORES // max(1, a)))
        for start in range(0, n, size):
            rows = np.arange(start, min(start + size, n))
            with budget.turn():
                scores = self.vectors[rows] @ asked
            if len(rows) > self.k:
                cut = len(rows) - self.k - 1
                np.maximum(least, np.partition(scores, cut, axis=0)[cut] - _SINGLE, out=least)
            found.append(_pairs(scores >= least, start))
            others = ~is_anew[rows]
            enters = (scores >= (self.last[rows] - _SINGLE)[:, None]) & others[:, None] & is_join
            entering.append(_pairs(enters, start))
        row, column = (np.concatenate(part) for part in zip(*found, strict=True))
        itself = row == self.anew[column]
        row, column = row[~itself], column[~itself]
        own = _best(column, row, self._steps(row, self.anew[column]), a, self.k)
        row, column = (np.concatenate(part) for part in zip(*entering, strict=True))
        other = self.anew[column]
        return own, (row, other, self._steps(row, other))

    def _steps(self, one: npt.NDArray[np.intp], other: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
        """Return the products of pairs in double precision, as whole steps."""
        found = np.empty(len(one), np.int64)
        for begin in range(0, len(one), _BLOCK):
            some = slice(begin, begin + _BLOCK)
            left, right = (self.vectors[at[some]].astype(np.float64) for at in (one, other))
            found[some] = steps(np.einsum("ij,ij->i", left, right))
        return found


def _pairs(chosen: npt.NDArray[np.bool_], start: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    row, column = np.nonzero(chosen)
    return row + start, column


def _best(
    lists: npt.NDArray[np.intp], ids: npt.NDArray[np.integer], step: npt.NDArray[np.int64], count: int, k: int
) -> Lists:
    """Return, of candidates (c,) for so many lists, the k best of each: larger scores first, then the smaller row."""
    order = np.lexsort((ids, -step, lists))
    begin = np.searchsorted(lists[order], np.arange(count))
    top = order[begin[:, None] + np.arange(k)]
    return ids[top].astype(np.int32), (step[top] / SCORE_STEPS).astype(np.float32)
