"""Runs a page of the documentation as its reader would, block by block, in a folder of its own.

A block whose first line is a comment with a file's name is written to that file. The lines of a `console` block that
begin with $ are run, and what they print is compared with what stands below them. The other `python` blocks of a page
are one program; the other `sql` blocks are asked of the store. Blocks under "Not tested here" are left alone.

    python tests/pages.py docs/tutorial.md      writes into the page what its commands print now
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb
import pytest
import runner
import shells
from conftest import data

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
UNTESTED = "Not tested here"
LANGUAGES = {"console", "python", "sql", "javascript", "html", "yaml", "toml"}
_PIECE = re.compile(r"^(?P<level>#+) (?P<title>[^\n]+)$|^```(?P<language>\S*)\n(?P<text>.*?)^```$", re.M | re.S)
_FILE = re.compile(r"(?:--|//|#|<!--) ([\w.-]+\.\w+)(?: -->)?\n")
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.M)
#: What fetches from the network is run by `make wheel`; the tests have it all there. A server never ends.
_INSTALLS = re.compile(r"python3 -m (venv|http\.server)|\. |pip install|npm install|recstore explore ")
#: What a shell makes something else of than the command's own words.
_SHELL = re.compile(r"[|<>$&;*`~]")
#: Several pages begin with it. It takes long and gives the same every time, so a run of the tests runs it once.
BUILD = "recstore build movies.duckdb --movielens ml-latest-small --quiet"
BUILD_SHOP = "recstore build shop.duckdb --quiet"
#: The pages about a catalogue of the reader's own, which begin in a bookshop's folder and build its store.
OF_THE_SHOP = ("README.md", "own-catalogue.md")


@dataclass(frozen=True)
class Block:
    """A block of code: where its text stands in the page, and the file that it is to be saved as."""

    language: str
    text: str
    start: int
    is_tested: bool
    file: str | None

    def commands(self) -> Iterator[tuple[str, str, int]]:
        """Yield each command of a console block, what is shown below it, and where that stands in the page."""
        for found in _COMMAND.finditer(self.text):
            yield found[1], found[2], self.start + found.start(2)


def blocks(page: Path) -> list[Block]:
    """Return the blocks of code of a page; the directives of the site's own are none."""
    found, untested_level = [], 0
    for piece in _PIECE.finditer(page.read_text(encoding="utf-8")):
        if piece["level"]:
            if piece["title"] == UNTESTED:
                untested_level = len(piece["level"])
            elif len(piece["level"]) <= untested_level:
                untested_level = 0
        elif not piece["language"].startswith("{"):
            file = _FILE.match(piece["text"])
            block = Block(piece["language"], piece["text"], piece.start("text"), not untested_level, file and file[1])
            found.append(block)
    return found


def questions(name: str) -> list[str]:
    """Return the blocks of SQL of a page under docs that are asked of a store, for the test that has that store."""
    return [block.text for block in blocks(ROOT / "docs" / name) if block.language == "sql" and block.is_tested]


def make_folder(folder: Path, store: Path | None, release: Path | None = None) -> None:
    """Put into an empty folder what a reader has: a release, the commands, and the store, if it is not built there."""
    (folder / "ml-latest-small").symlink_to(release or data("ml-latest-small"))
    if store:
        shutil.copy(store, folder / "movies.duckdb")
    commands = folder / ".bin"
    commands.mkdir()
    (commands / "recstore").symlink_to(Path(sys.executable).parent / "recstore")
    (commands / "duckdb").symlink_to(shells.CLIENTS / "shell-1.5" / "duckdb_cli" / "duckdb")
    packages = shells.CLIENTS / "node" / "node_modules"
    if packages.exists():
        (folder / "node_modules").symlink_to(packages)


def need(page: Path) -> None:
    """Skip a page whose commands are not on this machine."""
    commands = " ".join(command for block in blocks(page) for command, *_ in block.commands())
    if "duckdb" in commands and not (shells.CLIENTS / "shell-1.5").exists():
        pytest.skip("the DuckDB shell is not installed; run: make clients")
    if "node " in commands and not (shutil.which("node") and (shells.CLIENTS / "node").exists()):
        pytest.skip("Node, or DuckDB's package for it, is not installed; run: make clients")


def run(command: str, folder: Path) -> str:
    """Run a command in the folder and return what a reader is shown of what it prints.

    One of recstore's that needs no shell is run within this process, unless the folder has a recstore of its own.
    """
    words = shlex.split(command) if command.startswith("recstore ") and not _SHELL.search(command) else []
    if words and not (folder / ".venv").exists():
        done = runner.recstore(*words[1:], cwd=folder)
    else:
        path = os.pathsep.join([str(folder / ".venv" / "bin"), str(folder / ".bin"), os.environ["PATH"]])
        where = ROOT if command.startswith("make ") else folder
        # As a reader's shell has it, also where the tests themselves were started by make.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(
            command, shell=True, cwd=where, env=environment | {"PATH": path}, capture_output=True, text=True,
            timeout=600, check=False,
        )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stderr}{done.stdout}"
    said = [line for line in done.stderr.splitlines() if "rows loaded" in line]
    printed = [line.rstrip() for line in done.stdout.splitlines() if not line.startswith(".venv/bin/")]
    return "".join(f"{line}\n" for line in [*printed, *said])


def build(folder: Path) -> None:
    """Run `BUILD` in an empty folder, and keep beside the store what it printed."""
    make_folder(folder, None)
    (folder / "printed.txt").write_text(run(BUILD, folder), encoding="utf-8")


def make_shop(folder: Path) -> None:
    """Put into an empty folder what a reader has who begins with the bookshop of the examples."""
    make_folder(folder, None)
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / ".bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (folder / ".bin" / "python").chmod(0o755)


def build_shop(folder: Path) -> None:
    """Make the bookshop in an empty folder up to its store, as its page does, and keep what building printed."""
    page = ROOT / "docs" / "own-catalogue.md"
    with tempfile.TemporaryDirectory(dir=folder) as name:
        make_shop(Path(name))
        for command in [command for block in blocks(page) for command, *_ in block.commands()]:
            printed = run(command, Path(name))
            if command == BUILD_SHOP:
                break
        for file in (*Path(name).glob("*.csv"), Path(name) / "recstore.toml", Path(name) / "shop.duckdb"):
            file.rename(folder / file.name)
    (folder / "printed.txt").write_text(printed, encoding="utf-8")


def _ran(command: str, folder: Path, built: Mapping[str, Path]) -> str:
    """Run a command, or put in place what it made in a folder of `built`; return what was printed."""
    kept = built.get(command)
    if kept is None:
        return run(command, folder)
    store = command.split()[2]
    shutil.copy(kept / store, folder / store)
    return (kept / "printed.txt").read_text(encoding="utf-8")


def play(
    page: Path, folder: Path, *, built: Mapping[str, Path] = MappingProxyType({}), installs: bool = False
) -> Iterator[tuple[str, str, int, str]]:
    """Run a page from top to bottom; yield each command, what the page shows, where, and what was printed."""
    tested = [block for block in blocks(page) if block.is_tested]
    for block in tested:
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        for command, shown, place in block.commands() if block.language == "console" else ():
            if installs or not _INSTALLS.match(command):
                yield command, shown, place, _ran(command, folder, built)
    program = "\n".join(block.text for block in tested if block.language == "python" and not block.file)
    code = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(code, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    questions = [block.text for block in tested if block.language == "sql" and not block.file]
    if questions:
        store = "shop.duckdb" if page.name in OF_THE_SHOP else "movies.duckdb"
        with duckdb.connect(str(folder / store), read_only=True) as connection:
            connection.execute("CREATE TEMP TABLE watchlist AS SELECT 'Heat (1995)' AS title")
            connection.execute("CREATE TEMP TABLE visitors AS SELECT 'C0003' AS customer")
            for question in questions:
                connection.execute(question).fetchall()


def words(text: str) -> list[str | float]:
    """Return the words of a text; what has a decimal point is a number."""
    found = re.findall(r"\d+\.\d+|\d+|[^\s\d]+", text)
    return [float(word) if "." in word and word[0].isdigit() else word for word in found]


def check(
    page: Path, folder: Path, *, built: Mapping[str, Path] = MappingProxyType({}), installs: bool = False
) -> None:
    """Run a page and compare what it shows; the last decimals of a score depend on the processor."""
    for command, shown, _place, printed in play(page, folder, built=built, installs=installs):
        near = [pytest.approx(word, abs=1e-3) if isinstance(word, float) else word for word in words(shown)]
        assert words(printed) == near, command


def renew(page: Path, folder: Path) -> None:
    """Write into a page what its commands print now."""
    text = page.read_text(encoding="utf-8")
    for _command, shown, place, printed in reversed(list(play(page, folder))):
        text = text[:place] + printed + text[place + len(shown) :]
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        built = Path(name) / "built"
        if any(Path(given).name not in OF_THE_SHOP for given in sys.argv[1:]):
            built.mkdir()
            build(built)
        for number, given in enumerate(sys.argv[1:]):
            place = Path(name) / str(number)
            place.mkdir()
            page = Path(given).resolve()
            if page.name in OF_THE_SHOP:
                make_shop(place)
            else:
                make_folder(place, None if page.name == "tutorial.md" else built / "movies.duckdb")
            renew(page, place)
