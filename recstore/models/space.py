"""A space: what a model makes of the items of a catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Space:
    """One space of a catalogue.

    `ids` (n,) int32, ascending, are the items that have a vector there; `vectors` (n, d) float32 are theirs, of unit
    length. `recipe` says in words what brings an item in; `center` (d,) is what it subtracts from a new one, if
    anything. Where the vectors are those of other spaces laid end to end, `parts` are their numbers of columns.
    `explained` (d,) is the share of the variance that the first n dimensions of a decomposition explain. `learnt` are
    the rows, as Arrow tables, of tables of the store in which a model says how it brings something in.
    """

    name: str
    ids: npt.NDArray[np.int32]
    vectors: npt.NDArray[np.float32]
    recipe: str
    center: npt.NDArray[np.float64] | None = None
    parts: tuple[int, ...] | None = None
    explained: npt.NDArray[np.float64] | None = None
    learnt: Mapping[str, Any] = field(default_factory=dict)


#: What `builds.measured` calls the share of the true neighbours that an approximate search found.
NEIGHBORS_RECALL = "neighbors recall"


@dataclass(frozen=True)
class Measured:
    """A figure that a build found out about one of its spaces: a row of `builds.measured`."""

    catalog: str
    space: str
    what: str
    value: float
