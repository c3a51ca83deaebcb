"""Makes a new store beside the old one and puts it in place whole, or not at all."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from glob import escape
from pathlib import Path

import duckdb

from recstore import scratch, sql
from recstore.catalogs import render
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.names import refuse_names
from recstore.catalogs.registry import stored_catalogs, to_be_stored
from recstore.errors import StoreError, cannot, is_full, told_where_full
from recstore.opening import open_connection
from recstore.paths import real
from recstore.progress import Progress, Stages
from recstore.search.index_file import keep_indexes
from recstore.sources.room import Room
from recstore.store.damage import told_when_damaged
from recstore.store.disk import copy_file, flush, told_when_full
from recstore.store.file import ROW_GROUP, STORAGE_VERSION, identity, name_tables_of, refuse_older_format, wal_of
from recstore.store.hold import Hold, held
from recstore.store.lock import Patience, builder_lock, remove_own_lock
from recstore.store.losses import record_rows, what_is_lost, would_be_lost
from recstore.store.outlook import expected_stages
from recstore.store.proof import prove
from recstore.store.rights import refuse_other_users_file, take_over_rights
from recstore.store.room import refuse_place, require_room, room_for
from recstore.store.staged import Staged, record_catalogs
from recstore.store.user_objects import UserObjects
from recstore.store.versions import (
    Chain,
    Version,
    as_version,
    files_of,
    finish_keeping,
    held_versions,
    keep_aside,
    next_chain,
    read_chain,
    versions,
    write_chain,
)

_SQL = "recstore.store.sql"
#: The old store, where there is one, is attached to the builder's connection under this name.
OLD = "old_store"
#: The store in the making.
NEW = "new_store"
#: DuckDB 1.4 writes its log in any case.
_NO_LOG = "" if duckdb.__version__.startswith("1.4.") else ", RECOVERY_MODE no_wal_writes"
#: A file by which a folder is known to be a builder's.
_MARK = "recstore-builds-here"


class _Run:
    """One run of `staged_store` in this process: what must go if the process ends in the middle of it.

    It is known, and its folder has a name, before there is a folder or a lock: an interrupt may strike anywhere.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = target.with_name(f"{_staging_of(target)}{secrets.token_hex(4)}")
        self.before = _file(target)
        self.has_lock = False
        self.ended = False
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._mutex = threading.Lock()

    @contextmanager
    def interruptible(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Let `interrupt` reach a connection: only so long as it is open, since one that is closed raises."""
        self._connection = connection
        try:
            yield
        finally:
            with self._mutex:
                self._connection = None

    def interrupt(self) -> None:
        with self._mutex:
            if self._connection is not None:
                self._connection.interrupt()

    def has_published(self) -> bool:
        # Without the lock it waits for another builder, whose store may come to be in place.
        return self.has_lock and self.before != _file(self.target)


def _file(path: Path) -> tuple[int, ...] | None:
    """Return which file there is at `path`, whatever is in it; None where there is none."""
    found = identity(path)
    return found and found[:2]


_runs: list[_Run] = []


def interrupt() -> None:
    """Interrupt the database calls of all builds in this process; they raise, and clean up, where they run."""
    for run in _runs:
        run.interrupt()


def abandon() -> None:
    """Remove what the builds of this process have begun and not removed: for a process that ends at once.

    They may still run, and what they then do to their files leads nowhere: a store that is gone cannot be put in place.
    Or they were interrupted where not even Python's `with` cleans up.
    """
    for run in _runs:
        if not run.ended:
            with suppress(OSError):
                _remove_staging(run.folder)
            remove_own_lock(run.target)
    scratch.abandon()


def has_published() -> bool:
    """Tell whether any build of this process has put its store in place."""
    return any(run.has_published() for run in _runs)


@contextmanager
def staged_store(
    path: Path,
    *,
    loaded: Sequence[Catalog] = (),
    keep: int | None = None,
    makes_version: bool = True,
    wait: bool | float = False,
    progress: Progress | None = None,
    base: Path | None = None,
    arriving: Room | None = None,
) -> Iterator[Staged]:
    """Yield a new store beside `path`: its tables are there, empty; an old store is attached as `old_store`.

    It has the catalogues of the old store, and those in `loaded`, which take the place of old ones of their names.

    When the block ends well, what the user added to the old store is kept, the file is closed,
    flushed to disk and renamed to `path` in one step, so that open readers keep the old store and new ones see
    the new; `keep` versions before it stay beside it, as many as the store was told last with None. Without
    `makes_version` the old store does not become one, none is dropped, and one of an older format is a `StoreError`: it
    is not converted. When it does not end well, what was made is removed, and `path` is as it was. The read connection
    on the old store keeps writers out of it until the end.

    `arriving` is what the sources take of the disk, if they make the new store. `FullError` is raised at once where
    there is certainly no room for it.

    With `base` the new store is a copy of that file, which holds all that is wanted. Nothing is copied from the old
    store, and the old store becomes a version also where none are kept otherwise.
    Raises `BusyError` where another builder or a writer has the store, unless `wait`; `StoreError` where the folder
    cannot be written, or where an object of the user's cannot be copied.
    """
    # A link stays a link: what it leads to is replaced.
    target, progress = real(path), progress or Progress()
    refuse_place(path, target)
    patience, stages = Patience(wait, progress), Stages(progress)
    with _begun(target, patience, progress) as (run, connection, hold, before), ExitStack() as stack:
        staging = run.folder / target.name
        user_objects = None
        keep = before.keep if keep is None else keep
        if hold is not None:
            now = _version_before(connection, path, target, makes_version)
            room = max(keep, 1) if base else keep if makes_version else len(before.kept)
            chain = next_chain(target, before, now, keep, room, progress)
        else:
            _refuse_orphaned_log(path, target)
            chain = Chain(keep)
        stored = stored_catalogs(connection, OLD) if hold else ()
        catalogs = to_be_stored(stored, loaded)
        refuse_names(connection, catalogs, stored, OLD if hold else None)
        if hold and base is None:
            user_objects = UserObjects(connection, path, OLD, NEW, stored, catalogs)
        copied = base or (target if user_objects and user_objects.needs_copy else None)
        with told_when_full(target):
            require_room(target, room_for(connection, OLD if user_objects else None, copied, arriving), progress)
            if copied:
                # Open until the end: a process that closes a file lets go of its locks on it.
                copy_file(stack.enter_context(copied.open("rb")), staging)
            _attach(connection, staging)
            if user_objects and copied:
                user_objects.drop_own()
            if base is None:
                connection.execute(f"USE {NEW}; {render.render_tables(catalogs)}")
                record_catalogs(connection, catalogs)
                progress.expected(expected_stages(connection, OLD if hold else None, catalogs))
            name_tables_of(connection, NEW)
            yield (staged := Staged(connection, run.folder, user_objects, catalogs))
            with stages.stage("keep user objects"):
                if user_objects:
                    user_objects.finish()
                record_rows(connection, NEW)
                if base is not None and hold is None:
                    chain = Chain(read_chain(connection, NEW).keep)
                write_chain(connection, NEW, chain, secrets.token_hex(16))
                # Not from elsewhere: a checkpoint looks for the macros of the user's own tables where names are looked
                # up.
                connection.execute(f"CHECKPOINT {NEW}; USE memory; DETACH {NEW}")
            with stages.stage("check"):
                prove(staging, staged.budget.half(connection), target if hold else None)
            with stages.stage("put in place"):
                _put_in_place(staging, target, hold, chain, progress)
        keep_indexes(staged.indexes)


def _version_before(connection: duckdb.DuckDBPyConnection, path: Path, target: Path, is_wanted: bool) -> Version | None:
    """Return what the old store is as a version; None where it is to be none, since only something is added to it."""
    if is_wanted:
        return as_version(connection, OLD, target)
    refuse_older_format(connection, path, OLD)
    return None


def _refuse_orphaned_log(path: Path, target: Path) -> None:
    if wal_of(target).exists():
        raise StoreError(f"{wal_of(path)} lies there without its store, and may hold data. Move it away first.")


def _attach(connection: duckdb.DuckDBPyConnection, staging: Path) -> None:
    """Attach the store in the making, without DuckDB's log: all would be written twice, and is dropped if it fails."""
    form = f"STORAGE_VERSION {sql.literal(STORAGE_VERSION)}, ROW_GROUP_SIZE {ROW_GROUP}{_NO_LOG}"
    connection.execute(f"ATTACH {sql.literal(str(staging))} AS {NEW} ({form})")
    name_tables_of(connection, NEW)


@contextmanager
def _begun(
    target: Path, patience: Patience, progress: Progress
) -> Iterator[tuple[_Run, duckdb.DuckDBPyConnection, Hold | None, Chain]]:
    """Take the lock, and yield the run, which has a folder for what it makes, a connection, and what holds the store.

    An old store is attached to the connection as `old_store`; writers are held off it and off its versions, which the
    chain tells of. It is opened once, since that takes longer than much of what a small build does.
    """
    run = _Run(target)
    _runs[:] = [*(other for other in _runs if not other.ended), run]
    try:
        with told_where_full(target), told_when_damaged(target), builder_lock(target, patience):
            run.before, run.has_lock = _file(target), True
            if run.before is not None:
                refuse_other_users_file(target)
            with (
                _staging_folder(run, progress),
                open_connection(
                    # A checkpoint on the way writes anew what is not yet a whole row group, and leaves its blocks free.
                    config={"temp_directory": str(run.folder / "spill"), "checkpoint_threshold": "1 TB"}
                ) as connection,
                run.interruptible(connection),
                ExitStack() as stack,
            ):
                hold, chain = None, Chain()
                if os.path.lexists(target):
                    hold = stack.enter_context(held(connection, target, OLD, patience))
                    chain = read_chain(connection, OLD)
                stack.enter_context(held_versions(target, chain, patience))
                finish_keeping(target, chain)
                yield run, connection, hold, chain
    finally:
        run.ended = True


def rollback(
    path: str | os.PathLike[str],
    *,
    discard: bool = False,
    wait: bool | float = False,
    progress: Progress | None = None,
) -> Path:
    """Put the version before the store at `path` back in its place, in one step, and keep the store as that version.

    So a second rollback undoes the first. Returns the path at which the store that was rolled back stands now. Raises
    `StoreError` where there is no version before, or where it cannot be opened; also where the store holds what that
    version lacks, unless `discard`: the message names it, and nothing is changed. Raises `BusyError` as `build` does.
    """
    target = real(path)
    refuse_place(Path(path), target)
    if not target.exists():
        raise StoreError(f"There is no store at {path}; check the path.")
    progress = progress or Progress()
    patience = Patience(wait, progress)
    with _begun(target, patience, progress) as (run, connection, now, known):
        found = files_of(target, known)
        if not found:
            raise StoreError(
                f"There is no version before {path} that the store knows of: builds keep one, unless told --keep 0. "
                "recstore restore puts another file in its place."
            )
        with held(connection, found[0], NEW, patience) as before:
            if not discard and (lost := what_is_lost(connection, OLD, NEW)):
                raise StoreError(would_be_lost(path, lost))
            version = as_version(connection, OLD, target)
            chain = next_chain(target, known, version, known.keep, len(known.kept), progress, without=found[0])
            staging = run.folder / target.name
            with told_when_full(target), found[0].open("rb") as file:
                copy_file(file, staging)
                _name_chain(connection, staging, chain)
                before.refuse_changes()
                _put_in_place(staging, target, now, chain, progress)
    return versions(target)[0]


def _name_chain(connection: duckdb.DuckDBPyConnection, file: Path, chain: Chain) -> None:
    """Write into a copy of a version, before it is put in place, what stands beside it then."""
    connection.execute(f"DETACH {NEW}; ATTACH {sql.literal(str(file))} AS {NEW}")
    name_tables_of(connection, NEW)
    write_chain(connection, NEW, chain, secrets.token_hex(16))
    connection.execute(f"CHECKPOINT {NEW}; USE memory; DETACH {NEW}")


@contextmanager
def _staging_folder(run: _Run, progress: Progress) -> Iterator[None]:
    """Make the folder of a run, for its user alone, while it lasts; those that dead builders left are removed."""
    for leftover in run.target.parent.glob(f"{escape(_staging_of(run.target))}*"):
        if re.fullmatch("[0-9a-f]{8}", leftover.name.removeprefix(_staging_of(run.target))):
            try:
                _remove_staging(leftover)
            except PermissionError:
                progress.notice(f"{leftover}, which a build of another user left, cannot be removed: its owner can.")
    try:
        try:
            run.folder.mkdir(mode=0o700)
            (run.folder / _MARK).touch(mode=0o600)
        except OSError as error:
            if is_full(error):
                raise
            raise StoreError(cannot(f"The folder {run.target.parent}", "be written", error)) from error
        yield
    finally:
        with suppress(OSError):
            _remove_staging(run.folder)


def _remove_staging(folder: Path) -> None:
    """Remove the folder of a builder, which is known by the mark in it, or empty; any other stays as it is.

    The mark goes last, so that the rest is known when this is killed. Raises `PermissionError` for another user's.
    """
    if folder.is_symlink() or not folder.is_dir():
        return
    entries = list(folder.iterdir())
    if any(entry.name == _MARK for entry in entries):
        for entry in (entry for entry in entries if entry.name != _MARK):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
        if [entry.name for entry in folder.iterdir()] == [_MARK]:
            (folder / _MARK).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _staging_of(target: Path) -> str:
    return f".{target.name}.staging-"


def _put_in_place(staging: Path, target: Path, hold: Hold | None, chain: Chain, progress: Progress) -> None:
    if hold is not None:
        hold.refuse_changes()
        take_over_rights(target, staging, progress)
    flush(staging)
    spare = staging.with_name(f"{staging.name}.spare")
    pending = keep_aside(target, spare, progress) if chain.begins_hidden else None
    try:
        if hold is not None:
            hold.refuse_changes()
        elif target.exists() or wal_of(target).exists():
            raise StoreError(
                f"{target} was made by another program meanwhile. It is left alone; move it, or try again."
            )
        staging.replace(target)
    except BaseException as error:
        if pending is not None:
            pending.unlink(missing_ok=True)
        if not isinstance(error, PermissionError):
            raise
        raise StoreError(
            f"{target} cannot be replaced ({error.strerror}). It may be another user's in a folder where nobody but "
            "the owner may replace a file; on Windows, it may be open: close it in every program, and build again."
        ) from error
    flush(target.parent)
    finish_keeping(target, chain)
