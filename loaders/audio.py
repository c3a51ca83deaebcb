"""Reads sound files: each ten seconds become a clip in AudioSet's space."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from recstore import sql
from recstore.arrow import arrow_bytes, arrow_column, arrow_lists
from recstore.budget import Budget, Needs
from recstore.errors import SourceError
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.sound.embedding import PIECE_SECONDS, SHORTEST_SECONDS, Embedded, embed_files, forget_network, network_of
from recstore.sources.files import local_path
from recstore.sources.loader import FileReport, LoadReport
from recstore.sources.reasons import common_reasons, last_reject
from recstore.sources.room import Room
from recstore.sources.unchanged import Unchanged

from .audio_files import Reject, SoundFiles, digests, known_files, read_labels, remember_files, sound_files
from .audioset_frames import KeptFrames, kept_frames
from .audioset_labels import OWN_LABEL

_SQL = "recstore.loaders.audio_sql"
_AUDIOSET_SQL = "recstore.loaders.audioset_sql"
#: The split of clips that come from sound files.
_SPLIT = "file"
#: What the network that embeds holds, beside what any build takes: a process with it was measured at 1.4 GB.
_NETWORK = Needs(1_100_000_000, "the network that they are embedded with")
#: How many clips are staged at a time.
_BLOCK = 10_000
#: A second of compressed sound is of about so many bytes, and a clip in a store.
_BYTES_A_SECOND, _BYTES_OF_CLIP = 8_000, 6_000


class Audio:
    """Loader of sound files."""

    name = "audio"
    catalog = "audio"
    about = "A folder of sound files (WAV, FLAC, MP3, OGG, Opus, AIFF), or one; each 10 seconds become a clip."
    example = ""
    adds = "A folder of sound files, or files; one that is there already is passed over, unless it changed."

    def estimate(self, source: str) -> Room:
        """Return the room for a store of the files, as if all of them were compressed."""
        path = local_path(source)
        files = sound_files(source).paths if path.is_dir() else [path]
        size = sum(file.stat().st_size for file in files if file.is_file())
        return Room(0, size // (_BYTES_A_SECOND * PIECE_SECONDS) * _BYTES_OF_CLIP)

    def load(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Fill `audio_labels`, `audio_clips` and `audio_frames` with ten seconds after the other of sound files."""
        report = _Loading(connection, source, options, progress, known={}).run()
        if not report.rows:
            reasons = common_reasons(connection, [file.file for file in report.files])
            raise SourceError(
                f"{source} gave no clip of {PIECE_SECONDS} seconds{f' ({reasons})' if reasons else ''}. "
                "Pass another source."
            )
        return report

    def append_items(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Add the sound files of a source to the clips that are there; those that are there and unchanged stay."""
        return _Loading(connection, source, options, progress, known=known_files(connection)).run()


@dataclass
class _Staged:
    """Clips that are to be inserted, column by column."""

    files: list[bytes] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    labels: list[list[int]] = field(default_factory=list)


class _Loading:
    """Reads one source into the tables of the store in the making."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: str,
        options: BuildOptions,
        progress: Progress,
        known: dict[str, str],
    ) -> None:
        self._connection = connection
        self._source = source
        self._options = options
        self._progress = progress
        self._known = known
        self._threads = int(connection.execute("SELECT current_setting('threads')").fetchall()[0][0])
        rows = connection.execute("SELECT name FROM audio_labels ORDER BY label_id").fetchall()
        self._names = [name for (name,) in rows]
        self._numbers = {name.casefold(): number for number, name in enumerate(self._names)}
        self._n_given = len(self._names)
        self._staged = _Staged()
        #: How many clips each file gave that was read.
        self._read: dict[str, int] = {}
        #: The files whose content is not that of their digest.
        self._changed: set[Path] = set()

    def run(self) -> LoadReport:
        """Embed the files that are new or changed, and return what became of all."""
        files = sound_files(self._source)
        labels: dict[Path, list[str]] = {}
        rejects = list(files.rejects)
        report = LoadReport(self._source, are_rejects_expected=True)
        if self._options.audio_labels:
            labels, lines = read_labels(self._options.audio_labels, files)
            path = local_path(self._options.audio_labels)
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            report.files.append(FileReport(str(path), len(content), digest, 0, len(lines)))
            self._insert_rejects(lines)
        seen_files = Unchanged(files.paths)
        wanted, unchanged, size, digest = self._looked_at(files, rejects)
        seen = last_reject(self._connection)
        had = self._had([str(path) for path in wanted])
        self._connection.execute(sql.read(_AUDIOSET_SQL, "stage"))
        with kept_frames(self._connection) as frames:
            if wanted:
                self._embed(files, list(wanted), labels, rejects, frames, seen_files)
            self._insert(frames, [files.named(path) for path in wanted])
        relabelled = self._relabel({path: labels[path] for path in unchanged if path in labels})
        self._insert_rejects(rejects)
        self._connection.execute("DROP TABLE staged_clips")
        read = {str(path): found for path, found in wanted.items() if path not in self._changed}
        remember_files(self._connection, self._known | read)
        added = sum(max(0, n - had.get(file, 0)) for file, n in self._read.items())
        replaced = sum(min(had.get(file, 0), n) for file, n in self._read.items()) + relabelled
        report.files.append(
            FileReport(str(files.root), size, digest, added, len(rejects), replaced, passed=len(unchanged))
        )
        if rejects:
            reasons = common_reasons(self._connection, [str(files.root)], seen)
            self._progress.notice(f"{self._source}: {len(rejects):,} files, or ends of files, give no clip: {reasons}.")
        return report

    def _looked_at(self, files: SoundFiles, rejects: list[Reject]) -> tuple[dict[Path, str], list[Path], int, str]:
        """Return the digests of the files to be read, those that did not change, and size and digest of all."""
        wanted, unchanged, total, size = dict[Path, str](), list[Path](), hashlib.sha256(), 0
        for path, found in zip(files.paths, digests(files.paths, self._threads), strict=True):
            if isinstance(found, str):
                rejects.append(Reject(files.named(path), found))
                continue
            size += found[0]
            total.update(f"{path}\0{found[1]}\n".encode())
            if self._known.get(str(path)) == found[1]:
                unchanged.append(path)
            else:
                wanted[path] = found[1]
        return wanted, unchanged, size, total.hexdigest()

    def _embed(
        self,
        files: SoundFiles,
        paths: list[Path],
        labels: dict[Path, list[str]],
        rejects: list[Reject],
        frames: KeptFrames,
        seen: Unchanged,
    ) -> None:
        # Before the network is fetched, or anything is computed.
        Budget.of(self._options.memory, self._threads).holding(_NETWORK, "embedding sound files")
        network = network_of(self._options.vggish, self._progress)
        try:
            for one in embed_files(paths, network, self._threads, tags=True):
                how = seen.difference(one.path)
                if how is not None:
                    self._changed.add(one.path)
                    reason = f"it changed while it was read ({how}); add it again"
                    rejects.append(Reject(files.named(one.path), reason))
                elif one.reason is not None:
                    rejects.append(Reject(files.named(one.path), one.reason))
                else:
                    self._read[str(one.path)] = len(one.frames)
                    self._stage(one, labels.get(one.path, one.genres))
                    frames.add([one.frames])
                    if one.left_out:
                        rejects.append(Reject(files.named(one.path), _left_out(one)))
                self._progress.advanced()
        finally:
            del network
            forget_network()

    def _stage(self, one: Embedded, labels: list[str]) -> None:
        numbers = [self._number(label) for label in labels]
        for number in range(len(one.frames)):
            start = number * PIECE_SECONDS
            self._staged.files.append(str(one.path).encode())
            self._staged.starts.append(start)
            self._staged.ends.append(min(start + PIECE_SECONDS, one.seconds))
            self._staged.labels.append(numbers)
        if len(self._staged.files) >= _BLOCK:
            self._flush()

    def _number(self, label: str) -> int:
        """Return the id of a label; one that is not there gets the next, whatever its case."""
        number = self._numbers.setdefault(label.casefold(), len(self._names))
        if number == len(self._names):
            self._names.append(label)
        return number

    def _flush(self) -> None:
        import pyarrow as pa

        staged, self._staged = self._staged, _Staged()
        if not staged.files:
            return
        flat = np.array([number for numbers in staged.labels for number in numbers], np.int64)
        table: dict[str, Any] = {
            "video_id": arrow_bytes(staged.files),
            "start_seconds": arrow_column(np.array(staged.starts, np.float32)),
            "end_seconds": arrow_column(np.array(staged.ends, np.float32)),
            "label_ids": arrow_lists(flat, np.array([len(numbers) for numbers in staged.labels], np.int64)),
            "split": arrow_bytes([_SPLIT.encode()] * len(staged.files)),
        }
        self._connection.register("clips_to_stage", pa.table(table))
        self._connection.execute(sql.read(_AUDIOSET_SQL, "stage_clips"))
        self._connection.unregister("clips_to_stage")

    def _insert(self, frames: KeptFrames, sources: list[str]) -> None:
        """Put what is staged in the place of what the same files gave before, and the rest behind all that is there."""
        self._flush()
        self._insert_labels()
        self._connection.execute(sql.read(_SQL, "forget_rejects"), {"sources": sources})
        if self._known:
            for name in ("forget_frames", "forget_clips"):
                self._connection.execute(sql.read(_SQL, name), {"files": list(self._read)})
            self._connection.execute(sql.read(_SQL, "renew_clips"), {"names": self._names})
        self._connection.execute(sql.read(_AUDIOSET_SQL, "insert_clips"))
        frames.insert()

    def _insert_labels(self) -> None:
        new = self._names[self._n_given :]
        if new:
            self._connection.execute(
                sql.read(_SQL, "insert_labels"), {"first": self._n_given, "own": OWN_LABEL, "names": new}
            )
            self._n_given = len(self._names)

    def _relabel(self, labels: dict[Path, list[str]]) -> int:
        """Give files that did not change the labels that they have now, and return how many clips that concerns."""
        if not labels:
            return 0
        given = [[self._names[self._number(label)] for label in found] for found in labels.values()]
        self._insert_labels()
        values = {"files": [str(path) for path in labels], "labels": given}
        changed = self._connection.execute(sql.read(_SQL, "relabel_clips"), values).fetchall()
        return int(changed[0][0])

    def _insert_rejects(self, rejects: list[Reject]) -> None:
        if rejects:
            values = {
                "sources": [reject.source for reject in rejects],
                "lines": [reject.line for reject in rejects],
                "reasons": [reject.reason for reject in rejects],
            }
            self._connection.execute(sql.read(_SQL, "insert_rejects"), values)

    def _had(self, files: list[str]) -> dict[str, int]:
        """Return how many clips files had before."""
        rows = self._connection.execute(sql.read(_SQL, "clips_of_files"), {"files": files}).fetchall()
        return dict(rows)


def _left_out(one: Embedded) -> str:
    if len(one.frames):
        return f"its last {one.left_out:.1f} seconds make no clip, which takes {SHORTEST_SECONDS}"
    return f"it lasts {one.left_out:.1f} seconds, and a clip takes {SHORTEST_SECONDS}"
