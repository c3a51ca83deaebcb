"""Writes into a store in the making how it was made: the row of `builds`, and the facts of `store_info`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import duckdb

from recstore import sql
from recstore.pipeline.loaded import LoadedBuild
from recstore.sources.loader import LoadReport
from recstore.store import digest
from recstore.store.file import FORMAT_VERSION
from recstore.store.publish import NEW, OLD

if TYPE_CHECKING:
    from recstore.models.space import Measured

_SQL = "recstore.pipeline.sql"


def record_build(build: LoadedBuild, measured: Sequence[Measured]) -> str:
    """Record a build and what it found out beside the builds of the catalogues kept, and return its id.

    The sources of a catalogue that nothing was loaded of are those of its build before; for an addition they come
    before what was added.
    """
    connection, recorded = build.staged.connection, build.options.recorded()
    build_id, built_at = uuid.uuid4().hex, datetime.now(UTC).replace(tzinfo=None)
    files = [
        {
            "catalog": load.catalog, "source": load.source, "file": file.file, "bytes": file.bytes,
            "sha256": file.sha256, "rows": file.rows, "rejects": file.rejects,
        }
        for load in build.loads.values()
        for file in load.files
    ]  # fmt: skip
    files = [*build.sources, *files]
    if build.kept:
        connection.execute(sql.render(_SQL, "copy_builds", old=OLD), {"kept": [catalog.name for catalog in build.kept]})
    loaded = {file["catalog"] for file in files}
    recomputed = [catalog.name for catalog in build.catalogs if build.is_addition or catalog.name not in loaded]
    if recomputed:
        query = sql.render(_SQL, "kept_sources", old=OLD)
        before = [source for (source,) in connection.execute(query, {"catalogs": recomputed}).fetchall()]
        files = before + files
    connection.execute(
        sql.read(_SQL, "insert_build"),
        {
            "build_id": build_id,
            "built_at": built_at,
            "catalogs": [catalog.name for catalog in build.catalogs],
            "sources": files,
            "options": list(recorded),
            "values": list(recorded.values()),
            "stages": list(build.stages.seconds),
            "seconds": list(build.stages.seconds.values()),
            "measured": [asdict(figure) for figure in measured] + _counted(build.loads),
        },
    )
    facts = {
        **digest.facts(connection, NEW),
        "format_version": str(FORMAT_VERSION),
        "recstore_version": version("recstore"),
        "duckdb_version": duckdb.__version__,
        "build_id": build_id,
        "built_at": built_at.isoformat(sep=" ", timespec="seconds"),
    }
    connection.execute(sql.read(_SQL, "insert_store_info"), {"keys": list(facts), "values": list(facts.values())})
    if build.staged.user_objects:
        build.staged.user_objects.add_columns("store_info")
        connection.execute(sql.render(_SQL, "kept_facts", old=OLD))
    return build_id


def _counted(loads: Mapping[str, LoadReport]) -> list[dict[str, object]]:
    """Return what else became of the lines of files, besides what stands in `builds.sources`, as measurements."""
    return [
        {"catalog": load.catalog, "space": None, "what": f"{what}: {file.file}", "value": count}
        for load in loads.values()
        for file in load.files
        for what, count in (("lines passed over", file.passed), ("rows replaced", file.replaced))
        if count
    ]
