"""Copies, flushes, and what is said where the disk is full, or the memory too little."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import duckdb

from recstore.errors import FullError, StoreError, first_line, is_full


@contextmanager
def told_when_full(target: Path) -> Iterator[None]:
    """Say what to do where the disk or the memory fails while `target` is built, by a `FullError` or `StoreError`."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise StoreError(
            f"The memory is too little to build {target.name}, and the store is as it was: "
            f"{first_line(error)}. Give it more with --memory GB, or fewer threads with --threads N."
        ) from error
    # What fails to be written fails a commit, and after that all that is done with the database.
    except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            raise
        raise (FullError if is_full(error) else StoreError)(
            f"Something could not be read or written while {target.name} was built, and the store is as it was: "
            f"{first_line(error)}. If the disk is full, make room in {target.parent} and build again."
        ) from error


def copy_file(source: IO[bytes], target: Path) -> None:
    """Copy an open file to a new one, of the same mode, which nobody else may read before."""
    with open(target, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        shutil.copyfileobj(source, file, 1 << 22)
    target.chmod(stat.S_IMODE(os.fstat(source.fileno()).st_mode))


def flush(path: Path) -> None:
    """Have the system write a file or folder to the disk itself."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folder
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
