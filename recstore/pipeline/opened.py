"""Opens what a build is given: sources that installed loaders read, and those of catalogues of the user's own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.model import CatalogModel
from recstore.catalogs.registry import installed, refuse_shipped
from recstore.errors import OptionError
from recstore.pipeline.ahead import prepare_ahead
from recstore.progress import Stages
from recstore.sources.loader import Estimating, Loader, get_loader
from recstore.sources.room import Room

if TYPE_CHECKING:
    from recstore.catalogs.declared.declaration import Items


@dataclass(frozen=True)
class Opened:
    """A source, the catalogue that it fills, and what loads it; what computes it, where its value does not say."""

    catalog: Catalog
    loader: Loader
    source: str
    model: CatalogModel | None = None


@contextmanager
def opened(
    sources: Mapping[str, str | os.PathLike[str] | Items], budget: Budget, stages: Stages
) -> Iterator[list[Opened]]:
    """Yield the sources of a build, opened: declared ones are read, since they decide what tables there are."""
    plain = {name: os.fspath(source) for name, source in sources.items() if isinstance(source, str | os.PathLike)}
    loaders = {name: get_loader(name) for name in plain}
    catalogs = {name: installed()[loader.catalog].catalog for name, loader in loaders.items()}
    for name, catalog in catalogs.items():
        if others := [other for other, one in catalogs.items() if one == catalog and other != name]:
            raise OptionError(
                f"--{name} and --{others[0]} both fill {catalog.name}. Build from one of them, and add the other: "
                f"recstore add STORE --{name} SOURCE"
            )
    prepare_ahead(list(catalogs.values()))
    found = [Opened(catalogs[name], loader, plain[name]) for name, loader in loaders.items()]
    with ExitStack() as stack:
        for name, source in sources.items():
            if isinstance(source, str | os.PathLike):
                continue
            from recstore.catalogs.declared.declaration import sources_of, unnamed_encoders
            from recstore.catalogs.declared.loading import DeclaredLoader
            from recstore.catalogs.declared.model import Declared
            from recstore.catalogs.declared.reading import read_sources

            refuse_shipped(name)
            with stages.stage(f"read {name}"):
                read = stack.enter_context(read_sources(name, source, budget, stages.progress))
            model = Declared(read.catalog, unnamed_encoders(source))
            found.append(Opened(read.catalog, DeclaredLoader(read), sources_of(source), model))
        yield found


def room_of(found: Iterable[Opened]) -> Room:
    """Return the room for a store of all sources, as far as their loaders can say."""
    return Room.together(one.loader.estimate(one.source) for one in found if isinstance(one.loader, Estimating))
