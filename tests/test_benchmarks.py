"""The benchmarks are commands that start; what they measure is for whoever runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
#: The others are imported by these.
COMMANDS = sorted(path.name for path in FOLDER.glob("*.py") if "__main__" in path.read_text())


@pytest.mark.parametrize("script", COMMANDS)
def test_every_benchmark_says_how_it_is_called(script):
    run = subprocess.run([sys.executable, FOLDER / script, "--help"], capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    assert "usage:" in run.stdout
