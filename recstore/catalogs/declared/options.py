"""What the build of a catalogue of the user's own can be told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recstore.errors import OptionError
from recstore.options import option


@dataclass(frozen=True)
class DeclaredOptions:
    """`tune`: choose the constants of recommendations on a validation cut of the interactions.

    `tune_trials`: at most so many settings are tried. `tune_seconds`: fewer, where the numbers of users, items and
    pairs let expect that they take longer; no clock is looked at, so that a build is the same on every run.
    `content_dimensions`, `collaborative_dimensions`: of the latent vectors; fewer where the data gives no more.
    """

    tune: bool = option(True, "Choose the constants of recommendations on a cut of the data itself.")
    tune_trials: int = option(60, "How many settings to try at most.")
    tune_seconds: float = option(60.0, "About how long to try them, in seconds of one core.")
    content_dimensions: int = option(200, "Dimensions of the content space.")
    collaborative_dimensions: int = option(200, "Dimensions of the collaborative space.")

    def __post_init__(self) -> None:
        """Refuse what makes no sense, by name: an `OptionError`."""
        if not 0 <= self.tune_seconds < math.inf:
            raise OptionError(f"tune_seconds must not be negative, and is {self.tune_seconds}.")
        if self.tune_trials < 1:
            raise OptionError(f"tune_trials must be at least 1, not {self.tune_trials}; --no-tune tries none.")
