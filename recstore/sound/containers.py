"""What the container of a sound file says of itself: which kind it is, and whether all of it is there.

A decoder reads a cut file to where it ends and says nothing, so whoever wants to know looks at what the file says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

#: Endings of what is read; and of what is sound, but not read.
READ = frozenset({
    ".wav", ".wave", ".rf64", ".w64", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".au",
    ".snd", ".caf",
})  # fmt: skip
NOT_READ = frozenset({
    ".m4a", ".m4b", ".mp4", ".aac", ".wma", ".asf", ".ape", ".wv", ".mpc", ".mka", ".dsf", ".dff", ".ra", ".amr",
    ".ac3", ".dts", ".tta",
})  # fmt: skip
_CONVERT = "convert it to FLAC, such as with: ffmpeg -i IN OUT.flac"
#: What files begin with that are sound, but not read, from which byte on.
_FOREIGN = (
    (4, b"ftyp", "MPEG-4 (m4a)"),
    (0, b"ADIF", "AAC"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (wma)"),
    (0, b"MAC ", "Monkey's Audio (ape)"),
    (0, b"wvpk", "WavPack (wv)"),
    (0, b"MPCK", "Musepack (mpc)"),
    (0, b"MP+", "Musepack (mpc)"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska"),
    (0, b"DSD ", "DSD"),
    (0, b"FRM8", "DSD"),
    (0, b"#!AMR", "AMR"),
)
#: Sizes that say that nobody knew the size: the writer could not go back to the head of the file.
_UNKNOWN = (0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFFFFFFFFFF)
#: What the chunk of samples is called: in W64 by sixteen bytes.
_DATA = (b"data", b"SSND", b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a")
_MOST_CHUNKS = 10_000
#: What a Xing header says of its file's size is not exact to the byte.
_SPARE = 2_000


def why_not_read(head: bytes) -> str | None:
    """Say why a file that begins so is not read at all, if that is so; None where a decoder may try."""
    if not head:
        return "the file is empty"
    for place, mark, name in _FOREIGN:
        if head[place : place + len(mark)] == mark:
            return f"{name} is not read; {_CONVERT}"
    # The layer of MPEG audio stands in two bits, which are 0 in AAC alone.
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return f"AAC is not read; {_CONVERT}"
    return None


def missing(path: Path) -> str | None:
    """Say in a few words what of a file is missing, if its container tells; None where nothing is known to be."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(64)
        if head[:4] == b"OggS":
            return _missing_of_ogg(file, size)
        start = (head[:3] == b"ID3" and 10 + _synchsafe(head[6:10])) or 0
        if start or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"):
            end = _end_of_mpeg(file, start)
        else:
            end = _end_of_data(file, head)
    if end is not None and end > size:
        return f"{size:,} of {end:,} bytes are there"
    return None


def _end_of_data(file: IO[bytes], head: bytes) -> int | None:
    """Return where the samples of a file that is made of chunks should end; None where it does not say."""
    kind = head[:4]
    if kind == b".snd":
        return _added(int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:12], "big"))
    chunks: Iterator[tuple[bytes, int, int]] = iter(())
    if kind == b"riff":
        chunks = _w64_chunks(file)
    elif kind == b"caff":
        chunks = _chunks(file, 8, 12, "big", 1)
    elif kind in (b"FORM", b"RIFX"):
        chunks = _chunks(file, 12, 8, "big", 2)
    elif kind in (b"RIFF", b"RF64"):
        chunks = _chunks(file, 12, 8, "little", 2)
    stated = None
    for name, place, size in chunks:
        if name == b"ds64":
            # Sizes that 32 bits do not hold stand here: of the whole, then of the samples.
            file.seek(place + 8)
            stated = int.from_bytes(file.read(8), "little")
        elif name in _DATA:
            return _added(place, size if stated is None else stated)
    return None


def _added(place: int, size: int) -> int | None:
    return None if size in _UNKNOWN else place + size


def _chunks(
    file: IO[bytes], start: int, width: int, order: Literal["little", "big"], even: int
) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, the place and the size of each chunk; heads are `width` bytes wide, 4 of them the name."""
    place = start
    for _ in range(_MOST_CHUNKS):
        head = _at(file, place, width)
        if len(head) < width:
            return
        size = int.from_bytes(head[4:width], order)
        yield head[:4], place + width, size
        place += width + size + (size % even)


def _w64_chunks(file: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    place = 40
    for _ in range(_MOST_CHUNKS):
        head = _at(file, place, 24)
        size = int.from_bytes(head[16:24], "little")
        if len(head) < 24 or size < 24:
            return
        yield head[:16], place + 24, size - 24
        place += (size + 7) // 8 * 8


def _at(file: IO[bytes], place: int, width: int) -> bytes:
    """Return the bytes at a place: none beyond the end, which may be farther than a file can be read."""
    if place >= os.fstat(file.fileno()).st_size:
        return b""
    file.seek(place)
    return file.read(width)


def _missing_of_ogg(file: IO[bytes], size: int) -> str | None:
    """The last page of a stream is whole, and says that it is the last."""
    file.seek(max(0, size - 70_000))
    tail = file.read()
    last = tail.rfind(b"OggS")
    page = tail[last:] if last >= 0 else b""
    if len(page) >= 27:
        table = page[27 : 27 + page[26]]
        if len(table) == page[26] and len(page) >= 27 + len(table) + sum(table) and page[5] & 4:
            return None
    return "its last page is missing"


def _synchsafe(four: bytes) -> int:
    return sum((byte & 0x7F) << 7 * (3 - place) for place, byte in enumerate(four))


def _end_of_mpeg(file: IO[bytes], start: int) -> int | None:
    """Return where an MP3 should end by the header (Xing, Info or VBRI) in its first frame; None where it has none."""
    file.seek(start)
    frame = file.read(4_000)
    sync = re.search(rb"\xff[\xe0-\xff]", frame)
    if not sync:
        return None
    frame, start = frame[sync.start() :], start + sync.start()
    found = re.search(rb"Xing|Info|VBRI", frame[:200])
    if not found:
        return None
    place = found.start()
    if found[0] == b"VBRI":
        stated = frame[place + 10 : place + 14]
    else:
        flags = int.from_bytes(frame[place + 4 : place + 8], "big")
        at = place + 8 + (4 if flags & 1 else 0)
        stated = frame[at : at + 4] if flags & 2 else b""
    return start + int.from_bytes(stated, "big") - _SPARE if len(stated) == 4 else None
