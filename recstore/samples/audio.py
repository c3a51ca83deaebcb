"""A small sample of audio clips, generated: invented clips of some styles of music, and three sounds to play.

The clips are in JSON, as `recstore export-audio-json` writes them, so that they are read without TensorFlow.
"""

from __future__ import annotations

import csv
import json
import wave
from pathlib import Path

import numpy as np

_MUSIC = "/m/04rlf"
_STYLES = ("Jazz", "Techno", "Opera", "Reggae", "Lullaby", "Flamenco")
_INSTRUMENTS = ("Guitar", "Piano", "Violin, fiddle", "Drum")
_NAMES = ("Speech", "Music", *_STYLES, *_INSTRUMENTS)
_RATE = 16_000
#: A clip that is always in the sample, for examples.
EXAMPLE_CLIP = "sampleClip0"


def write_audio_sample(folder: Path, *, clips: int = 240, seed: int = 0) -> None:
    """Write sample.json, class_labels_indices.csv and ontology.json; the same seed, the same files.

    Every clip has a style and an instrument, which make the 128 numbers of each of its seconds, and are its labels.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    mids = [_MUSIC if name == "Music" else f"/m/sample{index:02}" for index, name in enumerate(_NAMES)]
    with (folder / "class_labels_indices.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("index", "mid", "display_name"))
        writer.writerows(zip(range(len(mids)), mids, _NAMES, strict=True))
    children = [mid for mid, name in zip(mids, _NAMES, strict=True) if name not in ("Speech", "Music")]
    ontology = [{"id": mid, "child_ids": children if mid == _MUSIC else []} for mid in mids]
    (folder / "ontology.json").write_text(json.dumps(ontology), encoding="utf-8")

    sound = rng.normal(0, 30, (len(_NAMES), 128))
    made = []
    for number in range(clips):
        style = _NAMES.index(_STYLES[number % len(_STYLES)])
        instrument = _NAMES.index(_INSTRUMENTS[rng.integers(len(_INSTRUMENTS))])
        clip = 128 + sound[style] + 0.5 * sound[instrument] + rng.normal(0, 15, 128)
        frames = np.clip(np.rint(clip + rng.normal(0, 10, (10, 128))), 0, 255).astype(int)
        video = EXAMPLE_CLIP if number == 0 else "sample" + _letters(rng.integers(26, size=5))
        start = int(rng.integers(0, 300))
        times = {"video_id": video, "start_seconds": start, "end_seconds": start + len(frames)}
        labels = ["Music", _NAMES[style], _NAMES[instrument]]
        made.append({**times, "labels": labels, "split": "bal_train", "frames": frames.tolist()})
    (folder / "sample.json").write_text(json.dumps(made), encoding="utf-8")


def _letters(numbers: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> str:
    return "".join(chr(ord("a") + int(number)) for number in numbers)


def write_sounds(folder: Path) -> dict[str, Path]:
    """Write three sounds of ten seconds, as WAV, and return each by what it is."""
    folder.mkdir(parents=True, exist_ok=True)
    time = np.arange(10 * _RATE) / _RATE
    rng = np.random.default_rng(0)
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220.0, 277.2, 329.6, 440.0)) * np.exp(-(time % 2.5))
    since = time % 0.5
    drum = np.sin(2 * np.pi * 60 * since) * np.exp(-12 * since) + rng.normal(0, 0.3, len(time)) * np.exp(-40 * since)
    sounds = {"a chord": chord / 4, "a drum loop": drum / 2, "noise": rng.normal(0, 0.2, len(time))}
    found = {}
    for name, samples in sounds.items():
        found[name] = folder / f"{name.rpartition(' ')[2]}.wav"
        with wave.open(str(found[name]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(_RATE)
            file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return found
