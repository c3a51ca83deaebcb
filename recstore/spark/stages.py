"""Stages whose outcome lies in files: one that ended is not run again where its inputs are the same."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from recstore.errors import OptionError

Value = TypeVar("Value")
#: By which a folder is known to be one of stages, and what a stage was made from and holds.
_MARK, _INPUTS = "recstore-stages", "_inputs"
#: What a stage that has not ended is called, behind its name.
_PART = ".part-"
_SCRATCH = "scratch"


@dataclass(frozen=True)
class Shelf:
    """The outcomes of stages below `folder`, which driver and workers see, each with the fingerprint of its inputs."""

    folder: Path
    inputs: str

    @staticmethod
    def at(folder: Path) -> Shelf:
        """Return the shelf in a folder, made where it is not there; one of something else is an `OptionError`."""
        if folder.exists() and not (folder / _MARK).exists():
            raise OptionError(
                f"{folder} is there, and no earlier build on Spark made it. Move it, or name another --to."
            )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARK).touch()
        return Shelf(folder, "").of(version("recstore"))

    def within(self, name: str, *inputs: object) -> Shelf:
        """Return the shelf of a part, in a folder of its own, without what a build left there that was killed."""
        part = self.folder / name
        part.mkdir(exist_ok=True)
        for left in (part / _SCRATCH, *part.glob(f"*{_PART}*")):
            shutil.rmtree(left, ignore_errors=True)
        return Shelf(part, self.inputs).of(name, *inputs)

    def of(self, *inputs: object) -> Shelf:
        """Return the same shelf for stages that depend on more than those before."""
        text = json.dumps([self.inputs, *map(str, inputs)])
        return Shelf(self.folder, hashlib.sha256(text.encode()).hexdigest())

    def has(self, name: str) -> bool:
        """Tell whether a stage ended with these inputs, and all its files are there as it wrote them."""
        place = self.folder / name
        try:
            return (place / _INPUTS).read_text() == self._described(place)
        except OSError:
            return False

    def files(self, name: str, fill: Callable[[Path], object]) -> Path:
        """Return the folder of a stage, which `fill(folder)` makes and fills unless it is there.

        It is filled under another name: of a stage that did not end nothing is taken for one that did, and a worker
        that outlives its build writes where nobody reads.
        """
        place = self.folder / name
        if not self.has(name):
            part = place.with_name(f"{name}{_PART}{uuid.uuid4().hex}")
            fill(part)
            (part / _INPUTS).write_text(self._described(part))
            shutil.rmtree(place, ignore_errors=True)
            part.rename(place)
        return place

    def _described(self, place: Path) -> str:
        """Return what a stage was made from and which files it has, with their sizes, as text."""
        sizes = {file.name: file.stat().st_size for file in sorted(place.iterdir()) if file.name != _INPUTS}
        return json.dumps({"inputs": self.inputs, "sizes": sizes})

    def value(self, name: str, make: Callable[[], Value]) -> Value:
        """Return what a stage gives: what `make()` returns, or returned before."""

        def fill(place: Path) -> None:
            made = make()
            place.mkdir(parents=True)
            with (place / "value").open("wb") as file:
                pickle.dump(made, file, protocol=5)

        with (self.files(name, fill) / "value").open("rb") as file:
            found: Any = pickle.load(file)
        kept: Value = found
        return kept

    def scratch(self) -> Path:
        """Return a folder for files of which none lives longer than a stage."""
        place = self.folder / _SCRATCH
        place.mkdir(exist_ok=True)
        return place
