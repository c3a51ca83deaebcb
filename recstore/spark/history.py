"""From loaded interactions to histories: a row for each person, with what they had in the order of time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recstore import sql
from recstore.arrow import numbers
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.tables import names_of, stand_in_of
from recstore.spark.blocks import SparkHistories
from recstore.spark.loading import Arrived
from recstore.spark.quoting import address, identifier, to_read
from recstore.spark.stages import Shelf
from recstore.spark.worker import LEFT_OUT, SPARK_KINDS, OfPeople

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_SQL = "recstore.catalogs.declared.sql"
#: A worker makes the histories of so many interactions at a time, those of whole people.
_TOGETHER = 400_000
#: People are drawn by their hash, in so many steps.
_STEPS = 1_000_000


def histories(
    spark: SparkSession, catalog: Catalog, arrived: Arrived, setup: str, shelf: Shelf
) -> tuple[SparkHistories, tuple[int, int, int]]:
    """Return the histories, and what `pairs.sql` left out of them: pairs, users, pairs of theirs."""
    history = catalog.interactions
    assert history is not None
    columns = ["item", "amount", *(["rating"] if history.value else []), *(["moment"] if history.time else [])]

    def write(place: Path) -> None:
        pairs, query = sql.render(_SQL, "pairs", **names_of(catalog)), sql.read(_SQL, "select_pairs")
        task = OfPeople(setup, sql.identifier(history.table), pairs, query, tuple(columns))
        schema = ", ".join(
            [*(f"{name} {SPARK_KINDS[name]}" for name in columns), *(f"{name} bigint" for name in LEFT_OUT)]
        )
        buckets = max(1, math.ceil(arrived.rows / _TOGETHER))
        rows = _with_bucket(spark.read.parquet(to_read(arrived.files)), catalog, buckets)

        def of_people(table: Any) -> Any:  # noqa: ANN401 - Spark counts the parameters, and would count `self`
            return task.run(table)

        rows.groupBy("_rs_bucket").applyInArrow(of_people, schema).write.parquet(address(place))

    files = shelf.files("histories", write)
    rows = spark.read.parquet(to_read(files))
    counts = rows.selectExpr("explode(item) AS item").groupBy("item").count().toArrow().sort_by("item")
    # What has no time counts as 0 there, too.
    latest = "max(array_max(transform(moment, x -> nanvl(x, 0))))" if history.time else "max(CAST(0 AS DOUBLE))"
    asked = ["count_if(size(item) > 0)", latest, *(f"sum({name})" for name in LEFT_OUT)]
    [[users, last, *left]] = rows.selectExpr(*asked).collect()
    taken_back, heavy, over_most = (int(count or 0) for count in left)
    found = SparkHistories(
        spark=spark,
        files=files,
        scratch=shelf.scratch(),
        ids=np.asarray(numbers(counts["item"]), np.int32),
        often=np.asarray(numbers(counts["count"]), np.int64),
        n_users=int(users),
        has_ratings=bool(history.value),
        has_times=bool(history.time),
        latest=float(last or 0),
    )
    return found, (taken_back, heavy, over_most)


def drawn_people(spark: SparkSession, catalog: Catalog, arrived: Arrived, most: int) -> tuple[Any, float]:
    """Return the interactions of some people as Arrow, about `most` rows, and the share of the people that they are.

    Whose hash is small is drawn: the same people on every run, whatever the order of the rows.
    """
    share = min(1.0, most / max(1, arrived.rows))
    rows = spark.read.parquet(to_read(arrived.files))
    if share < 1:
        rows = _with_bucket(rows, catalog, _STEPS).where(f"_rs_bucket < {math.ceil(share * _STEPS)}").drop("_rs_bucket")
    return rows.toArrow(), share


def _with_bucket(rows: DataFrame, catalog: Catalog, buckets: int) -> DataFrame:
    from pyspark.sql.functions import lit, pmod, xxhash64

    return rows.withColumn("_rs_bucket", pmod(xxhash64(_person(catalog)), lit(buckets)).cast("int"))


def _person(catalog: Catalog) -> Column:
    """Return what belongs together as one person's: the user, or where nobody is named what stands in."""
    from pyspark.sql.functions import coalesce, col

    assert catalog.interactions is not None
    columns = [catalog.interactions.user, *filter(None, [stand_in_of(catalog)])]
    return coalesce(*(col(identifier(name)).cast("string") for name in columns))
