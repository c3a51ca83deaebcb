"""The user's cache: data sets, Annoy indexes and parsed functions, which nobody else can write, and no more than fits.

`folder`, `entries` and `clear` are for users; the rest is for the modules that put something in.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from recstore.errors import OptionError
from recstore.paths import real, typed
from recstore.scratch import lock_if_free, lock_shared

#: The folders in the cache, and what is in them.
DATASETS, INDEXES, FUNCTIONS = "datasets", "annoy", "functions"
_DEFAULT_GB = 20.0
#: Indexes and functions that nobody used for so long are removed when something new comes in.
_UNUSED_SECONDS = 14 * 24 * 3600
#: What recstore makes anew from a store, by the folder that holds it: how its files are called, and what each is.
_MADE = {
    INDEXES: (re.compile(r"[0-9a-f]{64}\.ann"), "index"),
    FUNCTIONS: (re.compile(r"[0-9a-f]{64}\.duckdb"), "functions"),
}
_PART = re.compile(r"\.recstore-\w{8}\.part")
_RECORD = ".fetched"
_VERIFIED = ".verified"
#: Two changes within so many seconds may have the same time.
_TICK = 0.05


@dataclass(frozen=True)
class Entry:
    """One file of the cache: a `dataset`, an `index`, `functions`, an `unfinished` download, or `other`.

    What is `other` is not recstore's. `last_used` is in UTC.
    """

    kind: str
    bytes: int
    last_used: datetime
    path: Path


def folder() -> Path:
    """Return where the cache is: `$RECSTORE_CACHE`, or the system's folder for such."""
    override = os.environ.get("RECSTORE_CACHE")
    if not override:
        return platformdirs.user_cache_path("recstore", appauthor=False)
    if str(place := typed(override)).startswith("~"):
        raise OptionError(f"RECSTORE_CACHE is {override!r}, and there is no such user's home.")
    return place.absolute()


def size_limit() -> int:
    """Return how many bytes the cache may hold: `$RECSTORE_CACHE_SIZE`, in GB, or 20 GB."""
    given = os.environ.get("RECSTORE_CACHE_SIZE", "").strip()
    try:
        size = float(given) if given else _DEFAULT_GB
    except ValueError:
        size = math.nan
    if not 0 <= size < math.inf:
        raise OptionError(f"RECSTORE_CACHE_SIZE is a number of GB, such as 5, not {given!r}.")
    return int(size * 1e9)


def entries() -> list[Entry]:
    """Return what is in the cache, the latest used first.

    Folders that somebody else can write are left out, as they are not used.
    """
    found = [entry for kind in (DATASETS, *_MADE) for entry in _in(kind)]
    return sorted(found, key=lambda entry: (entry.last_used, entry.path), reverse=True)


def clear(*, datasets: bool = True, indexes: bool = True) -> list[Entry]:
    """Remove data sets, indexes (with the functions that ask them) or both, and return what was removed.

    What is in use stays, and so does whatever recstore cannot prove that it wrote.
    """
    kinds = [*((DATASETS,) if datasets else ()), *(_MADE if indexes else ())]
    return [entry for kind in kinds for entry in _in(kind) if _remove(entry)]


def trim() -> None:
    """Remove unfinished files, what was made and long not used, and the least recently used beyond the limit."""
    limit = size_limit()
    before = datetime.fromtimestamp(datetime.now(UTC).timestamp() - _UNUSED_SECONDS, UTC)
    own = [entry for entry in entries() if entry.kind != "other"]
    total = sum(entry.bytes for entry in own)
    made = {name for _pattern, name in _MADE.values()}
    for entry in reversed(own):
        is_old = entry.kind in made and entry.last_used < before
        if (total > limit or is_old or entry.kind == "unfinished") and _remove(entry):
            total -= entry.bytes


def is_private(path: Path, kind: Callable[[int], bool]) -> bool:
    """Say whether the path itself, not what a link leads to, is of this kind, ours, and closed to others' writing.

    What belongs to the system's administrator is as good as ours: who can be root can write anything.
    """
    try:
        status = path.lstat()
    except OSError:
        return False
    ours = not hasattr(os, "getuid") or (status.st_uid in (os.getuid(), 0) and not status.st_mode & 0o022)
    return kind(status.st_mode) and ours


def is_safe(path: Path) -> bool:
    """Say whether a file of the cache is one that nobody else can write, nor any folder above it in the cache."""
    return _is_safe_folder(path.parent) and is_private(path, stat.S_ISREG)


def ready_folder(kind: str) -> Path:
    """Return a folder of the cache, made if it is not there; raises `OSError` where nothing may be put into it."""
    root = folder()
    place = root / kind
    for missing in [path for path in (place, *place.parents) if not path.exists()][::-1]:
        with suppress(FileExistsError):
            missing.mkdir(mode=0o700)
    if not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is no folder", str(place))
    if not _is_safe_folder(place):
        raise PermissionError(errno.EPERM, "others may write there, or it is a link or not yours", str(place))
    if not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, "it cannot be written", str(place))
    return place


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Keep a file of the cache from being removed while the block lasts; yields whether it is there and safe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        yield False
        return
    try:
        lock_shared(descriptor)
        yield is_safe(path) and os.path.samestat(os.fstat(descriptor), path.lstat())
    finally:
        os.close(descriptor)


@contextmanager
def new_file(place: Path) -> Iterator[tuple[int, Path]]:
    """Yield a new file in a folder, as descriptor and path; what was not moved away by the end of the block goes.

    While the block lasts its lock says that it is being written; what a killed process leaves is removed by `trim`.
    """
    descriptor, name = tempfile.mkstemp(prefix=".recstore-", suffix=".part", dir=place)
    try:
        lock_shared(descriptor)
        yield descriptor, Path(name)
    finally:
        os.close(descriptor)
        Path(name).unlink(missing_ok=True)


def record_of(path: Path) -> Path:
    """Return the file that says what was fetched to `path`."""
    return path.with_name(path.name + _RECORD)


def recorded(path: Path) -> tuple[int, str] | None:
    """Return the size and SHA-256 that a data set had when it was fetched, or None where nothing says so."""
    record = record_of(path)
    if not is_private(record, stat.S_ISREG):
        return None
    try:
        facts = json.loads(record.read_text("utf-8"))
        size, sha256 = facts["bytes"], facts["sha256"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return (size, sha256) if isinstance(size, int) and isinstance(sha256, str) else None


def record_verified(path: Path, status: os.stat_result, sha256: str, form: str = "") -> None:
    """Record that a file had this SHA-256 when it was as `status` says; nothing where it is not so any more.

    `form` says in any words what else was found of its content, "" for nothing.

    A change that follows the last one so closely that both have one time would not be seen: that time passes first.
    """
    time.sleep(max(0.0, min(_TICK, status.st_ctime + _TICK - time.time())))
    if _identity(path.lstat()) != _identity(status):
        return
    with new_file(path.parent) as (descriptor, part):
        os.write(descriptor, json.dumps({"file": _identity(status), "sha256": sha256, "form": form}).encode())
        part.replace(_verified(path))


def is_verified(path: Path, status: os.stat_result, sha256: str, form: str = "") -> bool:
    """Say whether this user recorded that a file has this SHA-256, and it is unchanged; then it counts as used now.

    With a `form` that must have been recorded of it, too.
    """
    record = _verified(path)
    if not is_private(record, stat.S_ISREG):
        return False
    try:
        facts = json.loads(record.read_text("utf-8"))
        found = (facts["file"], facts["sha256"]) == (_identity(status), sha256)
        found = found and form in ("", facts.get("form"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
    if found:
        with suppress(OSError):
            os.utime(record)
    return found


def _verified(path: Path) -> Path:
    return path.with_name(path.name + _VERIFIED)


def _identity(status: os.stat_result) -> list[int]:
    """Return what of a file's state changes when somebody writes to it, or puts another in its place."""
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _is_safe_folder(place: Path) -> bool:
    root = place.parent
    with suppress(OSError):
        # The user's own link may move the cache as a whole to another disk.
        if root.is_symlink() and (not hasattr(os, "getuid") or root.lstat().st_uid == os.getuid()):
            root = real(root)
    return is_private(place, stat.S_ISDIR) and is_private(root, stat.S_ISDIR)


def _in(kind: str) -> Iterator[Entry]:
    place = folder() / kind
    if not _is_safe_folder(place):
        return
    with suppress(OSError):
        for path in sorted(place.iterdir()):
            with suppress(OSError):
                status = path.lstat()
                used = status.st_mtime
                with suppress(OSError):
                    used = max(used, _verified(path).lstat().st_mtime)
                last_used = datetime.fromtimestamp(used, UTC)
                if name := _kind_of(kind, path, status):
                    yield Entry(name, status.st_size, last_used, path)


def _kind_of(kind: str, path: Path, status: os.stat_result) -> str | None:
    """Say what a file is; the record of a data set or an index belongs to it, and is none of its own."""
    if stat.S_ISREG(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == os.getuid()):
        if _PART.fullmatch(path.name):
            return "unfinished"
        if kind == INDEXES and path.suffix == _VERIFIED and _MADE[kind][0].fullmatch(path.stem):
            return None if path.with_suffix("").exists() else "unfinished"
        if kind in _MADE and _MADE[kind][0].fullmatch(path.name):
            return _MADE[kind][1]
        if kind == DATASETS and path.name.endswith(_RECORD) and recorded(path.with_suffix("")):
            return None
        if kind == DATASETS and (facts := recorded(path)) and facts[0] == status.st_size:
            return "dataset"
    return "other"


def _remove(entry: Entry) -> bool:
    """Remove a file that nobody uses, and say whether it is gone; only what is recstore's."""
    if entry.kind == "other":
        return False
    try:
        descriptor = os.open(entry.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False
    try:
        if os.name == "posix" and not lock_if_free(descriptor):
            return False
        if not os.path.samestat(os.fstat(descriptor), entry.path.lstat()):
            return False
        entry.path.unlink()
        if entry.kind == "dataset":
            record_of(entry.path).unlink(missing_ok=True)
        if entry.kind == "index":
            _verified(entry.path).unlink(missing_ok=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
