"""Decodes sound files in a process of its own: `python -m recstore.sound.decoder_process`.

Decoders write to stderr as they like, and a hostile file may make one die; here neither reaches anybody. From stdin
come requests, to stdout go messages, as `decoding` describes them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from recstore.sound.containers import missing, why_not_read

#: The kinds of messages: the head of a file, ten seconds of it, its end, and what is wrong with it.
HEAD, PIECE, END, FAULT = b"H", b"P", b"E", b"X"
PIECE_SECONDS = 10
#: How many numbers are decoded at a time, over all channels.
_BLOCK = 1 << 18
_FORMATS = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "MP3", "OGG", "AIFF", "AU", "CAF")
_NO_SOUND = "no sound that can be read (WAV, FLAC, MP3, OGG, Opus, AIFF)"
_SLOWEST, _FASTEST = 1_000, 768_000
#: Beyond so many times full scale a sample is no sound.
_LOUDEST = 1e6


class Fault(Exception):  # noqa: N818 - a reason, in a few words
    """Why a file is not read."""


def main(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more: one byte for whether tags are wanted, and the path, by its length."""
    while (head := requests.read(5)) and len(head) == 5:
        path = Path(os.fsdecode(requests.read(int.from_bytes(head[1:], "big"))))
        try:
            for kind, content in _decoded(path, head[:1] == b"t"):
                _send(answers, kind, content)
        except Fault as fault:
            _send(answers, FAULT, str(fault).encode("utf-8", "replace"))
        except OSError as error:
            _send(answers, FAULT, f"it cannot be read ({error.strerror or error})".encode("utf-8", "replace"))
        except Exception as error:
            # Whatever a decoder stumbles over in a file is a reason not to read that file.
            _send(answers, FAULT, _cleaned(error).encode("utf-8", "replace"))


def _send(answers: IO[bytes], kind: bytes, content: bytes | memoryview) -> None:
    answers.write(kind + len(content).to_bytes(4, "big"))
    answers.write(content)
    answers.flush()


def _decoded(path: Path, with_tags: bool) -> Iterator[tuple[bytes, bytes | memoryview]]:
    import soundfile

    with path.open("rb") as file:
        reason = why_not_read(file.read(64))
    if reason:
        raise Fault(reason)
    lacking = missing(path)
    if lacking:
        raise Fault(f"it is cut short: {lacking}")
    try:
        sound = soundfile.SoundFile(os.fsencode(path))
    except (soundfile.SoundFileError, TypeError, ValueError) as error:
        raise Fault(_NO_SOUND) from error
    with sound:
        if sound.format == "RAW":  # what has no head is taken for that
            raise Fault(_NO_SOUND)
        if sound.format not in _FORMATS:
            raise Fault(f"{sound.format} is not read; convert it to FLAC")
        rate = sound.samplerate
        if not _SLOWEST <= rate <= _FASTEST:
            raise Fault(f"a sample rate of {rate:,} Hz; {_SLOWEST:,} to {_FASTEST:,} are read")
        yield HEAD, json.dumps({"rate": rate, "genres": _genres(path) if with_tags else []}).encode()
        total = 0
        for piece in _pieces(sound, PIECE_SECONDS * rate):
            total += len(piece)
            yield PIECE, piece.data.cast("B")
        if not total:
            raise Fault("it holds no samples")
        # A length of all that a number can hold says that nobody knew it.
        if total < sound.frames < 1 << 62:
            raise Fault(f"it is cut short: {total / rate:,.1f} of {sound.frames / rate:,.1f} seconds are there")
        yield END, json.dumps({"seconds": total / rate}).encode()


def _pieces(sound: Any, wanted: int) -> Iterator[npt.NDArray[np.float64]]:  # noqa: ANN401 - not typed
    """Yield the means over the channels, `wanted` samples at a time; the last piece may be shorter."""
    import soundfile

    piece, filled = np.empty(wanted), 0
    step = max(1, _BLOCK // sound.channels)
    while True:
        try:
            block = sound.read(min(step, wanted - filled), dtype="float64", always_2d=True)
        except soundfile.SoundFileError as error:
            raise Fault(f"it is damaged, or cut short ({_cleaned(error)})") from error
        if not len(block):
            break
        mean = block.mean(axis=1)
        if not np.all(np.abs(mean) <= _LOUDEST):
            raise Fault("samples that are no numbers, or beyond all sound")
        piece[filled : filled + len(mean)] = mean
        filled += len(mean)
        if filled == wanted:
            yield piece
            filled = 0
    if filled:
        yield piece[:filled]


def _genres(path: Path) -> list[str]:
    """Return the genres of a file's tags; none where it has none, or they cannot be read."""
    import mutagen

    with suppress(Exception):  # tags that are damaged are as good as none: the sound is what counts
        found = mutagen.File(path, easy=True)
        values = (found.tags or {}).get("genre", []) if found is not None else []
        parts = [part.strip() for value in values for part in str(value).replace("\0", ";").split(";")]
        return list(dict.fromkeys(part for part in parts if part))
    return []


def _cleaned(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(" .") if lines else type(error).__name__


if __name__ == "__main__":
    with suppress(BrokenPipeError, KeyboardInterrupt):
        main(sys.stdin.buffer, sys.stdout.buffer)
    # Nobody reads what is left to be written.
    os._exit(0)
