"""Reads AudioSet's TFRecord files into columns, in batches through tf.data.

The format is described at https://research.google.com/audioset/download.html: `SequenceExample` records with the
context `video_id`, `start_time_seconds`, `end_time_seconds` and `labels`, and one 128-byte `audio_embedding` a second.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from recstore.errors import SourceError

SECONDS = 10
FRAME_BYTES = 128
_BATCH = 1024


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


@dataclass(frozen=True)
class Reject:
    """A record, or the rest of a file, that was not loaded; records count from 1."""

    file: str
    record: int
    reason: str


@dataclass
class Clips:
    """Columns of the clips that were kept, and counts of what was not.

    `video_id` (n,), `start` and `end` (n,) float32 seconds, labels as ids (sum of k,) and their number per clip (n,),
    `split` as names, each with the number of clips that it holds for, `frames` (n, 1280) uint8.
    """

    video_id: list[npt.NDArray[Any]] = field(default_factory=list)
    start: list[npt.NDArray[np.float32]] = field(default_factory=list)
    end: list[npt.NDArray[np.float32]] = field(default_factory=list)
    label_values: list[npt.NDArray[np.int64]] = field(default_factory=list)
    label_counts: list[npt.NDArray[np.int64]] = field(default_factory=list)
    split: list[tuple[str, int]] = field(default_factory=list)
    frames: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    records: int = 0
    too_short: int = 0
    not_wanted: int = 0
    rejects: list[Reject] = field(default_factory=list)

    def add(self, other: Clips) -> None:
        """Append what another read gave."""
        for name in ("video_id", "start", "end", "label_values", "label_counts", "split", "frames", "rejects"):
            getattr(self, name).extend(getattr(other, name))
        self.records += other.records
        self.too_short += other.too_short
        self.not_wanted += other.not_wanted


class _FaultyError(Exception):
    """Something in these files is at fault; read them one by one."""


def import_tensorflow() -> ModuleType:
    """Import TensorFlow, which is an extra; its absence is a `SourceError` that names it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    try:
        with _stderr_silenced():
            import tensorflow
    except ImportError as error:
        raise SourceError(
            "Reading AudioSet's record files needs TensorFlow, for Python below 3.14. "
            "Install it with: pip install 'recstore[audio]'"
        ) from error
    module: ModuleType = tensorflow
    return module


@contextmanager
def _stderr_silenced() -> Iterator[None]:
    """Keep quiet what TensorFlow's C++ part says while it is imported, before its log level counts."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class RecordReader:
    """Reads record files and keeps the clips that carry a wanted label.

    `wanted` (n_labels,) says of each label id whether a clip with it is kept; a clip is kept when it carries a label
    of each of the masks in `wanted`.
    """

    def __init__(self, wanted: Sequence[npt.NDArray[np.bool_]]) -> None:
        self._tf = import_tensorflow()
        self._wanted = wanted
        self._n_labels = len(wanted[0])
        ragged = self._tf.io.RaggedFeature
        self._context = {
            "video_id": ragged(self._tf.string),
            "start_time_seconds": ragged(self._tf.float32),
            "end_time_seconds": ragged(self._tf.float32),
            "labels": ragged(self._tf.int64),
        }
        self._sequence = {"audio_embedding": ragged(self._tf.string)}
        # Traced once, and not again for each data set.
        self._parse = self._tf.function(self._parsed, input_signature=[self._tf.TensorSpec([None], self._tf.string)])

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
        if any(file.size == 0 for file in files) or len({file.split for file in files}) > 1:
            raise _FaultyError
        clips = Clips()
        with self._joined(files) as path:
            records = self._tf.data.TFRecordDataset(path).batch(_BATCH)
            try:
                for batch in records.map(self._parse, num_parallel_calls=2).prefetch(2):
                    if self._faults(*batch).any():
                        raise _FaultyError
                    self._keep(clips, files[0].split, *batch)
            except self._tf.errors.OpError as error:
                raise _FaultyError from error
        return clips

    def _read_carefully(self, file: RecordFile) -> Clips:
        clips = Clips()
        if file.size == 0:
            clips.rejects.append(Reject(file.name, 0, "the file is empty"))
            return clips
        with self._joined([file]) as path:
            records = iter(self._tf.data.TFRecordDataset(path))
            for number in range(1, 1 << 62):
                try:
                    record = next(records)
                except StopIteration:
                    return clips
                except self._tf.errors.OpError:
                    reason = f"damaged from here on; {number - 1} records of the file were read before"
                    clips.rejects.append(Reject(file.name, number, reason))
                    return clips
                clips.records += 1
                try:
                    parsed = self._parse(self._tf.expand_dims(record, 0))
                except self._tf.errors.OpError:
                    clips.rejects.append(Reject(file.name, number, "not a SequenceExample"))
                    continue
                wrong = self._reason(*parsed)
                if wrong:
                    clips.rejects.append(Reject(file.name, number, wrong))
                else:
                    self._keep(clips, file.split, *parsed)
                    clips.records -= 1
        return clips

    @contextmanager
    def _joined(self, files: Sequence[RecordFile]) -> Iterator[str]:
        """Yield the path of all files end to end, in TensorFlow's file system in memory: it opens files slowly."""
        path = f"ram://recstore-{id(self)}.tfrecord"
        with self._tf.io.gfile.GFile(path, "wb") as joined:
            joined.write(b"".join(file.content for file in files))
        try:
            yield path
        finally:
            self._tf.io.gfile.remove(path)

    def _parsed(self, serialized: Any) -> tuple[Any, Any]:  # noqa: ANN401 - TensorFlow is not typed
        context, sequence, _lengths = self._tf.io.parse_sequence_example(serialized, self._context, self._sequence)
        return context, sequence["audio_embedding"]

    def _faults(self, context: Any, frames: Any) -> npt.NDArray[np.bool_]:  # noqa: ANN401
        """Return, for each record of a batch (n,), whether a field is missing or wrong."""
        faulty = np.zeros(int(frames.nrows()), bool)
        for name in ("video_id", "start_time_seconds", "end_time_seconds"):
            faulty |= context[name].row_lengths().numpy() != 1
        faulty |= context["labels"].row_lengths().numpy() < 1
        labels, rows = context["labels"].flat_values.numpy(), _rows(context["labels"])
        faulty[rows[(labels < 0) | (labels >= self._n_labels)]] = True
        lengths = self._tf.strings.length(frames.flat_values).numpy()
        faulty[_rows(frames)[lengths != FRAME_BYTES]] = True
        return faulty

    def _reason(self, context: Any, frames: Any) -> str | None:  # noqa: ANN401
        """Say what is wrong with the only record of a batch, if anything is."""
        for name in ("video_id", "start_time_seconds", "end_time_seconds"):
            if int(context[name].row_lengths()[0]) != 1:
                return f"{name} is missing"
        labels = context["labels"].flat_values.numpy()
        if len(labels) == 0:
            return "labels are missing"
        if ((labels < 0) | (labels >= self._n_labels)).any():
            return "a label that is not in class_labels_indices.csv"
        lengths = self._tf.strings.length(frames.flat_values).numpy()
        wrong = lengths[lengths != FRAME_BYTES]
        return f"a frame of {wrong[0]} bytes, not {FRAME_BYTES}" if len(wrong) else None

    def _keep(self, clips: Clips, split: str, context: Any, frames: Any) -> None:  # noqa: ANN401
        """Append the clips of a sound batch that are wanted and long enough, trimmed."""
        seconds, starts = frames.row_lengths().numpy(), frames.row_starts().numpy()
        labels = context["labels"].flat_values.numpy()
        rows, counts = _rows(context["labels"]), context["labels"].row_lengths().numpy()
        wanted = np.ones(len(seconds), bool)
        for mask in self._wanted:
            wanted &= np.bincount(rows, weights=mask[labels], minlength=len(seconds)) > 0
        long_enough = seconds >= SECONDS
        keep = wanted & long_enough
        clips.records += len(seconds)
        clips.not_wanted += int(np.count_nonzero(~wanted))
        clips.too_short += int(np.count_nonzero(wanted & ~long_enough))
        if not keep.any():
            return
        chosen = (starts[keep][:, None] + np.arange(SECONDS)).ravel()
        picked = self._tf.gather(frames.flat_values, chosen)
        decoded = self._tf.io.decode_raw(picked, self._tf.uint8, fixed_length=FRAME_BYTES).numpy()
        clips.frames.append(decoded.reshape(-1, SECONDS * FRAME_BYTES))
        clips.video_id.append(context["video_id"].flat_values.numpy()[keep])
        clips.start.append(context["start_time_seconds"].flat_values.numpy()[keep])
        clips.end.append(context["end_time_seconds"].flat_values.numpy()[keep])
        clips.label_values.append(labels[np.repeat(keep, counts)])
        clips.label_counts.append(counts[keep])
        clips.split.append((split, int(np.count_nonzero(keep))))


def _rows(ragged: Any) -> npt.NDArray[np.int64]:  # noqa: ANN401
    """Return the row of each value. (TensorFlow's own `value_rowids` takes a third of the whole reading.)"""
    counts = ragged.row_lengths().numpy()
    return np.repeat(np.arange(len(counts)), counts)
