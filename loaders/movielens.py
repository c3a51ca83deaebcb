"""Loads every MovieLens release: with DuckDB's own CSV reader straight into the tables, where nothing is wrong with it.

Where anything is, the file is read again line by line (`movielens_lines`), so that every line is loaded or rejected.
"""

from __future__ import annotations

import codecs
import os
from dataclasses import replace
from pathlib import Path
from string import Template

import duckdb

from recstore import sql
from recstore.catalogs.checks import table_keys
from recstore.catalogs.movies.catalog import MOVIES
from recstore.catalogs.movies.rules import RULES
from recstore.catalogs.rules import broken
from recstore.errors import SourceError
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.sources.files import open_source, sizes
from recstore.sources.loader import FileReport, LoadReport, RowFile
from recstore.sources.reasons import common_reasons, last_reject
from recstore.sources.room import Room
from recstore.sources.unchanged import Unchanged

from .movielens_files import FAMILIES, RELEASES, SourceFile, Survey, family_of, survey
from .movielens_genres import check_genres
from .movielens_lines import load_lines, references, shaped
from .movielens_pairs import PAIR, has_repeated_pairs

_SQL = "recstore.loaders.movielens_sql"


def _wanted() -> frozenset[str]:
    return frozenset(file.name for family in FAMILIES for file in family)


class MovieLens:
    """Loader of the MovieLens releases."""

    name = "movielens"
    catalog = "movies"
    about = "A folder, a .zip, an https address, or a known name such as ml-latest-small."
    example = "ml-latest-small"
    row_files = (
        RowFile("ratings", "A file of ratings, as in any MovieLens release."),
        RowFile("tags", "A file of tags, likewise."),
    )

    def estimate(self, source: str) -> Room:
        """Return the room for a store of a folder or zip: most of it is taken by what is computed for each movie."""
        found = sizes(source, _wanted())
        movies = sum(found.get(file.name, 0) for family in FAMILIES for file in family if file.table == "movies")
        rest = sum(found.values()) - movies
        # A line of 25 bytes is a row of 6 bytes at best; a movie's of 50 becomes 15 KB in MovieLens small.
        return Room(rest // 10, rest // 2 + 300 * movies)

    def load(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Fill `movies`, `ratings`, `tags` and `links` from a folder, a zip, an https address or a known name."""
        base = os.environ.get("RECSTORE_MOVIELENS_URL", "https://files.grouplens.org/datasets/movielens").rstrip("/")
        known = {name: f"{base}/{name}.zip" for name in RELEASES}
        report = LoadReport(source)
        named = report.source
        with open_source(source, _wanted(), known, progress) as found:
            for file in family_of(found, named):
                if file.name not in found:
                    if file.required:
                        raise SourceError(f"{file.name} is missing in {named}.")
                    progress.notice(f"{file.name} is not in {named}: the store will have no {file.table}.")
                    continue
                report.files.append(_FileLoad(connection, file, found[file.name], named, progress).run())
        return report

    def append(
        self, connection: duckdb.DuckDBPyConnection, table: str, source: str, options: BuildOptions, progress: Progress
    ) -> FileReport:
        """Fill `ratings` or `tags` from one file, of whatever name, in the form that any release has them in.

        A file may be empty. Of ratings of one movie by one user the latest is loaded, and the others are passed over.
        """
        path = Path(source)
        if not path.is_file():
            raise SourceError(f"There is no file {source} to add from; check the path.")
        seen = Unchanged([path])
        with path.open("rb") as file:
            beginning = file.readline(4096)
        forms = {form.delimiter: form for family in FAMILIES for form in family if form.table == table}
        found = next((forms[mark] for mark in ("::", "\t") if mark.encode() in beginning and mark in forms), forms[","])
        form = replace(found, name=path.name, required=True)
        with seen.required():
            return _FileLoad(connection, form, path, str(path.parent), progress, is_addition=True).run()


class _FileLoad:
    """Loads one file: quickly where nothing is wrong with it, else once more with every fault found and numbered."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        file: SourceFile,
        path: Path,
        source: str,
        progress: Progress,
        *,
        is_addition: bool = False,
    ) -> None:
        self.connection = connection
        self.file = file
        self.path = path
        self.source = source
        self.progress = progress
        self.is_addition = is_addition

    def run(self) -> FileReport:
        """Load the file and return what became of it."""
        before = last_reject(self.connection)
        passed = 0
        found = survey(self.file, self.path)
        if found.size or not self.is_addition:
            self._check_beginning()
            if not (found.is_plain and self._load_quickly(found)):
                self.connection.execute(f"DELETE FROM {self.file.table}")
                passed = load_lines(self.connection, self.file, self.path, self.source, found, self.is_addition)
        rows = self._count(self.file.table)
        rejects = self._rejects(before)
        if rows == 0 and rejects and not self.is_addition:
            reasons = common_reasons(self.connection, [self.file.name], before)
            raise SourceError(
                f"{self.file.name} in {self.source} has no row that can be loaded ({rejects:,} rejected: {reasons})."
            )
        if rows == 0 and not rejects:
            if self.file.required and not self.is_addition:
                raise SourceError(f"{self.file.name} in {self.source} has no row that can be loaded.")
            self.progress.notice(
                f"{self.file.name} in {self.source} has {'a header and ' if found.size else ''}no rows."
            )
        if self.file.table == "movies":
            check_genres(self.connection, self.file.name, self.progress)
        return FileReport(self.file.name, found.size, found.sha256, rows, rejects, passed=passed)

    def _check_beginning(self) -> None:
        with self.path.open("rb") as file:
            beginning = file.readline(4096)
        if not beginning:
            raise SourceError(f"{self.file.name} in {self.source} is empty.")
        if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise SourceError(f"{self.file.name} in {self.source} is in UTF-16; save it in UTF-8.")
        if not self.file.has_header:
            return
        first = beginning.decode("utf-8-sig", "replace").split("\r")[0].strip()
        names = tuple(name.strip().strip('"') for name in first.split(self.file.delimiter))
        if names != self.file.names:
            raise SourceError(
                f"{self.file.name} in {self.source} begins with {first[:80]!r}; "
                f"expected is the header {self.file.delimiter.join(self.file.names)!r}."
            )

    def _load_quickly(self, found: Survey) -> bool:
        """Read straight into the table, and say whether every line became a row that is well.

        A row of several lines, or a line that gave none, is a matter for the careful pass, which then begins anew.
        """
        reading = {
            "path": str(self.path),
            "header": self.file.has_header,
            "delimiter": self.file.delimiter,
            "quote": self.file.quote if found.has_quotes else "",
            "encoding": found.encoding,
            "columns": self.file.columns,
        }
        self._run("forget_rejects")
        try:
            self._run(f"insert_{self.file.table}", reading, rows=f"({shaped(self.file, sql.read(_SQL, 'read'))})")
        except (duckdb.ConstraintException, duckdb.ConversionException, duckdb.InvalidInputException):
            return False
        rows = self._count(self.file.table)
        unparsed = self._count("reject_errors")
        self._run("forget_rejects")
        if unparsed or rows != found.lines - self.file.has_header or self._is_doubtful():
            return False
        if self.file.table != "ratings":
            return True
        return self._ask("sorted_ratings", pair=PAIR) or not has_repeated_pairs(self.connection)

    def _run(self, name: str, values: dict[str, object] | None = None, **placeholders: str) -> None:
        text = sql.read(_SQL, name)
        self.connection.execute(Template(text).substitute(placeholders) if placeholders else text, values)

    def _ask(self, name: str, **placeholders: str) -> bool:
        return bool(self.connection.execute(sql.render(_SQL, name, **placeholders)).fetchall()[0][0])

    def _count(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {sql.identifier(table)}").fetchall()[0][0])

    def _rejects(self, after: int) -> int:
        text = "SELECT count(*) FROM load_rejects WHERE source = ? AND rowid > ?"
        return int(self.connection.execute(text, [self.file.name, after]).fetchall()[0][0])

    def _is_doubtful(self) -> bool:
        """Say whether a rule of the table may not hold, or what a row refers to may not be there."""
        table = self.file.table
        unknown = [f"EXISTS (FROM {table} WHERE {column} NOT IN {known})" for column, known in references(table)]
        keys = table_keys([MOVIES]).get(table, ())
        # (Whether pairs of ratings are repeated is costly to know, and asked in another way.)
        repeated = f"(SELECT count(*) > count(DISTINCT {keys[0]}) FROM {table})" if len(keys) == 1 else "false"
        return self._ask(
            "doubtful",
            table=table,
            broken=broken(RULES[table]),
            unknown=" OR ".join(unknown) or "false",
            repeated=repeated,
        )
