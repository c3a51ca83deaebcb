"""An index without the vectors of its items: a store has these in a table of its own, and keeps them once.

What remains of an item's node is its head, 12 bytes; the nodes of the trees follow as Annoy saves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recstore.search.annoy_index import NODE_HEAD
from recstore.search.index_file import DamagedIndexError

_ROWS = 4096
_BLOCK = 1 << 20


def without_vectors(path: Path, items: int, dimensions: int) -> Iterator[bytes]:
    """Yield the bytes of the index file at `path`, but for the vectors of its items."""
    node = NODE_HEAD + 4 * dimensions
    with path.open("rb") as file:
        for start in range(0, items, _ROWS):
            rows = min(_ROWS, items - start)
            nodes = np.frombuffer(file.read(rows * node), np.uint8).reshape(rows, node)
            yield nodes[:, :NODE_HEAD].tobytes()
        yield from iter(lambda: file.read(_BLOCK), b"")


def with_vectors(parts: Iterable[bytes], items: int, vectors: Iterable[npt.NDArray[np.float32]]) -> Iterator[bytes]:
    """Yield the bytes of the whole index: `parts` are what `without_vectors` gave, cut anywhere.

    `vectors` are those of the items in their order, in blocks (m, d) float32. Raises `DamagedIndexError` where these
    do not belong to each other.
    """
    stream, held = iter(parts), bytearray()
    while len(held) < NODE_HEAD * items and (part := next(stream, b"")):
        held += part
    done = 0
    for block in vectors:
        m = len(block)
        head = held[NODE_HEAD * done : NODE_HEAD * (done + m)]
        if len(head) != NODE_HEAD * m:
            raise DamagedIndexError("the index has too few items for the vectors")
        nodes = np.empty((m, NODE_HEAD + 4 * block.shape[1]), np.uint8)
        nodes[:, :NODE_HEAD] = np.frombuffer(head, np.uint8).reshape(m, NODE_HEAD)
        nodes[:, NODE_HEAD:] = np.ascontiguousarray(block, np.float32).view(np.uint8)
        yield nodes.tobytes()
        done += m
    if done != items:
        raise DamagedIndexError("the index has more items than there are vectors")
    yield bytes(held[NODE_HEAD * items :])
    yield from stream
