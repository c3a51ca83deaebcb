"""What computes a catalogue of the user's own, by its declaration."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.options import DeclaredOptions
from recstore.catalogs.model import CatalogModel

if TYPE_CHECKING:
    import duckdb

    from recstore.budget import Budget, Needs
    from recstore.evaluation.results import Evaluation
    from recstore.models.space import Late, Measured, Space
    from recstore.options import BuildOptions
    from recstore.progress import Progress, Stages


class Declared(CatalogModel):
    """Computes a declared catalogue from its text and categories, its interactions, and vectors of the user's own."""

    options: ClassVar[type[DeclaredOptions]] = DeclaredOptions
    too_small: ClassVar[str] = (
        "declare text, categories or vectors of the items, or interactions, from which more than one item has something"
    )
    imports: ClassVar[tuple[str, ...]] = ("recstore.models.content", "recstore.models.collaborative")

    def __init__(
        self,
        catalog: Catalog,
        encoders: Mapping[str, Any] | None = None,
        known: Mapping[str, float] | None = None,
    ) -> None:
        """Take the catalogue, as `catalog_of` describes it, and transformers that have no name to be found by.

        `known` are constants of recommendations that a build found before, to be kept.
        """
        self.catalog = catalog
        self._encoders = encoders
        self._known = known

    @classmethod
    def vouches(cls, catalog: Catalog) -> bool:
        """Tell whether a description from a stranger's file is what its declaration leads to."""
        from recstore.catalogs.declared.vouching import is_own_making

        return is_own_making(catalog)

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Number the items that have no number yet, and fill what is derived from others."""
        from recstore.catalogs.declared.tables import prepare

        prepare(connection, self.catalog)

    def needs(self, connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Needs:
        """Return what a build holds whole: the interactions, one decomposition at a time, the vectors."""
        from recstore.catalogs.declared.sizes import sizes

        return sizes(connection, self.catalog, options).of_build(options)

    def needs_of_evaluation(self, connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Needs:
        """Return what the evaluation holds whole: what a build does, or all pairs of items."""
        from recstore.catalogs.declared.sizes import sizes

        return sizes(connection, self.catalog, options).of_evaluation(pairs=self.catalog.interactions is not None)

    def spaces(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
    ) -> Iterable[Space]:
        """Yield the spaces that the declaration gives: content, collaborative, together, hybrid, and the user's own."""
        from recstore.catalogs.declared.spaces import spaces

        return spaces(connection, self.catalog, options, self._encoders)

    def lacking(self, made: Collection[str], progress: Progress) -> list[Measured]:
        """Say which of the declared spaces could not be made, and why; each is a figure of the build."""
        from recstore.catalogs.declared.spaces import lacking

        return lacking(self.catalog, made, progress)

    def weigh(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
    ) -> list[Measured]:
        """Fill the table of weights, with constants that are found on a cut of the data."""
        from recstore.catalogs.declared.weights import store_weights

        self.catalog, measured = store_weights(connection, self.catalog, options, budget, progress, self._known)
        return measured

    def late(
        self,
        connection: duckdb.DuckDBPyConnection,
        old: str,
        options: BuildOptions,
        known: Callable[[str], Space],
    ) -> dict[str, Late] | None:
        """Place what is new by the terms and the company that are known; None where a transformer makes a space."""
        from recstore.catalogs.declared.late import late_items

        return late_items(connection, self.catalog, old, options, known)

    def weigh_late(
        self, connection: duckdb.DuckDBPyConnection, old: str, options: BuildOptions
    ) -> list[Measured] | None:
        """Keep the weights that are there, and weigh items that have become known enough since."""
        from recstore.catalogs.declared.late_weights import add_weights

        return add_weights(connection, self.catalog, old, options, self._known or {})

    def evaluate(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, seed: int, budget: Budget, stages: Stages
    ) -> Iterable[Evaluation]:
        """Measure what is alike by what was chosen next, and what is recommended to a user."""
        from recstore.catalogs.declared.evaluation import evaluate

        return evaluate(connection, self.catalog, options, seed, budget, stages)
