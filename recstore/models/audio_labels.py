"""The labels of clips, learnt from their embeddings by a ridge regression on kernels, cross-fitted.

The weights are in closed form: once without each fold of the clips, so that no clip is judged by a model that saw its
labels, and once on all of them, for clips that were not learnt from.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from recstore.budget import Budget
from recstore.models.audio import DIMENSIONS, SECONDS, Clips
from recstore.models.audio_kernels import Array32, Array64, Frames, Landmarks
from recstore.models.svd import unit_rows

#: So many clips it takes to learn anything, and no more are learnt from.
LEAST_CLIPS, MOST_CLIPS = 200, 30_000
#: A label is learnt that so many clips have, and less than this share of all.
LEAST_WITH_LABEL, LARGEST_SHARE = 20, 1 / 3
FOLDS = 10
_RIDGE = 0.06
#: What is sure stands out by this power, beside a change of this length.
POWER, CHANGE = 1.35, 0.1
_BLOCK = 4096
#: What is worth keeping of what a label's likelihood is held to be: below, the ridge says too much.
LEAST_LIKELY, MOST_LIKELY = 0.1, 10


@dataclass(frozen=True)
class LabelModel:
    """All that it takes to bring a new clip in: kernel values times weights, plus bias, is a score for each label.

    `columns` (n,) are the labels that were learnt, by their columns in the labels given; `weighed` (w,) are those of
    them that the space is made of. `weights` (m, w + n) float32, a row for each landmark, and `bias` (w + n,) are first
    for what each of these weighs in a clip, all of which have length 1 in what was learnt, less the mean of all clips;
    then for how likely each label is.
    """

    landmarks: Landmarks
    columns: npt.NDArray[np.intp]
    weighed: npt.NDArray[np.intp]
    weights: Array32
    bias: Array64

    def outputs(self, frames: Frames, budget: Budget | None = None) -> Array32:
        """Return the weights and likelihoods (n, w + n_columns) of clips, (n, 1280) uint8."""
        found = np.empty((len(frames), len(self.bias)), np.float32)
        for start in range(0, len(frames), _BLOCK):
            kernels = self.landmarks.kernels(frames[start : start + _BLOCK], budget).astype(np.float64)
            found[start : start + _BLOCK] = kernels @ self.weights + self.bias
        return found


@dataclass(frozen=True)
class Judged:
    """What the labels of all clips are held to be.

    `scores` (n_clips, w) float32 say what each of `model.weighed` weighs in a clip. The likeliest labels are triples of
    `rows`, `places` among `model.columns`, and `probabilities`, by clip and the likeliest first. `learnt` (n_clips,)
    marks the clips that the final model learnt from: each of them was judged by the model that was learnt without its
    fold, the others by the final one.
    """

    model: LabelModel
    scores: Array32
    rows: npt.NDArray[np.intp]
    places: npt.NDArray[np.intp]
    probabilities: Array32
    learnt: npt.NDArray[np.bool_]


def judge(
    frames: Clips,
    labels: Any,  # noqa: ANN401 - SciPy is not typed
    is_music: npt.NDArray[np.bool_],
    videos: npt.NDArray[np.integer[Any]],
    teachers: npt.NDArray[np.bool_],
    center: Array64,
    seed: int,
    budget: Budget | None = None,
) -> Judged | None:
    """Learn the labels from the clips that `teachers` (n,) marks, and judge all clips.

    `frames` are those of n clips, `labels` (n, n_labels) a CSR matrix of ones, of which `is_music`
    (n_labels,) marks those that clips are compared by. `videos` (n,) numbers the videos from 0: the clips of one are in
    one fold. Where there are more than 30,000 clips to learn from, as many are drawn. Returns None where
    there are fewer than 200, or fewer than two labels of music that at least 20 of them and less than a third have.
    """
    rng = np.random.default_rng(seed)
    turn = rng.permutation(int(videos.max(initial=-1)) + 1)[videos]
    learnt = teachers.copy()
    if learnt.sum() > MOST_CLIPS:
        learnt &= turn <= np.sort(turn[learnt])[MOST_CLIPS - 1]
    rows = np.flatnonzero(learnt)
    # By folds, so that each is one stretch of rows.
    rows = rows[np.argsort(turn[rows] % FOLDS, kind="stable")]
    known = labels[rows]
    clips_with = np.asarray(known.sum(axis=0)).ravel()
    columns = np.flatnonzero((clips_with >= LEAST_WITH_LABEL) & (clips_with < LARGEST_SHARE * len(rows)))
    weighed = columns[is_music[columns]]
    if len(rows) < LEAST_CLIPS or len(weighed) < 2:
        return None
    known = known.toarray().astype(np.float32)
    music = known[:, weighed]
    targets = np.hstack([music / np.sqrt(np.maximum(1, music.sum(axis=1, keepdims=True))), known[:, columns]])
    landmarks = Landmarks.draw(frames[np.sort(rows)], center, rng)
    by_second, by_clip = landmarks.whitening()
    m = len(by_second)
    features = landmarks.kernels(frames[rows], budget)
    features[:, :m] = features[:, :m] @ by_second.astype(np.float32)
    features[:, m:] = features[:, m:] @ by_clip.astype(np.float32)
    ends = np.searchsorted(turn[rows] % FOLDS, np.arange(FOLDS + 1))
    outputs, weights, bias = _cross_fit(features, targets, len(weighed), ends, budget or Budget.of())
    weights = np.vstack([by_second @ weights[:m], by_clip @ weights[m:]])
    model = LabelModel(landmarks, columns, weighed, weights.astype(np.float32), bias)
    return _judge_all(model, frames, learnt, rows, outputs, budget)


def label_vectors(scores: Array32, frames: Clips) -> tuple[Array32, npt.NDArray[np.bool_]]:
    """Return what the labels weigh and how the sound changes, concatenated and brought to unit length.

    `scores` is (n, n_labels) and `frames` are those of n clips; returns (m, n_labels + 128) float32 and the (n,) mask
    of the clips that have a vector. Scores are raised to the power of 1.35, with their sign, so that what is sure
    stands out. The change, every second second less every first, is given one length and is hardly alike in any two
    clips: so clips of which the labels say little are near to none, rather than to each other.
    """
    n = scores.shape[1]
    vectors = np.empty((len(scores), n + DIMENSIONS), np.float32)
    kept = np.ones(len(scores), np.bool_)
    signs = np.where(np.arange(SECONDS) % 2, 1.0, -1.0)
    done = 0
    for start in range(0, len(frames), _BLOCK):
        block = scores[start : start + _BLOCK].astype(np.float64)
        seconds = frames[start : start + _BLOCK].reshape(-1, SECONDS, DIMENSIONS)
        change = np.einsum("nsd,s->nd", seconds, signs)
        length = np.sqrt(np.einsum("nd,nd->n", change, change))[:, None]
        whole = np.hstack([np.sign(block) * np.abs(block) ** POWER, CHANGE * change / np.maximum(length, 1)])
        units, kept[start : start + _BLOCK] = unit_rows(whole)
        vectors[done : done + len(units)] = units
        done += len(units)
    return vectors[:done], kept


def _judge_all(
    model: LabelModel,
    frames: Clips,
    learnt: npt.NDArray[np.bool_],
    rows: npt.NDArray[np.intp],
    outputs: Array32,
    budget: Budget | None,
) -> Judged:
    """Join the outputs of the clips that were learnt from, which stand at `rows`, with those of all others."""
    n = len(model.weighed)
    scores = np.empty((len(frames), n), np.float32)
    scores[rows] = outputs[:, :n]
    found = [_likeliest(rows, outputs[:, n:])]
    others = np.flatnonzero(~learnt)
    for start in range(0, len(others), _BLOCK):
        block = others[start : start + _BLOCK]
        outputs = model.outputs(frames[block], budget)
        scores[block] = outputs[:, :n]
        found.append(_likeliest(block, outputs[:, n:]))
    clips, places, probabilities = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(clips, kind="stable")
    return Judged(model, scores, clips[order], places[order], probabilities[order], learnt)


def _likeliest(
    rows: npt.NDArray[np.intp], probabilities: Array32
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Array32]:
    """Return (rows, places, probabilities) of the likeliest labels of each clip, the likeliest first."""
    most = min(MOST_LIKELY, probabilities.shape[1])
    places = np.argsort(-probabilities, axis=1, kind="stable")[:, :most].ravel()
    row = np.repeat(np.arange(len(rows)), most)
    likely = np.clip(probabilities[row, places], 0, 1)
    enough = likely >= LEAST_LIKELY
    return rows[row[enough]], places[enough], likely[enough]


def _cross_fit(
    features: Array32, targets: Array32, n_centred: int, ends: npt.NDArray[np.intp], budget: Budget
) -> tuple[Array32, Array64, Array64]:
    """Regress `targets` (n, t) on `features` (n, m), with a ridge.

    The folds are the stretches of rows between `ends`. Returns the outputs (n, t), those of each fold with weights
    learnt from the others; and the weights (m, t) and bias (t,) learnt from all. The first `n_centred` outputs are
    less the mean of what was learnt from.
    """
    folds = [(features[a:b], targets[a:b]) for a, b in pairwise(ends)]
    fold_squares, fold_products = [f.T @ f for f, _ in folds], [f.T @ t for f, t in folds]
    squares: Array64 = np.sum(fold_squares, axis=0, dtype=np.float64)
    products: Array64 = np.sum(fold_products, axis=0, dtype=np.float64)

    def solve(count: int, square: Array64, product: Array64, left_out: slice) -> tuple[Array64, Array64]:
        mean = (sums - features[left_out].sum(axis=0, dtype=np.float64)) / count
        level = (totals - targets[left_out].sum(axis=0, dtype=np.float64)) / count
        square = square - count * np.outer(mean, mean)
        square[np.diag_indices(len(square))] += _RIDGE
        weights = np.linalg.solve(square, product - count * np.outer(mean, level))
        level[:n_centred] = 0
        return weights, level - mean @ weights

    sums, totals = features.sum(axis=0, dtype=np.float64), targets.sum(axis=0, dtype=np.float64)
    outputs = np.empty(targets.shape, np.float32)

    def judge_fold(fold: int) -> None:
        a, b = ends[fold], ends[fold + 1]
        square: Array64 = np.subtract(squares, fold_squares[fold])
        product: Array64 = np.subtract(products, fold_products[fold])
        weights, bias = solve(len(features) - (b - a), square, product, slice(a, b))
        outputs[a:b] = features[a:b] @ weights.astype(np.float32) + bias

    # Each fold is computed by itself on one thread, so the result does not depend on how many there are.
    # Each has three square matrices in double precision, and two of the size of the products.
    size = 3 * squares.nbytes + 2 * products.nbytes
    with ThreadPoolExecutor(budget.workers(size)) as pool:
        list(pool.map(judge_fold, range(len(folds))))
    return outputs, *solve(len(features), squares, products, slice(0, 0))
