"""Reads the members of a tar archive as they come: no more than a release holds, whatever the archive claims."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, cast

from recstore.errors import SourceError
from recstore.sources.growth import Growth

from .audioset_records import RecordFile, Reject

#: AudioSet's record files have 100 kB or so; this one would be read into memory whole.
_MAX_MEMBER_BYTES = 1 << 30
#: AudioSet has 12,288 files in three splits.
_MAX_MEMBERS = 1_000_000
#: What stands before a member: its name and times. Long names have some kB; what has more fills memory.
_MAX_HEADER_BYTES = 1 << 20
_BLOCK = 1 << 20
#: How often tarfile may ask for more at the end. A size that is claimed and is not there would have it ask for ever.
_MAX_ASKED_AT_END = 100
_PACKERS: dict[bytes, Callable[[IO[bytes]], io.BufferedIOBase]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_DAMAGE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError, OverflowError, RecursionError)


def read_archive(path: Path, digest: hashlib._Hash, rejects: list[Reject]) -> Iterator[RecordFile]:
    """Yield the record files of a tar archive, packed by gzip, bzip2, xz or not at all, in their order.

    Every byte of the file goes to `digest`. A member of that name which is no file becomes one of the `rejects`.
    Raises `SourceError` where the archive is damaged or cut short, or holds more than a release can.
    """
    growth = Growth(str(path))
    try:
        with path.open("rb") as file:
            packed = _Packed(file, digest, growth)
            content = _Content(_unpacker(packed, path), growth, path)
            # Not by the name of the archive: tarfile opens nothing itself, and unpacks nothing.
            with tarfile.open(mode="r|", fileobj=cast(IO[bytes], content)) as archive:
                yield from _record_files(archive, content, path, rejects)
            # To the end: there the checksum of all stands.
            content.drain()
            packed.drain()
    except _DAMAGE as error:
        reason = str(error) or type(error).__name__
        raise SourceError(f"{path} is no tar archive, or it is damaged or cut short ({reason}).") from error


def _record_files(
    archive: tarfile.TarFile, content: _Content, path: Path, rejects: list[Reject]
) -> Iterator[RecordFile]:
    members, size = 0, 0
    while True:
        # What is left of the last member, and then the next one's header.
        content.expect(size + _MAX_HEADER_BYTES)
        member = archive.next()
        if member is None:
            return
        # It keeps every one otherwise.
        archive.members.clear()  # type: ignore[attr-defined]
        members += 1
        if members > _MAX_MEMBERS:
            raise SourceError(f"{path} has more than {_MAX_MEMBERS:,} members, which no release of AudioSet has.")
        size = member.size
        name = PurePosixPath(member.name)
        if name.suffix != ".tfrecord" or member.isdir():
            continue
        if not member.isfile() or member.issparse():
            rejects.append(Reject(str(name), 0, "it is a link, a device or sparse in the archive, and was not read"))
            continue
        if size > _MAX_MEMBER_BYTES:
            raise SourceError(f"{path}: {member.name} is too large for a record file of AudioSet.")
        content.expect(size + _MAX_HEADER_BYTES)
        packed_file = archive.extractfile(member)
        data = packed_file.read() if packed_file else b""
        if len(data) != size:
            raise tarfile.ReadError("unexpected end of data")
        # A name is only a label here: nothing is ever written under it.
        yield RecordFile(str(name), name.parent.name, data)


def _unpacker(packed: _Packed, path: Path) -> io.BufferedIOBase:
    """Return what reads the archive unpacked, by how it begins."""
    buffered = io.BufferedReader(packed, _BLOCK)
    beginning = buffered.peek(6)[:6]
    if beginning.startswith(b"\x28\xb5\x2f\xfd"):
        raise SourceError(f"{path} is packed by zstd, which recstore does not read; unpack it (zstd -d) and pass that.")
    for mark, packer in _PACKERS.items():
        if beginning.startswith(mark):
            return packer(cast(IO[bytes], buffered))
    return buffered


class _Packed(io.RawIOBase):
    """A file that is hashed and counted as it is read, once, from beginning to end."""

    def __init__(self, file: IO[bytes], digest: hashlib._Hash, growth: Growth) -> None:
        self._file = file
        self._digest = digest
        self._growth = growth

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read, hash and count."""
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        self._digest.update(block)
        self._growth.packed += len(block)
        return len(block)

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_BLOCK):
            pass


class _Content:
    """What comes of a packed file, counted; tarfile gets no more of it at a time than was expected."""

    def __init__(self, source: io.BufferedIOBase, growth: Growth, path: Path) -> None:
        self._source = source
        self._growth = growth
        self._path = path
        self._most = _MAX_HEADER_BYTES
        self._asked_at_end = 0

    def expect(self, size: int) -> None:
        """Allow so many bytes from here on."""
        self._most = self._growth.unpacked + size

    def read(self, size: int = _BLOCK) -> bytes:
        """Read and count."""
        block = self._source.read(size)
        self._growth.grew(len(block))
        if self._growth.unpacked > self._most:
            raise SourceError(
                f"{self._path} has a header of more than {_MAX_HEADER_BYTES >> 20} MB, and is no release."
            )
        self._asked_at_end += not block
        if self._asked_at_end > _MAX_ASKED_AT_END:
            raise EOFError("unexpected end of data")
        return block

    def drain(self) -> None:
        """Read what is left, which is no more than zeros."""
        while block := self._source.read(_BLOCK):
            self._growth.grew(len(block))
