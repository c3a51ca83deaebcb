"""Empty databases with what SQL creates, made once and kept: DuckDB 2.0 takes long to parse the functions of a store.

A copy of what stands in a file binds nothing and parses nothing: 10 ms instead of half a second for two catalogues. The
file is kept in the user's cache, under the digest of its text; where nothing can be kept, it serves one process.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import cache as once
from pathlib import Path

import duckdb

from recstore import cache, sql
from recstore.errors import FullError, told_where_full
from recstore.opening import open_connection
from recstore.scratch import OTHER_FOLDER, scratch_folder
from recstore.store.file import NO_EXTENSIONS, STORAGE_VERSION, close_off, restrain

_NAME = "_rs_prepared"
_lock = threading.RLock()


def create_functions(connection: duckdb.DuckDBPyConnection, written: Callable[[str], str], database: str) -> None:
    """Create the functions that `written` writes for a prefix, such as `"rec".main.`, in an attached database.

    Where the connection may open no file, they are made from their text.
    """
    if not copy_functions(connection, written, database):
        connection.execute(written(f"{sql.identifier(database)}.main."))


def copy_functions(
    connection: duckdb.DuckDBPyConnection, written: Callable[[str], str], database: str, apart: str | None = None
) -> bool:
    """Copy the functions that `written` writes from where they are kept, if that can be, and say whether it could.

    Nothing of what they name need be there, unless they are made anew: with `apart`, not even then.
    """
    try:
        with prepared(connection, f"BEGIN;\n{written(f'{_NAME}.main.')}COMMIT;\n", _NAME, apart):
            connection.execute(f"COPY FROM DATABASE {_NAME} TO {sql.identifier(database)} (SCHEMA)")
    except (duckdb.Error, OSError, FullError):
        return False
    return True


@contextmanager
def prepared(connection: duckdb.DuckDBPyConnection, text: str, name: str, apart: str | None = None) -> Iterator[None]:
    """Attach, read-only and while the block lasts, a database with what `text` creates in a database called `name`.

    Where nobody has kept what it makes, the text is executed on this connection. With `apart`, SQL that creates what
    the text names, both are executed on another one, which reaches no file: they may be of a stranger's store. Raises
    `duckdb.Error` and `OSError` where the connection may open no file, or none can be made, and `FullError` where there
    is no room for it.
    """
    with _lock, ExitStack() as stack:
        path = stack.enter_context(_file(connection, text, name, apart))
        try:
            _attach(connection, path, name, "READ_ONLY")
        except duckdb.PermissionException:
            raise
        except duckdb.Error:
            # What a full disk left, or a failing one.
            path.unlink(missing_ok=True)
            _attach(connection, stack.enter_context(_file(connection, text, name, apart)), name, "READ_ONLY")
        try:
            yield
        finally:
            connection.execute(f"DETACH {name}")


@contextmanager
def _file(connection: duckdb.DuckDBPyConnection, text: str, name: str, apart: str | None) -> Iterator[Path]:
    """Yield the file of a text: from the cache, else from this process's folder, made if need be.

    The file may be gone when the block ends.
    """
    # What a version of DuckDB writes is for that version alone.
    digest = hashlib.sha256(f"{duckdb.__version__} {STORAGE_VERSION} {text}".encode()).hexdigest()
    cached = cache.folder() / cache.FUNCTIONS / f"{digest}.duckdb"
    with cache.held(cached) as is_safe:
        if is_safe:
            with suppress(OSError):
                os.utime(cached)
            yield cached
            return
    made = _own_folder() / cached.name
    if not made.exists():
        _make(connection, made, text, name, apart)
    with suppress(OSError):
        _keep(made, cached)
    yield made


def _make(connection: duckdb.DuckDBPyConnection, path: Path, text: str, name: str, apart: str | None) -> None:
    part = path.with_suffix(".part")
    own = nullcontext(connection) if apart is None else open_connection(config=NO_EXTENSIONS)
    with told_where_full(f"to {path.parent.parent}", OTHER_FOLDER), own as maker:
        _attach(maker, part, name, "READ_WRITE")
        if apart is not None:
            restrain(maker)
            close_off(maker)
            maker.execute(apart)
        try:
            # On a cursor: what is left of a text that fails, such as its USE, goes with it.
            with maker.cursor() as making:
                making.execute(text)
        finally:
            maker.execute(f"DETACH {name}")
        part.replace(path)


def _keep(made: Path, cached: Path) -> None:
    with cache.new_file(cache.ready_folder(cache.FUNCTIONS)) as (descriptor, part):
        with made.open("rb") as source, os.fdopen(os.dup(descriptor), "wb") as kept:
            shutil.copyfileobj(source, kept)
        part.replace(cached)
    cache.trim()


def _attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str, mode: str) -> None:
    storage = sql.literal(STORAGE_VERSION)
    connection.execute(f"ATTACH {sql.literal(str(path))} AS {name} (STORAGE_VERSION {storage}, {mode})")


def _own_folder() -> Path:
    whose = os.getpid(), os.geteuid() if hasattr(os, "geteuid") else 0
    if not _folder(*whose).is_dir():
        # A service runs for weeks, and what tidies the system's folder meanwhile takes this one away.
        _folder.cache_clear()
    return _folder(*whose)


@once
def _folder(process: int, _user: int) -> Path:
    """Return the folder of a process for what is prepared; it goes when that process ends, and no fork of it."""
    kept = ExitStack()
    atexit.register(lambda: kept.close() if os.getpid() == process else None)
    return kept.enter_context(scratch_folder())
