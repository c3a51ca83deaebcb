"""An Annoy index over the vectors of one space: built as a file, opened by memory map, searched.

Annoy (https://github.com/spotify/annoy) keeps its index as one array of nodes. For the metric `angular` a node is
12 bytes and the vector: first all items in their order, then the nodes of the trees, the roots last. So the file holds
the vectors, too, and what Annoy finds is ranked by their exact cosines.
"""

from __future__ import annotations

import array
import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from recstore.reserved import reserve
from recstore.search.ranking import pack, unpack

if TYPE_CHECKING:
    from annoy import AnnoyIndex

METRIC: Literal["angular"] = "angular"
#: Up to so many items Annoy reads a whole index in a millisecond: one tree is enough, and its answers are exact.
SMALL = 20_000
_TREES_OF_LARGE = 10
#: What stands in a node before its vector, in bytes.
NODE_HEAD = 12
_ROWS = 4096
#: A tree of n items has fewer nodes than so many times n / (d + 2), where d + 2 items fit into one that is a leaf:
#: measured are 10 at most.
_NODES_OF_TREE = 20
#: Asked for beyond k, since equal scores are put in order by the exact cosine only after Annoy has found them.
_SPARE = 10
#: Scores in single precision are off by less than this.
_SINGLE = 2e-5


class UnsoundIndexError(ValueError):
    """The bytes are not those of an index of these dimensions and items."""


@dataclass(frozen=True)
class IndexFacts:
    """What `annoy_indexes` says of an index; `name` is unique in a store, and `sha256` is that of its file."""

    name: str
    catalog: str
    space: str
    dimensions: int
    trees: int
    seed: int
    items: int
    sha256: str
    bytes: int


def default_trees(items: int) -> int:
    """Return how many trees an index gets when nobody says."""
    return 1 if items <= SMALL else _TREES_OF_LARGE


def build_index(vectors: npt.NDArray[np.float32], trees: int, seed: int, path: Path) -> None:
    """Write the index of `vectors`, (n, d) float32 of unit length, to the new file `path`.

    The same vectors, trees and seed give the same file: one thread works on it, and does not hold the interpreter's
    lock while it makes the trees. It is built where it stands, and takes no memory that the system cannot have back;
    where room on the disk cannot be reserved (no Linux, some file systems), in memory. Raises `OSError` where the disk
    is full.
    """
    from annoy import AnnoyIndex

    n, dimensions = vectors.shape
    index = AnnoyIndex(dimensions, METRIC)
    path.touch(0o600, exist_ok=False)
    if reserve(path, _most_bytes(n, dimensions, trees)):
        # Annoy opens the file anew and cuts it, which gives the room back.
        index.on_disk_build(str(path))
        reserve(path, _most_bytes(n, dimensions, trees))
    index.set_seed(seed)
    for start in range(0, n, _ROWS):
        # Annoy takes items one by one, and reads an array of the standard library's faster than one of NumPy's.
        rows = array.array("f", vectors[start : start + _ROWS].tobytes())
        for row in range(min(_ROWS, n - start)):
            index.add_item(start + row, rows[row * dimensions : (row + 1) * dimensions])
    index.build(trees, n_jobs=1)
    index.save(str(path))
    index.unload()


def _most_bytes(n: int, dimensions: int, trees: int) -> int:
    """Return how large an index can become at most."""
    nodes = n + trees * (2 + _NODES_OF_TREE * n // (dimensions + 2))
    return nodes * (NODE_HEAD + 4 * dimensions)


class Index:
    """An index that is open for search; any number of threads may ask it at once."""

    def __init__(
        self, path: Path, dimensions: int, ids: npt.NDArray[np.int32], search_k: int, *, is_sound: bool = False
    ) -> None:
        """Open the file at `path`; `ids` (n,) are its items in their order, ascending.

        Every node is looked at, but where `is_sound` says that this was done with the same bytes, items and dimensions.
        Raises `UnsoundIndexError` where the file cannot be an index of n items in so many dimensions. Annoy itself
        checks nothing: only files whose content is known by its checksum may come here.
        """
        from annoy import AnnoyIndex

        self.ids = ids
        self.search_k = search_k
        nodes, self._content = _nodes(path, dimensions, len(ids), is_sound)
        #: (n, d) float32, in the file itself.
        self.vectors = nodes["vector"][: len(ids)]
        self._annoy: AnnoyIndex = AnnoyIndex(dimensions, METRIC)
        self._annoy.load(str(path))
        if self._annoy.get_n_items() != len(ids):
            raise UnsoundIndexError(f"{path} holds {self._annoy.get_n_items()} items, not {len(ids)}")

    def forget_pages(self) -> None:
        """Take no memory for what was read of the file by map: it is read again where it is needed."""
        _forget(self._content)

    def nearest(
        self,
        vector: npt.NDArray[np.float64],
        k: int,
        itself: int | None = None,
        among: npt.NDArray[np.bool_] | None = None,
    ) -> npt.NDArray[np.int64]:
        """Return the keys of the `min(k, candidates)` items nearest to `vector` (d,) of unit length, best first.

        `itself` is an id that is no candidate; `among` (n,) says which items are, all of them where it is None. Annoy
        is asked for more until there are enough, and gives way to a scan of the candidates where that reads less. Keys
        are those of `recstore.search.ranking`.
        """
        excluded = self._position(itself)
        candidates = len(self.ids) if among is None else int(np.count_nonzero(among))
        if excluded is not None and (among is None or among[excluded]):
            candidates -= 1
        wanted = min(k, candidates)
        if wanted < 1:
            return np.empty(0, np.int64)
        asked = (wanted + 1 + _SPARE) * len(self.ids) // candidates
        while (effort := self._effort(asked)) <= candidates + 1:
            found = np.array(self._annoy.get_nns_by_vector(vector.tolist(), asked, effort), np.int64)
            found = found[found != excluded] if excluded is not None else found
            found = found[among[found]] if among is not None else found
            if len(found) >= wanted:
                return self._keys(found, vector, wanted)
            asked *= 4
        return self._scan(vector, wanted, excluded, among)

    def _effort(self, asked: int) -> int:
        """Return how many items Annoy is to look at when it is asked for so many: `search_k` is measured for ten."""
        return self.search_k * max(1, asked // (10 + 1 + _SPARE))

    def _position(self, itself: int | None) -> int | None:
        if itself is None:
            return None
        place = int(np.searchsorted(self.ids, itself))
        return place if place < len(self.ids) and self.ids[place] == itself else None

    def _scan(
        self, vector: npt.NDArray[np.float64], wanted: int, excluded: int | None, among: npt.NDArray[np.bool_] | None
    ) -> npt.NDArray[np.int64]:
        """Return the keys of the exactly nearest candidates."""
        positions = np.arange(len(self.ids)) if among is None else np.flatnonzero(among)
        rows = self.vectors if among is None else self.vectors[positions]
        scores = rows @ vector.astype(np.float32)
        if excluded is not None:
            keep = positions != excluded
            positions, scores = positions[keep], scores[keep]
        cut = np.partition(scores, len(scores) - wanted)[len(scores) - wanted] - _SINGLE
        return self._keys(positions[scores >= cut], vector, wanted)

    def _keys(
        self, positions: npt.NDArray[np.int64], vector: npt.NDArray[np.float64], wanted: int
    ) -> npt.NDArray[np.int64]:
        keys = pack(self.vectors[positions].astype(np.float64) @ vector, self.ids[positions])
        keys.sort()
        return keys[::-1][:wanted]


def _forget(content: mmap.mmap) -> None:
    if hasattr(mmap, "MADV_DONTNEED"):  # no Windows
        content.madvise(mmap.MADV_DONTNEED)


def _nodes(path: Path, dimensions: int, items: int, is_sound: bool) -> tuple[npt.NDArray[np.void], mmap.mmap]:
    """Map the nodes of an index file, after a look at whether they can be what they should be, unless that is known."""
    node = np.dtype([("size", np.int32), ("child", np.int32, 2), ("vector", np.float32, dimensions)])
    with path.open("rb") as file:
        size = path.stat().st_size
        if items < 1 or size % node.itemsize or size <= items * node.itemsize:
            raise UnsoundIndexError(f"{path} has {size} bytes: no index of {items} items in {dimensions} dimensions")
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    nodes = np.frombuffer(content, node)
    if is_sound:
        return nodes, content
    numbers = np.frombuffer(content, np.int32).reshape(len(nodes), -1)
    sound = bool((nodes["size"][:items] == 1).all()) and nodes["size"][-1] == items
    for start in range(items, len(nodes), _ROWS):
        sound = sound and _sound_trees(numbers[start : start + _ROWS], items, start)
        _forget(content)
    if not sound:
        raise UnsoundIndexError(f"{path} has nodes that are no index of {items} items")
    return nodes, content


def _sound_trees(nodes: npt.NDArray[np.int32], items: int, start: int) -> bool:
    """Say whether nodes of trees, (m, d + 3) as whole numbers, the first at `start`, lead to what is there, and end.

    A node of more items than fit into it has two children, nodes or items, which stand before it; any other lists its
    items.
    """
    sizes, fit = nodes[:, 0], nodes.shape[1] - 1
    listed = nodes[:, 1:][np.arange(fit) < np.where(sizes <= fit, sizes, 0)[:, None]]
    parents = np.flatnonzero(sizes > fit)
    children = nodes[parents, 1:3]
    return bool(
        (sizes >= 1).all()
        and ((listed >= 0) & (listed < items)).all()
        and ((children >= 0) & (children < start + parents[:, None])).all()
    )


def calibrate(index: Index, trees: int, seed: int, questions: int = 200, least: float = 0.96) -> float:
    """Set the `search_k` with which the index finds 10 neighbours well enough, and return its recall@10.

    Asks for the neighbours of up to `questions` of its items, drawn with `seed`. What is found counts if its score
    reaches the tenth exact score to within 1e-5. `least` leaves room above 0.95 for other questions than these.
    """
    n = len(index.ids)
    # One tree of a small catalogue is read whole, which needs no trial; a few questions show that it is so.
    whole = trees == 1 and n <= SMALL
    asked = np.random.default_rng(seed).choice(n, min(10 if whole else questions, n), replace=False)
    tenth = _tenth_scores(index.vectors, asked)
    index.forget_pages()
    index.search_k = n if whole else min(1000, n)
    while (recall := _recall(index, asked, tenth)) < least and index.search_k < n * trees:
        index.search_k = min(index.search_k * 3 // 2, n * trees)
    return recall


def _tenth_scores(vectors: npt.NDArray[np.float32], asked: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return (m,): the tenth highest cosine of each row to any other row, or the lowest of fewer."""
    questions = vectors[asked].astype(np.float64)
    best = np.full((len(asked), 11), -2.0)
    for start in range(0, len(vectors), _ROWS):
        scores = questions @ vectors[start : start + _ROWS].astype(np.float64).T
        best = np.partition(np.hstack([best, scores]), scores.shape[1], axis=1)[:, -11:]
    # The row itself is the highest or as good as it.
    best.sort(axis=1)
    count = min(10, len(vectors) - 1)
    return np.asarray(best[:, 10 - count], np.float64)


def _recall(index: Index, asked: npt.NDArray[np.int64], tenth: npt.NDArray[np.float64]) -> float:
    """Return the share of the ten nearest that the index finds, over the rows asked for."""
    found = 0
    count = min(10, len(index.ids) - 1)
    for row, least in zip(asked, tenth, strict=True):
        keys = index.nearest(index.vectors[row].astype(np.float64), count, int(index.ids[row]))
        found += int(np.count_nonzero(unpack(keys)[1] >= least - 1e-5))
    return found / (count * len(asked)) if count else 1.0
