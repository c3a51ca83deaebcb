"""What the build of a catalogue of the user's own can be told."""

from __future__ import annotations

from dataclasses import dataclass

from recstore.errors import OptionError
from recstore.options import option


@dataclass(frozen=True)
class DeclaredOptions:
    """`tune`: choose the constants of recommendations on a validation cut of the interactions.

    `tune_seconds`: about how long that may take. `content_dimensions`, `collaborative_dimensions`: of the latent
    vectors; fewer where the data gives no more.
    """

    tune: bool = option(True, "Choose the constants of recommendations on a cut of the data itself.")
    tune_seconds: float = option(60.0, "About how long to choose them, in seconds of one core.")
    content_dimensions: int = option(200, "Dimensions of the content space.")
    collaborative_dimensions: int = option(200, "Dimensions of the collaborative space.")

    def __post_init__(self) -> None:
        """Refuse what makes no sense, by name: an `OptionError`."""
        if not self.tune_seconds >= 0:
            raise OptionError(f"tune_seconds must not be negative, and is {self.tune_seconds}.")
