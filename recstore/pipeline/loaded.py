"""What a build is once its sources are in the new store, and what it reports when it has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from recstore.catalogs.catalog import Catalog
from recstore.options import BuildOptions
from recstore.progress import Stages
from recstore.sources.loader import LoadReport
from recstore.store.staged import Staged


@dataclass(frozen=True)
class LoadedBuild:
    """A build, rebuild or addition whose source tables are filled, and of which the rest is to be computed.

    `catalogs` are computed; `kept` are copied whole from the old store. `loads` tells what was read, by the loader's
    name: nothing where the source tables are the old store's. With `is_addition` what was read came on top of those.
    `allow_loss` and `unwanted`, the spaces (catalogue, space) that an option says not to make, are as `guard` has them.
    `sources` are those of what was read, as `builds` has them, where that was made from others.
    """

    staged: Staged
    catalogs: list[Catalog]
    kept: list[Catalog]
    options: BuildOptions
    stages: Stages
    loads: dict[str, LoadReport] = field(default_factory=dict)
    is_addition: bool = False
    allow_loss: bool = False
    unwanted: frozenset[tuple[str, str]] = frozenset()
    sources: Sequence[dict[str, object]] = ()

    @property
    def copied(self) -> list[Catalog]:
        """The catalogues with source rows from the old store, where its user may have written what no loader would."""
        return [*self.catalogs, *self.kept] if self.is_addition or not self.loads else self.kept


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    `build_id` is the key of its row in `builds`. `seconds` are those of each stage, by its name. `loads` says what was
    read, by the name of the loader, and `kept` names the catalogues that were kept as they were.
    """

    build_id: str
    seconds: dict[str, float]
    loads: dict[str, LoadReport]
    kept: list[str]

    @property
    def rejects(self) -> int:
        """How many lines of all sources stand in `load_rejects`."""
        return sum(load.rejects for load in self.loads.values())
