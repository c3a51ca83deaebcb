"""The benchmarks are commands that start; what they measure is for whoever runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
#: What the others import, which is no command.
SHARED = {"measuring.py", "movies_large.py"}


@pytest.mark.parametrize("script", sorted(path.name for path in FOLDER.glob("*.py") if path.name not in SHARED))
def test_every_benchmark_says_how_it_is_called(script):
    run = subprocess.run([sys.executable, FOLDER / script, "--help"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert "usage:" in run.stdout
