"""Whether a new store can take its place, and has room on the disk: said before the work begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from recstore import sql
from recstore.errors import FullError, StoreError
from recstore.progress import Progress
from recstore.sources.room import Room
from recstore.store.file import is_mounted

_SQL = "recstore.store.sql"


def refuse_place(path: Path, target: Path) -> None:
    """Raise a `StoreError` where no new file could take the name in the end: to be known before the work, not after."""
    if "?" in str(target):
        raise StoreError(f"DuckDB cannot write to a path with a question mark in it, such as {target}. Name another.")
    if target.is_symlink():
        raise StoreError(f"{path} is a link that leads back to itself. Name another path, or remove it.")
    if is_mounted(target):
        raise StoreError(f"{path} is mounted by itself, so no new file can take its place: mount the folder it is in.")
    if not target.parent.is_dir():
        raise StoreError(f"The folder {path.parent} does not exist; make it first.")


def room_for(
    connection: duckdb.DuckDBPyConnection, old: str | None, copied: Path | None, arriving: Room | None
) -> Room:
    """Return the room for a new store: made from the one attached as `old`, from a file that is copied, from sources.

    It is about as large as what is in use of the old file, but for what arrives, which may be less than it replaces.
    """
    size = copied.stat().st_size if copied else 0
    room = Room(size, size)
    if old is not None:
        query = sql.read(_SQL, "bytes_in_use")
        used = int(connection.execute(query, {"database": old}).fetchall()[0][0])
        room = Room(size if copied or arriving else used // 2, size + used)
    return room.or_as_much_as(arriving or Room())


def require_room(target: Path, room: Room, progress: Progress) -> None:
    """Say how much room there is to be in the folder of `target`, and raise `FullError` where that is certainly not.

    Versions that are kept take nothing more: they are the files that are there.
    """
    free = shutil.disk_usage(target.parent).free
    progress.estimated(room.likely, free)
    if room.least > free:
        raise FullError(
            f"The new store takes at least {_mb(room.least)}, and in {target.parent} {_mb(free)} are free: make room "
            f"in {target.parent} and try again. Nothing was changed."
        )


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
