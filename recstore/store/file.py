"""A store file: what it says of itself, and how it is opened."""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.checks import all_tables
from recstore.catalogs.registry import installed
from recstore.errors import BusyError, StoreError, cannot, first_line
from recstore.opening import Config
from recstore.paths import real
from recstore.sources.loader import build_command

_SQL = "recstore.store.sql"
FORMAT_VERSION = 3
#: Files of this storage version are opened by DuckDB 1.4, 1.5 and 2.0 alike, and stay so when 2.0 writes to them.
STORAGE_VERSION = "v1.4.0"
#: Rows that DuckDB compresses together in a new store, fewer than by default: of a million neighbours' ids so many just
#: fill a block.
ROW_GROUP = 104_448
#: Of more numbers at a time it misjudges how floating-point numbers are packed (ALPRD, measured with 1.4 to 2.0), and
#: writes them half as large again as they are.
MOST_PACKED = 29_000_000
_MAGIC = b"DUCK"
#: What DuckDB raises where the same process has the file open otherwise: BinderException before 2.0.
_IN_USE: tuple[type[Exception], ...] = (
    duckdb.BinderException, getattr(duckdb, "ResourceInUseException", duckdb.BinderException)
)  # fmt: skip
#: Configuration of a connection that is to open a stranger's store: no extension is fetched or loaded for it.
NO_EXTENSIONS: dict[str, Config] = {
    "autoinstall_known_extensions": False, "autoload_known_extensions": False
}  # fmt: skip


def wal_of(path: Path) -> Path:
    """Return where DuckDB keeps what was written to the store at `path` and is not yet in the file itself."""
    return path.with_name(path.name + ".wal")


def identity(path: Path) -> tuple[int, ...] | None:
    """Return what tells the file at `path` from one that is published in its place; None where there is none.

    Device, inode, time of modification and size: they tell as well if somebody wrote to it.
    """
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_size


def is_database(path: Path) -> bool:
    """Tell whether there is a DuckDB file at `path`, by what it begins with."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(12)[8:] == _MAGIC
    except (OSError, ValueError):
        return False


def is_mounted(path: Path) -> bool:
    """Tell whether the file at `path` is mounted by itself, as containers mount one file: it cannot be replaced."""
    try:
        table = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:  # not Linux
        return path.is_file() and os.path.ismount(path)
    # Blanks and such stand there as octal numbers.
    points = (
        re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), line.split()[4]) for line in table.splitlines()
    )
    return path.is_file() and str(path) in points


def attach_store(connection: duckdb.DuckDBPyConnection, path: Path, database: str) -> None:
    """Attach the store at `path`, read-only, as `database`; a `StoreError` says why it cannot be.

    The file is not opened otherwise: the system lets go of a process's locks on a file as soon as it closes it once.
    Raises `BusyError` where a writer has it.
    """
    if not path.is_file():
        raise _unfit(path)
    name = sql.identifier(database)
    try:
        # With its type named, DuckDB does not look for an extension that might read the file.
        connection.execute(f"ATTACH {sql.literal(str(real(path)))} AS {name} (READ_ONLY, TYPE duckdb)")
    except duckdb.Error as error:
        raise _unfit(path, error) from error
    try:
        if not connection.execute(sql.read(_SQL, "is_store"), [database]).fetchall():
            raise StoreError(f"{path} is a DuckDB file but no store: it has no table store_info.")
        facts = info(connection, database)
        stored = facts.get("format_version") or ""
        if re.fullmatch("[0-9]{1,6}", stored) is None:
            raise StoreError(f"{path} does not say which format it has: its table store_info is damaged.")
        if int(stored) > FORMAT_VERSION:
            raise StoreError(
                f"{path} has format {stored}, and this recstore reads up to {FORMAT_VERSION}: upgrade recstore "
                f"to {facts.get('recstore_version', 'a newer version')} or later."
            )
    except BaseException as error:
        connection.execute(f"DETACH {name}")
        if isinstance(error, duckdb.Error):
            raise StoreError(f"{path} is damaged: {first_line(error)}") from error
        raise


def refuse_older_format(connection: duckdb.DuckDBPyConnection, path: Path, database: str) -> None:
    """Refuse the store at `path`, attached as `database`, for work that keeps it as it is but for an addition."""
    stored = info(connection, database)["format_version"]
    if int(stored) < FORMAT_VERSION:
        raise StoreError(
            f"{path} has the older format {stored}, and this recstore writes {FORMAT_VERSION}: convert it first, with "
            f"recstore rebuild {path}."
        )


def _unfit(path: Path, error: Exception | None = None) -> StoreError:
    """Say why a file cannot be opened as a store."""
    if not path.exists():
        text = f"There is no store at {path}. Build one with: {build_command(path)}"
    elif not path.is_file():
        text = f"{path} is {'a folder' if path.is_dir() else 'no regular file'}, not a store; name the file of one."
    else:
        reason = first_line(error) if error else ""
        # In neither case is the file opened here: to close it would let others in beside a writer of this process.
        if isinstance(error, _IN_USE):
            return BusyError(f"{path} is open in this process already, which must close it first: {reason}")
        if "Could not set lock" in reason:
            return BusyError(f"{path} is open for writing in another program, which must close it first: {reason}")
        text = f"{path} cannot be opened: {reason}"
        try:
            with path.open("rb") as file:
                if file.read(12)[8:] != _MAGIC:
                    text = f"{path} is not a DuckDB file, so it is no store. Pass another path."
        except OSError as problem:
            text = cannot(path, "be read", problem)
    return StoreError(text)


def name_tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Let unqualified names mean DuckDB's own functions, operators and types first, and then what is in a store.

    So a macro in the store that is named like a built-in function changes nothing that is computed. What is created
    without a qualified name is refused, unless it is temporary. `USE` does it the other way round.
    """
    path = f"system.main,{sql.identifier(database)}.main"
    connection.execute(f"SET search_path = {sql.literal(path)}")


def restrain(connection: duckdb.DuckDBPyConnection) -> None:
    """Limit what a stranger's store can use up: 2 GB of memory, 1 GB of temporary files, and half of the cores."""
    connection.execute("SET memory_limit = '2GB'; SET max_temp_directory_size = '1GB'")
    connection.execute(f"SET threads = {max(1, (os.cpu_count() or 1) // 2)}")


def require_tables(connection: duckdb.DuckDBPyConnection, path: Path, database: str) -> None:
    """Raise a `StoreError` if a view stands where a store has a table: a stranger's would be run by every function."""
    views = connection.execute(
        "SELECT view_name FROM duckdb_views() WHERE database_name = ? AND schema_name = 'main'", [database]
    ).fetchall()
    own = set(all_tables(model.catalog for model in installed().values()))
    if found := sorted(view for (view,) in views if view.lower() in own):
        raise StoreError(f"{path} is no sound store: {found[0]} is a view in it, not a table.")


def close_off(connection: duckdb.DuckDBPyConnection) -> None:
    """Let a connection reach no file or address beyond the databases that are attached; this cannot be undone."""
    connection.execute("SET enable_external_access = false")


def info(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, str]:
    """Return the rows of `store_info` of an attached store, as text; those that say nothing are left out."""
    return dict(connection.execute(sql.render(_SQL, "info", database=sql.identifier(database))).fetchall())
