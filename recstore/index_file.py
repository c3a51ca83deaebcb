"""The file of an Annoy index in the user's cache: verified before it is used, private to the user, shared by processes.

A cache that cannot be written, or that holds something else under the name, is no error: a temporary file serves then.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recstore.fetch import cache_folder

#: Indexes that nobody used for so long are removed when a new one comes in.
_KEPT_SECONDS = 14 * 24 * 3600
_BLOCK = 1 << 20


class DamagedIndexError(ValueError):
    """The stored bytes are not those that the table says."""


@contextmanager
def index_file(sha256: str, size: int, chunks: Callable[[], Iterable[tuple[bytes, str]]]) -> Iterator[Path]:
    """Yield a file of the bytes with this checksum and size: from the cache, else from `chunks()` of (data, sha256).

    The file may be gone when the block ends: open it within. Raises `DamagedIndexError` where the chunks do not give
    these bytes, and `OSError` where not even a temporary file can be written.
    """
    folder = cache_folder() / "annoy"
    cached = folder / f"{sha256}.ann"
    if _is_private(folder, stat.S_ISDIR) and _is_private(cached, stat.S_ISREG) and _holds(cached, sha256, size):
        with suppress(OSError):
            os.utime(cached)
        yield cached
        return
    try:
        part = _written(folder, chunks(), sha256, size)
        # In one step, and in place of whatever stood there, were it a link.
        part = part.replace(cached)
        _sweep(folder)
    except OSError:
        part = _written(None, chunks(), sha256, size)
    try:
        yield part
    finally:
        if part != cached:
            with suppress(OSError):
                part.unlink()


def _written(folder: Path | None, chunks: Iterable[tuple[bytes, str]], sha256: str, size: int) -> Path:
    """Write the chunks to a new file that only we may read, in the cache's folder or, with None, a temporary one."""
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(folder, stat.S_ISDIR):
            raise PermissionError(errno.EPERM, "others may write here, or it is a link", str(folder))
    descriptor, name = tempfile.mkstemp(prefix=".recstore-", suffix=".part", dir=folder)
    try:
        _write(descriptor, chunks, sha256, size)
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)


def _write(descriptor: int, chunks: Iterable[tuple[bytes, str]], sha256: str, size: int) -> None:
    whole, length = hashlib.sha256(), 0
    with os.fdopen(descriptor, "wb") as file:
        for data, checksum in chunks:
            if hashlib.sha256(data).hexdigest() != checksum:
                raise DamagedIndexError("a chunk of the index does not match its checksum")
            whole.update(data)
            length += len(data)
            file.write(data)
    if length != size or whole.hexdigest() != sha256:
        raise DamagedIndexError("the chunks of the index do not match its checksum")


def _is_private(path: Path, kind: Callable[[int], bool]) -> bool:
    """Say whether the path itself, not what a link leads to, is of this kind, ours, and closed to others' writing."""
    try:
        status = path.lstat()
    except OSError:
        return False
    ours = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)
    return kind(status.st_mode) and ours


def _holds(path: Path, sha256: str, size: int) -> bool:
    digest = hashlib.sha256()
    try:
        if path.stat().st_size != size:
            return False
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return False
    return digest.hexdigest() == sha256


def _sweep(folder: Path) -> None:
    """Remove what was long not used; who has such a file open keeps it until the end."""
    before = time.time() - _KEPT_SECONDS
    for path in folder.iterdir():
        with suppress(OSError):
            if path.lstat().st_mtime < before:
                path.unlink()
