"""Generated files of MovieLens for `fuzz.py`, CSV and `.dat`, and what becomes of each of their lines."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb

from recstore.catalogs.registry import to_be_stored
from recstore.catalogs.render import render_tables
from recstore.errors import SourceError
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.sources.loader import get_loader

SOUND = {
    "movies.csv": "movieId,title,genres\n1,A (1995),Drama\n2,B (1996),\n",
    "ratings.csv": "userId,movieId,rating,timestamp\n1,1,4.0,5\n",
    "movies.dat": "1::A (1995)::Drama\n2::B (1996)::Comedy\n",
    "ratings.dat": "1::1::4::5\n",
}
HEADERS = {
    "movies.csv": "movieId,title,genres",
    "ratings.csv": "userId,movieId,rating,timestamp",
    "tags.csv": "userId,movieId,tag,timestamp",
    "links.csv": "movieId,imdbId,tmdbId",
}
#: The text columns of each table, as one text of the row.
TEXTS = {
    "movies": "concat_ws('|', title, array_to_string(genres, '|'))",
    "ratings": "''",
    "tags": "tag",
    "links": "imdb_id",
}
PARTS = [
    "1", "2", "3", "99", "-1", "1.5", "4.0", "9", "nan", "", " ", "x", '"', '""', '","', "\\N", "NULL", "::", ",", "|",
    "é", "\ufffe", "\x00", "\r", "a\rb", "\u2028", "1e400", "99999999999", "'", "(1995)", ",,", '"a', 'b"', "\t",
    '"two\nlines"', '"\n\n"', "\x1a", "\x85",
]  # fmt: skip


class BrokenPromise(AssertionError):  # noqa: N818 - it says what happened
    """A line was lost, or the loader failed in a way that is not its own."""


class Fuzz:
    """One connection, into which file after file is loaded and accounted for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection = duckdb.connect()
        self.connection.execute(render_tables(to_be_stored(())))
        self.loader = get_loader("movielens")

    def check(self, name: str, content: bytes, sound: int = 0) -> None:
        """Load `content` as the file `name` beside sound ones; `sound` of its lines are known to be good."""
        ending = name.rpartition(".")[2]
        for path in self.folder.iterdir():
            path.unlink()
        for other, text in SOUND.items():
            if other.endswith(ending):
                (self.folder / other).write_text(text)
        (self.folder / name).write_bytes(content)
        for table in (*TEXTS, "load_rejects"):
            self.connection.execute(f"DELETE FROM {table}")
        try:
            self.loader.load(self.connection, str(self.folder), BuildOptions(), Progress())
        except SourceError as error:
            if "no row that can be loaded" in str(error) and not sound:
                return
            raise BrokenPromise(f"{error}: {content!r}") from error
        except Exception as error:
            raise BrokenPromise(f"{type(error).__name__}: {error}: {content!r}") from error
        self._account(name, content, sound)

    def _account(self, name: str, content: bytes, sound: int) -> None:
        table = name.partition(".")[0]
        lines = split(content)
        rejects = self.connection.execute("SELECT line, raw FROM load_rejects WHERE source = ?", [name]).fetchall()
        texts = [text or "" for (text,) in self.connection.execute(f"SELECT {TEXTS[table]} FROM {table}").fetchall()]
        covered = sum(1 + continued(text) for text in texts) + sum(1 + continued(raw) for _, raw in rejects)
        given = sum(line != "" for line in lines[name in HEADERS :])
        if covered != given:
            raise BrokenPromise(f"{given} lines, and {covered} of them accounted for: {content!r}")
        if len(texts) < sound:
            raise BrokenPromise(f"{sound} sound lines, and {len(texts)} loaded: {content!r}")
        for number, raw in rejects:
            if "\n".join(lines[number - 1 : number + raw.count("\n")]) != raw:
                raise BrokenPromise(f"line {number} is not {raw!r}: {content!r}")


def split(content: bytes) -> list[str]:
    """Split a file into lines as an editor does: at line feeds, or at carriage returns where there is none."""
    text = content.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else [*lines[:-1], lines[-1].removesuffix("\r")]


def continued(text: str) -> int:
    """Count the lines that a text runs on over, blank ones left out; the last ends the field, and never is blank."""
    more = text.split("\n")[1:]
    return sum(line != "" for line in more[:-1]) + bool(more)


def files(kind: str, draw: random.Random) -> Iterator[tuple[str, bytes, int, int]]:
    """Give files without end: a name, the content, how many rows it has and how many of them are sound."""
    delimiter = {"csv": ",", "dat": "::"}[kind]
    while True:
        name = draw.choice([f"ratings.{kind}", f"tags.{kind}", f"movies.{kind}", *["links.csv"] * (kind == "csv")])
        rows, sound = [], 0
        for number in range(draw.randint(1, 40)):
            row = sound_row(name.partition(".")[0], number)
            if draw.random() < 0.4:
                rows.append(delimiter.join(spoil(row, draw)))
            else:
                rows.append(delimiter.join(row))
                sound += name[0] in "rt"
        if name in HEADERS:
            rows.insert(0, HEADERS[name])
        text = draw.choice(["\n", "\n", "\r\n"]).join(rows) + draw.choice(["", "\n", "\n"])
        content = text.encode()
        if name in HEADERS and draw.random() < 0.1:
            place = draw.randint(len(HEADERS[name]) + 2, max(len(HEADERS[name]) + 2, len(content)))
            content, sound = content[:place] + draw.randbytes(draw.randint(1, 3)) + content[place:], 0
        yield name, content, len(rows) - (name in HEADERS), sound


def sound_row(table: str, number: int) -> list[str]:
    """Return the fields of a row that can be loaded; pairs of a user and a movie do not come twice."""
    return {
        "ratings": [str(1000 + number), "1", "3.5", "7"],
        "tags": [str(1000 + number), "2", "slow", "7"],
        "movies": [str(1000 + number), f"Film {number} (2000)", "Drama|War"],
        "links": [str(1 + number % 2), "0114709", "862"],
    }[table]


def spoil(row: list[str], draw: random.Random) -> list[str]:
    """Change a row in one to three places."""
    row = list(row)
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(row)) if row else 0
        match draw.randrange(5):
            case 0:
                row[place : place + 1] = []
            case 1:
                row.insert(place, draw.choice(PARTS))
            case 2:
                row[place : place + 1] = ["".join(draw.choices(PARTS, k=draw.randint(1, 3)))]
            case 3:
                row[place : place + 1] = [f'"{field}"' for field in row[place : place + 1]]
            case 4:
                row[place : place + 1] = [
                    field[:1] + draw.choice(PARTS) + field[1:] for field in row[place : place + 1]
                ]
    return row
