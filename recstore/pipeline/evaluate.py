"""Evaluates a store, and publishes a copy of it in which the evaluations are replaced."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from recstore import sql
from recstore.budget import Budget
from recstore.catalogs.registry import catalog_named, model_of
from recstore.errors import OptionError, StoreError
from recstore.evaluation.results import Evaluation
from recstore.options import BuildOptions
from recstore.pipeline.one_thread import one_blas_thread
from recstore.pipeline.refusals import budget_for, refuse_early, refuse_faulty_rows
from recstore.progress import Progress, Stages
from recstore.sources.loader import build_command
from recstore.store.definition import definition, put_definitions
from recstore.store.publish import NEW, OLD, staged_store
from recstore.store.staged import Staged

_SQL = "recstore.pipeline.sql"


@dataclass(frozen=True)
class EvaluationReport:
    """What an evaluation found: its rows, as they stand in the table `evaluations`, and the seconds of each stage."""

    evaluations: list[Evaluation]
    seconds: dict[str, float]


def evaluate(
    path: str | os.PathLike[str],
    *,
    seed: int = 0,
    memory: float = 0.0,
    threads: int = 0,
    wait: bool | float = False,
    progress: Progress | None = None,
) -> EvaluationReport:
    """Measure the recommendations of the store at `path` and write what was found to its table `evaluations`.

    Models are fitted anew on a part of the data, with the options of the build, and asked about the rest. The same seed
    gives the same figures. `threads` (0 means one for each core) and `memory` (GB; 0 means half of what there is)
    bound the work, all in all. The figures depend on neither.

    The store is replaced in one step when all is done, and no version before it is dropped. Raises `StoreError`;
    `BusyError` where a writer or a builder has the store for longer than `wait` seconds; `OptionError` for a negative
    seed, or for bounds that cannot be; `CapacityError`, before anything is computed, where the memory is too little.
    """
    budget = Budget.of(memory, threads)
    if seed < 0:
        raise OptionError(f"seed must not be negative, and is {seed}.")
    target = Path(path)
    if not target.exists():
        raise StoreError(f"There is no store at {path}. Build one with: {build_command(path)}")
    stages = Stages(progress or Progress())
    found: list[Evaluation] = []
    import pyarrow as pa

    with staged_store(target, makes_version=False, wait=wait, progress=progress) as staged:
        staged.allow(budget)
        connection = staged.connection
        with stages.stage("copy"):
            _copy(staged)
        for catalog in staged.catalogs:
            refuse_faulty_rows(connection, catalog)
        rows = []
        for name, build_id, configuration in connection.execute(sql.read(_SQL, "evaluated_build")).fetchall():
            options = BuildOptions().as_recorded(configuration)
            model = model_of(catalog_named(name, staged.catalogs))
            left = budget_for(staged, model, model.needs_of_evaluation(connection, options), work="evaluating")
            with one_blas_thread(), budget.giving_way(connection, left):
                measured = list(model.evaluate(connection, options, seed, left, stages))
            found += measured
            at = datetime.now(UTC).replace(tzinfo=None)
            rows += [asdict(row) | {"seed": seed, "build_id": build_id, "evaluated_at": at} for row in measured]
        if rows:
            connection.register("evaluations_to_insert", pa.Table.from_pylist(rows))
            connection.execute(sql.read(_SQL, "insert_evaluations"))
            connection.unregister("evaluations_to_insert")
    return EvaluationReport(found, stages.seconds)


def _copy(staged: Staged) -> None:
    """Bring all of the old store but its evaluations into the new, empty one."""
    connection, user_objects = staged.connection, staged.user_objects
    assert user_objects is not None
    refuse_early(staged, (), staged.catalogs)
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'main'", [OLD]
    ).fetchall()
    for (table,) in rows:
        if table in definition(staged.catalogs).tables and table not in ("catalogs", "evaluations"):
            user_objects.add_columns(table)
            connection.execute(f"INSERT INTO {table} BY NAME FROM {OLD}.main.{table}")
    put_definitions(staged.connection, staged.catalogs, NEW)
