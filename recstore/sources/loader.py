"""The Loader protocol, and the registry that finds loaders by entry point, ours the same way as a stranger's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import duckdb

from recstore.errors import OptionError
from recstore.options import BuildOptions
from recstore.plugins import plugins
from recstore.progress import Progress
from recstore.sources.addresses import shown
from recstore.sources.room import Room
from recstore.text import pasted

GROUP = "recstore.loaders"


@dataclass(frozen=True)
class FileReport:
    """What became of one file, of so many `bytes` and with such a SHA-256.

    Each of its lines (or records) is counted once. `rows`: it is one more row of the table. `replaced`: its row took
    the place of an older one. `passed`: it is sound and was passed over, since the same, or something later, is there
    already, or since it is not what was asked for. `rejects`: it stands in `load_rejects`.
    """

    file: str
    bytes: int
    sha256: str
    rows: int
    rejects: int
    replaced: int = 0
    passed: int = 0


@dataclass
class LoadReport:
    """What a loader read: the source as it was named, an address without what opens its door, and its files.

    `catalog` is the one that it was loaded into, which a build says. With `are_rejects_expected`, the source is what
    lay in a folder: what cannot be loaded of it is told, and does not count against the share that may fail.
    """

    source: str
    files: list[FileReport] = field(default_factory=list)
    catalog: str = ""
    are_rejects_expected: bool = False

    def __post_init__(self) -> None:
        """Leave out of an address what nobody else may see: it is printed, and stored in `builds`."""
        self.source = shown(self.source)

    @classmethod
    def of_all(cls, reports: Sequence[LoadReport]) -> LoadReport:
        """Return what a loader read of several sources as one."""
        return cls(
            " and ".join(report.source for report in reports),
            [file for report in reports for file in report.files],
            are_rejects_expected=all(report.are_rejects_expected for report in reports),
        )

    @property
    def rows(self) -> int:
        """By how many rows all files made the tables longer."""
        return sum(file.rows for file in self.files)

    @property
    def replaced(self) -> int:
        """How many lines of all files took the place of an older row."""
        return sum(file.replaced for file in self.files)

    @property
    def passed(self) -> int:
        """How many lines of all files were passed over, though nothing is wrong with them."""
        return sum(file.passed for file in self.files)

    @property
    def lines(self) -> int:
        """How many lines or records all files hold, blank ones and headers left out."""
        return self.rows + self.replaced + self.passed + self.rejects

    @property
    def rejects(self) -> int:
        """Lines of all files that were not loaded, each of which stands in `load_rejects`."""
        return sum(file.rejects for file in self.files)


@dataclass(frozen=True)
class RowFile:
    """A kind of file whose rows can be added to one `table` of a store.

    `name` is what it goes by in `recstore.add(path, {name: file})` and, as `--name FILE`, on the command line; without
    it, the table's name. `about` says in one sentence what the file is: the help of that option.
    """

    table: str
    about: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        """Let the file go by the table's name where it has none of its own."""
        object.__setattr__(self, "name", self.name or self.table)


@runtime_checkable
class Loader(Protocol):
    """Turns the files of one source format into rows of the tables of one catalogue."""

    name: str
    """As it stands in `recstore.build(path, {name: source})` and on the command line: `--name SOURCE`."""
    catalog: str
    """The catalogue whose source tables it fills."""

    def load(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Fill the empty tables of the store in the making, which bare names mean, from `source`.

        Bare names of functions mean DuckDB's own, whatever the store's user has defined; a table that the loader makes
        for itself must be temporary. A line that cannot be loaded goes to `load_rejects`, one row a line. Raises
        `SourceError` where the source as a whole cannot be read; how many rejects are too many is for the caller to
        decide.
        """
        ...


@runtime_checkable
class Shown(Loader, Protocol):
    """A loader that says what it reads, for the help of its option `--name` of `recstore build`."""

    about: str
    """What a source is, in one sentence."""
    example: str
    """A source to name in the example; empty where there is none that everybody has."""


@runtime_checkable
class Estimating(Loader, Protocol):
    """A loader that can say how large the store will be."""

    def estimate(self, source: str) -> Room:
        """Return the room that a store of `source` takes; none where that cannot be known before it is fetched."""
        ...


@runtime_checkable
class Appender(Loader, Protocol):
    """A loader that can also read one file of rows to be added to a store.

    How they are merged with what is there, the catalogue's value says: see `recstore.pipeline.merge`.
    """

    row_files: tuple[RowFile, ...]
    """Which files these are, each of another name."""

    def append(
        self, connection: duckdb.DuckDBPyConnection, table: str, source: str, options: BuildOptions, progress: Progress
    ) -> FileReport:
        """Fill the empty `table` of the store in the making, that of one of `row_files`, from the file `source`.

        The other tables are filled, so that what its rows refer to is there. Rows that cannot be loaded go to
        `load_rejects`, as in `load`.
        """
        ...


@runtime_checkable
class Extender(Loader, Protocol):
    """A loader that can also add the items of a source to those of a store: `recstore.add(path, {name: source})`."""

    adds: str
    """What a source adds, in one sentence: the help of `--name` of `recstore add`."""

    def append_items(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Add to the filled tables of the store in the making the items of `source` that are not there.

        The ids of what is there stay. What cannot be loaded goes to `load_rejects`, as in `load`.
        """
        ...


def loader_names() -> list[str]:
    """Return the names of all installed loaders, sorted, without importing any."""
    return list(plugins(GROUP))


def get_loader(name: str) -> Loader:
    """Import exactly one loader and return an instance of it; an unknown name is an `OptionError`."""
    found = plugins(GROUP)
    if name not in found:
        raise OptionError(f"There is no loader {name!r}; installed are: {', '.join(found) or 'none'}.")
    try:
        loader: Loader = found[name].load()()
    except Exception as error:
        raise OptionError(
            f"The loader {name} cannot be used: {found[name].value} fails with {type(error).__name__}: {error}. "
            "Mend or remove the package that brings it."
        ) from error
    return loader


def build_command(path: str | os.PathLike[str]) -> str:
    """Return what builds a store at `path`, to be named where there is none: `recstore build x --LOADER SOURCE`."""
    named = " or ".join(f"--{name} SOURCE" for name in loader_names()) or "--source LOADER=SOURCE"
    return f"recstore build {pasted(path)} {named}"
