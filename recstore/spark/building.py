"""From interactions that Spark holds to the tables of a store: the pipeline of one machine, with Spark for the rows."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recstore.budget import Budget
from recstore.catalogs.declared.config import read_config
from recstore.catalogs.declared.declaration import Items, sources_of, unnamed_encoders
from recstore.catalogs.registry import refuse_shipped
from recstore.options import BuildOptions
from recstore.paths import typed
from recstore.pipeline.finish import finish
from recstore.pipeline.loaded import BuildReport, LoadedBuild
from recstore.pipeline.refusals import check_rejects
from recstore.progress import Progress, Stages
from recstore.scratch import scratch_folder
from recstore.sources.loader import LoadReport
from recstore.spark.exporting import Exported, export, folder_to_write
from recstore.spark.failing import told_in_one_sentence
from recstore.spark.loading import SparkLoader, interactions_columns
from recstore.spark.model import SparkDeclared
from recstore.spark.quoting import address, identifier, to_read
from recstore.spark.reading import read_on_spark
from recstore.spark.session import need_spark
from recstore.spark.stages import Shelf
from recstore.store.lock import Patience, builder_lock
from recstore.store.publish import staged_store

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: What a session is set to while a build runs: rows of histories are long.
_SETTINGS = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}


@dataclass(frozen=True)
class Built:
    """What a build on Spark did: its report, as `build` gives it, and the tables that it wrote."""

    report: BuildReport
    exported: Exported


def build(
    spark: SparkSession,
    declared: str | os.PathLike[str] | Mapping[str, Items],
    folder: str | os.PathLike[str],
    *,
    options: BuildOptions | None = None,
    schema: str = "recstore",
    location: str | None = None,
    progress: Progress | None = None,
) -> Built:
    """Train on Spark what `declared` declares, and write below `folder` what `export` writes of a store.

    `declared` is a `recstore.toml`, or `{name: Items(…)}`. Its interactions are what Spark reads: files, a table or
    view of the session, a SELECT of Spark's, a data frame. Items are read on the driver where they are files or frames
    that one machine reads, else by Spark. `folder` lies where driver and workers see it. Beside it `FOLDER.stages` is
    what each stage gave until all is written: after a failure the same call goes on behind the last that ended.
    `schema` and `location` are as for `export`.

    Raises what `recstore.build` does; `OptionError` for what Spark does not read, or where `folder` holds something
    else.
    """
    need_spark()
    place = folder_to_write(folder)
    sources = dict(declared) if isinstance(declared, Mapping) else read_config(typed(declared))
    options, stages = options or BuildOptions(), Stages(progress or Progress())
    budget = Budget.of(options.memory)
    beside = place.with_name(f"{place.name}.stages")
    # Two builds at one time would remove each other's stages.
    with (
        told_in_one_sentence(beside),
        _set_up(spark),
        builder_lock(place, Patience(wait=False, progress=stages.progress)),
        scratch_folder() as scratch,
    ):
        store = scratch / "store.duckdb"
        report, loaders = _into_store(spark, sources, store, beside, options, budget, stages)
        with stages.stage("write tables"):
            written = {table: files for one in loaders for table, files in _interactions(spark, one).items()}
            exported = export(store, place, schema=schema, location=location, written=written)
        shutil.rmtree(beside, ignore_errors=True)
    return Built(report, exported)


def _into_store(
    spark: SparkSession,
    sources: Mapping[str, Items],
    store: Path,
    beside: Path,
    options: BuildOptions,
    budget: Budget,
    stages: Stages,
) -> tuple[BuildReport, list[SparkLoader]]:
    """Build a store of all but the interactions themselves, and return what was done and who has these."""
    loaders: list[SparkLoader] = []
    models, loads = {}, dict[str, LoadReport]()
    with ExitStack() as stack:
        for name, items in sources.items():
            refuse_shipped(name)
            shelf = Shelf.at(beside).within(name)
            with stages.stage(f"read {name}"):
                read, frame = stack.enter_context(read_on_spark(spark, name, items, budget, stages.progress))
            loader = SparkLoader(read, spark, frame, shelf)
            loaders.append(loader)
            models[name] = SparkDeclared(read.catalog, spark, loader, unnamed_encoders(items))
        catalogs = [loader.read.catalog for loader in loaders]
        with staged_store(store, loaded=catalogs, keep=0, progress=stages.progress) as staged:
            staged.allow(budget)
            staged.models |= models
            for loader, items in zip(loaders, sources.values(), strict=True):
                with stages.stage(f"load {loader.name}"):
                    load = loader.load(staged.connection, sources_of(items), options, stages.progress)
                load.catalog = loader.name
                loads[loader.name] = load
                check_rejects(staged.connection, load, options, stages.progress)
            filled = [catalog for catalog in staged.catalogs if catalog.name in models]
            return finish(LoadedBuild(staged, filled, [], options, stages, loads)), loaders


def _interactions(spark: SparkSession, loader: SparkLoader) -> dict[str, tuple[Path, int]]:
    """Write the interactions of a catalogue in the order of the users, as an export does."""
    arrived, catalog = loader.arrived, loader.read.catalog
    if arrived is None or catalog.interactions is None:
        return {}
    names = map(identifier, interactions_columns(catalog))
    rows = spark.read.parquet(to_read(arrived.files)).select(*names).orderBy(identifier(catalog.interactions.user))
    files = loader.shelf.files("interactions", lambda place: rows.write.parquet(address(place)))
    return {catalog.interactions.table: (files, arrived.rows)}


@contextmanager
def _set_up(spark: SparkSession) -> Iterator[None]:
    """Set a session to what a build needs, and then to what it was."""
    before = {name: spark.conf.get(name) for name in _SETTINGS}
    try:
        for name, value in _SETTINGS.items():
            spark.conf.set(name, value)
        yield
    finally:
        # Where Spark itself is gone, that is told by what ended the build.
        with suppress(Exception) if sys.exc_info()[0] else nullcontext():
            for name, value in before.items():
                spark.conf.unset(name)
                if value is not None:
                    spark.conf.set(name, value)
