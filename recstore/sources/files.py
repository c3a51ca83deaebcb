"""A folder, a zip archive, an https address or a known name: whatever it is, files to read."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from recstore.errors import SourceError, cannot
from recstore.paths import typed
from recstore.progress import Progress
from recstore.scratch import scratch_folder
from recstore.sources.addresses import shown
from recstore.sources.download import dataset, download
from recstore.sources.unchanged import Unchanged
from recstore.sources.unpack import unpack


@contextmanager
def open_source(
    source: str, wanted: frozenset[str], known: Mapping[str, str], progress: Progress
) -> Iterator[dict[str, Path]]:
    """Yield the wanted files of a source: their base names mapped to paths that can be read while this is open.

    `source` is a folder, a `.zip` (each with or without one inner folder), an https address of a zip, or one of the
    `known` names, which are mapped to their addresses and kept in the user's cache once they were fetched.
    Raises `SourceError` where nothing of the kind is there.
    """
    with _located(source, known, progress) as path:
        named = shown(source) if "://" in source else str(path)
        if path.is_dir():
            found = _in_folder(path, wanted)
            with Unchanged(found.values()).required():
                yield found
        elif _is_archive(path, named):
            with scratch_folder() as scratch:
                with Unchanged([path]).required():
                    unpacked = unpack(path, named, wanted, scratch)
                yield unpacked
        else:
            raise SourceError(
                f"{named} is neither a folder nor a zip archive (or the archive is damaged); name the folder of the "
                "files, or a zip of it."
            )


def _is_archive(path: Path, named: str) -> bool:
    """Tell whether there is a zip. Nothing but a file is opened: a pipe would be waited for."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return zipfile.is_zipfile(file)
    except OSError as error:
        raise SourceError(cannot(named, "be read", error)) from error


@contextmanager
def _located(source: str, known: Mapping[str, str], progress: Progress) -> Iterator[Path]:
    if "://" in source:
        with scratch_folder() as scratch:
            yield download(source, scratch / "source.zip", progress)
        return
    path = local_path(source)
    if source and path.exists():
        yield path
    elif source in known:
        with dataset(f"{source}.zip", known[source], progress) as kept:
            yield kept
    else:
        raise SourceError(
            f"{shown(source)!r} is no file or folder here, and no known name. Pass a folder, a .zip, an https address, "
            f"or one of: {', '.join(known)}."
        )


def sizes(source: str, wanted: frozenset[str]) -> dict[str, int]:
    """Return the bytes of the wanted files of a source that is here: of a zip what it says of itself; else nothing."""
    if "://" in source:
        return {}
    path = local_path(source)
    try:
        if path.is_dir():
            return {name: file.stat().st_size for name, file in _in_folder(path, wanted).items()}
        if path.is_file():
            with zipfile.ZipFile(path) as packed:
                members = [(PurePosixPath(member.filename).name, member.file_size) for member in packed.infolist()]
            return {name: size for name, size in members if name in wanted}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):  # whoever reads it will say what is wrong
        return {}
    return {}


def local_path(source: str) -> Path:
    """Return a source as a path; raises `SourceError` where it can be none."""
    try:
        path = typed(source)
        path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(cannot(repr(shown(source)[:200]), "be a file or folder", error)) from error
    return path


def _in_folder(folder: Path, wanted: frozenset[str]) -> dict[str, Path]:
    found = {path.name: path for path in sorted(folder.iterdir()) if path.name in wanted and path.is_file()}
    if found:
        return found
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    return _in_folder(inner[0], wanted) if len(inner) == 1 else {}
