"""The spaces of the audio catalogue: from its frames to its vectors, by the models."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import numpy.typing as npt

from recstore.arrow import numbers
from recstore.budget import Budget
from recstore.catalogs.audio.labels import label_space
from recstore.models.audio import mean_vectors, sequence_vectors
from recstore.models.space import Space
from recstore.options import BuildOptions
from recstore.progress import Progress


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing of the audio tables is derived from others."""


def spaces(
    connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
) -> Iterator[Space]:
    """Yield the space `mean`, `sequence` where it is asked for, and `labels` where there are enough to learn from."""
    ids, clips = frames(connection)
    if len(ids) == 0:
        return
    vectors, kept, center = mean_vectors(clips)
    if not kept.all():
        progress.notice(f"{np.count_nonzero(~kept)} clips are equal to the mean of all clips, so they have no vector.")
    yield Space("mean", ids[kept], vectors, "mean over the 10 seconds, minus the centre, to unit length", center)
    if options.audio_sequence:
        vectors, kept = sequence_vectors(clips)
        yield Space("sequence", ids[kept], vectors, "the 10 x 128 bytes laid end to end, to unit length")
    labels = label_space(connection, options, budget, progress, ids, clips, center)
    if labels:
        yield labels


def frames(connection: duckdb.DuckDBPyConnection) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Return the ids (n,) and frames (n, 1280) of all clips, in the order of their ids."""
    import pyarrow as pa

    n = connection.execute("SELECT count(*) FROM audio_frames").fetchall()[0][0]
    ids, frames = np.empty(n, np.int32), np.empty((n, 1280), np.uint8)
    query = "SELECT clip_id, frames FROM audio_frames ORDER BY clip_id"
    done = 0
    for batch in pa.RecordBatchReader.from_stream(connection.sql(query)):
        ids[done : done + len(batch)] = numbers(batch.column(0))
        flat = numbers(batch.column(1))
        frames[done : done + len(batch)] = flat.reshape(len(batch), 1280)
        done += len(batch)
    return ids, frames
