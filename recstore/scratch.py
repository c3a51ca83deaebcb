"""Folders for what is needed for a while: gone when their user is done, and swept away where it was killed.

A folder of ours holds a lock file, whose lock the system lets go of when its holder ends, however it ends. So whoever
finds such a folder with nobody's lock on it knows that it is ours and that nobody needs it any more.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recstore.errors import FullError, RecstoreError, told_where_full

try:
    import fcntl
except ImportError:  # Windows: what a killed process leaves is for the system's own cleaning
    fcntl = None  # type: ignore[assignment]

_NAME = re.compile(r"recstore-[0-9a-f]{16}")
_LOCK = ".recstore-lock"
#: Where what is being replaced waits, under its name, until what replaces it is in its place.
REPLACED = "replaced"
_MARK = b"A folder that recstore works in. It may be removed when no process holds a lock on this file.\n"
#: What to do, besides making room, where the system's folder for such is full.
OTHER_FOLDER = "name another folder by TMPDIR"
#: Whoever unpacks leaves so much of the disk to others.
_SPARE_BYTES = 64 << 20

#: The folders of this process, for when it ends in the middle of the work.
_mine: set[Path] = set()


@contextmanager
def scratch_folder(beside: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder for this user alone, in the system's folder for such; it is gone when the block ends.

    With `beside` it is a hidden one beside that path, whose place something made in it can take. Those that killed
    processes of this user left are removed first.
    """
    parent = beside.parent if beside else Path(tempfile.gettempdir())
    sweep(parent, is_hidden=beside is not None)
    # Known before it is there: an interrupt may strike anywhere.
    folder = parent / f"{'.' if beside else ''}recstore-{secrets.token_hex(8)}"
    _mine.add(folder)
    descriptor = None
    try:
        with told_where_full(f"to {parent}", OTHER_FOLDER if beside is None else "name another place"):
            descriptor = _begin(folder)
        yield folder
    finally:
        if fcntl is None and descriptor is not None:  # Windows removes no file that is open
            os.close(descriptor)
            descriptor = None
        shutil.rmtree(folder, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)
        _mine.discard(folder)


def abandon() -> None:
    """Remove the folders of this process: for one that ends at once."""
    for folder in list(_mine):
        if folder.name.startswith("."):
            with suppress(OSError):
                _put_back(folder)
        shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path, *, is_hidden: bool = False) -> None:
    """Remove the folders in `parent` that are provably ours, and whose processes are gone.

    What stands in the folder `REPLACED` of one that `is_hidden` goes back to its place, if nothing took that.
    """
    if fcntl is None:
        return
    dot = "." if is_hidden else ""
    with suppress(OSError), os.scandir(parent) as found:
        for entry in found:
            if entry.name.startswith(f"{dot}recstore-") and _NAME.fullmatch(entry.name.removeprefix(dot)):
                with suppress(OSError):
                    _sweep_one(Path(entry.path), is_hidden=is_hidden)


def require_room(folder: Path, size: int, what: str) -> None:
    """Raise `FullError` where a folder has no room for so many bytes and some to spare."""
    free = shutil.disk_usage(folder).free
    if size + _SPARE_BYTES > free:
        raise FullError(
            f"{what} needs {size / 1e6:,.0f} MB in {folder}, where {free / 1e6:,.0f} MB are free. Make room there, or "
            "name another folder (TMPDIR for what is unpacked, RECSTORE_CACHE for what is fetched)."
        )


def lock_if_free(descriptor: int) -> bool:
    """Lock an open file for this process alone, and say whether nobody else has it; the lock goes with the file."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def lock_shared(descriptor: int) -> None:
    """Say that an open file is in use, to whoever asks `lock_if_free`; waits while it is being removed."""
    if fcntl is not None:
        # Where the file system knows no locks, nobody can prove that a file is free either.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)


def _begin(folder: Path) -> int:
    """Make the folder and its lock file, and return the lock; a sweeper may be quicker, and then it is made anew."""
    while True:
        with suppress(FileExistsError):
            _make(folder)
        try:
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            continue
        try:
            os.write(descriptor, _MARK)
            lock_shared(descriptor)
            if os.path.samestat(os.fstat(descriptor), (folder / _LOCK).lstat()):
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR):
            raise RecstoreError(
                f"The folder {folder.parent} cannot be written ({error.strerror}). Make it writable, or name another "
                "one (TMPDIR for what is needed for a while)."
            ) from error
        raise


def _put_back(folder: Path) -> None:
    """Put what was to be replaced back in its place, where nothing replaced it."""
    for one in (folder / REPLACED).iterdir() if (folder / REPLACED).is_dir() else ():
        if not os.path.lexists(folder.parent / one.name):
            one.rename(folder.parent / one.name)


def _sweep_one(folder: Path, *, is_hidden: bool) -> None:
    if not _is_ours(folder, stat.S_ISDIR) or not _is_ours(folder / _LOCK, stat.S_ISREG):
        return
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        if os.read(descriptor, len(_MARK) + 1) == _MARK and lock_if_free(descriptor):
            if is_hidden:
                _put_back(folder)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _is_ours(path: Path, kind: Callable[[int], bool]) -> bool:
    status = path.lstat()
    return kind(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
