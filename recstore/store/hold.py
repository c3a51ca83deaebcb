"""Keeps writers out of a store file while it is read for a new one, and tells if one got in all the same.

DuckDB's own lock belongs to the process, and the system drops it as soon as *any* descriptor of the process to that
file is closed: a service that rebuilds in a thread loses it with each reader that it closes. The lock here belongs to
one open file alone. Where the system has no such lock, an ordinary one is taken anew before anything is replaced.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from recstore.errors import BusyError, StoreError, first_line
from recstore.opening import open_connection
from recstore.store.file import attach_store, identity, wal_of
from recstore.store.lock import Patience

try:
    import fcntl
except ImportError:  # Windows, which itself lets nobody write to a file that DuckDB has open
    fcntl = None  # type: ignore[assignment]

#: The command that locks for an open file, where the layout of its argument is known.
_OPEN_FILE_LOCK: int | None = getattr(fcntl, "F_OFD_SETLK", None) if sys.platform == "linux" else None


class Hold:
    """A read lock on the file at `path`, until `release`, and what the file was when it was taken.

    Closing a descriptor drops this process's ordinary locks on the file. So it is taken only where DuckDB has the file
    open for reading, and let go with it: nobody in this process then writes to it.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock; `BusyError` where a writer has the file."""
        self.path = path
        self._descriptor: int | None = os.open(path, os.O_RDONLY) if fcntl is not None else None
        try:
            self._lock()
            self._was = identity(path)
        except BaseException:
            self.release()
            raise

    def refuse_changes(self) -> None:
        """Raise a `BusyError` if anybody has written to the file, or is about to, since the lock was taken."""
        self._lock()
        if identity(self.path) != self._was or wal_of(self.path).exists():
            raise BusyError(
                f"{self.path} was written to, or replaced, by another program meanwhile. It is left as that program "
                "made it; what was made here is dropped. Try again."
            )

    def release(self) -> None:
        """Let writers in again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            # A process that was forked meanwhile has the open file, too, and would keep the lock.
            _set_lock(descriptor, fcntl.F_UNLCK)
            os.close(descriptor)

    def _lock(self) -> None:
        if self._descriptor is None:
            return
        try:
            _lock_for_reading(self._descriptor)
        except (BlockingIOError, PermissionError) as error:
            raise BusyError(
                f"{self.path} is open for writing in another program, which must close it first."
            ) from error


def _lock_for_reading(descriptor: int) -> None:
    if _set_lock(descriptor, fcntl.F_RDLCK):
        return
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise
    except OSError:  # a file system without locks: what the file says of itself must do
        return


def _set_lock(descriptor: int, kind: int) -> bool:
    """Set the lock of an open file, or take it away; tell whether the system, and the file's, know such locks."""
    if _OPEN_FILE_LOCK is None:
        return False
    try:
        # struct flock: type, whence, start, length (0: to the end), and a process id that must be 0.
        fcntl.fcntl(descriptor, _OPEN_FILE_LOCK, struct.pack("@hhqqi0q", kind, os.SEEK_SET, 0, 0, 0))
    except (BlockingIOError, PermissionError):
        raise
    except OSError:  # a file system that has none
        return False
    return True


@contextmanager
def held(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    patience: Patience,
    attached: tuple[int, ...] | None = None,
) -> Iterator[Hold]:
    """Attach the store at `path` read-only as `name`, and hold writers off it; `BusyError` where one is in.

    `attached` is the identity of the file where it is attached under that name already.
    """
    hold = _hold_attached(connection, path, name, attached) if attached else None
    hold = hold or patience.keep_trying(lambda: _hold(connection, path, name))
    try:
        yield hold
    finally:
        hold.release()


def _hold_attached(connection: duckdb.DuckDBPyConnection, path: Path, name: str, was: tuple[int, ...]) -> Hold | None:
    """Hold a file that is attached; where it is another by now, or has a log or a writer, detach it and return None."""
    with suppress(BusyError):
        hold = Hold(path)
        if identity(path) == was and not wal_of(path).exists():
            return hold
        hold.release()
    connection.execute(f"DETACH {name}")
    return None


def _hold(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> Hold:
    while True:
        if wal_of(path).exists():
            # Attached first: what is no store is not written to.
            attach_store(connection, path, name)
            connection.execute(f"DETACH {name}")
            bring_in_log(path)
        before = identity(path)
        attach_store(connection, path, name)
        try:
            hold = Hold(path)
        except BaseException:
            connection.execute(f"DETACH {name}")
            raise
        if identity(path) == before and not wal_of(path).exists():
            return hold
        # A writer came and went between the two.
        hold.release()
        connection.execute(f"DETACH {name}")


def bring_in_log(path: Path) -> None:
    """Write what a writer that is gone left in the log beside the file at `path` into the file itself.

    Beside another file of that name the log would be taken for that file's. Raises `BusyError` where it cannot be done.
    """
    if not wal_of(path).exists():
        return
    try:
        with open_connection(str(path)) as writer:
            writer.execute("CHECKPOINT")
    except duckdb.Error as error:
        raise BusyError(
            f"{path} has a .wal file that must be brought into it first, and that failed, most likely because the "
            f"store is open elsewhere: {first_line(error)}"
        ) from error
    if wal_of(path).exists():
        raise StoreError(
            f"{wal_of(path)} is still there after it was brought into {path}. Move it away, and try again."
        )
