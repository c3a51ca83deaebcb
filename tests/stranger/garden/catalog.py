"""The catalogue of plants: alike are plants of like colours and heights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import duckdb

from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog, Column, Function, Table
from recstore.catalogs.model import CatalogModel
from recstore.errors import OptionError
from recstore.evaluation.results import Evaluation
from recstore.models.space import Space
from recstore.options import BuildOptions, option
from recstore.progress import Progress, Stages


@dataclass(frozen=True)
class PlantOptions:
    """`height_matters`: how much the height of a plant counts beside its colours."""

    height_matters: float = option(1.0, "How much the height of a plant counts beside its colours.")

    def __post_init__(self) -> None:
        if self.height_matters < 0:
            raise OptionError(f"height_matters must not be negative, and is {self.height_matters}.")


class Plants(CatalogModel):
    """Computes the plants."""

    catalog: ClassVar[Catalog] = Catalog(
        name="plants",
        item="plant",
        items="plants",
        key="plant_id",
        title="name",
        columns=(
            Column("plant_id", "INTEGER"),
            Column("name", "VARCHAR"),
            Column("colours", "VARCHAR[]"),
            Column("height", "FLOAT"),
            Column("tall", "BOOLEAN", "$$.height > 100"),
        ),
        preference="height",
        preference_descends=True,
        searched="concat_ws(' ', $$.name, array_to_string($$.colours, ' '))",
        drawn="$$.name",
        vectors="plant_vectors",
        neighbors="plant_neighbors",
        sources=(Table("plants", ("plant_id",)),),
        spaces=("looks",),
        made=("looks",),
        nearest_space="looks",
        schema="garden.schema",
        depth=5,
        functions=(
            Function(
                "plants_of_colour", "The plants of one colour, the tallest first: plants_of_colour(colour, store)"
            ),
        ),
    )
    options: ClassVar[type[PlantOptions]] = PlantOptions
    imports: ClassVar[tuple[str, ...]] = ("numpy",)

    def spaces(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
    ) -> Iterable[Space]:
        """Yield the space `looks`: one dimension a colour, and one of height."""
        import numpy as np

        rows = connection.execute("SELECT plant_id, colours, height FROM plants ORDER BY plant_id ASC").fetchall()
        colours = sorted({colour for _, found, _ in rows for colour in found})
        if not rows:
            return
        vectors = np.array(
            [
                [*(float(colour in found) for colour in colours), options.height_matters * height / 100]
                for _, found, height in rows
            ],
            np.float32,
        )
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        yield Space("looks", np.array([key for key, _, _ in rows], np.int32), vectors, "colours and height")

    def evaluate(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, seed: int, budget: Budget, stages: Stages
    ) -> Iterable[Evaluation]:
        """Say of how many plants the nearest one shares a colour."""
        [(share, n)] = connection.execute(
            "SELECT avg(CAST(list_has_any(a.colours, b.colours) AS DOUBLE)), count(*) FROM plant_neighbors AS v "
            "JOIN plants AS a USING (plant_id) JOIN plants AS b ON b.plant_id = v.neighbor_id WHERE v.rank = 1"
        ).fetchall()
        yield Evaluation("plants", "shared-colour", "looks", True, "precision@1", share, None, None, n)
