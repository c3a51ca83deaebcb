"""Copies a store while it is in use, and puts such a copy in its place again."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

import duckdb

from recstore.errors import OptionError, StoreError, cannot
from recstore.opening import open_connection
from recstore.paths import real, typed
from recstore.progress import Progress
from recstore.store.disk import copy_file, flush
from recstore.store.file import NO_EXTENSIONS, restrain, wal_of
from recstore.store.hold import held
from recstore.store.lock import Patience
from recstore.store.losses import what_is_lost, would_be_lost
from recstore.store.proof import check_file, first_fault
from recstore.store.publish import NEW, OLD, staged_store
from recstore.store.versions import versions


def restore(
    path: str | os.PathLike[str],
    file: str | os.PathLike[str],
    *,
    discard: bool = False,
    wait: bool | float = False,
    untrusted: bool = False,
    progress: Progress | None = None,
) -> Path | None:
    """Put a copy of the store in `file`, made by `backup`, in place at `path`, in one step, after it was checked.

    The store that it replaces stays beside it as the version before. Returns the path of that version, or None where
    there was no store. With `untrusted` the check of `file` is limited as `check` is.

    Raises `StoreError` where `file` is not a sound store; also where the store at `path` holds what `file` lacks,
    unless `discard`: the message names it, and nothing is changed. Raises `BusyError` as `build` does.
    """
    source = typed(file)
    if fault := first_fault([finding for finding in check_file(source, untrusted) if finding.check != "macros"]):
        raise StoreError(f"{file} is not sound ({fault}), so nothing was changed.")
    if Path(path).exists() and source.samefile(path):
        raise OptionError(f"{file} is the store itself; name a copy of it.")
    target = real(path)
    is_there = target.exists()
    with (
        _opened(untrusted) as connection,
        held(connection, source, "backup", Patience(wait, progress or Progress())),
        staged_store(target, wait=wait, progress=progress, base=source) as staged,
    ):
        if is_there and not discard and (lost := what_is_lost(staged.connection, OLD, NEW)):
            raise StoreError(would_be_lost(path, lost))
    return versions(target)[0] if is_there else None


def backup(
    path: str | os.PathLike[str],
    file: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    wait: bool | float = False,
    untrusted: bool = False,
    progress: Progress | None = None,
) -> None:
    """Copy the store at `path` to `file`, whole and as one moment has it, while others read it; in one step.

    Rows that a writer left in the store's log before it ended are in the copy. With `untrusted` no extension is loaded,
    and memory and threads are limited. Raises `OptionError` where `file` is there already, unless `overwrite`, or is
    the store itself under whatever name; `BusyError` where somebody writes to the store for longer than `wait` seconds;
    `StoreError` where the copy cannot be written.
    """
    store, given = real(typed(path)), typed(file)
    copy = real(given)
    _refuse(store, copy, given, overwrite)
    part = copy.with_name(f".recstore-{secrets.token_hex(4)}.part")
    with _opened(untrusted) as connection, held(connection, store, OLD, Patience(wait, progress or Progress())) as hold:
        try:
            with store.open("rb") as source:
                copy_file(source, part)
            flush(part)
            hold.refuse_changes()
            if overwrite:
                part.replace(copy)
            else:
                _put_new(part, copy)
        except OSError as error:
            raise StoreError(cannot(file, "be written", error)) from error
        finally:
            part.unlink(missing_ok=True)
    flush(copy.parent)


def _opened(untrusted: bool) -> duckdb.DuckDBPyConnection:
    """Open a connection to hold a store by; for a stranger's it loads no extension, and takes no more than it may."""
    connection = open_connection(config=NO_EXTENSIONS if untrusted else None)
    if untrusted:
        restrain(connection)
    return connection


def _refuse(store: Path, copy: Path, given: Path, overwrite: bool) -> None:
    """Raise an `OptionError` where a copy of the store would be put onto something that it must not be put onto."""
    if not copy.parent.is_dir():
        raise OptionError(f"The folder {given.parent} does not exist; make it first.")
    if copy.exists() and store.exists() and copy.samefile(store):
        raise OptionError(f"{given} is the store itself; name another file.")
    taken = (f"{store.name}.previous-", f"{store.name}.wal", f".{store.name}.")
    if copy.parent == store.parent and copy.name.startswith(taken):
        raise OptionError(f"{given} is a name that recstore keeps for itself beside the store; name another file.")
    if os.path.lexists(copy) and not copy.is_file():
        raise OptionError(f"{given} is no regular file; name another.")
    if copy.exists() and not overwrite:
        raise OptionError(f"{given} is there already; name another file, or say --overwrite.")
    if wal_of(copy).exists():
        raise OptionError(f"{wal_of(copy)} would be taken for the log of the copy. Move it away first.")


def _put_new(part: Path, copy: Path) -> None:
    """Give a file its name, in one step, if nothing has it."""
    with suppress(PermissionError, NotImplementedError, AttributeError):
        try:
            os.link(part, copy)
        except FileExistsError as error:
            raise OptionError(f"{copy} was made by another program meanwhile, and is left alone.") from error
        return
    # A file system without links.
    if os.path.lexists(copy):
        raise OptionError(f"{copy} was made by another program meanwhile, and is left alone.")
    part.rename(copy)
