"""The errors that recstore raises: one base, and a message that says what to do next."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence


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


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says; of one that says nothing, its kind."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
