"""Notices that files change while they are read: what was taken would be of two files, and its digest of neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from glob import glob, has_magic
from pathlib import Path

from recstore.errors import SourceError

#: What may be the name of a file in a query: a text, or a quoted name.
_QUOTED = re.compile(r"'((?:[^']|'')+)'|\"((?:[^\"]|\"\")+)\"")


class Unchanged:
    """Files as they were before they were read."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._before = {path: _state(path) for path in paths}

    def check(self) -> None:
        """Raise `SourceError` where a file is not what it was: longer or shorter, written to, replaced, or gone."""
        for path in self._before:
            how = self.difference(path)
            if how is not None:
                raise SourceError(
                    f"{path} changed while it was read ({how}), and nothing of it was taken: do the same again when it "
                    "is whole."
                )

    def difference(self, path: Path) -> str | None:
        """Return how a file differs from what it was; None where it does not."""
        before, now = self._before[path], _state(path)
        return None if now == before else _difference(before, now)

    @contextmanager
    def required(self) -> Iterator[None]:
        """Check when the block ends; whatever fails in it fails by that first, if it is so."""
        try:
            yield
        except Exception as error:
            try:
                self.check()
            except SourceError as changed:
                raise changed from error
            raise
        self.check()


def files_of_query(query: str, folder: Path) -> list[Path]:
    """Return the files that stand in a query, by their names in quotes; relative ones start at `folder`."""
    found: dict[Path, None] = {}
    for text, name in _QUOTED.findall(query):
        path = folder / (text.replace("''", "'") or name.replace('""', '"'))
        try:
            places = [Path(one) for one in glob(str(path), recursive=True)] if has_magic(str(path)) else [path]  # noqa: PTH207 - of an absolute path, too
            found |= dict.fromkeys(one for one in places if one.is_file())
        except (OSError, ValueError):  # no name of a file
            continue
    return list(found)


def _state(path: Path) -> tuple[int, int, int, int] | None:
    """Return which file there is, and what changes with its content; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _difference(before: tuple[int, int, int, int] | None, now: tuple[int, int, int, int] | None) -> str:
    if now is None:
        return "it is gone"
    if before is None or before[:2] != now[:2]:
        return "another file is in its place"
    if before[2] != now[2]:
        return f"it had {before[2]:,} bytes and has {now[2]:,}"
    return "it was written to"
