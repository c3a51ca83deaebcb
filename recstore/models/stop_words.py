"""The English stop words: words too common to be terms."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def stop_words() -> tuple[str, ...]:
    """Return the English stop words, which are no terms."""
    text = resources.files("recstore.models").joinpath("english_stop_words.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))
