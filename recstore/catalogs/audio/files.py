"""Sound files as questions: their frames, and their vector in a space."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recstore import sql
from recstore.errors import RecstoreError
from recstore.sound.decoding import UnreadableError
from recstore.sound.embedding import SHORTEST_SECONDS, embed, network_of
from recstore.sources.files import local_path

if TYPE_CHECKING:
    import duckdb

    from recstore.progress import Progress


def embed_audio(paths: Any) -> Any:  # noqa: ANN401 - Arrow is not typed
    """Return the frames of sound files: of each (n * 1280,) uint8, ten seconds after the other; NULL gives NULL.

    Raises `SourceError` where one cannot be read, or is too short.
    """
    import pyarrow as pa

    found = [None if path is None else _frames(path, "") for path in paths.to_pylist()]
    return pa.array(found, pa.list_(pa.uint8()))


def vector_of_file(
    connection: duckdb.DuckDBPyConnection, path: str, space: str, weights: str, progress: Progress
) -> list[float]:
    """Return the vector of a sound file in a space."""
    network_of(weights, progress)
    frames = _frames(path, weights)
    query = sql.read("recstore.catalogs.audio.sql", "vector_of_frames")
    rows = connection.execute(query, {"frames": frames.tolist(), "space": space}).fetchall()
    if not rows:
        raise RecstoreError(f"{path} has no vector in space {space}: nothing in it is unlike the mean of all clips.")
    vector: list[float] = rows[0][0]
    return vector


def _frames(path: str, weights: str) -> npt.NDArray[np.uint8]:
    place = local_path(path)
    try:
        status = place.stat()
        state = (status.st_size, status.st_mtime_ns)
    except OSError:
        # Whoever reads it says what is wrong.
        state = (0, 0)
    found = _embedded(place, state, weights)
    if not len(found):
        raise UnreadableError(place, f"it is shorter than {SHORTEST_SECONDS} seconds")
    return found


# A statement may ask for one file several times: while it is bound, and for each row that it is joined with.
@lru_cache(maxsize=64)
def _embedded(path: Path, _state: tuple[int, int], weights: str) -> npt.NDArray[np.uint8]:
    return embed(path, vggish=weights or None).reshape(-1)
