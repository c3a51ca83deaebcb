"""A recommendation store: one DuckDB file in which "movies like this one" is a SQL function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recstore.errors import (
    BusyError,
    CapacityError,
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
    from recstore.catalogs.declared.guessing.guess import Guess, init
    from recstore.connection.saved_queries import SavedQuery, find_query, saved_queries, set_parameters
    from recstore.connection.sessions import attach, attach_script, connect
    from recstore.evaluation.bars import Bar
    from recstore.options import BuildOptions
    from recstore.pipeline.add import add
    from recstore.pipeline.build import build, rebuild
    from recstore.pipeline.evaluate import EvaluationReport, evaluate
    from recstore.pipeline.loaded import BuildReport
    from recstore.pipeline.maps import ItemMap, map_items
    from recstore.pipeline.tune import tune
    from recstore.reports.checks import check
    from recstore.reports.differences import diff, same_content
    from recstore.reports.export import export_json
    from recstore.reports.facts import StoreInfo, info
    from recstore.reports.heatmap import heatmap
    from recstore.reports.items import (
        catalog_names,
        catalog_of,
        catalogs_of,
        item_names,
        space_names,
        url_of,
        vector_of_file,
        why_nothing_is_similar,
    )
    from recstore.reports.manifests import manifest, manifest_differences
    from recstore.reports.plots import check_plot, draw_evaluation
    from recstore.sound.embedding import embed
    from recstore.sound.weights import weights_wanted
    from recstore.sources.dialect import Dialect
    from recstore.store.proof import Finding, first_fault
    from recstore.store.publish import rollback
    from recstore.store.recovery import backup, restore

__all__ = [
    "Bar",
    "BuildOptions",
    "BuildReport",
    "BusyError",
    "CapacityError",
    "Dialect",
    "EvaluationReport",
    "Finding",
    "Guess",
    "Interactions",
    "ItemMap",
    "Items",
    "LossError",
    "OptionError",
    "RecstoreError",
    "SavedQuery",
    "SourceError",
    "StoreError",
    "StoreInfo",
    "TooManyRejectsError",
    "add",
    "attach",
    "attach_script",
    "backup",
    "build",
    "build_from_tables",
    "cache",
    "catalog_names",
    "catalog_of",
    "catalogs_of",
    "check",
    "check_plot",
    "connect",
    "diff",
    "draw_evaluation",
    "embed",
    "evaluate",
    "export_json",
    "find_query",
    "first_fault",
    "heatmap",
    "info",
    "init",
    "item_names",
    "manifest",
    "manifest_differences",
    "map_items",
    "read_config",
    "rebuild",
    "restore",
    "rollback",
    "same_content",
    "saved_queries",
    "set_parameters",
    "space_names",
    "tune",
    "url_of",
    "vector_of_file",
    "weights_wanted",
    "why_nothing_is_similar",
]

#: What each module gives; all but the errors is imported when it is first used.
_GIVEN = {
    "recstore.catalogs.declared.config": ("read_config",),
    "recstore.catalogs.declared.declaration": ("Interactions", "Items"),
    "recstore.catalogs.declared.guessing.guess": ("Guess", "init"),
    "recstore.connection.saved_queries": (
        "SavedQuery",
        "find_query",
        "saved_queries",
        "set_parameters",
    ),
    "recstore.connection.sessions": (
        "attach",
        "attach_script",
        "connect",
    ),
    "recstore.evaluation.bars": ("Bar",),
    "recstore.options": ("BuildOptions",),
    "recstore.pipeline.add": ("add",),
    "recstore.pipeline.build": (
        "build",
        "rebuild",
    ),
    "recstore.pipeline.from_tables": ("build_from_tables",),
    "recstore.pipeline.evaluate": (
        "EvaluationReport",
        "evaluate",
    ),
    "recstore.pipeline.loaded": ("BuildReport",),
    "recstore.pipeline.maps": (
        "ItemMap",
        "map_items",
    ),
    "recstore.pipeline.tune": ("tune",),
    "recstore.reports.checks": ("check",),
    "recstore.reports.differences": (
        "diff",
        "same_content",
    ),
    "recstore.reports.export": ("export_json",),
    "recstore.reports.facts": (
        "StoreInfo",
        "info",
    ),
    "recstore.reports.heatmap": ("heatmap",),
    "recstore.reports.items": (
        "catalog_names",
        "catalog_of",
        "catalogs_of",
        "item_names",
        "space_names",
        "url_of",
        "vector_of_file",
        "why_nothing_is_similar",
    ),
    "recstore.reports.manifests": (
        "manifest",
        "manifest_differences",
    ),
    "recstore.reports.plots": (
        "check_plot",
        "draw_evaluation",
    ),
    "recstore.sound.embedding": ("embed",),
    "recstore.sound.weights": ("weights_wanted",),
    "recstore.sources.dialect": ("Dialect",),
    "recstore.store.proof": (
        "Finding",
        "first_fault",
    ),
    "recstore.store.publish": ("rollback",),
    "recstore.store.recovery": (
        "backup",
        "restore",
    ),
}
_LAZY = {name: module for module, names in _GIVEN.items() for name in names}


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
