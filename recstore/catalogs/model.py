"""What computes a catalogue: a class under an entry point of the group `recstore.catalogs`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from recstore.budget import Needs
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.needs import usual_sizes
from recstore.errors import OptionError

if TYPE_CHECKING:
    import duckdb

    from recstore.budget import Budget
    from recstore.evaluation.results import Evaluation
    from recstore.models.space import Late, Measured, Space
    from recstore.options import BuildOptions
    from recstore.progress import Progress, Stages
    from recstore.search.exact import Block


#: Of a space, where nobody says.
_USUAL_DIMENSIONS = 200


@dataclass(frozen=True)
class NoOptions:
    """A catalogue whose build can be told nothing besides."""


@dataclass(frozen=True)
class Export:
    """Rows of a catalogue that are written as JSON: `recstore export-CATALOG-json STORE FILE`.

    `query` is a SQL file of the package `package`, in which the store is `rec_store`, and `rows` what its rows are
    called; `about` is the command's help, `example` its arguments in an example.
    """

    package: str
    query: str
    rows: str
    about: str
    example: str


@dataclass(frozen=True)
class PythonFunction:
    """A function of Python's that connections to a store have besides, in SQL called `name`.

    It lies in `module` under the same name, takes Arrow arrays of equal length of the SQL types `parameters`, by name,
    with their NULLs, and gives one of `returns`.
    """

    name: str
    module: str
    parameters: Mapping[str, str]
    returns: str


class CatalogModel(ABC):
    """The class that computes a catalogue, made without arguments; its module imports nothing heavy.

    One that computes any catalogue of a kind, under an entry point of the group `recstore.catalog_kinds`, is made from
    the catalogue.
    """

    catalog: Catalog
    options: ClassVar[type[Any]] = NoOptions
    """A frozen dataclass of what the build of this catalogue can be told besides; see `recstore.options`."""
    imports: ClassVar[tuple[str, ...]] = ()
    """Modules that `spaces` imports: a build imports them while it still loads."""
    too_small: ClassVar[str] = "the data is too small"
    """Why no item may have a vector in any space, and which option would help: it is said where that is so."""
    example: ClassVar[tuple[str, ...]] = ()
    """Some items, by title or id, to name in the examples of the command line's help."""
    export: ClassVar[Export | None] = None
    """What of the catalogue can be written as JSON besides what any query gives."""
    python_functions: ClassVar[tuple[PythonFunction, ...]] = ()
    """Functions that `connect` and `attach` give a connection besides, where the store is trusted."""
    is_indexed: ClassVar[bool] = True
    """Whether a build gives every space an Annoy index."""
    always: ClassVar[bool] = False
    """Whether every new store has the catalogue, empty where nothing of it was loaded."""

    @classmethod
    def vouches(cls, catalog: Catalog) -> bool:
        """Tell whether a catalogue of this kind that a stranger's file describes is sound: all in it becomes SQL."""
        return False

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Fill the columns of the source tables that are derived from others; none are, by default."""
        return

    def needs(self, connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Needs:
        """Return what a build holds whole in memory, of this catalogue's rows in the connection's current database.

        It is asked before the work begins, which is refused where the memory is too little. By default the items have
        vectors of 200 numbers in each of the spaces that recstore makes, and interactions what its own models make.
        """
        return usual_sizes(connection, self.catalog, _USUAL_DIMENSIONS).of_build(options)

    def needs_of_evaluation(self, connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Needs:
        """Return what `evaluate` holds whole in memory: by default as much as a build."""
        return self.needs(connection, options)

    @abstractmethod
    def spaces(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
    ) -> Iterable[Space]:
        """Yield the spaces of the items in the connection's current database."""

    def lacking(self, made: Collection[str], progress: Progress) -> list[Measured]:
        """Say which spaces the data was too little for, and why: none, by default. `made` are those that there are."""
        return []

    def neighbors(self, space: Space, options: BuildOptions, budget: Budget) -> tuple[Iterator[Block], list[Measured]]:
        """Return the neighbours of a space, block by block, and their measured recall where they are approximate."""
        from recstore.models.space import NEIGHBORS_RECALL, Measured
        from recstore.search.clusters import Clusters
        from recstore.search.exact import nearest_neighbors

        depth = self.catalog.depth
        if len(space.ids) <= max(options.exact_up_to, depth):
            return nearest_neighbors(space.vectors, depth, space.parts, budget), []
        clusters = Clusters(space.vectors, depth, options.seed)
        measured = Measured(self.catalog.name, space.name, NEIGHBORS_RECALL, clusters.recall)
        return clusters.neighbors(budget), [measured]

    def weigh(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
    ) -> list[Measured]:
        """Fill the table of weights, if the catalogue has one; vectors and neighbours are there.

        Returns what was found out. Constants that the data decides go into `self.catalog`.
        """
        return []

    def vector_of_file(
        self, connection: duckdb.DuckDBPyConnection, path: str, space: str, weights: str, progress: Progress
    ) -> list[float]:
        """Return the vector of a file in a space, for `nearest`; `weights` names those that it is embedded with.

        `connection` is one of `connect`. An `OptionError` where items of this catalogue are no files.
        """
        raise OptionError(f"The catalogue {self.catalog.name} cannot be asked with a file.")

    def late(
        self,
        connection: duckdb.DuckDBPyConnection,
        old: str,
        options: BuildOptions,
        known: Callable[[str], Space],
    ) -> dict[str, Late] | None:
        """Return what an addition brings to each space of the store attached as `old`, whose items keep their vectors.

        The rows are added to the connection's current database, and `prepare` was called; `known` reads a space of the
        old store. None where that cannot be said, and all is computed anew, as it is by default.
        """
        return None

    def weigh_late(
        self, connection: duckdb.DuckDBPyConnection, old: str, options: BuildOptions
    ) -> list[Measured] | None:
        """Fill the table of weights from that of the old store, and weigh what it has no weights for.

        None where all weights are to be computed anew.
        """
        return None

    def unwanted(self, changes: Mapping[str, object]) -> Iterable[str]:
        """Return the spaces that a change of options says not to make, which nobody misses then."""
        return ()

    def evaluate(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, seed: int, budget: Budget, stages: Stages
    ) -> Iterable[Evaluation]:
        """Yield figures of the store in the connection's current database, which was built with `options`."""
        return ()
