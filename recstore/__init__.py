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
    from recstore.additions import add
    from recstore.changes import diff
    from recstore.checking import check
    from recstore.evaluation.run import EvaluationReport, evaluate
    from recstore.face import attach, connect
    from recstore.facts import StoreInfo, info
    from recstore.manifests import manifest
    from recstore.options import BuildOptions
    from recstore.pipeline import BuildReport, build, rebuild
    from recstore.publish import rollback
    from recstore.recovery import backup, restore
    from recstore.soundness import Finding

__all__ = [
    "BuildOptions",
    "BuildReport",
    "BusyError",
    "EvaluationReport",
    "Finding",
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
    "check",
    "connect",
    "diff",
    "evaluate",
    "info",
    "manifest",
    "rebuild",
    "restore",
    "rollback",
]

_LAZY = {
    "BuildOptions": "recstore.options",
    "BuildReport": "recstore.pipeline",
    "EvaluationReport": "recstore.evaluation.run",
    "Finding": "recstore.soundness",
    "StoreInfo": "recstore.facts",
    "add": "recstore.additions",
    "attach": "recstore.face",
    "backup": "recstore.recovery",
    "build": "recstore.pipeline",
    "check": "recstore.checking",
    "connect": "recstore.face",
    "evaluate": "recstore.evaluation.run",
    "info": "recstore.facts",
    "diff": "recstore.changes",
    "manifest": "recstore.manifests",
    "rebuild": "recstore.pipeline",
    "restore": "recstore.recovery",
    "rollback": "recstore.publish",
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
