"""The versions of a store that came before: kept beside it, listed, and swapped back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from recstore.errors import BusyError, StoreError
from recstore.progress import Progress
from recstore.store.file import open_connection, wal_of
from recstore.store.hold import held
from recstore.store.lock import Patience
from recstore.store.rights import copy_with_rights, take_over_rights


def versions(path: Path) -> list[Path]:
    """Return the files of the versions before the store at `path`, the newest first."""
    path = path.resolve()
    pattern = re.compile(re.escape(path.name) + r"\.previous-(\d+)")
    numbered = []
    for file in path.parent.iterdir():
        if (found := pattern.fullmatch(file.name)) and not _same(file, path):
            numbered.append((int(found[1]), file))
    pending = _pending(path)
    waiting = [pending] if pending.exists() and not _is_second_name(pending, path) else []
    return waiting + [file for _number, file in sorted(numbered)]


@contextmanager
def held_versions(path: Path, patience: Patience) -> Iterator[None]:
    """Hold writers off the versions before the store at `path`, which are about to get other names.

    What a dead writer left in a log beside one is brought into it first: beside another file of that name it would be
    taken for that file's. Raises `BusyError` where a writer has one, and `StoreError` where a log cannot be brought in.
    """
    found = versions(path)
    places = [_place(path, number) for number in range(1, len(found) + 2)]
    for place in (*places, _pending(path)):
        if wal_of(place).exists() and not place.exists():
            raise StoreError(f"{wal_of(place)} lies there without its store, and may hold data. Move it away first.")
    with ExitStack() as stack:
        for number, file in enumerate(found):
            connection = stack.enter_context(open_connection())
            try:
                stack.enter_context(held(connection, file, f"version_{number}", patience))
            except BusyError:
                raise
            except StoreError as error:
                # What is no store, or none any more, stops no build.
                if wal_of(file).exists():
                    raise StoreError(
                        f"{wal_of(file)} may hold data, and cannot be brought into its store. Move both away first: "
                        f"{error}"
                    ) from error
        yield


def keep_aside(path: Path, keep: int, spare: Path, progress: Progress) -> Path | None:
    """Give the store a second name, under which it stays when the first is given to a new one.

    No byte is copied, unless the system allows no second name; then it is to `spare`, which is free, at first.
    """
    if keep < 1:
        return None
    pending = _pending(path)
    pending.unlink(missing_ok=True)
    try:
        os.link(path, pending)
    except OSError as error:
        progress.notice(f"The version before is kept as a copy, since it cannot be linked ({error.strerror}).")
        # What is said of rights is said of the store.
        copy_with_rights(path, spare, Progress())
        spare.replace(pending)
    return pending


def finish_keeping(path: Path, keep: int | None = None) -> None:
    """Move what `keep_aside` kept to the first place of the versions, and all others on by one; `keep` of them stay.

    Without `keep` this finishes what a builder began that was killed right after its rename, and removes nothing.
    """
    pending = _pending(path)
    if pending.exists() and _is_second_name(pending, path):
        pending.unlink()
    found = versions(path)
    if pending.exists() or keep is not None:
        kept = found if keep is None else found[:keep]
        # From the last on: each moves to a name that is free, or whose file is dropped anyway.
        for number, file in reversed(list(enumerate(kept, start=1))):
            place = _place(path, number)
            if file != place:
                file.replace(place)
        for file in versions(path)[len(kept) :]:
            file.unlink(missing_ok=True)


def swap_back(path: Path, spare: Path, progress: Progress) -> Path:
    """Exchange the store with the newest version before it, and return where the store of now stands then.

    Who may do what with the store stays as it is now. At every moment there is a whole store under the name `path`:
    the second name that the store of now gets first is the one under which a builder keeps it, so that what is killed
    midway is tidied by the next. `spare` is a free name beside the store, for copies where the system wants them.
    """
    previous = versions(path)[0]
    place = _place(path, 1)
    try:
        take_over_rights(path, previous, progress)
    except PermissionError:  # another user's: a copy is our own
        copy_with_rights(previous, spare, Progress())
        take_over_rights(path, spare, progress)
        spare.replace(previous)
    pending = keep_aside(path, 1, spare, progress)
    assert pending is not None
    previous.replace(path)
    pending.replace(place)
    return place


def _place(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.previous-{number}")


def _pending(path: Path) -> Path:
    return path.with_name(f".{path.name}.previous")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except FileNotFoundError:
        return False


def _is_second_name(pending: Path, path: Path) -> bool:
    """Tell whether what a builder kept aside is the store itself, or a copy of it: then no new one was put in place."""
    if _same(pending, path):
        return True
    try:
        facts, others = pending.stat(), path.stat()
    except FileNotFoundError:
        return False
    return (facts.st_size, facts.st_mtime_ns) == (others.st_size, others.st_mtime_ns)
