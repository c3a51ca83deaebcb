"""The spaces of the audio catalogue: from its frames to its vectors, by the models."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import duckdb
import numpy as np

from recstore.budget import Budget, Needs
from recstore.catalogs.audio.frames import StoredFrames
from recstore.catalogs.audio.labels import label_space
from recstore.catalogs.needs import Sizes, count
from recstore.models.audio import DIMENSIONS, mean_vectors, sequence_vectors
from recstore.models.audio_labels import LEAST_WITH_LABEL, MOST_CLIPS
from recstore.models.space import Space
from recstore.options import BuildOptions
from recstore.progress import Progress

#: Of a clip, in bytes.
_FRAMES = 1280
#: Likely labels of a clip, up to ten, and in order, in bytes.
_LIKELY = 160
#: Kernel values of a clip that is learnt from, and what is made of them, in numbers.
_LEARNT_COLUMNS = 2 * 1500
#: The labels that are learnt, at most; those of music make the space.
_EACH = "(SELECT unnest(labels) AS label FROM audio_clips)"
_CARRIED = f"SELECT label FROM {_EACH} GROUP BY label HAVING count(*) >= {LEAST_WITH_LABEL}"
_WEIGHED = f"FROM ({_CARRIED}) WHERE label IN (SELECT name FROM audio_labels WHERE is_music)"
#: What TensorFlow takes, in bytes, once it is imported.
_TENSORFLOW = 450 * 10**6


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing of the audio tables is derived from others."""


def needs(connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Needs:
    """Return what a build of the clips in the current database holds whole.

    The sums of the frames of all clips, how near those that labels are learnt from are to all landmarks, and what
    each label weighs in each clip; then the vectors where they are searched.
    """
    clips, labels = count(connection, "audio_clips"), count(connection, f"({_CARRIED})")
    weighed = count(connection, f"({_WEIGHED})")
    widths = (DIMENSIONS, *([_FRAMES] if options.audio_sequence else []), weighed + DIMENSIONS)
    learnt = 4 * min(clips, MOST_CLIPS) * (_LEARNT_COLUMNS + 4 * labels)
    held = clips * (2 * DIMENSIONS + 4 * weighed + _LIKELY + (9 * _FRAMES if options.audio_sequence else 0))
    # What reads record files stays in memory.
    library = _TENSORFLOW if "tensorflow" in sys.modules else 0
    found = Sizes(clips, "clips", widths, beside=learnt + held).of_build(options)
    return Needs(found.size + library, found.why)


def spaces(
    connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
) -> Iterator[Space]:
    """Yield the space `mean`, `sequence` where it is asked for, and `labels` where there are enough to learn from."""
    clips = StoredFrames(connection)
    ids = clips.ids
    if len(ids) == 0:
        return
    vectors, kept, center = mean_vectors(clips)
    if not kept.all():
        progress.notice(f"{np.count_nonzero(~kept)} clips are equal to the mean of all clips, so they have no vector.")
    yield Space("mean", ids[kept], vectors, "mean over the 10 seconds, minus the centre, to unit length", center)
    if options.audio_sequence:
        vectors, kept = sequence_vectors(clips[:])
        yield Space("sequence", ids[kept], vectors, "the 10 x 128 bytes laid end to end, to unit length")
    labels = label_space(connection, options, budget, progress, clips, center)
    if labels:
        yield labels
