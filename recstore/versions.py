"""The versions of a store that came before: kept beside it, listed, and swapped back."""

from __future__ import annotations

import os
import re
from pathlib import Path

from recstore.progress import Progress


def versions(path: Path) -> list[Path]:
    """Return the files of the versions before the store at `path`, the newest first."""
    path = path.resolve()
    pattern = re.compile(re.escape(path.name) + r"\.previous-(\d+)")
    numbered = []
    for file in path.parent.iterdir():
        if (found := pattern.fullmatch(file.name)) and not _same(file, path):
            numbered.append((int(found[1]), file))
    pending = _pending(path)
    waiting = [pending] if pending.exists() and not _same(pending, path) else []
    return waiting + [file for _number, file in sorted(numbered)]


def keep_aside(path: Path, keep: int, progress: Progress) -> Path | None:
    """Give the store a second name, under which it stays when the first is given to a new one; no byte is copied."""
    if keep < 1:
        return None
    pending = _pending(path)
    pending.unlink(missing_ok=True)
    try:
        os.link(path, pending)
    except OSError as error:
        progress.notice(f"The version before cannot be kept: this file system has no hard links ({error.strerror}).")
        return None
    return pending


def finish_keeping(path: Path, keep: int | None = None) -> None:
    """Move what `keep_aside` kept to the first place of the versions, and all others on by one; `keep` of them stay.

    Without `keep` this finishes what a builder began that was killed right after its rename, and removes nothing.
    """
    pending = _pending(path)
    if pending.exists() and _same(pending, path):
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


def swap_back(path: Path) -> Path:
    """Exchange the store with the newest version before it, and return where the store of now stands then.

    At every moment there is a whole store under the name `path`: the second name that the store of now gets first is
    the one under which a builder keeps it, so that what is killed midway is tidied by the next.
    """
    previous = versions(path)[0]
    place, pending = _place(path, 1), _pending(path)
    os.link(path, pending)
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
