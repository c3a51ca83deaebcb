"""From samples to what VGGish sees: the sound at 16 kHz, as log-mel spectrograms of 0.96 seconds.

Hershey et al., "CNN architectures for large-scale audio classification", 2017, with the constants of its release
(vggish_params.py and mel_features.py in tensorflow/models).
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np
import numpy.typing as npt

RATE = 16_000
#: Of an example: how many spectra, and how many bands each.
EXAMPLE_FRAMES, BANDS = 96, 64
_WINDOW, _HOP, _FFT = 400, 160, 512
_LOWEST_HZ, _HIGHEST_HZ = 125.0, 7_500.0
_LOG_OFFSET = 0.01
#: The filter `kaiser_best` of resampy, with which VGGish's release resamples.
_ZEROS, _BETA, _ROLLOFF = 50, 12.9846, 0.917347


def resampled(samples: npt.NDArray[np.float64], rate: int) -> npt.NDArray[np.float64]:
    """Return mono samples (n,) of a sample rate in Hz at 16 kHz, ceil(n * 16,000 / rate) of them."""
    if rate == RATE:
        return samples
    from scipy.signal import resample_poly

    shared = gcd(rate, RATE)
    up, down = RATE // shared, rate // shared
    found: npt.NDArray[np.float64] = resample_poly(samples, up, down, window=_filter(max(up, down)))
    return found


@lru_cache(maxsize=4)
def _filter(width: int) -> npt.NDArray[np.float64]:
    """Return a sinc of 50 zeros on either side, `width` numbers from one zero to the next, under a Kaiser window."""
    half = _ZEROS * width
    places = np.arange(-half, half + 1) / width
    return np.asarray(_ROLLOFF * np.sinc(_ROLLOFF * places) * np.kaiser(2 * half + 1, _BETA) / width)


def n_examples(n_samples: int) -> int:
    """Return how many examples so many samples at 16 kHz give."""
    spectra = 1 + (n_samples - _WINDOW) // _HOP if n_samples >= _WINDOW else 0
    return spectra // EXAMPLE_FRAMES


def log_mel(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the examples (n, 96, 64) float64 of mono samples at 16 kHz, from -1 to 1; the rest is left out."""
    n = n_examples(len(samples))
    if n == 0:
        return np.empty((0, EXAMPLE_FRAMES, BANDS))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP][: n * EXAMPLE_FRAMES]
    spectra = np.abs(np.fft.rfft(frames * _hann(), _FFT))
    logs = np.log(spectra @ _mel_weights() + _LOG_OFFSET)
    return np.asarray(logs.reshape(n, EXAMPLE_FRAMES, BANDS))


@lru_cache(maxsize=1)
def _hann() -> npt.NDArray[np.float64]:
    """Return the periodic Hann window."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi / _WINDOW * np.arange(_WINDOW)))


@lru_cache(maxsize=1)
def _mel_weights() -> npt.NDArray[np.float64]:
    """Return what each frequency weighs in each band, (257, 64): triangles on the mel scale."""
    bins = _mel(np.linspace(0, RATE / 2, _FFT // 2 + 1))[:, None]
    edges = np.linspace(_mel(np.array(_LOWEST_HZ)), _mel(np.array(_HIGHEST_HZ)), BANDS + 2)
    lower, center, upper = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((bins - lower) / (center - lower), (upper - bins) / (upper - center)))
    weights[0] = 0
    return np.asarray(weights)


def _mel(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1127 * np.log(1 + hertz / 700))
