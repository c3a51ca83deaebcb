"""Which sound files a source means, which labels they have, and which of them a store has already."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from recstore import sql
from recstore.errors import OptionError, SourceError, cannot
from recstore.sound.containers import NOT_READ, READ
from recstore.sources.files import local_path
from recstore.store.publish import OLD

_SQL = "recstore.loaders.audio_sql"
#: The key of `store_info` under which stands of which files a store has clips, and which digests they had.
_KEY = "audio_files"


@dataclass(frozen=True)
class Reject:
    """A file, or a line of one, that was not loaded."""

    source: str
    reason: str
    line: int | None = None


@dataclass
class SoundFiles:
    """The sound files of a source, sorted, and what of it cannot be looked at. `root` is the folder, or the file."""

    root: Path
    paths: list[Path] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def named(self, path: Path) -> str:
        """Return what a file goes by in `load_rejects`: the folder, and its path in there."""
        return str(self.root) if path == self.root else f"{self.root}:{path.relative_to(self.root).as_posix()}"


def sound_files(source: str) -> SoundFiles:
    """Return the sound files of a source: the file itself, or all in a folder and below that are called like one.

    Links to folders are not followed, and files that a Mac leaves on other systems (`._song.mp3`) are none.
    """
    path = local_path(source)
    if not source or not path.exists():
        raise SourceError(f"{source or 'That'} does not exist. Pass a folder of sound files, or one of them.")
    found = SoundFiles(Path(os.path.abspath(path)))  # noqa: PTH100 - a link stays what it is called
    if not found.root.is_dir():
        if not found.root.is_file():
            raise SourceError(f"{source} is neither a file nor a folder; name a folder of sound files, or one of them.")
        found.paths.append(found.root)
        return found

    def unseen(error: OSError) -> None:
        folder = Path(os.fsdecode(error.filename or ""))
        found.rejects.append(Reject(found.named(folder), f"the folder cannot be looked into ({error.strerror})"))

    for folder, folders, names in os.walk(found.root, onerror=unseen):
        folders.sort()
        for name in sorted(names):
            one = Path(folder, name)
            if one.suffix.lower() not in READ | NOT_READ or name.startswith("._") or not one.is_file():
                continue
            try:
                str(one).encode()
            except UnicodeEncodeError:
                shown = os.fsencode(one.relative_to(found.root)).decode("utf-8", "backslashreplace")
                found.rejects.append(Reject(f"{found.root}:{shown}", "its name is not in UTF-8; rename it"))
            else:
                found.paths.append(one)
    if not found.paths and not found.rejects:
        raise SourceError(f"{source} holds no sound file ({' '.join(sorted(READ))}); name a folder that does.")
    return found


def read_labels(path: str, files: SoundFiles) -> tuple[dict[Path, list[str]], list[Reject]]:
    """Return the labels that a CSV of `path,label,label…` gives to the files of a source, and the lines at fault.

    A path is absolute, or begins in the source or beside the CSV. A line of the head, `path`, may come first; a file
    may stand in several lines.
    """
    place = local_path(path)
    if place.exists() and not place.is_file():
        raise SourceError(f"{path} is no file; name a CSV of labels.")
    wanted, found, rejects = set(files.paths), dict[Path, list[str]](), list[Reject]()
    folders = [files.root if files.root.is_dir() else files.root.parent, Path(os.path.abspath(place.parent))]  # noqa: PTH100
    try:
        with place.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file, strict=True)
            for row in lines:
                cells = [cell.strip() for cell in row]
                if not any(cells) or (lines.line_num == 1 and cells[0].casefold() == "path"):
                    continue
                paths = [Path(os.path.normpath(folder / cells[0])) for folder in folders]
                one = next((each for each in paths if each in wanted), None)
                if one is None:
                    reason = "no such sound file in the source" if cells[0] else "path is missing"
                    rejects.append(Reject(str(place), reason, lines.line_num))
                    continue
                labels = [*found.get(one, []), *(cell for cell in cells[1:] if cell)]
                found[one] = list(dict.fromkeys(labels))
    except OSError as error:
        raise OptionError(cannot(f"The labels in {path}", "be read", error)) from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not in UTF-8; save it so.") from error
    except csv.Error as error:
        raise SourceError(f"{path} line {lines.line_num}: {error}.") from error
    if rejects and not found:
        raise SourceError(f"{path} names no sound file of the source. Each line is: path,label,label…")
    return found, rejects


def digests(paths: Iterable[Path], threads: int) -> Iterator[tuple[int, str] | str]:
    """Yield the size and the SHA-256 of each file, or why it cannot be read."""

    def digest(path: Path) -> tuple[int, str] | str:
        try:
            with path.open("rb") as file:
                return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            return f"it cannot be read ({error.strerror or error})"

    with ThreadPoolExecutor(max(1, threads)) as pool:
        yield from pool.map(digest, paths)


def known_files(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the digests of the files that the store which is added to has read, by path."""
    tables = connection.execute("SELECT database_name FROM duckdb_tables() WHERE table_name = 'store_info'").fetchall()
    if (OLD,) not in tables:
        return {}
    rows = connection.execute(sql.read(_SQL, "known_files"), {"table": f"{OLD}.main.store_info"}).fetchall()
    try:
        known = json.loads(rows[0][0]) if rows else {}
    except ValueError:
        known = {}
    return known if isinstance(known, dict) else {}


def remember_files(connection: duckdb.DuckDBPyConnection, files: dict[str, str]) -> None:
    """Write into the store in the making which files it has read."""
    connection.execute("DELETE FROM store_info WHERE key = ?", [_KEY])
    connection.execute(
        "INSERT INTO store_info (key, value) VALUES (?, ?)", [_KEY, json.dumps(files, ensure_ascii=False)]
    )
