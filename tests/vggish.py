"""VGGish as the tests have it: checkpoints of seeded weights, what they give by NumPy alone, and sounds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

#: The widths of the released layers, and of ones that are quick.
FULL = (64, 128, 256, 256, 512, 512, 4096, 4096, 128)
TINY = (2, 3, 4, 4, 5, 5, 32, 32, 128)
LAYERS = (
    "conv1", "conv2", "conv3/conv3_1", "conv3/conv3_2", "conv4/conv4_1", "conv4/conv4_2", "fc1/fc1_1", "fc1/fc1_2",
    "fc2",
)  # fmt: skip
POOLED = (True, True, False, True, False, True)
CHECKPOINT, PCA = "vggish_model.ckpt", "vggish_pca_params.npz"


def variables(widths=TINY, seed=0):
    """Return seeded values of the 18 variables, so scaled that they neither grow nor die from layer to layer."""
    rng = np.random.default_rng(seed)
    found, before = {}, 1
    for number, (layer, width) in enumerate(zip(LAYERS, widths, strict=True)):
        if number == len(POOLED):
            before *= 6 * 4
        shape = (3, 3, before, width) if number < len(POOLED) else (before, width)
        # (The last one so that few embeddings are clipped.)
        scale = np.float32(np.sqrt(2 / np.prod(shape[:-1])) * (0.1 if layer == "fc2" else 1))
        found[f"vggish/{layer}/weights"] = rng.standard_normal(shape, np.float32) * scale
        found[f"vggish/{layer}/biases"] = rng.standard_normal(width, np.float32) * np.float32(0.1)
        before = width
    return found


def pca(seed=0):
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=(128, 128)))
    return {
        "pca_eigen_vectors": rotation.astype(np.float32),
        "pca_means": rng.normal(0, 0.1, (128, 1)).astype(np.float32),
    }


def write_checkpoint(path: Path, values) -> None:
    import tensorflow as tf

    # (Other variables stand in the released one, too.)
    values = {**values, "global_step": np.int64(1)}
    tf.raw_ops.Save(filename=str(path), tensor_names=list(values), data=list(values.values()))


def write_release(folder: Path, values, components) -> None:
    write_checkpoint(folder / CHECKPOINT, values)
    np.savez(folder / PCA, **components)


def release(folder: Path, figures, address="https://localhost:1/"):
    """Return what a release of the files in a folder is."""
    from recstore.sound.weights import Release, ReleasedFile

    files = []
    for name in (CHECKPOINT, PCA):
        path = folder / name
        files.append(ReleasedFile(name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()))
    return Release(address, *files, figures)


def oracle(values, examples):
    """Return the embeddings of examples (n, 96, 64) by matrix products of all patches, in NumPy."""
    found = examples[..., None].astype(np.float32)
    for layer, is_pooled in zip(LAYERS, POOLED, strict=False):
        weights, biases = values[f"vggish/{layer}/weights"], values[f"vggish/{layer}/biases"]
        padded = np.pad(found, ((0, 0), (1, 1), (1, 1), (0, 0)))
        patches = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        flat = patches.transpose(0, 1, 2, 4, 5, 3).reshape(*found.shape[:3], -1)
        found = np.maximum(flat @ weights.reshape(-1, weights.shape[-1]) + biases, 0)
        if is_pooled:
            n, rows, columns, width = found.shape
            found = found.reshape(n, rows // 2, 2, columns // 2, 2, width).max(axis=(2, 4))
    found = found.reshape(len(found), -1)
    for layer in LAYERS[len(POOLED) :]:
        found = found @ values[f"vggish/{layer}/weights"] + values[f"vggish/{layer}/biases"]
        if layer != "fc2":
            found = np.maximum(found, 0)
    return found


def oracle_scaled(values, components, examples):
    """Return what is truncated to bytes, as floats."""
    rotated = (oracle(values, examples) - components["pca_means"].T) @ components["pca_eigen_vectors"].T
    return (np.clip(rotated, -2, 2) + 2) * 255 / 4


def figures_of(values, components):
    """Return what the smoke test of these weights must find."""
    # (The second and the third example are equal to the first.)
    examples = oracle_log_mel(sine(1, 16_000))
    embeddings, made = oracle(values, examples), np.trunc(oracle_scaled(values, components, examples))
    return tuple(float(figure) for figure in (embeddings.mean(), embeddings.std(), made.mean(), made.std()))


def sine(seconds, rate, hertz=1000.0):
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def oracle_log_mel(samples):
    """Return the examples of samples at 16 kHz, one spectrum after the other by the definition of each part."""
    spectra = []
    window = [0.5 - 0.5 * np.cos(2 * np.pi * i / 400) for i in range(400)]
    for start in range(0, len(samples) - 400 + 1, 160):
        spectra.append(np.abs(np.fft.fft(np.append(samples[start : start + 400] * window, np.zeros(112)))[:257]))
    mel = 1127.0 * np.log(1 + np.arange(257) * 16_000 / 512 / 700)
    low, high = (1127.0 * np.log(1 + hertz / 700) for hertz in (125.0, 7500.0))
    step = (high - low) / 65
    bands = np.empty((257, 64))
    for band in range(64):
        place = (mel - (low + band * step)) / step
        bands[:, band] = np.clip(np.minimum(place, 2 - place), 0, None)
    bands[0] = 0
    logs = np.log(np.array(spectra).reshape(-1, 257) @ bands + 0.01)
    n = len(logs) // 96
    return logs[: n * 96].reshape(n, 96, 64)


def oracle_resampled(samples, rate):
    """Return samples at 16 kHz: of each new one the sum of old ones, weighed by where they stand (J. O. Smith)."""
    n, scale = -(-len(samples) * 16_000 // rate), min(1.0, 16_000 / rate)
    reach = int(50 / scale) + 1
    padded = np.pad(samples, reach)
    times = np.arange(n) * rate / 16_000
    before = np.floor(times).astype(int)
    made = np.zeros(n)
    for shift in range(-reach + 1, reach):
        away = (before + shift - times) * scale
        weight = 0.917347 * np.sinc(0.917347 * away) * np.i0(12.9846 * np.sqrt(np.clip(1 - (away / 50) ** 2, 0, None)))
        made += padded[before + shift + reach] * np.where(np.abs(away) <= 50, weight, 0)
    return made * scale / np.i0(12.9846)
