"""Reads every MovieLens release with DuckDB's own CSV reader, straight into the tables.

The formats are described in the README files that GroupLens publishes with the data
(https://grouplens.org/datasets/movielens/). A release is told by its files: `movies.csv` and `ratings.csv` (latest,
20M, 25M, 32M), `movies.dat` and `ratings.dat` (1M, 10M), or `u.item` and `u.data` (100K).
"""

from __future__ import annotations

import codecs
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from string import Template

import duckdb

from recstore import sql
from recstore.errors import SourceError
from recstore.loader import FileReport, LoadReport
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.source import open_source

_SQL = "recstore.loaders.movielens_sql"
_BLOCK = 1 << 20

_RELEASES = ("ml-latest-small", "ml-latest", "ml-32m", "ml-25m", "ml-20m", "ml-10m", "ml-1m", "ml-100k")

# The genre columns of u.item, in the order of u.genre; the first says that no genre is listed.
_ITEM_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip


@dataclass(frozen=True)
class SourceFile:
    """One file of a release: the table it fills, how its columns are read, and how they are shaped."""

    name: str
    table: str
    columns: dict[str, str]
    shape: str
    delimiter: str
    header: tuple[str, ...] = ()
    quote: str = ""
    required: bool = True
    is_text: bool = False


# Ids are read as DOUBLE: as INTEGER, the reader would round 1.5 to the id 2.
_PAIR = {"user_id": "DOUBLE", "movie_id": "DOUBLE"}
_RATING = {**_PAIR, "rating": "FLOAT", "seconds": "BIGINT"}
_TAG = {**_PAIR, "tag": "VARCHAR", "seconds": "BIGINT"}
_MOVIE = {"movie_id": "DOUBLE", "title": "VARCHAR", "genres": "VARCHAR"}
_LINK = {"movie_id": "DOUBLE", "imdb_id": "VARCHAR", "tmdb_id": "VARCHAR"}
_ITEM = {
    "movie_id": "DOUBLE", "title": "VARCHAR", "released": "VARCHAR", "released_on_video": "VARCHAR",
    "imdb_url": "VARCHAR", **{f"genre_{index}": "UTINYINT" for index in range(len(_ITEM_GENRES))},
}  # fmt: skip

#: The families of files, each in the order in which its files are loaded: movies first.
FAMILIES: tuple[tuple[SourceFile, ...], ...] = (
    (
        SourceFile("movies.csv", "movies", _MOVIE, "shape_movies", ",",
                   ("movieId", "title", "genres"), '"', is_text=True),
        SourceFile("ratings.csv", "ratings", _RATING, "shape_ratings", ",",
                   ("userId", "movieId", "rating", "timestamp"), '"'),
        SourceFile("tags.csv", "tags", _TAG, "shape_tags", ",",
                   ("userId", "movieId", "tag", "timestamp"), '"', required=False, is_text=True),
        SourceFile("links.csv", "links", _LINK, "shape_links", ",",
                   ("movieId", "imdbId", "tmdbId"), '"', required=False),
    ),
    (
        SourceFile("movies.dat", "movies", _MOVIE, "shape_movies", "::", is_text=True),
        SourceFile("ratings.dat", "ratings", _RATING, "shape_ratings", "::"),
        SourceFile("tags.dat", "tags", _TAG, "shape_tags", "::", required=False, is_text=True),
    ),
    (
        SourceFile("u.item", "movies", _ITEM, "shape_items", "|", is_text=True),
        SourceFile("u.data", "ratings", _RATING, "shape_ratings", "\t"),
    ),
)  # fmt: skip


class MovieLens:
    """Loader of the MovieLens releases."""

    name = "movielens"
    catalog = "movies"

    def load(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Fill `movies`, `ratings`, `tags` and `links` from a folder, a zip, an https address or a known name."""
        base = os.environ.get("RECSTORE_MOVIELENS_URL", "https://files.grouplens.org/datasets/movielens").rstrip("/")
        known = {name: f"{base}/{name}.zip" for name in _RELEASES}
        wanted = frozenset(file.name for family in FAMILIES for file in family)
        report = LoadReport(source)
        with open_source(source, wanted, known, progress) as found:
            for file in _family(found, source):
                if file.name not in found:
                    if file.required:
                        raise SourceError(f"{file.name} is missing in {source}.")
                    progress.notice(f"{file.name} is not in {source}: the store will have no {file.table}.")
                    continue
                report.files.append(_FileLoad(connection, file, found[file.name], source, progress).run())
        return report


def _family(found: dict[str, Path], source: str) -> tuple[SourceFile, ...]:
    """Return the family of which the most required files were found; none at all is an error."""
    family = max(FAMILIES, key=lambda files: sum(file.name in found for file in files if file.required))
    if not any(file.name in found for file in family if file.required):
        required = [" and ".join(file.name for file in files if file.required) for files in FAMILIES]
        raise SourceError(f"{source} holds no MovieLens release: it needs {', or '.join(required)}.")
    return family


class _FileLoad:
    """Loads one file: quickly where nothing is wrong with it, else once more with every fault found and numbered."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, file: SourceFile, path: Path, source: str, progress: Progress
    ) -> None:
        self.connection = connection
        self.file = file
        self.path = path
        self.source = source
        self.progress = progress
        self._reading: dict[str, object] = {
            "path": str(path),
            "header": bool(file.header),
            "delimiter": file.delimiter,
            "quote": file.quote if file.is_text or _has_quotes(path) else "",
            "encoding": "latin-1" if file.is_text and not file.header and not _is_utf8(path) else "utf-8",
            "columns": file.columns,
        }

    def run(self) -> FileReport:
        """Load the file and return what became of it."""
        self._check_beginning()
        if self.file.table != "ratings" or not self._load_quickly():
            self._load_carefully()
        rows, rejects = self._counts()
        if rows == 0 and (self.file.required or rejects):
            raise SourceError(f"{self.file.name} in {self.source} has no row that can be loaded ({rejects} rejected).")
        if rows == 0:
            self.progress.notice(f"{self.file.name} in {self.source} has a header and no rows.")
        return FileReport(self.file.name, self.path.stat().st_size, _sha256(self.path), rows, rejects)

    def _check_beginning(self) -> None:
        if self.path.stat().st_size == 0:
            raise SourceError(f"{self.file.name} in {self.source} is empty.")
        if not self.file.header:
            return
        with self.path.open("rb") as file:
            first = file.readline(4096).decode("utf-8-sig", "replace").strip()
        names = tuple(name.strip().strip('"') for name in first.split(self.file.delimiter))
        if names != self.file.header:
            raise SourceError(
                f"{self.file.name} in {self.source} begins with {first[:80]!r}; "
                f"expected is the header {self.file.delimiter.join(self.file.header)!r}."
            )

    def _load_quickly(self) -> bool:
        """Read straight into the table, and say whether all is well with what came in; if not, nothing is kept."""
        self._run("forget_rejects")
        try:
            self._run("insert_ratings", rows=f"({self._shape()})", values=self._reading)
        except duckdb.ConstraintException:  # a value is missing
            return False
        doubtful = self._ask("doubtful_ratings") or (not self._ask("sorted_ratings") and self._ask("repeated_ratings"))
        if doubtful or self._has_unparsed():
            self.connection.execute("DELETE FROM ratings")
            return False
        return True

    def _load_carefully(self) -> None:
        """Stage the rows in their order, set the faulty ones aside with their lines, and insert the rest."""
        self._run("forget_rejects")
        self._run("stage", rows=self._shape(), values=self._reading)
        self._run(f"faults_{self.file.table}")
        self._run(f"insert_{self.file.table}", rows="(FROM staged WHERE n NOT IN (SELECT n FROM faults) ORDER BY n)")
        if self._has_unparsed() or self._count("faults"):
            self._run("unparsed_records")
            for (line,) in self.connection.execute(sql.read(_SQL, "unclosed_quotes")).fetchall():
                raise SourceError(
                    f"{self.file.name} in {self.source}: at line {line} a quote is out of place, and swallows the "
                    "lines after it. Mend that line, and build again."
                )
            lines = {key: self._reading[key] for key in ("path", "header", "encoding")}
            self._run("rejects", values={**lines, "source": self.file.name})
        self._run("forget_rejects")

    def _shape(self) -> str:
        genres = ", ".join(
            f"CASE WHEN genre_{index} = 1 THEN {sql.literal(genre)} END"
            for index, genre in enumerate(_ITEM_GENRES)
            if index > 0
        )
        text = Template(sql.read(_SQL, self.file.shape))
        return text.substitute(reader=sql.read(_SQL, "read"), genres=genres)

    def _run(self, name: str, values: dict[str, object] | None = None, **placeholders: str) -> None:
        text = sql.read(_SQL, name)
        try:
            self.connection.execute(Template(text).substitute(placeholders) if placeholders else text, values)
        except duckdb.InvalidInputException as error:
            raise SourceError(
                f"{self.file.name} in {self.source} cannot be followed as CSV: its lines may end in different ways, or "
                f"quotes are out of place. Save it anew with one kind of line end. ({str(error).splitlines()[0]})"
            ) from error

    def _ask(self, name: str) -> bool:
        return bool(self.connection.execute(sql.read(_SQL, name)).fetchall()[0][0])

    def _count(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {sql.identifier(table)}").fetchall()[0][0])

    def _has_unparsed(self) -> bool:
        return self._count("reject_errors") > 0

    def _counts(self) -> tuple[int, int]:
        text = "SELECT count(*) FROM load_rejects WHERE source = ?"
        rejects = self.connection.execute(text, [self.file.name]).fetchall()[0][0]
        return self._count(self.file.table), int(rejects)


def _has_quotes(path: Path) -> bool:
    """Tell whether the first row of numbers is quoted: if not, a quote further on is a fault of its line alone."""
    with path.open("rb") as file:
        return b'"' in file.readline(4096) + file.readline(4096)


def _is_utf8(path: Path) -> bool:
    """Tell by its bytes how a file is written: the older releases are in Latin-1, but 10M is in UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
