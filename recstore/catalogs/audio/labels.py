"""The space `labels` of the audio catalogue: what clips are judged to be, learnt from what they are labelled."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from recstore import sql
from recstore.arrow import arrow_column
from recstore.errors import OptionError
from recstore.models.audio_kernels import CLIP_WIDTH, SECOND_WIDTH, Frames
from recstore.models.audio_labels import Judged, judge, label_vectors
from recstore.models.space import Space
from recstore.options import BuildOptions
from recstore.progress import Progress

_SQL = "recstore.catalogs.audio.sql"
_RECIPE = (
    "FROM audio_vector(frames, space := 'labels'): the scores of the labels (audio_label_weights), each to the power "
    "of 1.35, and how the sound changes, laid end to end, to unit length"
)


def label_space(
    connection: duckdb.DuckDBPyConnection,
    options: BuildOptions,
    progress: Progress,
    ids: npt.NDArray[np.int32],
    frames: Frames,
    center: npt.NDArray[np.float64],
) -> Space | None:
    """Learn the labels, write what was learnt and what the clips are judged to be, and return their space.

    `ids` (n,) and `frames` (n, 1280) are all clips', `center` (128,) is the centre of the space `mean`. Returns None
    where there is too little to learn from, and says so. Raises an `OptionError` if no clip is of the split named.
    """
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
    judged = judge(frames, labels, is_music, np.asarray(facts["video"]), teachers, center, options.seed)
    if judged is None:
        progress.notice("Too few clips carry labels to learn from, so there is no space labels.")
        return None
    _store(connection, judged, ids, label_ids)
    vectors, kept = label_vectors(judged.scores, frames)
    return Space("labels", ids[kept], vectors, _RECIPE)


def _labels(
    connection: duckdb.DuckDBPyConnection, ids: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], Any, npt.NDArray[np.bool_]]:
    """Return the ids of the labels that any clip carries, who carries which as CSR, and which are of music."""
    import scipy.sparse

    rows = connection.execute(sql.read(_SQL, "carried_labels")).fetchnumpy()
    label_ids, first, column = np.unique(np.asarray(rows["label_id"]), return_index=True, return_inverse=True)
    row = np.searchsorted(ids, np.asarray(rows["clip_id"]))
    ones = np.ones(len(row), np.float32)
    labels = scipy.sparse.csr_matrix((ones, (row, column)), shape=(len(ids), len(label_ids)))
    return label_ids.astype(np.int32), labels, np.asarray(rows["is_music"], np.bool_)[first]


def _store(
    connection: duckdb.DuckDBPyConnection,
    judged: Judged,
    ids: npt.NDArray[np.int32],
    label_ids: npt.NDArray[np.int32],
) -> None:
    """Write `audio_predictions`, `audio_landmarks` and `audio_label_weights`."""
    model, n = judged.model, len(judged.model.weighed)
    learnt = label_ids[model.columns]
    _insert(
        connection,
        "predictions",
        clip_id=ids[judged.rows],
        label_id=learnt[judged.places],
        probability=judged.probabilities,
    )
    kinds = (
        ("second", SECOND_WIDTH, model.landmarks.seconds, 0),
        ("clip", CLIP_WIDTH, model.landmarks.clips, len(model.landmarks.seconds)),
    )
    for kind, width, vectors, before in kinds:
        number = np.arange(before + 1, before + len(vectors) + 1, dtype=np.int32)
        _insert(connection, "landmarks", {"kind": kind, "width": width}, landmark=number, vector=vectors)
    _insert(
        connection,
        "label_scores",
        label_id=label_ids[model.weighed],
        place=np.arange(1, n + 1, dtype=np.int32),
        bias=model.bias[:n],
        weights=model.weights[:, :n].T,
    )
    _insert(connection, "label_chances", label_id=learnt, bias=model.bias[n:], weights=model.weights[:, n:].T)


def _insert(
    connection: duckdb.DuckDBPyConnection,
    what: str,
    values: dict[str, object] | None = None,
    /,
    **columns: npt.NDArray[Any],
) -> None:
    import pyarrow as pa

    arrays = {name: arrow_column(column) for name, column in columns.items()}
    connection.register("rows_to_insert", pa.table(arrays))
    connection.execute(sql.read(_SQL, f"insert_{what}"), values or {})
    connection.unregister("rows_to_insert")
