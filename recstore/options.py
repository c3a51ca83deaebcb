"""What a build can be told, and what is allowed: the options of every build, and those of each installed catalogue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any

from recstore.errors import OptionError
from recstore.plugins import plugins

#: The entry points of catalogues, each a class with its own `options`.
CATALOGS = "recstore.catalogs"
#: The entry points of classes that compute any catalogue of a kind.
KINDS = "recstore.catalog_kinds"
#: Recorded beside the options: before, `memory` was of the weights alone, 4 GB where nobody said so.
_MEMORY_OF = "memory_of"


def option(
    default: Any,  # noqa: ANN401 - a field takes the type that it is annotated with
    about: str,
    *,
    flag: str = "",
    words: Mapping[str, object] | None = None,
    is_of_loading: bool = False,
    is_of_adding: bool = False,
) -> Any:  # noqa: ANN401
    """Return a field of a dataclass of options: its default, and one sentence for the command line's help.

    `flag` is what the command line calls it, where that is not its name. With `words` it takes one of them there, and
    each stands for a value. What `is_of_loading` is heeded only while files are read, so `rebuild` does not offer it.
    What `is_of_adding` besides is said of the files that are read and of no others: `add` offers it, and forgets it.
    """
    told = {"about": about, "flag": flag, "words": words or {}, "is_of_loading": is_of_loading}
    return field(default=default, metadata=told | {"is_of_adding": is_of_adding})


@dataclass(frozen=True)
class CommonOptions:
    """The options of every build.

    `exact_up_to`: search approximately in spaces of more items; the measured recall is recorded in `builds`.
    `anew_up_to`: `add` computes all anew in a catalogue of up to so many items and 50 times as many interactions; in a
    larger one only what is new. `trees`: of each Annoy index; 0 lets its size decide. `memory`: how many GB the work
    may take, all in all; 0 is half of the memory that there is. Where it is too little for what must be held whole,
    nothing is begun; where it is for the weights of all items, the most popular have weights. `seed`: of everything
    that draws at random. `max_reject_rate`: the share of lines that may fail to load. `max_loss`: the share of the rows
    of a table, or of a figure, that a build over a store may lose.
    """

    seed: int = option(0, "Seed of all that draws at random.")
    max_reject_rate: float = option(
        0.01, "Share of lines that may fail to load before the build stops.", is_of_loading=True
    )
    max_loss: float = option(0.1, "Share of rows, or of a figure, that a build over a store may lose.")
    exact_up_to: int = option(
        50_000, "Search approximately above this many items of a space; builds records the measured recall."
    )
    anew_up_to: int = option(
        20_000, "What is added to a catalogue of more items is computed alone, and all else stays; of fewer, all is."
    )
    trees: int = option(0, "Trees of each Annoy index; 0 lets its size decide.")
    memory: float = option(0.0, "GB of memory that the work may take, all in all; 0 is half of what there is.")

    def __post_init__(self) -> None:
        """Refuse what makes no sense, by name: an `OptionError`."""
        if not 0 <= self.memory < math.inf:
            raise OptionError(f"memory is a number of GB, or 0 for half of this machine's, not {self.memory}.")
        for name in ("trees", "exact_up_to", "anew_up_to", "seed"):
            if getattr(self, name) < 0:
                raise OptionError(f"{name} must not be negative, and is {getattr(self, name)}.")
        if not 0 <= self.max_reject_rate <= 1:
            raise OptionError(f"max_reject_rate is a share from 0 to 1, not {self.max_reject_rate}.")
        if not 0 <= self.max_loss <= 1:
            raise OptionError(f"max_loss is a share from 0 to 1, not {self.max_loss}.")


@cache
def option_kinds() -> tuple[type[Any], ...]:
    """Return the dataclasses of options: the common ones, then those of each installed catalogue, by its name."""
    found = [entry for group in (CATALOGS, KINDS) for entry in plugins(group).values()]
    return (CommonOptions, *(entry.load().options for entry in found))


@dataclass(frozen=True)
class Described:
    """One option as the command line shows it: `--flag`, its `default`, and the metadata that `option` was given."""

    name: str
    flag: str
    default: Any
    about: str
    words: Mapping[str, object]
    is_of_loading: bool
    is_of_adding: bool
    is_common: bool


def described() -> list[Described]:
    """Return every option of the command line, the common ones first; of two with one name the first."""
    found: dict[str, Described] = {}
    for kind in option_kinds():
        for one in fields(kind):
            told: dict[str, Any] = {"about": "", "flag": "", "words": {}, "is_of_loading": False, "is_of_adding": False}
            told |= dict(one.metadata)
            flag = f"--{told.pop('flag') or one.name.replace('_', '-')}"
            found.setdefault(
                one.name,
                Described(one.name, flag, one.default, is_common=kind is CommonOptions, **told),
            )
    return list(found.values())


class BuildOptions:
    """Everything that decides the result of a build, recorded in `builds.configuration`.

    `BuildOptions(seed=1)` takes the options of `CommonOptions` and of each installed catalogue, by name; each is an
    attribute. Where two catalogues have an option of one name, it is given to both. An unknown name or a value that
    makes no sense is an `OptionError`.
    """

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - each option has its own type
        known = _known()
        for name in given:
            if name not in known:
                raise OptionError(f"There is no option {name!r}; there are: {', '.join(known)}.")
        self._values: dict[str, Any] = known | given
        for kind in option_kinds():
            # Its own checks are what it is made for.
            kind(**{one.name: self._values[one.name] for one in fields(kind)})

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """Return the value of an option."""
        values = self.__dict__.get("_values", {})
        if name not in values:
            raise AttributeError(name)
        return values[name]

    def __eq__(self, other: object) -> bool:
        """Tell whether all options are equal."""
        return isinstance(other, BuildOptions) and self._values == other._values

    def __hash__(self) -> int:
        """Hash the values."""
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        """Return the call that makes these options."""
        return f"BuildOptions({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def recorded(self) -> dict[str, str]:
        """Return all options as text, for `builds.configuration`."""
        return {name: str(value) for name, value in self._values.items()} | {_MEMORY_OF: "build"}

    def changed(self, changes: Mapping[str, object]) -> BuildOptions:
        """Return these options with some changed, by name; an unknown name is an `OptionError`."""
        return BuildOptions(**(self._values | dict(changes)))

    def of_addition(self) -> BuildOptions:
        """Return these options without what was said of the files of another day."""
        return self.changed({one.name: one.default for one in described() if one.is_of_adding})

    def as_recorded(self, recorded: Mapping[str, str]) -> BuildOptions:
        """Return these options with those replaced that `recorded`, from `builds.configuration`, knows."""
        kinds = {name: type(value) for name, value in self._values.items()}
        changed = self.changed(
            {
                name: text == "True" if kinds[name] is bool else kinds[name](text)
                for name, text in recorded.items()
                if name in kinds
            }
        )
        return changed if _MEMORY_OF in recorded else changed.changed({"memory": self.memory})


def _known() -> dict[str, Any]:
    """Return every option with its default."""
    return {one.name: one.default for kind in option_kinds() for one in fields(kind) if one.default is not MISSING}
