"""Paths as somebody typed them, whatever they are: neither of these fails, and whoever opens the file says why not."""

from __future__ import annotations

import os
from pathlib import Path


def typed(path: str | os.PathLike[str]) -> Path:
    """Return a path with its `~`; what stands for nobody's home folder stays as it is, as in a shell."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises RuntimeError there


def real(path: str | os.PathLike[str]) -> Path:
    """Return a path without links, absolute; one that leads round in a circle stays as it is."""
    return Path(os.path.realpath(path))
