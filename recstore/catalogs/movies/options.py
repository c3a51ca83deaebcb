"""What the build of the movies can be told."""

from __future__ import annotations

from dataclasses import dataclass

from recstore.errors import OptionError
from recstore.options import option


@dataclass(frozen=True)
class MovieOptions:
    """`min_user_ratings`: only people with as many ratings, and the movies they rated, take part in the models.

    `content_dimensions`, `collaborative_dimensions`: of the latent vectors; fewer where the data gives no more.
    """

    min_user_ratings: int = option(25, "Only people with so many ratings take part in the models.")
    content_dimensions: int = option(200, "Dimensions of the content space.")
    collaborative_dimensions: int = option(200, "Dimensions of the collaborative space.")

    def __post_init__(self) -> None:
        """Refuse what makes no sense, by name: an `OptionError`."""
        for name in ("min_user_ratings", "content_dimensions", "collaborative_dimensions"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} must be at least 1, not {getattr(self, name)}.")
