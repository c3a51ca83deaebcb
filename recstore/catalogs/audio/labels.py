"""The space `labels` of the audio catalogue: what clips are judged to be, learnt from what they are labelled."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from recstore import sql
from recstore.arrow import arrow_column
from recstore.budget import Budget
from recstore.catalogs.audio.frames import StoredFrames
from recstore.errors import OptionError
from recstore.models.audio_kernels import CLIP_WIDTH, SECOND_WIDTH
from recstore.models.audio_labels import Judged, judge, label_vectors
from recstore.models.space import Space
from recstore.options import BuildOptions
from recstore.progress import Progress

_SQL = "recstore.catalogs.audio.sql"
_CALL = "FROM audio_vector(frames, space := 'labels')"
_RECIPE = (
    f"{_CALL}: the scores of the labels (audio_label_weights), each to the power of 1.35, and how the sound changes, "
    "laid end to end, to unit length"
)


def label_space(
    connection: duckdb.DuckDBPyConnection,
    options: BuildOptions,
    budget: Budget,
    progress: Progress,
    frames: StoredFrames,
    center: npt.NDArray[np.float64],
) -> Space | None:
    """Learn the labels, and return their space with what was learnt and what the clips are judged to be.

    `frames` are all clips', `center` (128,) is the centre of the space `mean`. Returns None where there is too little
    to learn from, and says so. Raises an `OptionError` if no clip is of the split named.
    """
    ids = frames.ids
    facts = connection.execute(sql.read(_SQL, "audio_clip_facts"), {"split": options.audio_train_split}).fetchnumpy()
    if not np.asarray(facts["is_of_split"], np.bool_).any():
        splits = [
            split for (split,) in connection.execute("SELECT DISTINCT split FROM audio_clips ORDER BY 1").fetchall()
        ]
        raise OptionError(
            f"No clip is of the split {options.audio_train_split!r} to learn from; there are: {', '.join(splits)}."
        )
    teachers = np.asarray(facts["is_teacher"], np.bool_)
    label_ids, labels, is_music = _labels(connection, ids)
    judged = judge(frames, labels, is_music, np.asarray(facts["video"]), teachers, center, options.seed, budget)
    if judged is None:
        progress.notice("Too few clips have labels to learn from, so there is no space labels.")
        return None
    vectors, kept = label_vectors(judged.scores, frames)
    return Space("labels", ids[kept], vectors, _RECIPE, learnt=_learnt(judged, ids, label_ids))


def _labels(
    connection: duckdb.DuckDBPyConnection, ids: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], Any, npt.NDArray[np.bool_]]:
    """Return the ids of the labels that any clip has, who has which as CSR, and which are of music."""
    import scipy.sparse

    rows = connection.execute(sql.read(_SQL, "clip_labels")).fetchnumpy()
    label_ids, first, column = np.unique(np.asarray(rows["label_id"]), return_index=True, return_inverse=True)
    row = np.searchsorted(ids, np.asarray(rows["clip_id"]))
    ones = np.ones(len(row), np.float32)
    labels = scipy.sparse.csr_matrix((ones, (row, column)), shape=(len(ids), len(label_ids)))
    return label_ids.astype(np.int32), labels, np.asarray(rows["is_music"], np.bool_)[first]


def _learnt(judged: Judged, ids: npt.NDArray[np.int32], label_ids: npt.NDArray[np.int32]) -> dict[str, Any]:
    """Return what was learnt, and what the clips are held to be, as the rows of the tables that they stand in."""
    import pyarrow as pa

    model, n = judged.model, len(judged.model.weighed)
    learnt = label_ids[model.columns]
    kinds = (("second", SECOND_WIDTH, model.landmarks.seconds), ("clip", CLIP_WIDTH, model.landmarks.clips))
    landmarks = pa.concat_tables(
        pa.table({"kind": pa.repeat(kind, m), "width": pa.repeat(width, m), "vector": arrow_column(vectors)})
        for kind, width, vectors in kinds
        if (m := len(vectors))
    )
    weights = model.weights.T
    scores = {
        "label_id": arrow_column(label_ids[model.weighed]),
        "gives": pa.repeat("score", n),
        "place": arrow_column(np.arange(1, n + 1, dtype=np.int32)),
        "bias": arrow_column(model.bias[:n]),
        "weights": arrow_column(weights[:n]),
    }
    chances = {
        "label_id": arrow_column(learnt),
        "gives": pa.repeat("probability", len(learnt)),
        "place": pa.nulls(len(learnt), pa.int32()),
        "bias": arrow_column(model.bias[n:]),
        "weights": arrow_column(weights[n:]),
    }
    predictions = {
        "clip_id": arrow_column(ids[judged.rows]),
        "label_id": arrow_column(learnt[judged.places]),
        "probability": arrow_column(judged.probabilities),
    }
    return {
        "audio_predictions": pa.table(predictions),
        "audio_landmarks": landmarks.append_column(
            "landmark", arrow_column(np.arange(1, len(landmarks) + 1, dtype=np.int32))
        ),
        "audio_label_weights": pa.concat_tables([pa.table(scores), pa.table(chances)]),
    }
