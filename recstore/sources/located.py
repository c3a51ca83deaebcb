"""Which files a source means, of which kind they are, and how they are packed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from recstore.errors import SourceError, cannot
from recstore.paths import real, typed
from recstore.sources.addresses import shown

#: Kinds by the ending of a file's name. (The ending of what packs it comes after.)
_KINDS = {
    ".csv": "CSV", ".tsv": "CSV", ".tab": "CSV", ".parquet": "Parquet", ".pq": "Parquet",
    ".json": "JSON", ".jsonl": "JSON", ".ndjson": "JSON",
}  # fmt: skip
_PACKINGS = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}
#: What a file begins with tells what it is.
_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive (an Excel file is one, too); unpack it, or save the table as CSV"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it"),
    (b"BZh", "packed with bzip2; unpack it"),
    (b"\xfd7zXZ", "packed with xz; unpack it"),
    (b"SQLite format 3", "a SQLite database; give it as database, and the name of a table as the source"),
    (b"ARROW1", "an Arrow file; save it as Parquet"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file; save the table as CSV"),
    (b"%PDF", "a PDF"),
)
#: A DuckDB file has its mark after a checksum.
_DUCKDB = b"DUCK"


@dataclass(frozen=True)
class DataFile:
    """A file that is there and not empty: its `kind` is CSV, Parquet or JSON, its `packing` gzip, zstd or None.

    `name` is what people are told of it: its path from the folder that was named, or from where paths start.
    """

    path: Path
    name: str
    kind: str
    packing: str | None


def locate(source: str, folder: Path) -> list[DataFile]:
    """Return the files that a path, folder or glob means, in the order of their names; all are of one kind.

    A relative one starts at `folder`. Raises `SourceError` where nothing is there, or nothing that can be read.
    """
    paths = _paths(source, folder)
    for path in paths:
        if (named := os.fsencode(path).decode("utf-8", "backslashreplace")) != str(path):
            raise SourceError(f"The name of {named} is not UTF-8; rename it.")
    root = folder / typed(source)
    if not root.is_dir():
        root = Path(os.path.commonpath([path.parent for path in paths])) if len(paths) > 1 else folder
    files = [_data_file(path, _name(path, root)) for path in paths]
    kinds = sorted({file.kind for file in files})
    if len(kinds) > 1:
        raise SourceError(
            f"{shown(source)} holds files of several kinds ({', '.join(kinds)}); name those that you mean by a pattern "
            "such as *.csv."
        )
    return files


def _paths(source: str, folder: Path) -> list[Path]:
    if re.match(r"(?i)[a-z][a-z0-9+.-]+://", source):
        raise SourceError(
            f"{shown(source)} is an address, and no file; download it and pass its path, or, where it is a database, "
            "give it as database."
        )
    try:
        path = folder / typed(source)
        if path.is_dir():
            return _in_folder(path, source)
        if path.is_file():
            return [path]
        if path.exists():
            raise SourceError(f"{source} is neither a file nor a folder; name one of them.")
        if has_magic(source):
            found = sorted(Path(one) for one in glob(str(path), recursive=True))  # noqa: PTH207 - of an absolute path, too
            files = [one for one in found if one.is_file()]
            if not files:
                raise SourceError(f"No file matches {source!r} (looked in {real(folder)}); check it.")
            return files
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(cannot(repr(shown(source)[:200]), "be a file or folder", error)) from error
    raise SourceError(f"There is no file {shown(source)[:200]!r} (looked in {real(folder)}); check the path.")


def files_below(folder: Path) -> list[Path]:
    """Return the files in a folder and in those in it, by their names; hidden ones, and what is in such, are none.

    Raises `OSError` for a folder that cannot be looked into: what is in it would be missed.
    """

    def refuse(error: OSError) -> None:
        raise error

    found = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        found += [Path(place, name) for name in names if not name.startswith((".", "_"))]
    return sorted(one for one in found if one.is_file())


def _in_folder(path: Path, source: str) -> list[Path]:
    """Return the files of a folder and of those in it that hold data, by their names; hidden ones are none."""
    found = [one for one in files_below(path) if _named_kind(one)[0] or one.suffix == ".zip"]
    if not found:
        raise SourceError(
            f"The folder {source} holds no CSV, TSV, Parquet or JSON file; name one that does, or a file."
        )
    # What was begun and never filled is passed over, unless there is nothing else.
    return [one for one in found if one.stat().st_size] or found


def _named_kind(path: Path) -> tuple[str | None, str | None]:
    """Return the kind and packing that a file's name tells."""
    packing = _PACKINGS.get(path.suffix.lower())
    inner = Path(path.stem) if packing else path
    return _KINDS.get(inner.suffix.lower()), packing


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


def _data_file(path: Path, name: str) -> DataFile:
    try:
        with path.open("rb") as opened:
            beginning = opened.read(4096)
    except OSError as error:
        raise SourceError(cannot(path, "be read", error)) from error
    if not beginning:
        raise SourceError(f"{path} is empty.")
    for mark, what in _FOREIGN:
        if beginning.startswith(mark):
            raise SourceError(f"{path} is {what}.")
    if beginning[8:12] == _DUCKDB:
        raise SourceError(f"{path} is a DuckDB database; give it as database, and the name of a table as the source.")
    named, named_packing = _named_kind(path)
    packing = "gzip" if beginning.startswith(_GZIP) else "zstd" if beginning.startswith(_ZSTD) else None
    if packing != named_packing:
        raise SourceError(
            f"{path} is not packed with {named_packing}, as its name says; rename it."
            if packing is None
            else f"{path} is packed with {packing}, which its name does not say; rename it to "
            f"{path.name}.{'gz' if packing == 'gzip' else 'zst'}."
        )
    if packing:
        return DataFile(path, name, named or "CSV", packing)
    found = "Parquet" if beginning.startswith(_PARQUET) else None
    if named == "Parquet" and not found:
        raise SourceError(f"{path} is no Parquet file, as its name says; rename it to what it is, such as .csv.")
    if found and named not in (None, "Parquet"):
        raise SourceError(f"{path} is a Parquet file, and not {named}, as its name says; rename it to .parquet.")
    return DataFile(path, name, found or named or _content_kind(beginning), None)


def _content_kind(beginning: bytes) -> str:
    """Return what a text without a telling name seems to hold."""
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "JSON" if text.startswith((b'{"', b"[{", b"[\n", b"[\r")) else "CSV"
