"""What is installed besides recstore's core, as the command line shows it: loaders, catalogues and their options.

Nothing here names a catalogue or a loader: a stranger's package is found by its entry points, as ours are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from recstore.catalogs.model import Export
from recstore.catalogs.registry import installed, kinds
from recstore.errors import OptionError
from recstore.options import CommonOptions, Described, described
from recstore.pipeline.additions import Addition, additions
from recstore.sources.addresses import shown
from recstore.sources.loader import Shown, get_loader, loader_names

__all__ = [
    "Addition",
    "Described",
    "Example",
    "Source",
    "additions",
    "example",
    "exports",
    "named_sources",
    "options",
    "options_of_own",
    "sources",
]


@dataclass(frozen=True)
class Source:
    """What a build reads: `--name SOURCE`, with one sentence about it, and an example of a source, if there is one."""

    name: str
    about: str = ""
    example: str = ""


@dataclass(frozen=True)
class Example:
    """What the examples in the help are about: a catalogue, some items of it, a loader with a source, and a file."""

    catalog: str = "CATALOG"
    items: tuple[str, ...] = ("ITEM",)
    loader: str = "LOADER"
    source: str = "SOURCE"
    file: str = "ratings"


def sources() -> list[Source]:
    """Return what a build can read, by name; of a loader that cannot be imported it is said why."""
    found = []
    for name in loader_names():
        try:
            loader = get_loader(name)
        except OptionError as error:
            found.append(Source(name, str(error)))
        else:
            told = (loader.about, loader.example) if isinstance(loader, Shown) else ()
            found.append(Source(name, *told))
    return found


def named_sources(given: Mapping[str, str], named: Sequence[str]) -> dict[str, str]:
    """Return sources by the name of their loader: those `given`, and those of texts such as `LOADER=SOURCE`.

    Raises `OptionError` for a text that is none, and where two sources are for one loader.
    """
    found = dict(given)
    for text in named:
        name, equals, value = text.partition("=")
        if not equals:
            raise OptionError(f"--source takes LOADER=SOURCE, not {shown(text)!r}.")
        if name in found:
            raise OptionError(f"There are two sources for {name}: {shown(found[name])} and {shown(value)}. Name one.")
        found[name] = value
    return found


def exports() -> dict[str, Export]:
    """Return what catalogues can write as JSON besides what any query gives, by the catalogue's name."""
    return {name: model.export for name, model in installed().items() if model.export is not None}


def options_of_own() -> frozenset[str]:
    """Return the names of the options that concern catalogues of the user's own."""
    every: list[Any] = [CommonOptions, *(kind.options for kind in kinds().values())]
    return frozenset(one.name for kind in every for one in fields(kind))


def options() -> list[Described]:
    """Return every option of a build, the common ones first, then those of each catalogue."""
    return described()


def example() -> Example:
    """Return what to show: the first catalogue that names items, with a loader of it that names a source."""
    for name, model in installed().items():
        for source in sources():
            if model.example and source.example and get_loader(source.name).catalog == name:
                added = [one.name for one in additions(source.name)]
                return Example(name, model.example, source.name, source.example, *added[:1])
    return Example()
