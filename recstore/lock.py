"""One builder at a time: a lock file that the system lets go of when its holder ends, however it ends."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from recstore.errors import BusyError, StoreError
from recstore.progress import Progress

try:
    import fcntl
except ImportError:  # Windows: the staging folder and the rename still keep a store whole
    fcntl = None  # type: ignore[assignment]

_PAUSE = 0.2
T = TypeVar("T")


def patiently(action: Callable[[], T], wait: bool, progress: Progress) -> T:
    """Return what `action` returns; while it raises `BusyError`, try again if `wait`, and say so once."""
    said = False
    while True:
        try:
            return action()
        except BusyError as busy:
            if not wait:
                raise
            if not said:
                progress.notice(f"{busy} Waiting.")
                said = True
        time.sleep(_PAUSE)


def lock_file(store: Path) -> Path:
    """Return the file whose lock the builder of `store` holds."""
    return store.with_name(f".{store.name}.lock")


@contextmanager
def builder_lock(store: Path, wait: bool, progress: Progress) -> Iterator[None]:
    """Hold the lock on building `store`, in a file beside it that is gone when the lock is.

    Raises `BusyError`, which says who holds it, unless `wait`; `StoreError` where no file can be made there.
    """
    file = lock_file(store)
    descriptor = patiently(lambda: _acquire(file, store), wait, progress)
    try:
        yield
    finally:
        # Removed while it is held: whoever opened it meanwhile sees that it is no longer the file of that name.
        file.unlink(missing_ok=True)
        os.close(descriptor)


def remove_own_lock(store: Path) -> None:
    """Remove the lock file of `store` if this process holds it: for one that ends without letting go."""
    file = lock_file(store)
    with suppress(OSError):
        if file.read_text("utf-8").startswith(_holder()):
            file.unlink()


def _holder() -> str:
    return f"process {os.getpid()} on {socket.gethostname()},"


def _acquire(file: Path, store: Path) -> int:
    while True:
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        except OSError as error:
            raise StoreError(
                f"The folder {store.parent} cannot be written ({error.strerror}). Make it writable, "
                "or build to another path."
            ) from error
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(descriptor, file):
                os.ftruncate(descriptor, 0)
                started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
                os.write(descriptor, f"{_holder()} since {started} UTC".encode())
                return descriptor
        except BlockingIOError as error:
            holder = os.read(descriptor, 200).decode(errors="replace") or "a process that has just begun"
            os.close(descriptor)
            raise BusyError(f"{store} is being built already, by {holder}.") from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_still(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False
