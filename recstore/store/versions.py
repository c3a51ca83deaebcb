"""The versions of a store that came before: which are kept is written in the store, and no other file is touched.

A file beside a store is a version of it only where the store says so: it stands in the place that the store recorded,
and is the store that was recorded. It is removed only where its size and the time of its last change are the recorded
ones, too: what somebody wrote to is somebody's. A copy, another store, a link are neither moved nor removed.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeAlias

import duckdb

from recstore import sql
from recstore.errors import BusyError, StoreError
from recstore.opening import open_connection
from recstore.paths import real
from recstore.progress import Progress
from recstore.store.file import NO_EXTENSIONS, attach_store, identity, info, wal_of
from recstore.store.hold import held
from recstore.store.lock import Patience
from recstore.store.rights import copy_with_rights

#: The keys of `store_info` under which a store says which one it is, and which versions stand beside it.
_PUBLICATION, _CHAIN = "publication", "versions"
#: Under which name a version is attached to a connection of its own.
_VERSION = "version"
#: The connections to which files are attached as that, by what tells each file from any other.
Opened: TypeAlias = dict[tuple[int, ...] | None, duckdb.DuckDBPyConnection]
#: The number of the hidden place, where the store before stands until it gets its own.
_HIDDEN = 0
#: All places up to the last are looked at: no store has as many, and one that says so would keep a build busy for ever.
_PLACES = 100_000
#: Which store each file was found to be, by what tells it from any other file: since the last run began, which holds
#: writers off them.
_seen: dict[tuple[int, ...] | None, str | None] = {}


@dataclass(frozen=True)
class Version:
    """A version before: which store it is, its size in bytes and time of last change (ns) when it was kept, its place.

    `number` is the place; `came_from` is the one where it stood before: a builder that is killed may leave it there.
    """

    store: str | None
    bytes: int
    written: int
    came_from: int
    number: int


@dataclass(frozen=True)
class Chain:
    """How many versions stay beside a store, those that do, the newest first, and those that are to go."""

    keep: int = 1
    kept: tuple[Version, ...] = ()
    dropped: tuple[Version, ...] = ()

    @property
    def begins_hidden(self) -> bool:
        """Whether the newest version is the store that is about to be replaced, and gets the hidden name first."""
        return bool(self.kept) and self.kept[0].came_from == _HIDDEN


def read_chain(connection: duckdb.DuckDBPyConnection, database: str) -> Chain:
    """Return what an attached store says of the versions before it."""
    try:
        found = json.loads(info(connection, database).get(_CHAIN, "{}"))
        kept, dropped = (tuple(Version(**each) for each in found.get(key, [])) for key in ("kept", "dropped"))
        numbers = [n for each in kept + dropped for n in (each.bytes, each.written, each.came_from, each.number)]
        places = [n for each in kept + dropped for n in (each.came_from, each.number)]
        proper = all(type(number) is int and number >= 0 for number in [found.get("keep", 1), *numbers])
        proper = proper and max(places, default=0) < _PLACES
        return Chain(found.get("keep", 1), kept, dropped) if proper else Chain()
    except (ValueError, TypeError, AttributeError, RecursionError):
        # Whatever stands there proves nothing.
        return Chain()


def chain_of(path: Path) -> Chain:
    """Return what the store at `path` says of the versions before it; where there is none, that there are none."""
    if not os.path.lexists(path):
        return Chain()
    with open_connection(config=NO_EXTENSIONS) as connection:
        attach_store(connection, path, "now")
        return read_chain(connection, "now")


def write_chain(connection: duckdb.DuckDBPyConnection, database: str, chain: Chain, publication: str) -> None:
    """Write into a store which one it is, and which versions stand beside it."""
    table = f"{sql.identifier(database)}.main.store_info"
    connection.execute(f"DELETE FROM {table} WHERE key IN (?, ?)", [_PUBLICATION, _CHAIN])
    rows = [[_PUBLICATION, publication], [_CHAIN, json.dumps(asdict(chain))]]
    connection.executemany(f"INSERT INTO {table} (key, value) VALUES (?, ?)", rows)


def as_version(connection: duckdb.DuckDBPyConnection, database: str, path: Path) -> Version:
    """Return the attached store at `path` as the version that it becomes."""
    found, store = path.stat(), _identity(connection, database)
    _seen[identity(path)] = store
    return Version(store, found.st_size, found.st_mtime_ns, _HIDDEN, _HIDDEN)


def versions(path: Path) -> list[Path]:
    """Return the files of the versions before the store at `path`, the newest first."""
    return files_of(real(path), chain_of(path))


def files_of(path: Path, chain: Chain) -> list[Path]:
    """Return the files of the versions in a chain that are there, the newest first; one that is in use is there."""
    return [file for version in chain.kept if (file := _find(real(path), version, busy=True))]


def next_chain(
    path: Path, chain: Chain, now: Version | None, keep: int, room: int, progress: Progress, without: Path | None = None
) -> Chain:
    """Return the chain of the store that will be published at `path` after `now`, of which `room` versions stay.

    Every place is free, or is free by then: what is no version keeps its place, and its number is passed over. What
    leaves the chain and was written to stays where it is. Notices tell of both. `without` is a version whose contents
    are put in place, under whatever it is now: it goes.
    """
    there = [(version, file) for version in chain.kept if (file := _find(path, version))]
    dropped, line = [], [now] if now else []
    for version, file in there:
        here = replace(version, came_from=version.number if file == _place(path, version.number) else version.came_from)
        if file == without:
            facts = file.stat()
            dropped.append(replace(here, bytes=facts.st_size, written=facts.st_mtime_ns))
        elif len(line) < room:
            line.append(here)
        elif _is_untouched(file, here):
            dropped.append(here)
        else:
            progress.notice(f"{file} was written to after it was kept, so it stays. Remove it when nobody needs it.")
    leaving = {version.came_from for version in (*dropped, *line)}
    kept, number = [], 0
    for version in line[:room]:
        number += 1
        while number not in leaving and _is_taken(_place(path, number)):
            progress.notice(
                f"{_place(path, number)} is no version that recstore keeps of {path.name}, or was written to, so it "
                "stays, and its number is passed over. Move or remove it if nobody needs it."
            )
            number += 1
        kept.append(replace(version, number=number))
    if kept and kept[0].came_from == _HIDDEN and os.path.lexists(_place(path, _HIDDEN)):
        raise StoreError(
            f"{_place(path, _HIDDEN)} is in the way: {path.name} gets this second name while a new one takes its "
            "place. It is no file that recstore can prove to be its own, or its place is taken. Move it away, and "
            "build again; nothing was changed."
        )
    return Chain(keep, tuple(kept), tuple(dropped))


@contextmanager
def held_versions(path: Path, chain: Chain, patience: Patience) -> Iterator[None]:
    """Hold writers off the versions before the store at `path`, which are about to get other names.

    What a dead writer left in a log beside one is brought into it first: beside another file of that name it would be
    taken for that file's. Raises `BusyError` where a writer has one, and `StoreError` where a log cannot be brought in.
    """
    _seen.clear()
    numbers = {version.number for version in chain.kept}
    for place in (_place(path, number) for number in range(max(numbers, default=0) + 2)):
        if wal_of(place).exists() and not os.path.lexists(place):
            raise StoreError(f"{wal_of(place)} lies there without its store, and may hold data. Move it away first.")
    with ExitStack() as stack:
        opened: Opened = {}
        stack.callback(_close, opened)
        found = patience.keep_trying(lambda: [file for each in chain.kept if (file := _find(path, each, opened))])
        for facts in opened.keys() - {identity(file) for file in found}:
            opened.pop(facts).close()
        for file in found:
            facts = identity(file)
            # What was written to meanwhile is opened anew.
            known = facts if facts in opened else None
            connection = opened[facts] if known else stack.enter_context(open_connection())
            stack.enter_context(held(connection, file, _VERSION, patience, known))
        yield


def _close(opened: Opened) -> None:
    for connection in opened.values():
        connection.close()


def keep_aside(path: Path, spare: Path, progress: Progress) -> Path:
    """Give the store a second name, under which it stays when the first is given to a new one.

    No byte is copied, unless the system allows no second name; then it is to `spare`, which is free, at first.
    """
    pending = _place(path, _HIDDEN)
    try:
        os.link(path, pending)
    except FileExistsError as error:
        raise StoreError(f"{pending} was made by another program meanwhile. Move it away, and try again.") from error
    except OSError as error:
        progress.notice(f"The version before is kept as a copy, since it cannot be linked ({error.strerror}).")
        # What is said of rights is said of the store.
        copy_with_rights(path, spare, Progress())
        spare.rename(pending)
    return pending


def finish_keeping(path: Path, chain: Chain) -> None:
    """Put each version in its place, and remove those that are to go: at the end of a build, or after one was killed.

    What is no version is left as it is, also where a version would have to go.
    """
    pending = _place(path, _HIDDEN)
    if _is_second_name(pending, path):
        pending.unlink()
    for version in chain.dropped:
        file = _place(path, version.came_from)
        if _is(file, version) and _is_untouched(file, version):
            file.unlink()
    # Each moves to a name that is free by then, most of them from the last on.
    waiting = [version for version in reversed(chain.kept) if version.number != version.came_from]
    while moved := [version for version in waiting if _move(path, version)]:
        waiting = [version for version in waiting if version not in moved]


def _move(path: Path, version: Version) -> bool:
    file, place = _place(path, version.came_from), _place(path, version.number)
    if _is_taken(place) or not _is(file, version):
        return False
    file.rename(place)
    return True


def _find(path: Path, version: Version, opened: Opened | None = None, *, busy: bool = False) -> Path | None:
    """Return the file beside the store at `path` that is a version of it; `busy` stands for what a writer has.

    Without that a `BusyError` is raised there. In `opened`, if given, are left the connections of what was opened.
    """
    for number in dict.fromkeys((version.number, version.came_from)):
        file = _place(path, number)
        try:
            if not _same(file, path) and _is(file, version, opened):
                return file
        except BusyError:
            if not busy:
                raise
            return file
    return None


def _is(file: Path, version: Version, opened: Opened | None = None) -> bool:
    """Tell whether a file is the store that a version was, whatever was written to it since."""
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            return False
        facts = identity(file)
        if facts not in _seen:
            with ExitStack() as stack:
                connection = stack.enter_context(open_connection(config=NO_EXTENSIONS))
                attach_store(connection, file, _VERSION)
                _seen[facts] = _identity(connection, _VERSION)
                if opened is not None:
                    opened[facts] = connection
                    stack.pop_all()
        known = _seen[facts]
    except BusyError:
        raise
    except (StoreError, OSError):
        return False
    return known == version.store and (known is not None or _is_untouched(file, version))


def _identity(connection: duckdb.DuckDBPyConnection, database: str) -> str | None:
    """Return which store an attached one is; those of before a publication had a name have that of their build."""
    facts = info(connection, database)
    return facts.get(_PUBLICATION) or facts.get("build_id")


def _is_untouched(file: Path, version: Version) -> bool:
    """Tell whether nobody wrote to the file of a version since it was kept."""
    found = file.lstat()
    return (found.st_size, found.st_mtime_ns) == (version.bytes, version.written) and not wal_of(file).exists()


def _is_taken(place: Path) -> bool:
    return os.path.lexists(place) or os.path.lexists(wal_of(place))


def _place(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.previous-{number}" if number else f".{path.name}.previous")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except FileNotFoundError:
        return False


def _is_second_name(pending: Path, path: Path) -> bool:
    """Tell whether what a builder kept aside is the store itself, or a copy of it: then no new one was put in place."""
    try:
        facts, others = pending.lstat(), path.stat()
    except FileNotFoundError:
        return False
    if os.path.samestat(facts, others):
        return True
    is_file = stat.S_ISREG(facts.st_mode)
    return is_file and (facts.st_size, facts.st_mtime_ns) == (others.st_size, others.st_mtime_ns)
