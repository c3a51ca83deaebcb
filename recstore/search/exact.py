"""Exact nearest neighbours, block by block: memory does not grow with the square of the catalogue."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from recstore.budget import Budget
from recstore.search.ranking import SCORE_STEPS, steps

#: What one block of scores may take, in bytes.
_BLOCK_BYTES = 12 << 20
_STRIDE = 8
#: Lower than any cosine: fills up the last stride.
NO_SCORE = -2.0
#: So many pairs are multiplied exactly at a time.
_PAIRS = 512
#: How far a number in single precision may be off, relative to it.
_SINGLE = 6e-8

Block = tuple[npt.NDArray[np.intp], npt.NDArray[np.int32], npt.NDArray[np.float32]]


def nearest_neighbors(
    vectors: npt.NDArray[np.float32], k: int, parts: tuple[int, ...] | None = None, budget: Budget | None = None
) -> Iterator[Block]:
    """Yield, for successive blocks of rows, their `min(k, n - 1)` nearest other rows in rank order.

    `vectors` is (n, d) float32 of unit length. Each block is a triple: the rows (b,), their neighbours' rows
    (b, m) int32, and the scores (b, m) float32: cosines rounded to 5 decimals, larger first, equal ones by the
    smaller row. `parts`: the widths of the concatenated vectors (they sum to d), whose products are taken one by one;
    None otherwise.

    What is equal is multiplied once, rows as well as parts of rows: without tags, all movies of the same genres are.
    All products are taken in single precision, and those that may be among the nearest again in double precision, so
    that SQL, which does the same, rounds every score alike. As many threads as the budget allows work on a block of
    their own: let the caller hold BLAS to one thread.
    """
    n = len(vectors)
    k = min(k, n - 1)
    if k < 1:
        return
    groups = _Groups(vectors, k, parts or (vectors.shape[1],))
    block = max(1, _BLOCK_BYTES // (8 * groups.count))
    bounds = list(pairwise([*range(0, groups.count, block), groups.count]))
    budget = budget or Budget.of()
    # Scores, products, and the candidates found in them.
    workers = budget.workers(4 * max(_BLOCK_BYTES, 8 * groups.count))

    def search(start: int, end: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        with budget.turn():
            return groups.search(np.arange(start, end))

    with ThreadPoolExecutor(workers) as pool:
        waiting = deque(pool.submit(search, *bound) for bound in bounds[: 2 * workers])
        for index, (start, end) in enumerate(bounds):
            members, scores = waiting.popleft().result()
            if index + 2 * workers < len(bounds):
                waiting.append(pool.submit(search, *bounds[index + 2 * workers]))
            yield groups.rows_between(start, end, members, scores)


def neighbors_of_rows(
    vectors: npt.NDArray[np.float32], k: int, parts: tuple[int, ...] | None, begin: int, end: int
) -> Iterator[Block]:
    """Yield of `nearest_neighbors` what concerns the rows from `begin` to before `end`: several machines share them."""
    k = min(k, len(vectors) - 1)
    if k < 1:
        return
    groups = _Groups(vectors, k, parts or (vectors.shape[1],))
    step = max(1, _BLOCK_BYTES // (8 * groups.count))
    for start in range(begin, end, step):
        rows = np.arange(start, min(start + step, end))
        asked, place = np.unique(groups.group[rows], return_inverse=True)
        members, scores = groups.search(asked)
        yield groups.without_themselves(rows, members[place], scores[place])


def padded(count: int) -> int:
    """Return how many rows the scores of `count` candidates need for `near_top`; fill up with `NO_SCORE`."""
    return -(-count // _STRIDE) * _STRIDE


def near_top(
    scores: npt.NDArray[np.floating[Any]], m: int, error: float = 0.0
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.floating[Any]]]:
    """Return (asked, candidate, score) of all pairs that may be among the `m` highest of a column, and few others.

    `scores` is (padded, asked), one column per question. The m-th largest of the maxima over strides is at most the
    m-th largest score, and whatever lies below it by more than the rounding cannot be among the highest; `error` is
    how far each score may be off.
    """
    stride = _STRIDE if len(scores) // _STRIDE >= m else 1
    strided = scores.reshape(stride, -1, scores.shape[1])
    coarse = strided.max(axis=0)
    cut = len(coarse) - m
    threshold = np.partition(np.ascontiguousarray(coarse.T), cut, axis=1)[:, cut] - (1.5 / SCORE_STEPS + 2 * error)
    np.maximum(threshold, 0.75 * NO_SCORE, out=threshold)
    # Only strides whose maximum is high enough are looked at again.
    cell, asked = np.divmod(np.flatnonzero(coarse >= threshold), scores.shape[1])
    score = strided[:, cell, asked]
    high, place = np.nonzero(score >= threshold[asked])
    return asked[place], high * len(coarse) + cell[place], score[high, place]


def error_of(terms: int) -> float:
    """Return how far a product of unit vectors in single precision may be off: far more than it ever is."""
    return _SINGLE * terms


def exact_products(
    left: npt.NDArray[np.float32],
    one: npt.NDArray[np.intp],
    right: npt.NDArray[np.float32],
    other: npt.NDArray[np.intp],
) -> npt.NDArray[np.float64]:
    """Return the products (p,) of rows `one` (p,) of `left` and rows `other` (p,) of `right`, in double precision."""
    products = np.empty(len(one))
    for begin in range(0, len(one), _PAIRS):
        some = slice(begin, begin + _PAIRS)
        products[some] = np.einsum(
            "ij,ij->i", left[one[some]].astype(np.float64), right[other[some]].astype(np.float64)
        )
    return products


class _Part:
    """Some columns of the vectors: their distinct rows, and which of them each vector has."""

    def __init__(self, columns: npt.NDArray[np.float32]) -> None:
        as_bytes = np.ascontiguousarray(columns).view(np.dtype((np.void, columns.shape[1] * 4))).ravel()
        _, first, place = np.unique(as_bytes, return_index=True, return_inverse=True)
        by_first = np.argsort(first)
        self.rows = np.ascontiguousarray(columns[first[by_first]], np.float32)
        rank = np.empty_like(by_first)
        rank[by_first] = np.arange(len(by_first))
        self.place = rank[place]


class _Groups:
    """The distinct vectors, each standing for all rows that have it, in the order of their first rows."""

    def __init__(self, vectors: npt.NDArray[np.float32], k: int, widths: tuple[int, ...]) -> None:
        n = len(vectors)
        ends = np.cumsum(widths)
        self.parts = [_Part(vectors[:, end - width : end]) for width, end in zip(widths, ends, strict=True)]
        group = self.parts[0].place
        for part in self.parts[1:]:
            group = group * len(part.rows) + part.place
        _, first, inverse, counts = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
        by_first = np.argsort(first)
        place = np.empty_like(by_first)
        place[by_first] = np.arange(len(by_first))
        self.n = n
        self.k = k
        self.count = len(first)
        self.first = np.append(first[by_first], n)
        self.group = place[inverse]
        self.size = counts[by_first]
        self.members = np.argsort(self.group, kind="stable")
        self.begin = np.cumsum(self.size) - self.size
        self.places = [part.place[first[by_first]] for part in self.parts]
        self.local = threading.local()
        self.error = error_of(vectors.shape[1])
        # The lists of the groups whose rows come in several blocks.
        self.kept: dict[int, tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]] = {}

    def search(self, asked: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return the k + 1 rows nearest to each of some groups, its own rows among them, and their scores."""
        own = np.arange(len(asked))
        row, group, step = self._near_groups(asked)
        # Of one group no more than k + 1 rows can be among the nearest.
        size = np.minimum(self.size[group], self.k + 1)
        offset = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        member = self.members[np.repeat(self.begin[group], size) + offset]
        # One integer per candidate sorts by group, then score from above, then the smaller row.
        span = 5 * SCORE_STEPS
        key = np.repeat(row * span + (2 * SCORE_STEPS - step), size) * self.n + member
        key.sort()
        top = key[np.searchsorted(key, own * (span * self.n))[:, None] + np.arange(self.k + 1)]
        score = (2 * SCORE_STEPS - (top // self.n) % span) / SCORE_STEPS
        return (top % self.n).astype(np.int32), score.astype(np.float32)

    def _near_groups(
        self, groups: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.int64]]:
        """Return (row, group, score in steps) of all groups that may hold one of the k + 1 nearest rows."""
        width = padded(self.count)
        # One column per group that is asked about: parts are then brought to their groups by whole rows.
        scores, products = self._buffers(width, len(groups))
        found = scores[: self.count]
        scores[self.count :] = NO_SCORE
        for index, (part, place) in enumerate(zip(self.parts, self.places, strict=True)):
            asked = part.rows[place[groups]].T
            if len(self.parts) == 1:
                np.matmul(part.rows, asked, out=found)
                break
            product = np.matmul(part.rows, asked, out=products[: len(part.rows)])
            if index == 0:
                np.take(product, place, axis=0, out=found, mode="clip")
            else:
                found += product[place]
        row, group, _rough = near_top(scores, min(self.k + 1, self.count), self.error)
        return row, group, steps(self._exact(groups[row], group))

    def _exact(self, one: npt.NDArray[np.intp], other: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Return the products of pairs of groups in double precision."""
        score = np.zeros(len(one))
        for part, place in zip(self.parts, self.places, strict=True):
            score += exact_products(part.rows, place[one], part.rows, place[other])
        return score

    def _buffers(self, width: int, asked: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return this thread's room for (width, asked) scores and for the products of one part."""
        held = self.local.__dict__
        if "room" not in held or len(held["room"]) < 2 * width * asked:
            held["room"] = np.empty(2 * width * asked, np.float32)
        room = held["room"]
        size = width * asked
        return room[:size].reshape(width, asked), room[size : 2 * size].reshape(width, asked)

    def rows_between(
        self, start: int, end: int, members: npt.NDArray[np.int32], scores: npt.NDArray[np.float32]
    ) -> Block:
        """Return the block of the rows from the first of group `start` to before the first of group `end`."""
        for group in np.flatnonzero(self.size[start:end] > 1) + start:
            self.kept[int(group)] = members[group - start], scores[group - start]
        rows = np.arange(self.first[start], self.first[end])
        groups = self.group[rows]
        here = groups >= start
        near = np.empty((len(rows), self.k + 1), np.int32)
        score = np.empty((len(rows), self.k + 1), np.float32)
        near[here], score[here] = members[groups[here] - start], scores[groups[here] - start]
        for index in np.flatnonzero(~here):
            near[index], score[index] = self.kept[int(groups[index])]
        return self.without_themselves(rows, near, score)

    def without_themselves(
        self, rows: npt.NDArray[np.intp], near: npt.NDArray[np.int32], score: npt.NDArray[np.float32]
    ) -> Block:
        """Leave each row out of the k + 1 that are near it; where it is not among its nearest equals, the last."""
        itself = near == rows[:, None].astype(np.int32)
        position = np.where(itself.any(axis=1), itself.argmax(axis=1), self.k)[:, None]
        before = np.arange(self.k) < position
        return rows, np.where(before, near[:, :-1], near[:, 1:]), np.where(before, score[:, :-1], score[:, 1:])
