"""Sound files that tests are made with."""

from __future__ import annotations

import numpy as np
import pytest

sf = pytest.importorskip("soundfile")
mutagen = pytest.importorskip("mutagen")
RATE = 16_000


def sound(path, seconds=10.0, hertz=440.0, seed=0, **options):
    """Write a tone with some noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(0, 0.02, len(time))
    sf.write(path, 0.3 * np.sin(2 * np.pi * hertz * time) + noise, RATE, **options)
    return path


def tag(path, *genres):
    tags = mutagen.File(path, easy=True)
    if tags.tags is None:
        tags.add_tags()
    tags["genre"] = list(genres)
    tags.save()
