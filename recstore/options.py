"""What a build can be told, and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from recstore.errors import OptionError


@dataclass(frozen=True)
class BuildOptions:
    """Everything that decides the result of a build, recorded in `builds.configuration`.

    `min_user_ratings`: only people with as many ratings, and the movies they rated, take part in the models.
    `content_dimensions`, `collaborative_dimensions`: of the latent vectors; fewer where the data gives no more.
    `music_filter`: which audio clips are music: `ontology`, a label in the subtree of Music of the AudioSet ontology,
    or `name`, a label whose name contains "music".
    `label`: only clips that carry this label, too. `audio_sequence`: make the space `sequence` besides `mean`.
    `audio_train_split`: learn labels from the clips of this split alone, such as bal_train; by default from all.
    `exact_up_to`: spaces of more items get approximate neighbours, whose recall is measured.
    `trees`: of each Annoy index; 0 lets its size decide. `memory`: how many GB the weights from movie to movie may take
    while they are computed; where that is too little for all movies, the most rated have weights.
    `seed`: of everything that draws at random. `max_reject_rate`: the share of lines that may fail to load.
    `max_loss`: the share of the rows of a table, or of a figure, that a build over a store may lose.
    """

    min_user_ratings: int = 25
    content_dimensions: int = 200
    collaborative_dimensions: int = 200
    seed: int = 0
    max_reject_rate: float = 0.01
    max_loss: float = 0.1
    music_filter: str = "ontology"
    label: str = ""
    audio_sequence: bool = False
    audio_train_split: str = ""
    exact_up_to: int = 200_000
    trees: int = 0
    memory: float = 4.0

    def __post_init__(self) -> None:
        """Refuse what makes no sense, by name: an `OptionError`."""
        for name in ("min_user_ratings", "content_dimensions", "collaborative_dimensions"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if not 0 < self.memory < math.inf:
            raise OptionError(f"memory is a number of GB above 0, not {self.memory}.")
        if self.trees < 0:
            raise OptionError(f"trees must not be negative, and is {self.trees}.")
        if self.exact_up_to < 0:
            raise OptionError(f"exact_up_to must not be negative, and is {self.exact_up_to}.")
        if self.seed < 0:
            raise OptionError(f"seed must not be negative, and is {self.seed}.")
        if self.music_filter not in ("ontology", "name"):
            raise OptionError(f"music_filter is ontology or name, not {self.music_filter!r}.")
        if not 0 <= self.max_reject_rate <= 1:
            raise OptionError(f"max_reject_rate is a share from 0 to 1, not {self.max_reject_rate}.")
        if not 0 <= self.max_loss <= 1:
            raise OptionError(f"max_loss is a share from 0 to 1, not {self.max_loss}.")

    def recorded(self) -> dict[str, str]:
        """Return all options as text, for `builds.configuration`."""
        return {name: str(value) for name, value in asdict(self).items()}

    def changed(self, changes: Mapping[str, object]) -> BuildOptions:
        """Return these options with some changed, by name; an unknown name is an `OptionError`."""
        known = [option.name for option in fields(self)]
        for name in changes:
            if name not in known:
                raise OptionError(f"There is no option {name!r}; there are: {', '.join(known)}.")
        given: dict[str, Any] = dict(changes)
        return replace(self, **given)

    def as_recorded(self, recorded: Mapping[str, str]) -> BuildOptions:
        """Return these options with those replaced that `recorded`, from `builds.configuration`, knows."""
        kinds = {name: type(value) for name, value in asdict(self).items()}
        return self.changed(
            {
                name: text == "True" if kinds[name] is bool else kinds[name](text)
                for name, text in recorded.items()
                if name in kinds
            }
        )
