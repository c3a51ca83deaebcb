"""Who may do what with a file, as another file had it: its owner, group, mode, and extended attributes."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from recstore.errors import StoreError
from recstore.progress import Progress


def take_over_rights(old: Path, new: Path, progress: Progress) -> None:
    """Give the file `new` what `old` has; where that cannot be, its rights are the narrower ones, and a notice says so.

    Access control lists are extended attributes. Raises `PermissionError` where `new` is another user's.
    """
    wanted = old.stat()
    mode = stat.S_IMODE(wanted.st_mode)
    if hasattr(os, "chown"):
        # Whoever may not give a file away may still give it a group of his own.
        for owner in (wanted.st_uid, -1):
            with suppress(PermissionError):
                os.chown(new, owner, wanted.st_gid)
                break
        found = new.stat()
        if found.st_gid != wanted.st_gid:
            mode &= ~(stat.S_IRWXG | stat.S_ISGID)
            progress.notice(
                f"The group of {old} is {_group(wanted.st_gid)}, and you may not give a file to it: the new file is of "
                f"the group {_group(found.st_gid)}, which may do nothing with it. Mend it with chgrp and chmod."
            )
        if found.st_uid != wanted.st_uid:
            progress.notice(
                f"{old} was {_user(wanted.st_uid)}'s, and is {_user(found.st_uid)}'s now: you may not give a file away."
            )
    lost = _take_over_attributes(old, new)
    if lost:
        progress.notice(f"Not all extended attributes of {old} could be kept: {', '.join(lost)}.")
    # Last: giving a file away and its access control list both change the mode.
    new.chmod(mode)


def refuse_other_users_file(path: Path) -> None:
    """Raise a `StoreError` where the folder lets nobody but its owner, or the file's, replace the file at `path`."""
    folder = path.parent.stat()
    if folder.st_mode & stat.S_ISVTX and os.geteuid() not in (0, folder.st_uid, path.stat().st_uid):
        raise StoreError(
            f"{path} is another user's, in a folder where only the owner of a file may replace it. "
            "Build to another path, or have its owner build."
        )


def copy_with_rights(source: Path, target: Path, progress: Progress) -> None:
    """Copy a file, with its rights and its time of modification, and have it written to the disk."""
    with source.open("rb") as old, target.open("xb") as new:
        target.chmod(stat.S_IRUSR | stat.S_IWUSR)
        shutil.copyfileobj(old, new, 1 << 22)
        new.flush()
        os.fsync(new.fileno())
    take_over_rights(source, target, progress)
    facts = source.stat()
    os.utime(target, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _take_over_attributes(old: Path, new: Path) -> list[str]:
    """Make the extended attributes of `new` those of `old`, and return the names of those that could not be."""
    if not hasattr(os, "listxattr"):
        return []
    try:
        wanted = {name: os.getxattr(old, name) for name in os.listxattr(old)}
        found = {name: os.getxattr(new, name) for name in os.listxattr(new)}
    except OSError:  # a file system without any
        return []
    lost = []
    for name, value in wanted.items():
        if found.get(name) != value:
            try:
                os.setxattr(new, name, value)
            except OSError:
                lost.append(name)
    for name in found.keys() - wanted.keys():
        # What the folder gives to new files, such as its own access control list.
        with suppress(OSError):
            os.removexattr(new, name)
    return lost


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _group(number: int) -> str:
    import grp

    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return f"{number}"
