"""The errors that recstore raises: one base, and a message that says what to do next."""

from __future__ import annotations


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


class TooManyRejectsError(RecstoreError):
    """More lines than allowed could not be loaded."""


class OptionError(RecstoreError):
    """An option has a value that is not allowed."""


class BelowBarError(RecstoreError):
    """A figure of an evaluation is below what was asked of it."""


class MissingExtraError(RecstoreError):
    """Something needs a package that is not installed."""
