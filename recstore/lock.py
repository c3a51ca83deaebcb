"""One builder at a time: a lock file that the system lets go of when its holder ends, however it ends."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from recstore.errors import BusyError, OptionError, StoreError
from recstore.progress import Progress

try:
    import fcntl
except ImportError:  # Windows: the staging folder and the rename still keep a store whole
    fcntl = None  # type: ignore[assignment]

_PAUSE = 0.2
T = TypeVar("T")


class Patience:
    """Waits for others to be done with a store: not at all, for ever (True), or so many seconds in all."""

    def __init__(self, wait: bool | float, progress: Progress) -> None:
        """Raise `OptionError` for seconds that are none."""
        # True is no second.
        self._seconds = (math.inf if wait else 0.0) if isinstance(wait, bool) else float(wait)
        if math.isnan(self._seconds) or self._seconds < 0:
            raise OptionError(f"wait takes seconds from 0 on, and is {wait}.")
        self._progress = progress
        self._said = False
        self._waited = 0.0

    def keep_trying(self, action: Callable[[], T]) -> T:
        """Return what `action` returns; while it raises `BusyError`, and there is time, try again, and say so once."""
        while True:
            try:
                return action()
            except BusyError as busy:
                if not self._seconds:
                    raise
                if self._waited >= self._seconds:
                    raise BusyError(f"{busy} It was waited for {self._seconds:g} seconds.") from busy
                if not self._said:
                    self._progress.notice(f"{busy} Waiting.")
                    self._said = True
            begun = time.monotonic()
            time.sleep(min(_PAUSE, self._seconds - self._waited))
            self._waited += time.monotonic() - begun


def lock_file(store: Path) -> Path:
    """Return the file whose lock the builder of `store` holds."""
    return store.with_name(f".{store.name}.lock")


@contextmanager
def builder_lock(store: Path, patience: Patience) -> Iterator[None]:
    """Hold the lock on building `store`, in a file beside it that is gone when the lock is.

    Raises `BusyError`, which says who holds it, when the patience is at an end; `StoreError` where no file can be made
    there.
    """
    file = lock_file(store)
    descriptor = patience.keep_trying(lambda: _acquire(file, store))
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
