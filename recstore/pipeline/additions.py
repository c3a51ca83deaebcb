"""What the installed loaders can add to a store: known before anything that adds it is imported."""

from __future__ import annotations

from dataclasses import dataclass

from recstore.errors import OptionError
from recstore.sources.loader import Appender, Extender, Loader, RowFile, get_loader, loader_names


@dataclass(frozen=True)
class Addition:
    """Something that a loader can add to a store: the rows of a `file`, or the items of a source where it is None.

    `name` is what it goes by in `add` and on the command line, `about` says in one sentence what is read.
    """

    name: str
    about: str
    loader: Loader
    file: RowFile | None = None


def additions(loader: str | None = None) -> list[Addition]:
    """Return all that the installed loaders, or the one of a name, can add to a store, by name."""
    found: list[Addition] = []
    for name in [loader] if loader else loader_names():
        try:
            made = get_loader(name)
        except OptionError:
            # A loader that is broken is in the way of nobody who does not name it.
            if loader:
                raise
            continue
        if isinstance(made, Appender):
            found += [Addition(file.name, file.about, made, file) for file in made.row_files]
        if isinstance(made, Extender):
            found.append(Addition(made.name, made.adds, made))
    return sorted(found, key=lambda one: one.name)
