"""A folder, a zip archive, an https address or a known name: whatever it is, files to read."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from recstore.errors import SourceError
from recstore.fetch import cache_folder, download
from recstore.progress import Progress

#: A zip of text shrinks to a tenth or so; a member that grows more than this is not data.
_MAX_EXPANSION = 200


@contextmanager
def open_source(
    source: str, wanted: frozenset[str], known: Mapping[str, str], progress: Progress
) -> Iterator[dict[str, Path]]:
    """Yield the wanted files of a source: their base names mapped to paths that can be read while this is open.

    `source` is a folder, a `.zip` (each with or without one inner folder), an https address of a zip, or one of the
    `known` names, which are mapped to their addresses and kept in the user's cache once they were fetched.
    Raises `SourceError` where nothing of the kind is there.
    """
    with tempfile.TemporaryDirectory(prefix="recstore-") as scratch:
        path = _locate(source, known, Path(scratch), progress)
        if path.is_dir():
            yield _in_folder(path, wanted)
        elif zipfile.is_zipfile(path):
            yield _unpack(path, wanted, Path(scratch))
        else:
            raise SourceError(f"{path} is neither a folder nor a zip archive (or the archive is damaged).")


def _locate(source: str, known: Mapping[str, str], scratch: Path, progress: Progress) -> Path:
    if "://" in source:
        return download(source, scratch / (PurePosixPath(urlsplit(source).path).name or "source.zip"), progress)
    path = Path(source).expanduser()
    if source and path.exists():
        return path
    if source in known:
        kept = cache_folder() / "datasets" / f"{source}.zip"
        return kept if kept.exists() else download(known[source], kept, progress)
    raise SourceError(
        f"{source!r} is no file or folder here, and no known name. Pass a folder, a .zip, an https address, "
        f"or one of: {', '.join(known)}."
    )


def _in_folder(folder: Path, wanted: frozenset[str]) -> dict[str, Path]:
    found = {path.name: path for path in sorted(folder.iterdir()) if path.name in wanted and path.is_file()}
    if found:
        return found
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    return _in_folder(inner[0], wanted) if len(inner) == 1 else {}


def _unpack(archive: Path, wanted: frozenset[str], scratch: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                name = PurePosixPath(member.filename)
                if name.name not in wanted or len(name.parts) > 2 or name.name in found or member.is_dir():
                    continue
                if member.file_size > _MAX_EXPANSION * max(member.compress_size, 1024):
                    raise SourceError(f"{archive}: {member.filename} expands suspiciously; unpack it by hand.")
                target = scratch / name.name
                with packed.open(member) as packed_file, target.open("wb") as file:
                    shutil.copyfileobj(packed_file, file, 1 << 20)
                found[name.name] = target
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SourceError(f"{archive} is damaged ({error}); download it again.") from error
    return found
