"""What repeats one behaviour over versions, clients, commands or damages: `make test` runs it once for each behaviour.

The other repetitions are marked `thorough`. `make test-thorough` runs these, and `.ci/run` both.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

THOROUGH = pytest.mark.thorough


def repeated(values: Iterable, *quick: object) -> list:
    """Return all values of a parameter; all but `quick`, which must be among them, or the first are `thorough`."""
    listed = list(values)
    kept = list(quick) or listed[:1]
    assert all(value in listed for value in kept), kept
    return [
        value if value in kept else pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=THOROUGH)
        for value in listed
    ]
