"""A small sample of audio clips in AudioSet's own record format, generated: invented clips of some styles of music.

Written without TensorFlow, which only the loader needs: the records are protocol buffers in TFRecord framing, see
https://www.tensorflow.org/tutorials/load_data/tfrecord.
"""

from __future__ import annotations

import csv
import json
import struct
from functools import cache
from pathlib import Path

import numpy as np

_MUSIC = "/m/04rlf"
_STYLES = ("Jazz", "Techno", "Opera", "Reggae", "Lullaby", "Flamenco")
_INSTRUMENTS = ("Guitar", "Piano", "Violin, fiddle", "Drum")
_NAMES = ("Speech", "Music", *_STYLES, *_INSTRUMENTS)
#: A clip that is always in the sample, for examples.
EXAMPLE_CLIP = "sampleClip0"


def write_audio_sample(folder: Path, *, clips: int = 240, seed: int = 0) -> None:
    """Write bal_train/sample.tfrecord, class_labels_indices.csv and ontology.json; the same seed, the same files.

    Every clip has a style and an instrument, which make the 128 numbers of each of its seconds, and are its labels.
    """
    rng = np.random.default_rng(seed)
    (folder / "bal_train").mkdir(parents=True, exist_ok=True)
    mids = [_MUSIC if name == "Music" else f"/m/sample{index:02}" for index, name in enumerate(_NAMES)]
    with (folder / "class_labels_indices.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("index", "mid", "display_name"))
        writer.writerows(zip(range(len(mids)), mids, _NAMES, strict=True))
    children = [mid for mid, name in zip(mids, _NAMES, strict=True) if name not in ("Speech", "Music")]
    ontology = [{"id": mid, "child_ids": children if mid == _MUSIC else []} for mid in mids]
    (folder / "ontology.json").write_text(json.dumps(ontology), encoding="utf-8")

    sound = rng.normal(0, 30, (len(_NAMES), 128))
    with (folder / "bal_train" / "sample.tfrecord").open("wb") as file:
        for number in range(clips):
            style = _NAMES.index(_STYLES[number % len(_STYLES)])
            instrument = _NAMES.index(_INSTRUMENTS[rng.integers(len(_INSTRUMENTS))])
            clip = 128 + sound[style] + 0.5 * sound[instrument] + rng.normal(0, 15, 128)
            frames = np.clip(np.rint(clip + rng.normal(0, 10, (10, 128))), 0, 255).astype(np.uint8)
            video = EXAMPLE_CLIP if number == 0 else "sample" + _letters(rng.integers(26, size=5))
            labels = [_NAMES.index("Music"), style, instrument]
            file.write(_framed(_example(video, float(rng.integers(0, 300)), labels, frames)))


def _letters(numbers: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> str:
    return "".join(chr(ord("a") + int(number)) for number in numbers)


def _example(
    video: str, start: float, labels: list[int], frames: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
) -> bytes:
    """Return a SequenceExample: its context features, and the list `audio_embedding`, one feature a second."""
    context = {
        "video_id": _field(1, _field(1, video.encode())),
        "start_time_seconds": _field(2, _field(1, struct.pack("<f", start))),
        "end_time_seconds": _field(2, _field(1, struct.pack("<f", start + len(frames)))),
        "labels": _field(3, _field(1, b"".join(map(_varint, labels)))),
    }
    features = b"".join(_entry(name, feature) for name, feature in context.items())
    seconds = b"".join(_field(1, _field(1, _field(1, second.tobytes()))) for second in frames)
    return _field(1, features) + _field(2, _entry("audio_embedding", seconds))


def _entry(key: str, value: bytes) -> bytes:
    """Return one entry of a map."""
    return _field(1, _field(1, key.encode()) + _field(2, value))


def _field(number: int, content: bytes) -> bytes:
    """Return a field of bytes, text, packed numbers or a message."""
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    groups = [value & 127]
    while value := value >> 7:
        groups.append(value & 127)
    return bytes([group | 128 for group in groups[:-1]] + groups[-1:])


def _framed(record: bytes) -> bytes:
    length = struct.pack("<Q", len(record))
    return length + _checksum(length) + record + _checksum(record)


def _checksum(data: bytes) -> bytes:
    """Return the CRC-32C of some bytes, masked as TFRecord wants it."""
    table, value = _crc_table(), 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 255] ^ value >> 8
    value ^= 0xFFFFFFFF
    return struct.pack("<I", ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@cache
def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)  # noqa: PLW2901 - one bit after the other
        table.append(value)
    return table
