"""The file of an Annoy index in the user's cache: verified before it is used, private to the user, shared by processes.

A cache that cannot be written, or that holds something else under the name, is no error: a temporary file serves then.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from recstore import cache
from recstore.scratch import scratch_folder

_BLOCK = 1 << 20


class DamagedIndexError(ValueError):
    """The stored bytes are not those that the table says."""


@contextmanager
def index_file(sha256: str, size: int, chunks: Callable[[], Iterable[tuple[bytes, str]]]) -> Iterator[Path]:
    """Yield a file of the bytes with this checksum and size: from the cache, else from `chunks()` of (data, sha256).

    The file may be gone when the block ends: open it within. Raises `DamagedIndexError` where the chunks do not give
    these bytes, and `OSError` where not even a temporary file can be written.
    """
    cached = cache.folder() / cache.INDEXES / f"{sha256}.ann"
    with cache.held(cached) as is_safe:
        if is_safe and _holds(cached, sha256, size):
            with suppress(OSError):
                os.utime(cached)
            yield cached
            return
    with ExitStack() as stack:
        try:
            with cache.new_file(cache.ready_folder(cache.INDEXES)) as (descriptor, part):
                _write(descriptor, chunks(), sha256, size)
                # In one step, and in place of whatever stood there, were it a link.
                part.replace(cached)
                stack.enter_context(cache.held(cached))
            path = cached
        except OSError:
            path = stack.enter_context(scratch_folder()) / "index.ann"
            with path.open("wb") as file:
                _write(file.fileno(), chunks(), sha256, size)
        yield path
    if path == cached:
        cache.trim()


def _write(descriptor: int, chunks: Iterable[tuple[bytes, str]], sha256: str, size: int) -> None:
    whole, length = hashlib.sha256(), 0
    with os.fdopen(os.dup(descriptor), "wb") as file:
        for data, checksum in chunks:
            if hashlib.sha256(data).hexdigest() != checksum:
                raise DamagedIndexError("a chunk of the index does not match its checksum")
            whole.update(data)
            length += len(data)
            file.write(data)
    if length != size or whole.hexdigest() != sha256:
        raise DamagedIndexError("the chunks of the index do not match its checksum")


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
