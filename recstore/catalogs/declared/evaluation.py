"""Measures a declared catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.evaluation.results import Evaluation
from recstore.options import BuildOptions
from recstore.progress import Stages


def evaluate(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    options: BuildOptions,
    seed: int,
    budget: Budget,
    stages: Stages,
) -> Iterator[Evaluation]:
    """Yield nothing yet."""
    yield from ()
