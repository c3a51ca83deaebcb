"""A recommendation store: one DuckDB file in which "movies like this one" is a SQL function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recstore.errors import (
    BusyError,
    LossError,
    OptionError,
    RecstoreError,
    SourceError,
    StoreError,
    TooManyRejectsError,
)

if TYPE_CHECKING:
    from recstore import cache
    from recstore.catalogs.declared.config import read_config
    from recstore.catalogs.declared.declaration import Interactions, Items
    from recstore.connection.sessions import attach, connect
    from recstore.options import BuildOptions
    from recstore.pipeline.add import add
    from recstore.pipeline.build import BuildReport, build, rebuild
    from recstore.pipeline.evaluate import EvaluationReport, evaluate
    from recstore.reports.checks import check
    from recstore.reports.differences import diff
    from recstore.reports.facts import StoreInfo, info
    from recstore.reports.items import (
        catalog_names,
        catalog_of,
        catalogs_of,
        item_names,
        space_names,
        why_nothing_is_similar,
    )
    from recstore.reports.manifests import manifest
    from recstore.store.proof import Finding
    from recstore.store.publish import rollback
    from recstore.store.recovery import backup, restore

__all__ = [
    "BuildOptions",
    "BuildReport",
    "BusyError",
    "EvaluationReport",
    "Finding",
    "Interactions",
    "Items",
    "LossError",
    "OptionError",
    "RecstoreError",
    "SourceError",
    "StoreError",
    "StoreInfo",
    "TooManyRejectsError",
    "add",
    "attach",
    "backup",
    "build",
    "cache",
    "catalog_names",
    "catalog_of",
    "catalogs_of",
    "check",
    "connect",
    "diff",
    "evaluate",
    "info",
    "item_names",
    "manifest",
    "read_config",
    "rebuild",
    "restore",
    "rollback",
    "space_names",
    "why_nothing_is_similar",
]

_LAZY = {
    "BuildOptions": "recstore.options",
    "BuildReport": "recstore.pipeline.build",
    "EvaluationReport": "recstore.pipeline.evaluate",
    "Finding": "recstore.store.proof",
    "Interactions": "recstore.catalogs.declared.declaration",
    "Items": "recstore.catalogs.declared.declaration",
    "StoreInfo": "recstore.reports.facts",
    "add": "recstore.pipeline.add",
    "attach": "recstore.connection.sessions",
    "backup": "recstore.store.recovery",
    "build": "recstore.pipeline.build",
    "check": "recstore.reports.checks",
    "connect": "recstore.connection.sessions",
    "evaluate": "recstore.pipeline.evaluate",
    "catalog_names": "recstore.reports.items",
    "catalog_of": "recstore.reports.items",
    "catalogs_of": "recstore.reports.items",
    "info": "recstore.reports.facts",
    "item_names": "recstore.reports.items",
    "space_names": "recstore.reports.items",
    "why_nothing_is_similar": "recstore.reports.items",
    "diff": "recstore.reports.differences",
    "manifest": "recstore.reports.manifests",
    "read_config": "recstore.catalogs.declared.config",
    "rebuild": "recstore.pipeline.build",
    "restore": "recstore.store.recovery",
    "rollback": "recstore.store.publish",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what is imported decides
    """Import the parts of the public API when they are first used, so that `import recstore` stays quick."""
    from importlib import import_module

    if name == "cache":
        return import_module("recstore.cache")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value
