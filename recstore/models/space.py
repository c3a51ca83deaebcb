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

    `ids` (n,) int32, ascending: the items that have a vector in the space. `vectors` (n, d) float32: their vectors, of
    unit length. `recipe`: in words, how an item gets its vector. `center` (d,) float64: what is subtracted from a new
    item's vector; None where nothing is. `parts`: the widths of the concatenated spaces (they sum to d); None
    otherwise. `explained` (d,): the share of the variance that the first n dimensions of a decomposition explain.
    `learnt`: rows of the store's tables, as Arrow tables, in which a model records what it learnt.
    """

    name: str
    ids: npt.NDArray[np.int32]
    vectors: npt.NDArray[np.float32]
    recipe: str
    center: npt.NDArray[np.float64] | None = None
    parts: tuple[int, ...] | None = None
    explained: npt.NDArray[np.float64] | None = None
    learnt: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Late:
    """What comes to a space that is there: `ids` (t,) int32, ascending, and their `vectors` (t, d) float32.

    An item that has a vector already gets another. `cosine` is how near known items would be put to where they are;
    None where nothing is learnt for it.
    """

    ids: npt.NDArray[np.int32]
    vectors: npt.NDArray[np.float32]
    cosine: float | None = None


#: What `builds.measured` calls the share of the true neighbours that an approximate search found.
NEIGHBORS_RECALL = "neighbors recall"
#: What it calls what came to a catalogue since all of it was computed, and how near what is placed comes to its place.
ITEMS_SINCE, INTERACTIONS_SINCE = "items since the whole build", "interactions since the whole build"
PLACED_SINCE, COSINE = "items placed since the whole build", "cosine of placed items"


@dataclass(frozen=True)
class Measured:
    """A figure that a build found out about one of its spaces: a row of `builds.measured`."""

    catalog: str
    space: str | None
    what: str
    value: float
