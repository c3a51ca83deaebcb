"""Text files as DuckDB's readers like them best: unpacked, and in UTF-8."""

from __future__ import annotations

import codecs
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from recstore.errors import SourceError, full, is_full
from recstore.scratch import OTHER_FOLDER, require_room, scratch_folder
from recstore.sources.growth import Growth
from recstore.sources.located import DataFile

_BLOCK = 4 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: What programs on Windows call Latin-1 has letters where Latin-1 has control characters, which no text holds.
_LATIN = "".join(bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(256))


class SourceDigest(NamedTuple):
    """A file that was read: as it is called, its size in bytes and its SHA-256."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Survey:
    """What a look at every byte of a file tells; `lines` counts its ends of lines and a last line without one."""

    bytes: int
    sha256: str
    lines: int


def survey(path: Path) -> Survey:
    """Return the size, digest and number of lines of a file."""
    size, lines, last = 0, 0, b"\n"
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
            size += len(block)
            lines += block.count(b"\n")
            last = block[-1:]
    return Survey(size, digest.hexdigest(), lines + (last != b"\n"))


def digest_of(file: DataFile) -> SourceDigest:
    """Return what tells this file from any other."""
    found = survey(file.path)
    return SourceDigest(file.name, found.bytes, found.sha256)


@contextmanager
def plain_text(file: DataFile, encoding: str | None) -> Iterator[Path]:
    """Yield the path of the text of a file, unpacked and in UTF-8: its own, or that of a copy that is gone afterwards.

    `encoding` is "utf-8", "utf-16" or "latin-1"; None is UTF-16 where the file begins so, else UTF-8. Raises
    `SourceError` where the file is packed and damaged, and `FullError` where there is no room for the copy.
    """
    with _unpacked(file) as path:
        beginning = _beginning(path)
        if encoding is None and (beginning.startswith(_UTF16) or _looks_like_utf16(beginning)):
            encoding = "utf-16"
        if beginning.startswith(codecs.BOM_UTF8) and file.kind == "JSON":
            encoding = "utf-8-sig"  # (DuckDB's reader of JSON takes the mark for a value.)
        if encoding in (None, "utf-8"):
            yield path
            return
        with recoded(path, encoding or "") as target:
            yield target


@contextmanager
def recoded(path: Path, encoding: str) -> Iterator[Path]:
    """Yield the path of a copy of a text in UTF-8, which is gone afterwards."""
    with scratch_folder() as folder:
        target = folder / path.name
        require_room(folder, 2 * path.stat().st_size, f"{path}, turned into UTF-8,")
        _recode(path, target, encoding, _beginning(path))
        yield target


def is_latin(path: Path, n_bytes: int | None = None) -> bool:
    """Tell whether a text has letters that are not in UTF-8, and none that is; of its first `n_bytes`, or all of it."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    is_other = False
    with path.open("rb") as opened:
        while block := opened.read(min(_BLOCK, n_bytes or _BLOCK)):
            # (What is not UTF-8 becomes U+FFFD, which a text may hold by itself, too.)
            found = "" if block.isascii() else decoder.decode(block).replace("\ufffd", "?")
            if found and not found.isascii():
                return False
            is_other = is_other or bool(found)
            if n_bytes:
                break
    return is_other


def _beginning(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(4096)


def _looks_like_utf16(beginning: bytes) -> bool:
    """Tell whether every second byte is zero, mostly: UTF-16 of a European language, without a byte order mark."""
    half = max(len(beginning) // 2, 1)
    return any(beginning[start::2].count(0) > 0.6 * half for start in (0, 1))


def _recode(path: Path, target: Path, encoding: str, beginning: bytes) -> None:
    if encoding == "utf-16" and not beginning.startswith(_UTF16):
        # Without a mark it is as the zeros lie; most of what Windows writes is little-endian.
        encoding = "utf-16-be" if beginning[::2].count(0) > beginning[1::2].count(0) else "utf-16-le"
    decoder = None if encoding == "latin-1" else codecs.getincrementaldecoder(encoding)(errors="replace")
    with path.open("rb") as source, target.open("wb") as file:
        while block := source.read(_BLOCK):
            text = codecs.charmap_decode(block, "strict", _LATIN)[0] if decoder is None else decoder.decode(block)
            file.write(text.encode("utf-8", "replace"))
        if decoder is not None:
            file.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))


@contextmanager
def _unpacked(file: DataFile) -> Iterator[Path]:
    if file.packing is None:
        yield file.path
        return
    with scratch_folder() as folder:
        target = folder / file.path.stem
        packed = file.path.stat().st_size
        require_room(folder, 4 * packed, f"{file.path}, unpacked,")
        growth = Growth(str(file.path), packed)
        try:
            with open_packed(file) as source, target.open("wb") as unpacked:
                while block := source.read(_BLOCK):
                    growth.grew(len(block))
                    unpacked.write(block)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            if isinstance(error, OSError) and is_full(error):
                raise full(f"what is in {file.path} to {folder.parent}", error, OTHER_FOLDER) from error
            raise SourceError(
                f"{file.path} is damaged, or was cut off: it cannot be unpacked whole ({error}); fetch it again."
            ) from error
        if not target.stat().st_size:
            raise SourceError(f"{file.path} is empty.")
        yield target


@contextmanager
def open_packed(file: DataFile) -> Iterator[Any]:
    """Open what a packed file holds, for reading."""
    if file.packing == "gzip":
        import gzip

        with gzip.open(file.path, "rb") as opened:
            yield opened
        return
    import pyarrow as pa

    with file.path.open("rb") as raw, pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd") as stream:
        yield stream


def read_lines(path: Path, longest: int = 1 << 26) -> Iterator[bytes]:
    """Give the lines of a file, which end in LF, or in CR where there is no LF; memory does not grow with the file."""
    with path.open("rb") as opened:
        beginning = opened.read(1 << 20)
        end = b"\r" if b"\r" in beginning and b"\n" not in beginning else b"\n"
        rest = beginning
        while True:
            *lines, rest = rest.split(end)
            for line in lines:
                yield line + end if end == b"\n" else line
            if len(rest) > longest:
                raise SourceError(f"{path} has a line longer than {longest >> 20} MB; is it a CSV file?")
            block = opened.read(1 << 20)
            if not block:
                break
            rest += block
        if rest:
            yield rest


def no_pattern(path: Path) -> str:
    """Return a path such that DuckDB takes none of its characters for a pattern's."""
    return "".join(f"[{one}]" if one in "*?[" else one for one in str(path))
