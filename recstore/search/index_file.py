"""The file of an Annoy index in the user's cache: verified before it is used, private to the user, shared by processes.

What was verified is recorded beside the file, with what the system says of it, so that it need not be read wholly again
as long as that is the same. A cache that cannot be written, or that holds something else under the name, is no error: a
temporary file serves then.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from recstore import cache
from recstore.scratch import scratch_folder

_BLOCK = 1 << 20


class DamagedIndexError(ValueError):
    """The stored bytes are not those that the table says."""


@dataclass(frozen=True)
class BuiltFile:
    """A file of this process's own that holds an index, with the checksum and size of its bytes.

    `form` is what it was opened as without a fault: see `form_of`.
    """

    path: Path
    sha256: str
    bytes: int
    form: str = ""


def form_of(dimensions: int, items: int) -> str:
    """Return in words what the nodes of a file were found to be: an index of so many items."""
    return f"an index of {items} items in {dimensions} dimensions"


def was_opened(path: Path, sha256: str, form: str) -> bool:
    """Say whether a file of the cache, unchanged, was opened in this form before: its nodes need not be read again."""
    with suppress(OSError):
        return path == _cached(sha256) and cache.is_verified(path, path.lstat(), sha256, form)
    return False


def record_opened(path: Path, sha256: str, form: str) -> None:
    """Record that a file of the cache was opened in this form; nothing of any other file."""
    with suppress(OSError):
        status = path.lstat()
        if path == _cached(sha256) and cache.is_verified(path, status, sha256):
            cache.record_verified(path, status, sha256, form)


@contextmanager
def index_file(sha256: str, size: int, parts: Callable[[], Iterable[bytes]]) -> Iterator[Path]:
    """Yield a file of the bytes with this checksum and size: from the cache, else `parts()` laid end to end.

    The file may be gone when the block ends: open it within. Raises `DamagedIndexError` where the parts do not give
    these bytes, and `OSError` where not even a temporary file can be written.
    """
    cached = _cached(sha256)
    with cache.held(cached) as is_safe:
        if is_safe and _holds(cached, sha256, size):
            yield cached
            return
    with ExitStack() as stack:
        try:
            with cache.new_file(cache.ready_folder(cache.INDEXES)) as (descriptor, part):
                _write(descriptor, parts(), sha256, size)
                # In one step, and in place of whatever stood there, were it a link.
                part.replace(cached)
                cache.record_verified(cached, cached.lstat(), sha256)
                stack.enter_context(cache.held(cached))
            path = cached
        except OSError:
            path = stack.enter_context(scratch_folder()) / "index.ann"
            with path.open("wb") as file:
                _write(file.fileno(), parts(), sha256, size)
        yield path
    if path == cached:
        cache.trim()


def keep_indexes(built: Iterable[BuiltFile]) -> None:
    """Move files that were just built and read into the user's cache; one for which there is no room stays.

    On the disk of the cache a file itself is moved, to another its bytes are copied and verified.
    """
    kept = [(one, cached) for one in built if (cached := _moved(one))]
    # All are recorded after the last was moved: the first waits until a change would be seen, and for all of them.
    for one, cached in kept:
        with suppress(OSError):
            cache.record_verified(cached, cached.lstat(), one.sha256, one.form)
    if kept:
        with suppress(OSError):
            cache.trim()


def _moved(built: BuiltFile) -> Path | None:
    """Return where in the cache a file is now; None where it could not be brought there."""
    with suppress(OSError):
        place, cached = cache.ready_folder(cache.INDEXES), _cached(built.sha256)
        if built.bytes > cache.size_limit():
            return None
        built.path.chmod(0o600)
        if built.path.stat().st_dev == place.stat().st_dev:
            built.path.replace(cached)
        elif built.bytes < shutil.disk_usage(place).free:
            with cache.new_file(place) as (descriptor, part), built.path.open("rb") as file:
                _write(descriptor, iter(lambda: file.read(_BLOCK), b""), built.sha256, built.bytes)
                part.replace(cached)
        else:
            return None
        return cached
    return None


def _cached(sha256: str) -> Path:
    return cache.folder() / cache.INDEXES / f"{sha256}.ann"


def verified(chunks: Iterable[tuple[bytes, str]]) -> Iterator[bytes]:
    """Yield the bytes of chunks as a store has them, with their checksums; `DamagedIndexError` for one that differs."""
    for data, checksum in chunks:
        if hashlib.sha256(data).hexdigest() != checksum:
            raise DamagedIndexError("a chunk of the index does not match its checksum")
        yield data


def _write(descriptor: int, parts: Iterable[bytes], sha256: str, size: int) -> None:
    """Write parts, of which all together have the checksum and the size."""
    whole, length = hashlib.sha256(), 0
    added: Future[None] | None = None
    with os.fdopen(os.dup(descriptor), "wb") as file, ThreadPoolExecutor(1) as pool:
        for data in parts:
            # The sum of the whole grows on another core.
            if added is not None:
                added.result()
            added = pool.submit(whole.update, data)
            length += len(data)
            file.write(data)
    if length != size or whole.hexdigest() != sha256:
        raise DamagedIndexError("the chunks of the index do not match its checksum")


def _holds(path: Path, sha256: str, size: int) -> bool:
    """Say whether a file has these bytes: it is read, but where it is as it was when it was read before."""
    try:
        status = path.lstat()
        if status.st_size != size:
            return False
        if cache.is_verified(path, status, sha256):
            return True
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return False
    if found == sha256:
        with suppress(OSError):
            cache.record_verified(path, status, sha256)
    return found == sha256
