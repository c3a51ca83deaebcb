"""Reads AudioSet's TFRecord files into columns, in batches through tf.data.

The format is described at https://research.google.com/audioset/download.html: `SequenceExample` records with the
context `video_id`, `start_time_seconds`, `end_time_seconds` and `labels`, and one 128-byte `audio_embedding` a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recstore.catalogs.audio.rules import CLIP_TIMES
from recstore.catalogs.rules import said
from recstore.sound.tensorflow_import import import_tensorflow

SECONDS = 10
FRAME_BYTES = 128
#: What stands around each record: its length and two checksums.
_FRAMING = 16
_BATCH = 2048
_FRAMES = "audio_embedding"
#: The fields that each record has one value of.
_SINGLE = ("video_id", "start_time_seconds", "end_time_seconds")


@dataclass(frozen=True)
class RecordFile:
    """One record file: its name within the source, its split, and its bytes."""

    name: str
    split: str
    content: bytes

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return len(self.content)

    @cached_property
    def framed(self) -> int:
        """How many of its bytes lie in records that end within the file, by the lengths that stand before them.

        TensorFlow believes a length whose checksum is right, and dies where there is no memory for so much.
        """
        place = 0
        while place + _FRAMING <= self.size:
            end = place + _FRAMING + int.from_bytes(self.content[place : place + 8], "little")
            if end > self.size:
                break
            place = end
        return place


@dataclass(frozen=True)
class Reject:
    """A record, or the rest of a file, that was not loaded; records count from 1."""

    file: str
    record: int
    reason: str


@dataclass
class Clips:
    """Columns of the clips that were kept, counts of what was not wanted, and what was at fault.

    `video_id` (n,), `start` and `end` (n,) float32 seconds, labels as ids (sum of k,) and their number per clip (n,),
    `split` as names, each with the number of clips that it holds for, `frames` (n, 1280) uint8. Of the `sound` records
    some are kept, some `too_short`, and some `not_wanted`.
    """

    video_id: list[npt.NDArray[Any]] = field(default_factory=list)
    start: list[npt.NDArray[np.float32]] = field(default_factory=list)
    end: list[npt.NDArray[np.float32]] = field(default_factory=list)
    label_values: list[npt.NDArray[np.int64]] = field(default_factory=list)
    label_counts: list[npt.NDArray[np.int64]] = field(default_factory=list)
    split: list[tuple[str, int]] = field(default_factory=list)
    frames: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    sound: int = 0
    too_short: int = 0
    not_wanted: int = 0
    rejects: list[Reject] = field(default_factory=list)

    def add(self, other: Clips) -> None:
        """Append what another read gave."""
        for name in ("video_id", "start", "end", "label_values", "label_counts", "split", "frames", "rejects"):
            getattr(self, name).extend(getattr(other, name))
        self.sound += other.sound
        self.too_short += other.too_short
        self.not_wanted += other.not_wanted


class _FaultyError(Exception):
    """Something in these files is at fault; read them one by one."""


@dataclass(frozen=True)
class _Batch:
    """The fields of n records: of each the values, end to end, and their number per record (n,).

    `seconds` are the frames as bytes, (m, 128) uint8, and `sizes` (m,) how many bytes each had.
    """

    video_id: npt.NDArray[Any]
    start: npt.NDArray[np.float32]
    end: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.uint8]
    sizes: npt.NDArray[np.int32]
    counts: dict[str, npt.NDArray[np.int64]]

    @property
    def size(self) -> int:
        """How many records these are."""
        return len(self.counts[_FRAMES])

    @property
    def times(self) -> dict[str, npt.NDArray[np.float32]]:
        """Where the clips start and end, (n,) seconds, as the columns of `audio_clips` are called."""
        return {"start_seconds": self.start, "end_seconds": self.end}

    def rows(self, name: str) -> npt.NDArray[np.int64]:
        """Return the record of each value of a field."""
        return np.repeat(np.arange(self.size), self.counts[name])


class RecordReader:
    """Reads record files and keeps the clips that have a wanted label.

    `wanted` (n_labels,) says of each label id whether a clip with it is kept; a clip is kept when it has a label
    of each of the masks in `wanted`. One that has no label at all is kept with `unlabelled`, else at fault.
    """

    def __init__(self, wanted: Sequence[npt.NDArray[np.bool_]], unlabelled: bool = False) -> None:
        self._tf = tf = import_tensorflow("Reading AudioSet's record files")
        self._wanted = wanted
        self._fewest_labels = 0 if unlabelled else 1
        self._n_labels = len(wanted[0])
        ragged = tf.io.RaggedFeature
        self._context = {
            "video_id": ragged(tf.string),
            "start_time_seconds": ragged(tf.float32),
            "end_time_seconds": ragged(tf.float32),
            "labels": ragged(tf.int64),
        }
        # Made once for all that is read, since to make a data set takes as long as to read thousands of records, and
        # with nothing in it that would have to be translated from Python into TensorFlow's graph.
        parsed = tf.autograph.experimental.do_not_convert(self._parsed)
        self._path = f"ram://recstore-{id(self)}.tfrecord"
        self._records = tf.data.TFRecordDataset(self._path)
        self._batches = self._records.batch(_BATCH).map(parsed, num_parallel_calls=2).prefetch(2)
        self._parse = tf.function(parsed, input_signature=[tf.TensorSpec([None], tf.string)])

    def read(self, files: Sequence[RecordFile]) -> Clips:
        """Read all files at once; where one is at fault, halve them until it is alone, and read it record by record."""
        if not files:
            return Clips()
        try:
            return self._read_at_once(files)
        except _FaultyError:
            if len(files) == 1:
                return self._read_carefully(files[0])
            middle = len(files) // 2
            clips = self.read(files[:middle])
            clips.add(self.read(files[middle:]))
            return clips

    def _read_at_once(self, files: Sequence[RecordFile]) -> Clips:
        if any(file.size == 0 or file.framed < file.size for file in files) or len({file.split for file in files}) > 1:
            raise _FaultyError
        clips = Clips()
        with self._joined(files):
            try:
                for fields in self._batches:
                    batch = _batch(fields)
                    if self._faults(batch).any():
                        raise _FaultyError
                    self._keep(clips, files[0].split, batch)
            except self._tf.errors.OpError as error:
                raise _FaultyError from error
        return clips

    def _read_carefully(self, file: RecordFile) -> Clips:
        clips = Clips()
        if file.size == 0:
            clips.rejects.append(Reject(file.name, 0, "the file is empty"))
            return clips
        is_whole = file.framed == file.size
        with self._joined([replace(file, content=file.content[: file.framed])]):
            records = iter(self._records)
            for number in range(1, 1 << 62):
                try:
                    record = next(records, None)
                except self._tf.errors.OpError:
                    record = None
                    is_whole = False
                if record is None and is_whole:
                    return clips
                if record is None:
                    reason = f"damaged from here on; {number - 1} records of the file were read before"
                    clips.rejects.append(Reject(file.name, number, reason))
                    return clips
                try:
                    batch = _batch(self._parse(self._tf.expand_dims(record, 0)))
                except self._tf.errors.OpError:
                    clips.rejects.append(Reject(file.name, number, "not a SequenceExample"))
                    continue
                wrong = self._reason(batch)
                if wrong:
                    clips.rejects.append(Reject(file.name, number, wrong))
                else:
                    self._keep(clips, file.split, batch)
        return clips

    @contextmanager
    def _joined(self, files: Sequence[RecordFile]) -> Iterator[None]:
        """Put all files end to end into TensorFlow's file system in memory: it opens files slowly."""
        with self._tf.io.gfile.GFile(self._path, "wb") as joined:
            joined.write(b"".join(file.content for file in files))
        try:
            yield
        finally:
            self._tf.io.gfile.remove(self._path)

    def _parsed(self, serialized: Any) -> tuple[dict[str, Any], dict[str, Any], Any]:  # noqa: ANN401 - not typed
        """Return the values of each field, where each record's begin and end, and the size of each frame."""
        tf = self._tf
        context, sequence, _lengths = tf.io.parse_sequence_example(
            serialized, self._context, {_FRAMES: tf.io.RaggedFeature(tf.string)}
        )
        frames = sequence[_FRAMES]
        decoded = tf.io.decode_raw(frames.flat_values, tf.uint8, fixed_length=FRAME_BYTES)
        values = {**{name: field.flat_values for name, field in context.items()}, _FRAMES: decoded}
        splits = {**{name: field.row_splits for name, field in context.items()}, _FRAMES: frames.row_splits}
        return values, splits, tf.strings.length(frames.flat_values)

    def _faults(self, batch: _Batch) -> npt.NDArray[np.bool_]:
        """Return, for each record of a batch (n,), whether a field is missing or wrong."""
        faulty = batch.counts["labels"] < self._fewest_labels
        for name in _SINGLE:
            faulty |= batch.counts[name] != 1
        if faulty.any():
            return faulty  # a field that is missing has no place among the others
        faulty |= np.array([not _is_text(video) for video in batch.video_id], np.bool_)
        for rule in CLIP_TIMES:
            faulty |= ~rule.holds_of(batch.times)
        faulty[batch.rows("labels")[(batch.labels < 0) | (batch.labels >= self._n_labels)]] = True
        faulty[batch.rows(_FRAMES)[batch.sizes != FRAME_BYTES]] = True
        return faulty

    def _reason(self, batch: _Batch) -> str | None:
        """Say what is wrong with the only record of a batch, if anything is."""
        for name in _SINGLE:
            if batch.counts[name][0] != 1:
                return f"{name} is missing"
        if not _is_text(batch.video_id[0]):
            return "video_id is missing" if not batch.video_id[0] else "video_id is not valid UTF-8"
        for rule in CLIP_TIMES:
            if not rule.holds_of(batch.times)[0]:
                return said(rule)
        if len(batch.labels) < self._fewest_labels:
            return "labels are missing"
        if ((batch.labels < 0) | (batch.labels >= self._n_labels)).any():
            return "a label that is not in class_labels_indices.csv"
        wrong = batch.sizes[batch.sizes != FRAME_BYTES]
        return f"a frame of {wrong[0]} bytes, not {FRAME_BYTES}" if len(wrong) else None

    def _keep(self, clips: Clips, split: str, batch: _Batch) -> None:
        """Append the clips of a sound batch that are wanted and long enough, trimmed."""
        rows, seconds = batch.rows("labels"), batch.counts[_FRAMES]
        wanted = np.ones(batch.size, bool)
        for mask in self._wanted:
            wanted &= np.bincount(rows, weights=mask[batch.labels], minlength=batch.size) > 0
        wanted |= batch.counts["labels"] == 0
        long_enough = seconds >= SECONDS
        keep = wanted & long_enough
        clips.sound += batch.size
        clips.not_wanted += int(np.count_nonzero(~wanted))
        clips.too_short += int(np.count_nonzero(wanted & ~long_enough))
        if not keep.any():
            return
        starts = np.cumsum(seconds) - seconds
        first = batch.seconds[starts[keep][:, None] + np.arange(SECONDS)]
        clips.frames.append(first.reshape(-1, SECONDS * FRAME_BYTES))
        clips.video_id.append(batch.video_id[keep])
        clips.start.append(batch.start[keep])
        clips.end.append(batch.end[keep])
        clips.label_values.append(batch.labels[keep[rows]])
        clips.label_counts.append(batch.counts["labels"][keep])
        clips.split.append((split, int(np.count_nonzero(keep))))


def _is_text(video: bytes) -> bool:
    if video.isascii():
        return video != b""
    try:
        video.decode()
    except UnicodeDecodeError:
        return False
    return True


def _batch(fields: tuple[dict[str, Any], dict[str, Any], Any]) -> _Batch:
    values, splits, sizes = fields
    video_id, start, end, labels, seconds = (values[name].numpy() for name in (*_SINGLE, "labels", _FRAMES))
    counts = {name: np.diff(ends.numpy()) for name, ends in splits.items()}
    return _Batch(video_id, start, end, labels, seconds, sizes.numpy(), counts)
