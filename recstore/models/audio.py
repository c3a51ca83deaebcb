"""The audio spaces: what AudioSet's embeddings say of a whole clip."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recstore.models.svd import unit_rows

SECONDS = 10
DIMENSIONS = 128
_BLOCK = 4096


class Clips(Protocol):
    """The frames of clips, an array (n_clips, 1280) uint8, second by second, or what gives some of them as one."""

    def __len__(self) -> int:
        """Return how many clips there are."""

    def __getitem__(self, rows: slice | npt.NDArray[np.intp], /) -> npt.NDArray[np.uint8]:
        """Return the frames (m, 1280) uint8 of some, by their places."""


def mean_vectors(
    frames: Clips,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return the mean over the seconds of each clip, minus the mean of all clips, brought to unit length.

    `frames` are those of n_clips. Returns (m, 128) float32, the (n_clips,) mask of the clips
    that have a vector, and the centre (128,) that a new clip's mean is lessened by.
    """
    n = len(frames)
    # Ten bytes add up to less than 2 ** 16.
    sums = np.empty((n, DIMENSIONS), np.uint16)
    for start in range(0, n, _BLOCK):
        block = frames[start : start + _BLOCK].reshape(-1, SECONDS, DIMENSIONS)
        sums[start : start + _BLOCK] = block.sum(axis=1, dtype=np.uint16)
    # They are whole numbers, so the centre does not depend on the order of adding.
    center: npt.NDArray[np.float64] = sums.sum(axis=0, dtype=np.uint64) / (SECONDS * max(1, n))
    vectors, kept = np.empty((n, DIMENSIONS), np.float32), np.empty(n, np.bool_)
    done = 0
    for start in range(0, n, _BLOCK):
        units, kept[start : start + _BLOCK] = unit_rows(sums[start : start + _BLOCK] / SECONDS - center)
        vectors[done : done + len(units)] = units
        done += len(units)
    return vectors[:done], kept, center


def sequence_vectors(
    frames: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return the bytes of all seconds concatenated, as the original notebook did, brought to unit length.

    `frames` is (n_clips, 1280) uint8; returns (m, 1280) float32 and the (n_clips,) mask of the clips that have one.
    """
    as_floats: npt.NDArray[np.floating[Any]] = frames.astype(np.float32)
    return unit_rows(as_floats)
