"""Measures the audio catalogue: do the clips that are found have a label of the clip that was asked about?"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore import sql
from recstore.budget import Budget
from recstore.catalogs.audio.frames import StoredFrames
from recstore.evaluation.metrics import Surroundings, precision
from recstore.evaluation.protocols import Lists
from recstore.evaluation.results import Evaluation, Panel
from recstore.models.audio import sequence_vectors
from recstore.options import BuildOptions
from recstore.progress import Stages
from recstore.search.exact import nearest_neighbors

_SQL = "recstore.catalogs.audio.sql"
_K = 10
#: The notebook's vectors are compared with only where all pairs of clips can be looked at in a minute.
_MOST_SEQUENCES = 25_000


def evaluate(
    connection: duckdb.DuckDBPyConnection, options: BuildOptions, seed: int, budget: Budget, stages: Stages
) -> Iterator[Evaluation]:
    """Yield the figures of the clips in the connection's current database."""
    ids, labels = _labels(connection)
    asked = np.flatnonzero(labels.any(axis=1)).astype(np.int32)
    if len(asked) == 0:
        stages.progress.notice("No clip has a label beside Music itself, so nothing can be said of the clips.")
        return
    features = labels / np.sqrt(np.maximum(labels.sum(axis=1, keepdims=True), 1), dtype=np.float32)
    # Nobody rated a clip: it is as well known as its labels are common.
    common = labels.sum(axis=0) / len(labels)
    popularity = (labels @ common) / np.maximum(labels.sum(axis=1), 1)
    panel = Panel(
        "audio", "label-retrieval", Surroundings(np.arange(len(ids), dtype=np.int32), popularity, features), seed
    )
    known = connection.execute("SELECT space, is_default FROM spaces WHERE catalog = 'audio' ORDER BY 1").fetchall()
    spaces, default = [name for name, _ in known], next((name for name, is_default in known if is_default), None)
    others = ["popularity", "random"]
    if "sequence" not in spaces and len(ids) <= _MOST_SEQUENCES:
        others.append("sequence")
    with stages.stage("label-retrieval", len(spaces) + len(others)):
        for name in [*spaces, *others]:
            if name in spaces:
                lists = _stored(connection, name, ids)
            elif name == "sequence":
                lists = _sequence(connection, budget)
            elif name == "random":
                lists = np.random.default_rng(seed).integers(0, len(ids), (len(ids), _K)).astype(np.int32)
            else:
                lists = _most_popular(popularity, len(ids))
            hits = _hits(labels, asked, lists[asked])
            yield from panel.summary(name, name == default, precision(hits, _K), lists[asked])
            stages.progress.advanced()
    if options.audio_train_split:
        yield from _held_out(connection, ids, labels, popularity, features, known, options, seed, budget, stages)


def _held_out(
    connection: duckdb.DuckDBPyConnection,
    ids: NDArray[np.int32],
    labels: NDArray[np.float32],
    popularity: NDArray[np.float64],
    features: NDArray[np.float32],
    spaces: list[tuple[str, bool]],
    options: BuildOptions,
    seed: int,
    budget: Budget,
    stages: Stages,
) -> Iterator[Evaluation]:
    """Yield the same figures of the clips of other splits than the one that was learnt from, among themselves."""
    values = {"split": options.audio_train_split}
    rows = connection.execute(sql.read(_SQL, "clips_of_other_splits"), values).fetchnumpy()["clip_id"]
    others = np.searchsorted(ids, np.asarray(rows))
    if len(others) < 2 or not labels[others].any():
        stages.progress.notice(f"No clip is of another split than {options.audio_train_split}, so none is held out.")
        return
    everybody = np.arange(len(others), dtype=np.int32)
    panel = Panel(
        "audio", "label-retrieval-held-out", Surroundings(everybody, popularity[others], features[others]), seed
    )
    asked = np.flatnonzero(labels[others].any(axis=1)).astype(np.int32)
    with stages.stage("label-retrieval-held-out", len(spaces)):
        for name, is_default in spaces:
            lists = _searched(connection, name, ids[others], budget)
            hits = _hits(labels[others], asked, lists[asked])
            yield from panel.summary(name, is_default, precision(hits, _K), lists[asked])
            stages.progress.advanced()


def _searched(connection: duckdb.DuckDBPyConnection, space: str, ids: NDArray[np.int32], budget: Budget) -> Lists:
    """Search the clips of `ids` among themselves, exactly, and return their places in `ids`."""
    query = sql.read(_SQL, "vectors_of_clips")
    rows = connection.execute(query, {"space": space, "ids": ids.tolist()}).fetchnumpy()
    lists = np.full((len(ids), _K), -1, np.int32)
    positions = np.searchsorted(ids, np.asarray(rows["clip_id"])).astype(np.int32)
    for block, neighbors, _scores in nearest_neighbors(np.stack(list(rows["vector"])), _K, budget=budget):
        lists[positions[block], : neighbors.shape[1]] = positions[neighbors]
    return lists


def _labels(connection: duckdb.DuckDBPyConnection) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the ids (n,) of all clips, and (n, n_labels) float32 of 1 where a clip has a label that counts."""
    ids = np.asarray(connection.execute("SELECT clip_id FROM audio_clips ORDER BY clip_id").fetchnumpy()["clip_id"])
    rows = connection.execute(sql.read(_SQL, "scored_labels")).fetchnumpy()
    names, column = np.unique(np.asarray(rows["label_id"]), return_inverse=True)
    labels = np.zeros((len(ids), len(names)), np.float32)
    labels[np.searchsorted(ids, np.asarray(rows["clip_id"])), column] = 1
    return ids.astype(np.int32), labels


def _hits(labels: NDArray[np.float32], asked: NDArray[np.int32], lists: Lists) -> NDArray[np.bool_]:
    hits = np.zeros(lists.shape, np.bool_)
    for place in range(lists.shape[1]):
        found = lists[:, place]
        shared = np.einsum("ij,ij->i", labels[asked], labels[found]) > 0
        hits[:, place] = shared & (found >= 0) & (found != asked)
    return hits


def _stored(connection: duckdb.DuckDBPyConnection, space: str, ids: NDArray[np.int32]) -> Lists:
    rows = connection.execute(sql.read(_SQL, "nearest_clips"), {"space": space, "k": _K}).fetchnumpy()
    lists = np.full((len(ids), _K), -1, np.int32)
    row, column = np.searchsorted(ids, np.asarray(rows["clip_id"])), np.asarray(rows["rank"]) - 1
    lists[row, column] = np.searchsorted(ids, np.asarray(rows["neighbor_id"]))
    return lists


def _sequence(connection: duckdb.DuckDBPyConnection, budget: Budget) -> Lists:
    """Search the bytes concatenated, which the original notebook compared."""
    frames = StoredFrames(connection)
    ids = frames.ids
    vectors, kept = sequence_vectors(frames[:])
    positions = np.flatnonzero(kept).astype(np.int32)
    lists = np.full((len(ids), _K), -1, np.int32)
    for block, neighbors, _scores in nearest_neighbors(vectors, _K, budget=budget):
        lists[positions[block], : neighbors.shape[1]] = positions[neighbors]
    return lists


def _most_popular(popularity: NDArray[np.float64], n: int) -> Lists:
    top = np.argsort(-popularity, kind="stable")[:_K].astype(np.int32)
    return np.tile(np.pad(top, (0, _K - len(top)), constant_values=-1), (n, 1))
