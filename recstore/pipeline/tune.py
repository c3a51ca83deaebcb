"""Searches longer for the constants of recommendations than a build does."""

from __future__ import annotations

import os
from typing import Any

from recstore.pipeline.build import rebuild
from recstore.pipeline.loaded import BuildReport
from recstore.progress import Progress

#: What is tried, and for about how long, where nobody says.
TRIALS, SECONDS = 400, 600.0


def tune(
    path: str | os.PathLike[str],
    *,
    only: str | None = None,
    trials: int = TRIALS,
    seconds: float = SECONDS,
    memory: float | None = None,
    threads: int = 0,
    keep: int | None = None,
    wait: bool | float = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Rebuild the store at `path`, or its catalogue `only`, after a longer search for the constants of recommendations.

    At most `trials` settings are tried on a validation cut of the interactions. They are fewer where, by the size of
    the data, so many would take longer than `seconds` of one core. `builds.measured` says what was tried and what each
    setting gave. Later builds and rebuilds of the store search as long. All else, `memory` and the errors are as
    for `rebuild`.
    """
    asked: dict[str, Any] = {"tune": True, "tune_trials": trials, "tune_seconds": seconds}
    if memory is not None:
        asked["memory"] = memory
    return rebuild(path, only=only, threads=threads, keep=keep, wait=wait, progress=progress, **asked)
