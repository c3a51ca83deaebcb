"""What computes the catalogue of movies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from recstore.catalogs.catalog import Catalog
from recstore.catalogs.model import CatalogModel
from recstore.catalogs.movies.catalog import MOVIES
from recstore.catalogs.movies.options import MovieOptions

if TYPE_CHECKING:
    import duckdb

    from recstore.budget import Budget, Needs
    from recstore.evaluation.results import Evaluation
    from recstore.models.space import Measured, Space
    from recstore.options import BuildOptions
    from recstore.progress import Progress, Stages


class Movies(CatalogModel):
    """Computes movies from their genres and tags, and from who rated them when."""

    catalog: Catalog = MOVIES
    options: ClassVar[type[MovieOptions]] = MovieOptions
    imports: ClassVar[tuple[str, ...]] = ("recstore.models.content", "recstore.models.collaborative")
    too_small: ClassVar[str] = "the data is too small, or too few people take part (see --min-user-ratings)"
    example: ClassVar[tuple[str, ...]] = ("Toy Story (1995)", "Heat (1995)", "32")
    always: ClassVar[bool] = True

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Fill the columns of `movies` that come from the ratings."""
        from recstore.catalogs.movies.spaces import prepare

        prepare(connection)

    def needs(self, connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Needs:
        """Return what a build holds whole: the ratings, three decompositions at one time, the vectors."""
        from recstore.catalogs.movies.spaces import sizes

        return sizes(connection, options).of_build(options)

    def needs_of_evaluation(self, connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Needs:
        """Return what the evaluation holds whole: what a build does, or all pairs of movies that were rated."""
        from recstore.catalogs.movies.spaces import sizes

        return sizes(connection, options).of_evaluation()

    def spaces(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
    ) -> Iterable[Space]:
        """Yield the spaces `collaborative`, `content`, `together` and `hybrid`."""
        from recstore.catalogs.movies.spaces import spaces

        return spaces(connection, options, budget, progress)

    def weigh(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
    ) -> list[Measured]:
        """Fill `movie_weights`."""
        from recstore.catalogs.movies.weights import store_weights

        return store_weights(connection, self.catalog, options, budget)

    def evaluate(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, seed: int, budget: Budget, stages: Stages
    ) -> Iterable[Evaluation]:
        """Measure what is alike by what was watched next, and what is recommended to a person."""
        from recstore.catalogs.movies.evaluation import evaluate

        return evaluate(connection, options, seed, budget, stages)
