"""How near clips are to some that were drawn: what the labels of clips are learnt from.

A clip is compared by its seconds, with seconds drawn from all clips, and by its mean, with the means of some clips.
Nyström's approximation makes features of it, whose products are the kernel (Williams and Seeger, "Using the Nyström
method to speed up kernel machines", 2001).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recstore.budget import Budget
from recstore.models.audio import DIMENSIONS, SECONDS

Frames = npt.NDArray[np.uint8]
Array32 = npt.NDArray[np.float32]
Array64 = npt.NDArray[np.float64]

_SECONDS, _CLIPS = 1000, 500
#: How quickly a kernel falls with the squared distance of unit vectors, and what the means count beside the seconds.
SECOND_WIDTH, CLIP_WIDTH = 0.4, 0.35
_CLIP_FACTOR = 0.5
_JITTER = 1e-5
_BLOCK = 512


@dataclass(frozen=True)
class Landmarks:
    """What clips are compared with: `seconds` (m, 128) and `clips` (l, 128) float32, of unit length, less `center`."""

    center: Array64
    seconds: Array32
    clips: Array32

    @classmethod
    def draw(cls, frames: Frames, center: Array64, rng: np.random.Generator) -> Landmarks:
        """Draw from the clips, (n, 1280) uint8; equal ones are taken once."""
        seconds = frames.reshape(-1, DIMENSIONS)
        some = np.sort(rng.choice(len(seconds), min(_SECONDS, len(seconds)), replace=False))
        clips = np.sort(rng.choice(len(frames), min(_CLIPS, len(frames)), replace=False))
        single = np.unique(seconds[some], axis=0).astype(np.float32) - center.astype(np.float32)
        return cls(center, _unit(single), _units(np.unique(frames[clips], axis=0), center)[1])

    def __len__(self) -> int:
        """Return how many there are of both."""
        return len(self.seconds) + len(self.clips)

    def kernels(self, frames: Frames, budget: Budget | None = None) -> Array32:
        """Return how near (n, 1280) uint8 clips are to each landmark: (n, len(self)) float32, over 0 and up to 1.

        By seconds: exp(-width * distance²), the mean over the ten; then by means, likewise.
        """
        near = np.empty((len(frames), len(self)), np.float32)
        m = len(self.seconds)

        def fill(start: int) -> None:
            block = frames[start : start + _BLOCK]
            seconds, means = _units(block, self.center)
            by_second = _gauss(seconds, self.seconds, SECOND_WIDTH).reshape(len(block), SECONDS, m)
            near[start : start + _BLOCK, :m] = by_second.mean(axis=1)
            near[start : start + _BLOCK, m:] = _gauss(means, self.clips, CLIP_WIDTH)

        # Each has its clips as seconds, and how near these are to all landmarks.
        size = 4 * _BLOCK * SECONDS * (2 * DIMENSIONS + 2 * len(self))
        with ThreadPoolExecutor((budget or Budget.of()).workers(size)) as pool:
            list(pool.map(fill, range(0, len(frames), _BLOCK)))
        return near

    def whitening(self) -> tuple[Array64, Array64]:
        """Return the matrices (m, m) and (l, l) that make features of kernel values, by seconds and by means."""
        factors = []
        for landmarks, width in ((self.seconds, SECOND_WIDTH), (self.clips, CLIP_WIDTH)):
            kernel = _gauss(landmarks, landmarks, width).astype(np.float64)
            kernel[np.diag_indices(len(kernel))] += _JITTER
            factors.append(np.linalg.inv(np.linalg.cholesky(kernel)).T)
        return factors[0], _CLIP_FACTOR * factors[1]


def _units(frames: Frames, center: Array64) -> tuple[Array32, Array32]:
    """Return the seconds (n * 10, 128) and the means (n, 128) of clips, less the centre, of unit length."""
    seconds = frames.reshape(-1, SECONDS, DIMENSIONS).astype(np.float32) - center.astype(np.float32)
    return _unit(seconds.reshape(-1, DIMENSIONS)), _unit(seconds.mean(axis=1))


def _unit(rows: Array32) -> Array32:
    """Return the rows of unit length, but for those of no length."""
    lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None]
    rows /= np.maximum(lengths, np.float32(1e-6))
    return rows


def _gauss(points: Array32, landmarks: Array32, width: float) -> Array32:
    near: Array32 = points @ landmarks.T
    near -= 1
    near *= np.float32(2 * width)
    np.exp(near, out=near)
    return near
