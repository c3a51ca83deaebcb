"""The files of the MovieLens releases, and what is to be known of one before it is read.

The formats are described in the README files that GroupLens publishes with the data
(https://grouplens.org/datasets/movielens/). A release is told by its files: `movies.csv` and `ratings.csv` (latest,
20M, 25M, 32M), `movies.dat` and `ratings.dat` (1M, 10M), or `u.item` and `u.data` (100K).
"""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recstore.errors import SourceError

_BLOCK = 1 << 20
WINDOWS = "cp1252"

RELEASES = ("ml-latest-small", "ml-latest", "ml-32m", "ml-25m", "ml-20m", "ml-10m", "ml-1m", "ml-100k")

# The genre columns of u.item, in the order of u.genre; the first says that no genre is listed.
ITEM_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip


@dataclass(frozen=True)
class SourceFile:
    """One file of a release: the table it fills, how its columns are read, and how they are shaped.

    `columns` are the columns as we read them and their types; `names` are the same as the file, or the README beside
    it, calls them. `misread` says of a column when what stands in it is no whole number, though it may be left out.
    """

    name: str
    table: str
    columns: dict[str, str]
    names: tuple[str, ...]
    shape: str
    delimiter: str
    has_header: bool = False
    required: bool = True
    is_text: bool = False
    misread: tuple[tuple[str, str], ...] = ()

    def field(self, column: str) -> int | None:
        """Return the number, from 1, of the field that a column of the table is read from, or None if none is it."""
        read = _READ_FROM.get(column, column)
        return list(self.columns).index(read) + 1 if read in self.columns else None

    @property
    def quote(self) -> str:
        """The character around fields that hold delimiters; only the CSV family has one."""
        return '"' if self.has_header else ""


#: Columns of tables that are called otherwise while they are read.
_READ_FROM = {"rated_at": "seconds", "tagged_at": "seconds"}
# Ids are read as DOUBLE: as INTEGER, the reader would round 1.5 to the id 2.
_PAIR = {"user_id": "DOUBLE", "movie_id": "DOUBLE"}
_RATING = {**_PAIR, "rating": "FLOAT", "seconds": "BIGINT"}
_TAG = {**_PAIR, "tag": "VARCHAR", "seconds": "BIGINT"}
_MOVIE = {"movie_id": "DOUBLE", "title": "VARCHAR", "genres": "VARCHAR"}
_LINK = {"movie_id": "DOUBLE", "imdb_id": "VARCHAR", "tmdb_id": "VARCHAR"}
_ITEM = {
    "movie_id": "DOUBLE", "title": "VARCHAR", "released": "VARCHAR", "released_on_video": "VARCHAR",
    "imdb_url": "VARCHAR", **{f"genre_{index}": "UTINYINT" for index in range(len(ITEM_GENRES))},
}  # fmt: skip

#: The families of files, each in the order in which its files are loaded: movies first.
FAMILIES: tuple[tuple[SourceFile, ...], ...] = (
    (
        SourceFile("movies.csv", "movies", _MOVIE, ("movieId", "title", "genres"), "shape_movies", ",",
                   has_header=True, is_text=True),
        SourceFile("ratings.csv", "ratings", _RATING, ("userId", "movieId", "rating", "timestamp"), "shape_ratings",
                   ",", has_header=True),
        SourceFile("tags.csv", "tags", _TAG, ("userId", "movieId", "tag", "timestamp"), "shape_tags", ",",
                   has_header=True, required=False, is_text=True),
        SourceFile("links.csv", "links", _LINK, ("movieId", "imdbId", "tmdbId"), "shape_links", ",",
                   has_header=True, required=False, is_text=True,
                   misread=(("tmdb_id", "has_tmdb AND tmdb_id IS NULL"),)),
    ),
    (
        SourceFile("movies.dat", "movies", _MOVIE, ("MovieID", "Title", "Genres"), "shape_movies", "::", is_text=True),
        SourceFile("ratings.dat", "ratings", _RATING, ("UserID", "MovieID", "Rating", "Timestamp"), "shape_ratings",
                   "::"),
        SourceFile("tags.dat", "tags", _TAG, ("UserID", "MovieID", "Tag", "Timestamp"), "shape_tags", "::",
                   required=False, is_text=True),
    ),
    (
        SourceFile("u.item", "movies", _ITEM,
                   ("movie id", "movie title", "release date", "video release date", "IMDb URL", *ITEM_GENRES),
                   "shape_items", "|", is_text=True),
        SourceFile("u.data", "ratings", _RATING, ("user id", "item id", "rating", "timestamp"), "shape_ratings", "\t"),
    ),
)  # fmt: skip


def family_of(found: dict[str, Path], source: str) -> tuple[SourceFile, ...]:
    """Return the family of which the most required files were found; none at all is an error."""
    family = max(FAMILIES, key=lambda files: sum(file.name in found for file in files if file.required))
    if not any(file.name in found for file in family if file.required):
        required = [" and ".join(file.name for file in files if file.required) for files in FAMILIES]
        raise SourceError(
            f"{source} holds no MovieLens release: it needs {', or '.join(required)}. Name a folder or zip with them."
        )
    return family


@dataclass(frozen=True)
class Survey:
    """What one look at the bytes of a file says: its size, its SHA-256, and how DuckDB's reader may follow it.

    `lines` counts its lines, the last one also where nothing ends it. Lines end in `line_end`: a line feed, with or
    without a carriage return before it, or, where there is no line feed at all, a carriage return.
    """

    size: int
    sha256: str
    lines: int
    line_end: bytes
    ends_alike: bool
    has_quotes: bool
    encoding: str

    @property
    def is_plain(self) -> bool:
        """Whether DuckDB's reader can be trusted to see the same lines and characters."""
        return self.ends_alike and self.encoding != WINDOWS


def survey(file: SourceFile, path: Path) -> Survey:
    """Look at every byte of a file once."""
    digest = hashlib.sha256()
    size = feeds = returns = pairs = 0
    has_quotes = False
    last = b""
    # The CSV family is in UTF-8, and numbers are the same in every encoding.
    text = _Encoding() if file.is_text and not file.has_header else None
    with path.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
            size += len(block)
            # NumPy counts six times as fast as bytes.count.
            feeds += int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n")))
            if b"\r" in block or last == b"\r":
                returns += block.count(b"\r")
                pairs += block.count(b"\r\n") + (last == b"\r" and block.startswith(b"\n"))
            has_quotes = has_quotes or b'"' in block
            if text:
                text.feed(block)
            last = block[-1:]
    line_end = b"\n" if feeds or not returns else b"\r"
    return Survey(
        size=size,
        sha256=digest.hexdigest(),
        lines=(feeds if line_end == b"\n" else returns) + (last not in (b"", line_end)),
        line_end=line_end,
        ends_alike=returns in (0, feeds) and returns == pairs,
        has_quotes=has_quotes,
        encoding=text.name() if text else "utf-8",
    )


class _Encoding:
    """Tells by its bytes how a text is written: the older releases are in Latin-1, but 10M is in UTF-8.

    The bytes 0x80 to 0x9F are control characters in Latin-1 and letters and quotes in Windows-1252, which is the same
    otherwise: where there are any, the file has been through a hand that writes that.
    """

    _HIGH = bytes(range(0x80, 0xA0))

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
        self._has_high = False

    def feed(self, block: bytes, final: bool = False) -> None:
        if not block.isascii():
            self._has_high = self._has_high or len(block.translate(None, self._HIGH)) < len(block)
        if self._decoder:
            try:
                self._decoder.decode(block, final)
            except UnicodeDecodeError:
                self._decoder = None

    def name(self) -> str:
        self.feed(b"", final=True)
        return "utf-8" if self._decoder else WINDOWS if self._has_high else "latin-1"
