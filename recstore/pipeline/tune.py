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
    threads: int = 0,
    keep: int | None = None,
    wait: bool | float = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Rebuild the store at `path`, or its catalogue `only`, with constants of recommendations that are searched longer.

    At most `trials` settings are tried on a validation cut of the interactions, fewer where the size of the data lets
    expect that they take more than `seconds` of one core. What was tried and what it gave stands in `builds.measured`.
    Builds and rebuilds from then on try as much. All else, and the errors, are as for `rebuild`.
    """
    asked: dict[str, Any] = {"tune": True, "tune_trials": trials, "tune_seconds": seconds}
    return rebuild(path, only=only, threads=threads, keep=keep, wait=wait, progress=progress, **asked)
