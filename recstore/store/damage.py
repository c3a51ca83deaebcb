"""Says of a store that it is damaged, where what reads it fails for that reason."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from recstore.errors import RecstoreError, StoreError, first_line, is_full
from recstore.paths import typed

#: What says nothing of a store: the machine has too little of something, or somebody asked for an end.
_OF_THE_MACHINE = (OSError, MemoryError, duckdb.OutOfMemoryException, duckdb.InterruptException)


@contextmanager
def told_when_damaged(path: str | os.PathLike[str], *, untrusted: bool = False) -> Iterator[None]:
    """Raise a `StoreError` that says what is wrong with the store at `path`, where the block fails because of it.

    A store has more values than can be looked at wherever one is used. So whatever is made of one that is wrong, how
    the store is defined and what it says of itself is checked afterwards, which takes no longer for a large store. What
    is raised with a store that is as it should be, or with none, is raised as it is.
    """
    try:
        yield
    except Exception as error:
        store = typed(path)
        if isinstance(error, (RecstoreError, *_OF_THE_MACHINE)) or is_full(error) or not store.is_file():
            raise
        # It imports what computes.
        from recstore.store.proof import check_form, first_fault

        try:
            fault = first_fault(check_form(store, untrusted))
        except (RecstoreError, duckdb.Error) as other:
            fault = first_line(other)
        if fault is None:
            raise
        raise StoreError(
            f"{store} is damaged ({fault}). recstore check tells what else is; recstore rollback or recstore restore "
            "puts an earlier store or a copy in its place."
        ) from error
