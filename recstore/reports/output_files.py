"""Files that are written for the user: whole or not at all, and never onto what a store needs."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from recstore import sql
from recstore.errors import OptionError, RecstoreError, told_where_full
from recstore.paths import real, typed
from recstore.scratch import OTHER_FOLDER, scratch_folder
from recstore.store.file import is_database

#: What stands beside a store under a name that is made from its own: the groups hold the store's name.
_BESIDE = re.compile(r"(.+)\.wal|(.+)\.previous-\d+|\.(.+)\.(?:previous|lock|staging-.*)", re.IGNORECASE | re.DOTALL)
_DATABASES = "SELECT path FROM duckdb_databases() WHERE path IS NOT NULL"
_STORES = "SELECT database_name, schema_name FROM duckdb_tables() WHERE table_name = 'builds'"
_SOURCES = "SELECT DISTINCT s.source, s.file, s.bytes, s.sha256 FROM (SELECT unnest(sources) AS s FROM {builds})"


@contextmanager
def whole_file(
    target: Path, connection: duckdb.DuckDBPyConnection | None = None, inputs: Iterable[Path] = ()
) -> Iterator[Path]:
    """Yield a path to write to; what stands there when the block ends well is put in the place of `target`, whole.

    `target` may be a link, which stays one, and a device or a pipe, which gets what was written. `connection` and
    `inputs` are as in `check_target`. Raises `OptionError` for a target that must not be overwritten, `FullError` where
    there is no room, and `OSError` where nothing can be written.
    """
    check_target(target, connection, inputs)
    place = real(typed(target))
    # The endings of the name stay: they say how a picture is drawn, and whether rows are compressed.
    name = f"written{''.join(place.suffixes[-2:])[-40:]}"
    if not _can_be_replaced(place):
        with scratch_folder() as folder:
            with told_where_full(f"to {folder.parent}", OTHER_FOLDER):
                yield folder / name
            with told_where_full(target):
                _pour(folder / name, place)
        return
    with told_where_full(target), scratch_folder(beside=place) as folder:
        yield folder / name
        _replace(folder / name, place)


def check_target(
    target: Path, connection: duckdb.DuckDBPyConnection | None = None, inputs: Iterable[Path] = ()
) -> None:
    """Raise an `OptionError` if writing to `target` would destroy data that recstore reads or keeps.

    That is a database of any kind that is attached to `connection`, any DuckDB file at all, a file that stands beside a
    store under a name made from its own, a source that a store on `connection` was built from, or one of `inputs`;
    under whatever name, through links as well. A folder, or one that is not there, is refused, too.
    """
    place = real(typed(target))
    if place.is_dir():
        raise OptionError(f"{target} is a folder; name a file in it.")
    if place.is_symlink():
        raise OptionError(f"{target} is a link that leads back to itself; name a file.")
    if not place.parent.is_dir():
        raise OptionError(f"The folder {place.parent} does not exist; make it first.")
    reason = _reason(place, connection, inputs)
    if reason:
        raise OptionError(f"{target} is {reason} and would be overwritten. Name another file.")


def _reason(place: Path, connection: duckdb.DuckDBPyConnection | None, inputs: Iterable[Path]) -> str | None:
    """Return what makes the file at `place` one that must stay, or None."""
    attached = [Path(path) for (path,) in connection.execute(_DATABASES).fetchall()] if connection else []
    # Files that are in use are told by their identity: to open and close one lets go of this process's locks on it.
    used = [*attached, *inputs]
    if any(_same(place, path) or _same(place, Path(f"{path}.wal")) for path in used):
        return "what this command reads"
    found = _BESIDE.fullmatch(place.name)
    if found:
        store = place.with_name(next(name for name in found.groups() if name))
        if any(_same(store, path) for path in used) or is_database(store):
            return "a file that belongs to a store"
    if not place.is_file():
        return None
    if is_database(place):
        return "a store, or another DuckDB file,"
    return "a source of the store" if connection and _is_source(place, connection) else None


def _is_source(place: Path, connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether a store on `connection` was built from the file: by its path, or by its content."""
    size, digest = place.stat().st_size, None
    for database, schema in connection.execute(_STORES).fetchall():
        builds = ".".join(map(sql.identifier, (database, schema, "builds")))
        try:
            rows = connection.execute(_SOURCES.format(builds=builds)).fetchall()
        except duckdb.Error:  # somebody's own table of that name
            continue
        for source, file, length, sha256 in rows:
            named = typed(str(source))
            if _same(place, named) or _same(place, named / str(file)):
                return True
            if length == size and size:
                digest = digest or _sha256(place)
                if sha256 == digest:
                    return True
    return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def _can_be_replaced(place: Path) -> bool:
    """Tell whether a file beside `place` can take its place: not for a device, or in a folder that is read-only."""
    if place.exists() and (not place.is_file() or _stream(place) is not None or os.path.ismount(place)):
        return False
    return not place.exists() or os.access(place.parent, os.W_OK | os.X_OK)


def _stream(place: Path) -> int | None:
    """Return which of stdout and stderr goes to the file at `place`: opened anew, the file would lose what is in it."""
    for number in (1, 2):
        with suppress(OSError):
            if os.path.samestat(os.fstat(number), place.stat()):
                return number
    return None


def _replace(part: Path, place: Path) -> None:
    if place.exists():
        if not os.access(place, os.W_OK):
            raise RecstoreError(f"{place} is read-only, and was left as it is; name another file, or make it writable.")
        part.chmod(stat.S_IMODE(place.stat().st_mode))
    try:
        part.replace(place)
    except OSError:
        # Mounted by itself, or held open where that keeps it in place.
        if not place.exists():
            raise
        _pour(part, place)


def _pour(part: Path, place: Path) -> None:
    """Write what is in `part` to `place`, which stays the file, device or pipe that it is."""
    number = _stream(place)
    with part.open("rb") as read:
        if number is not None:
            (sys.stdout if number == 1 else sys.stderr).flush()
            with os.fdopen(os.dup(number), "wb") as written:
                shutil.copyfileobj(read, written)
        else:
            with os.fdopen(_opened(place), "wb") as written:
                shutil.copyfileobj(read, written)


def _opened(place: Path) -> int:
    """Open `place` for writing: a pipe only where somebody reads from it, who would be waited for."""
    how = os.O_NONBLOCK if place.is_fifo() else os.O_CREAT | os.O_TRUNC
    try:
        descriptor = os.open(place, os.O_WRONLY | how, 0o666)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise RecstoreError(f"{place} is a pipe that nobody reads from, or a socket; name a file.") from error
        raise
    os.set_blocking(descriptor, True)
    return descriptor
