"""One builder at a time: a lock file that the system lets go of when its holder ends, however it ends."""

from __future__ import annotations

import math
import os
import re
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from recstore.errors import BusyError, OptionError, StoreError, full, is_full
from recstore.progress import Progress

try:
    import fcntl
except ImportError:  # Windows: the staging folder and the rename still keep a store whole
    fcntl = None  # type: ignore[assignment]

_PAUSE = 0.2
_MODE = 0o644
#: What stands in a lock file; a builder that was killed at once left it empty.
_LINE = re.compile(r"(process \d+ on [^\n]*, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC)?")
_LONGEST = 400
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
        with suppress(PermissionError):  # another user's, in a folder where only he may remove it
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
        descriptor, is_ours = _open(file, store)
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(descriptor, file):
                _refuse_foreign(descriptor, file)
                if is_ours:
                    # Whatever the mask of this user: others must be able to see whether it is held.
                    if fcntl is not None and os.fstat(descriptor).st_uid == os.geteuid():
                        os.fchmod(descriptor, _MODE)
                    _write_holder(descriptor, file)
                    return descriptor
                # Another user's build, which is dead, left it: one of our own says who builds.
                try:
                    file.unlink(missing_ok=True)
                except PermissionError:  # in this folder only he may remove it; held, it does as well
                    return descriptor
        except BlockingIOError as error:
            holder = os.read(descriptor, 200).decode(errors="replace") or "a process that has just begun"
            os.close(descriptor)
            raise BusyError(f"{store} is being built already, by {holder}.") from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _write_holder(descriptor: int, file: Path) -> None:
    """Write who holds a lock into its file, which is removed where there is no room for that."""
    try:
        os.ftruncate(descriptor, 0)
        started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        os.write(descriptor, f"{_holder()} since {started} UTC".encode())
    except OSError:
        file.unlink(missing_ok=True)
        raise


def _refuse_foreign(descriptor: int, file: Path) -> None:
    """Raise a `StoreError` where a file is no lock of a builder's, which holds its line, or nothing right at first."""
    line = os.read(descriptor, _LONGEST + 1).decode(errors="replace")
    os.lseek(descriptor, 0, os.SEEK_SET)
    if _LINE.fullmatch(line) is None:
        raise _foreign(file)


def _foreign(file: Path) -> StoreError:
    return StoreError(
        f"{file} stands where recstore's lock file must be, and recstore did not write it. Move it away, and try "
        "again; nothing was changed."
    )


def _open(file: Path, store: Path) -> tuple[int, bool]:
    """Open the lock file, made if need be, and tell whether it may be written; that of another user is only read."""
    no_link = getattr(os, "O_NOFOLLOW", 0)
    if os.path.lexists(file) and not _is_file(file):
        raise _foreign(file)
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | no_link, _MODE)
    except PermissionError as error:
        if not os.path.lexists(file):
            raise _unwritable(store, error) from error
        try:
            return os.open(file, os.O_RDONLY | no_link), False
        except FileNotFoundError:
            return _open(file, store)
        except OSError as unreadable:
            # A lock is no longer than its line.
            if not _is_abandoned(file) or file.lstat().st_size > _LONGEST:
                raise BusyError(
                    f"{store} is being built by another user, or was: {file} is that user's and cannot be read. If no "
                    "build runs, remove that file."
                ) from unreadable
            try:
                file.unlink(missing_ok=True)
            except PermissionError as stuck:
                raise StoreError(
                    f"{file}, which another user's build left, cannot be removed: its owner can."
                ) from stuck
            return _open(file, store)
    except OSError as error:
        raise _unwritable(store, error) from error
    return descriptor, True


def _is_abandoned(file: Path) -> bool:
    """Tell, of a lock file that cannot be opened, whether the system knows that nobody holds it."""
    try:
        facts = file.stat()
        held = Path("/proc/locks").read_text("utf-8")
    except OSError:
        return False
    device = f"{os.major(facts.st_dev):02x}:{os.minor(facts.st_dev):02x}:{facts.st_ino}"
    return not any(device in line.split() for line in held.splitlines())


def _unwritable(store: Path, error: OSError) -> StoreError:
    if is_full(error):
        return full(store, error)
    return StoreError(
        f"The folder {store.parent} cannot be written ({error.strerror}). Make it writable, or build to another path."
    )


def _is_file(file: Path) -> bool:
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except FileNotFoundError:
        return True


def _is_still(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False
