"""The errors that recstore raises: one base, and a message that says what to do next."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class RecstoreError(Exception):
    """recstore could not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class SourceError(RecstoreError):
    """The source of the data cannot be read."""


class StoreError(RecstoreError):
    """The store cannot be opened or written."""


class BusyError(StoreError):
    """The store is in use, by a builder or by a writer; it can be waited for."""


class FullError(StoreError):
    """The disk is full, or would be."""


class CapacityError(StoreError):
    """The memory is too little for what is to be made."""


class UnsoundError(RecstoreError):
    """A store is not sound."""


class TooManyRejectsError(RecstoreError):
    """More lines than allowed could not be loaded."""


class LossError(RecstoreError):
    """The new store would lose something that the old one has; `losses` are all that it would lose."""

    def __init__(self, message: str | None = None, losses: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.losses = list(losses)


class OptionError(RecstoreError):
    """An option has a value that is not allowed."""


class BelowBarError(RecstoreError):
    """A figure of an evaluation is below what was asked of it."""


class MissingExtraError(RecstoreError):
    """Something needs a package that is not installed."""


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_full(error: BaseException) -> bool:
    """Tell whether something failed since the disk, or the share of it that the user may have, is full."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    # DuckDB hands on no number of an error, only the system's words for it.
    return any(os.strerror(number) in str(error) for number in _FULL)


def full(what: str | os.PathLike[str], error: BaseException, remedy: str = "name another place") -> FullError:
    """Return what says that there was no room to write `what`, and what to do: by `remedy`, or by making some."""
    reason = next((text for number in _FULL if (text := os.strerror(number)) in str(error)), first_line(error))
    room = (
        "raise the limit of the size of files (ulimit -f)" if reason == os.strerror(errno.EFBIG) else "make room there"
    )
    return FullError(f"There is no room to write {os.fspath(what)} ({reason}): {room}, or {remedy}.")


@contextmanager
def told_where_full(what: str | os.PathLike[str], remedy: str = "name another place") -> Iterator[None]:
    """Raise what `full` returns where the disk is found full while `what` is written."""
    try:
        yield
    except RecstoreError:
        raise
    except Exception as error:
        if not is_full(error):
            raise
        raise full(what, error, remedy) from error


#: What to do about an error of the system; what is not listed needs another path.
_REMEDIES = {
    errno.EACCES: "give this user the right to it (chmod, chown), or name another",
    errno.EPERM: "give this user the right to it (chmod, chown), or name another",
    errno.EROFS: "name another place",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EISDIR: "name a file",
    errno.ELOOP: "name what the link should lead to",
    errno.ENAMETOOLONG: "shorten its name",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    **dict.fromkeys(_FULL, "make room, or name another place"),
}


def cannot(path: str | os.PathLike[str], be_done: str, error: Exception) -> str:
    """Say in a sentence that a path cannot `be read` or the like, by the system's reason, and what to do."""
    reason = (error.strerror if isinstance(error, OSError) else None) or first_line(error)
    remedy = _REMEDIES.get(getattr(error, "errno", None) or 0, "check the path, or name another")
    return f"{os.fspath(path)} cannot {be_done} ({reason}): {remedy}."


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says; of one that says nothing, its kind."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
