"""Reads AudioSet's released features: the archive as it comes, a folder of record files, one file, or a JSON export."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from recstore import sql
from recstore.arrow import arrow_bytes, arrow_column, arrow_lists
from recstore.catalogs.audio.rules import CLIPS
from recstore.catalogs.rules import faults
from recstore.errors import SourceError, first_line
from recstore.options import BuildOptions
from recstore.paths import real
from recstore.progress import Progress
from recstore.scratch import scratch_folder
from recstore.sources.addresses import shown
from recstore.sources.files import local_path
from recstore.sources.loader import FileReport, LoadReport
from recstore.sources.reasons import common_reasons, last_reject
from recstore.sources.room import Room
from recstore.sources.unchanged import Unchanged

from .audioset_archive import read_archive
from .audioset_frames import KeptFrames, kept_frames
from .audioset_labels import OWN_LABEL, Labels, read_labels
from .audioset_notebook import is_of_notebook, write_as_export
from .audioset_records import Clips, RecordFile, RecordReader, Reject

_SQL = "recstore.loaders.audioset_sql"
#: How much of the source is read and parsed at a time.
_CHUNK_BYTES = 16 << 20
_BLOCK = 1 << 20


class AudioSet:
    """Loader of AudioSet's features."""

    name = "audioset"
    catalog = "audio"
    about = "features.tar.gz, a folder of .tfrecord files, one file, or a .json export."
    example = ""
    adds = "Clips, as for build; those without labels are taken, too."

    def estimate(self, source: str) -> Room:
        """Return the room for a store of a source: three times its size if all of it is music, which nobody knows."""
        path = local_path(source)
        files = list(path.iterdir()) if path.is_dir() else [path]
        return Room(0, 3 * sum(file.stat().st_size for file in files if file.is_file()))

    def load(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Fill `audio_labels`, `audio_clips` and `audio_frames` with the music in a source, trimmed to 10 seconds."""
        path = _there(source)
        labels = read_labels(path if path.is_dir() else path.parent, options.music_filter, progress)
        _insert_labels(connection, labels)
        return _read(connection, path, _Wanted(labels, options.label, is_addition=False), source, progress)

    def append_items(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Add the music in a source to the clips that are there, and clips that have no label as well.

        The labels, and which of them are music, are those of the store.
        """
        path = _there(source)
        rows = connection.execute(sql.read(_SQL, "labels_there")).fetchnumpy()
        if not len(rows["mid"]) and not _one(connection, "SELECT count(*) FROM audio_clips"):
            raise SourceError("The store holds no audio to add to; build it first, with --audioset SOURCE.")
        if rows["label_id"].tolist() != list(range(len(rows["mid"]))):
            raise SourceError(
                "The labels in the store's audio_labels are not numbered 0, 1, 2 and so on, so it cannot be said which "
                "clip has which. Mend that table, or build the audio anew."
            )
        labels = Labels(rows["mid"].tolist(), rows["name"].tolist(), np.asarray(rows["is_music"], np.bool_))
        if path.suffix != ".json":
            labels = _numbered(labels)
        return _read(connection, path, _Wanted(labels, options.label, is_addition=True), source, progress)


def _numbered(labels: Labels) -> Labels:
    """Return the labels that records mean by a number: AudioSet's, before those that sound files brought."""
    n = next((number for number, mid in enumerate(labels.mids) if mid.startswith(OWN_LABEL)), len(labels.mids))
    if not n or any(not mid.startswith(OWN_LABEL) for mid in labels.mids[n:]):
        raise SourceError(
            "Records name their labels by AudioSet's numbers, and the store has labels of its own instead. Build it "
            "with --audioset SOURCE, and add the sound files to that."
        )
    return Labels(labels.mids[:n], labels.names[:n], labels.is_music[:n])


@dataclass(frozen=True)
class _Wanted:
    """Which clips are kept: those with a label of music, with the one named if there is one.

    An addition may bring clips without labels, and may bring nothing.
    """

    labels: Labels
    narrowed_to: str
    is_addition: bool


def _there(source: str) -> Path:
    path = local_path(source)
    if not path.exists():
        raise SourceError(
            f"{shown(source)} does not exist. Pass features.tar.gz, a folder of .tfrecord files, or a .json."
        )
    return path


def _read(
    connection: duckdb.DuckDBPyConnection, path: Path, wanted: _Wanted, source: str, progress: Progress
) -> LoadReport:
    """Read the clips that are wanted and not there yet into `audio_clips` and `audio_frames`."""
    masks = wanted.labels.masks(wanted.narrowed_to)
    before, seen = _one(connection, "SELECT count(*) FROM audio_clips"), last_reject(connection)
    digest = hashlib.sha256()
    connection.execute(sql.read(_SQL, "stage"))
    files = _record_files(path) if path.is_dir() else [path]
    with Unchanged(files).required(), kept_frames(connection) as frames:
        if path.suffix == ".json":
            counts = _stage_json(connection, path, digest, wanted, frames)
        else:
            counts = _stage_records(connection, path, digest, RecordReader(masks, wanted.is_addition), frames, progress)
        connection.execute(sql.read(_SQL, "insert_clips"))
        frames.insert()
    staged = _one(connection, "SELECT count(*) FROM staged_clips")
    connection.execute("DROP TABLE staged_clips")
    clips = _one(connection, "SELECT count(*) FROM audio_clips") - before
    rejects = int(connection.execute("SELECT count(*) FROM load_rejects WHERE rowid > ?", [seen]).fetchall()[0][0])
    found = (
        f"{counts.sound + rejects:,} records read; {clips:,} clips of music of 10 seconds kept, "
        f"{counts.not_wanted:,} are not the music asked for, {counts.too_short:,} are shorter, "
        f"{staged - clips:,} came twice{' or are there already' if before else ''}, {rejects:,} rejected"
    )
    if staged == 0 and not wanted.is_addition:
        reasons = common_reasons(connection, [path.name], seen)
        raise SourceError(
            f"{source} gave no clip of music of 10 seconds: {found}{f' ({reasons})' if reasons else ''}. "
            "Pass another source, or see --music-filter and --label for what counts as music."
        )
    progress.notice(f"{source}: {found}.")
    size = sum(file.stat().st_size for file in files)
    report = LoadReport(source)
    report.files.append(FileReport(path.name, size, digest.hexdigest(), clips, rejects, passed=counts.sound - clips))
    return report


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _insert_labels(connection: duckdb.DuckDBPyConnection, labels: Labels) -> None:
    values = {"mids": labels.mids, "names": labels.names, "music": labels.is_music.tolist()}
    connection.execute(sql.read(_SQL, "insert_labels"), values)


def _stage_records(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    digest: hashlib._Hash,
    reader: RecordReader,
    frames: KeptFrames,
    progress: Progress,
) -> Clips:
    """Read record files chunk by chunk into `staged_clips`, and return the counts."""
    total = Clips()
    files = _in_folder(path, digest) if path.is_dir() else _in_file(path, digest, total.rejects)
    for chunk in _ahead(_chunks(files)):
        clips = reader.read(chunk)
        _stage(connection, clips)
        frames.add(clips.frames)
        total.sound += clips.sound
        total.too_short += clips.too_short
        total.not_wanted += clips.not_wanted
        total.rejects += clips.rejects
        progress.advanced(clips.sound + len(clips.rejects))
    if total.sound == 0 and not total.rejects:
        raise SourceError(f"{path} holds no .tfrecord file with records.")
    _insert_rejects(connection, path, total.rejects)
    return total


def _chunks(files: Iterator[RecordFile]) -> Iterator[list[RecordFile]]:
    """Gather files of one split into chunks of bounded size."""
    chunk: list[RecordFile] = []
    size = 0
    for file in files:
        if chunk and (size + file.size > _CHUNK_BYTES or file.split != chunk[0].split):
            yield chunk
            chunk, size = [], 0
        chunk.append(file)
        size += file.size
    if chunk:
        yield chunk


def _ahead(chunks: Iterator[list[RecordFile]]) -> Iterator[list[RecordFile]]:
    """Read the next chunk while TensorFlow is at work on the last one."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = pool.submit(next, chunks, None)
            yield chunk


def _in_folder(folder: Path, digest: hashlib._Hash) -> Iterator[RecordFile]:
    for path in _record_files(folder):
        content = path.read_bytes()
        digest.update(content)
        yield RecordFile(path.relative_to(folder).as_posix(), path.parent.name, content)


def _record_files(folder: Path) -> list[Path]:
    found = (Path(root, name) for root, _folders, names in os.walk(folder) for name in names)
    # As text: to compare thousands of paths part by part takes as long as to read them. A pipe would be waited for.
    return sorted((path for path in found if path.suffix == ".tfrecord" and path.is_file()), key=str)


def _in_file(path: Path, digest: hashlib._Hash, rejects: list[Reject]) -> Iterator[RecordFile]:
    if path.suffix == ".tfrecord":
        content = path.read_bytes()
        digest.update(content)
        yield RecordFile(path.name, real(path).parent.name, content)
    else:
        yield from read_archive(path, digest, rejects)


def _stage(connection: duckdb.DuckDBPyConnection, clips: Clips) -> None:
    import pyarrow as pa

    if not clips.video_id:
        return
    table = pa.table(
        {
            "video_id": arrow_bytes(np.concatenate(clips.video_id).tolist()),
            "start_seconds": arrow_column(np.concatenate(clips.start)),
            "end_seconds": arrow_column(np.concatenate(clips.end)),
            "label_ids": arrow_lists(np.concatenate(clips.label_values), np.concatenate(clips.label_counts)),
            "split": arrow_bytes([name.encode() for name, count in clips.split for _ in range(count)]),
        }
    )
    connection.register("clips_to_stage", table)
    connection.execute(sql.read(_SQL, "stage_clips"))
    connection.unregister("clips_to_stage")


def _insert_rejects(connection: duckdb.DuckDBPyConnection, path: Path, rejects: list[Reject]) -> None:
    if rejects:
        values = {
            "files": [f"{path.name}:{reject.file}" for reject in rejects],
            "records": [reject.record for reject in rejects],
            "reasons": [reject.reason for reject in rejects],
        }
        connection.execute(sql.read(_SQL, "insert_rejects"), values)


def _stage_json(
    connection: duckdb.DuckDBPyConnection, path: Path, digest: hashlib._Hash, wanted: _Wanted, frames: KeptFrames
) -> Clips:
    """Read a JSON export into `staged_clips` with DuckDB's own reader, and return the counts."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    if is_of_notebook(path):
        with scratch_folder() as folder:
            write_as_export(path, folder / path.name, wanted.labels.names)
            return _stage_export(connection, path, folder / path.name, wanted, frames)
    return _stage_export(connection, path, path, wanted, frames)


def _stage_export(
    connection: duckdb.DuckDBPyConnection, path: Path, export: Path, wanted: _Wanted, frames: KeptFrames
) -> Clips:
    """Read the clips in `export`, which are those of the source `path`."""
    import pyarrow as pa

    labels, narrowed_to = wanted.labels, wanted.narrowed_to.casefold()
    values: dict[str, object] = {
        "path": str(export),
        "names": labels.names,
        "wanted": [name for name, music in zip(labels.names, labels.is_music, strict=True) if music],
        "narrowed": next((name for name in labels.names if name.casefold() == narrowed_to), ""),
        "unlabelled": wanted.is_addition,
    }
    try:
        connection.execute(sql.render(_SQL, "stage_json", faults=faults(CLIPS)), values)
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise SourceError(f"{path} is not an export of audio clips: {first_line(error)}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not an export of audio clips: it is not in UTF-8.") from error
    connection.execute(sql.read(_SQL, "stage_json_clips"), {"names": labels.names})
    kept = connection.sql("SELECT frames FROM json_clips WHERE is_kept ORDER BY n")
    for batch in pa.RecordBatchReader.from_stream(kept):
        frames.add([batch.column(0).flatten().to_numpy(zero_copy_only=False)])
    connection.execute(sql.read(_SQL, "reject_json"), {"file": path.name})
    sound, not_wanted, too_short = connection.execute(sql.read(_SQL, "count_json")).fetchall()[0]
    connection.execute("DROP TABLE json_clips")
    return Clips(sound=sound, not_wanted=not_wanted, too_short=too_short)
