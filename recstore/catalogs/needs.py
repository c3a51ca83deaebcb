"""What a build or an evaluation holds whole in memory, reckoned from the numbers of its rows.

The bytes were measured, with NumPy's arrays counted, on generated data of several sizes, and have some room.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recstore.budget import Needs
from recstore.catalogs.catalog import Catalog

if TYPE_CHECKING:
    import duckdb

    from recstore.options import BuildOptions

#: Of an interaction: its columns, who had what in two orders, and what stood in which stretch of a history.
_INTERACTION = 170
#: Of an interaction that is evaluated besides: the columns of all, and of those that train.
_EVALUATED = 50
#: Of a term of an item: how often it stands there, and what it weighs.
_TERM = 80
#: Of a number that a decomposition has for a column of its matrix: seven float32 and some.
_DECOMPOSED = 30
#: Of a number of a vector: itself; besides, where all neighbours are searched exactly, and where in clusters; and in an
#: index, which is mapped while it is made, without the trees.
_VECTOR, _SEARCHED, _CLUSTERED, _INDEXED = 4, 10, 4, 5
#: Of an item: up to a hundred neighbours that were found in clusters, and which cluster it is in.
_FOUND = 860
#: Nodes of an index for each item and tree.
_NODES = 0.03
#: Dimensions that a decomposition has beyond those asked for.
_OVERSAMPLES = 10
#: Of a pair of items, while a model of all pairs is fitted for an evaluation.
_PAIR = 24


@dataclass(frozen=True)
class Sizes:
    """How large a catalogue is.

    `widths` are the numbers of a vector in each space, in the order in which these are searched. `interactions` are
    rows of the table `table`. `terms` are those of all items, each counted once an item. `columns` are those of the
    matrices that are decomposed at one time, into `dimensions` each. `beside` are the bytes that are held besides while
    vectors are made, and not when they are searched.
    """

    items: int
    noun: str
    widths: tuple[int, ...] = ()
    interactions: int = 0
    table: str = ""
    terms: int = 0
    columns: int = 0
    dimensions: int = 0
    beside: int = 0

    def of_build(self, options: BuildOptions) -> Needs:
        """Return what a build needs at least: an index is made beside the search where there is memory for both."""
        made = self.items * _VECTOR * sum(self.widths) + self._models() + self.beside
        at_work = []
        for place, width in enumerate(self.widths):
            beside = max(self._searched(width, options), index_bytes(width, options, self.items))
            at_work.append(_VECTOR * sum(self.widths[place:]) + beside)
        size = max(made, self.items * max(at_work, default=0))
        return Needs(size, self._why(), spared=size - self.interactions * _INTERACTION)

    def of_evaluation(self, pairs: bool = True) -> Needs:
        """Return what an evaluation needs; `pairs` says whether models of all pairs of items are fitted."""
        fitted = self.items * _VECTOR * sum(self.widths) + self._models()
        squares = _PAIR * self.items**2 if pairs else 0
        return Needs(self.interactions * _EVALUATED + max(fitted, squares), self._why())

    def _searched(self, width: int, options: BuildOptions) -> int:
        """Return the bytes of an item, beside its vectors, while all neighbours are searched."""
        if self.items <= options.exact_up_to:
            return _SEARCHED * width
        return _CLUSTERED * width + _FOUND

    def _models(self) -> int:
        learnt = self.interactions * _INTERACTION + self.terms * _TERM
        return learnt + self.columns * (self.dimensions + _OVERSAMPLES) * _DECOMPOSED

    def _why(self) -> str:
        rows = f", {self.interactions:,} rows of {self.table}" if self.interactions else ""
        return f"{self.items:,} {self.noun}{rows}"


def index_bytes(width: int, options: BuildOptions, items: int) -> int:
    """Return the bytes of an item in an index of so many while it is made."""
    from recstore.search.annoy_index import default_trees

    return math.ceil(_INDEXED * (1 + _NODES * (options.trees or default_trees(items))) * width)


def usual_sizes(connection: duckdb.DuckDBPyConnection, catalog: Catalog, dimensions: int) -> Sizes:
    """Return the sizes of a catalogue of which nothing is known but its value: all spaces have as many dimensions."""
    history = catalog.interactions
    items = count(connection, catalog.items)
    users = count(connection, f"(SELECT DISTINCT {catalog.named(history.user)} FROM {history.table})") if history else 0
    return Sizes(
        items,
        catalog.items,
        (dimensions,) * len(catalog.made),
        count(connection, history.table) if history else 0,
        history.table if history else "",
        columns=items + users,
        dimensions=dimensions,
    )


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return how many rows a table of the current database, or a query in parentheses, has."""
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def vocabulary(terms: int) -> int:
    """Return about how many different terms there are among so many (Heaps, "Information retrieval", 1978)."""
    return min(terms // 2, round(50 * math.sqrt(terms)))
