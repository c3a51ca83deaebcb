"""Loads every MovieLens release: with DuckDB's own CSV reader straight into the tables, where nothing is wrong with it.

Where anything is, the file is read again line by line (`movielens_lines`), so that every line is loaded or rejected.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from string import Template

import duckdb

from recstore import sql
from recstore.errors import SourceError
from recstore.loader import FileReport, LoadReport
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.source import open_source

from .movielens_files import FAMILIES, RELEASES, SourceFile, Survey, family_of, survey
from .movielens_lines import load_lines, shaped
from .movielens_pairs import PAIR, has_repeated_pairs

_SQL = "recstore.loaders.movielens_sql"


class MovieLens:
    """Loader of the MovieLens releases."""

    name = "movielens"
    catalog = "movies"

    def load(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Fill `movies`, `ratings`, `tags` and `links` from a folder, a zip, an https address or a known name."""
        base = os.environ.get("RECSTORE_MOVIELENS_URL", "https://files.grouplens.org/datasets/movielens").rstrip("/")
        known = {name: f"{base}/{name}.zip" for name in RELEASES}
        wanted = frozenset(file.name for family in FAMILIES for file in family)
        report = LoadReport(source)
        named = report.source
        with open_source(source, wanted, known, progress) as found:
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
        """Fill `ratings` or `tags` from one file, of whatever name, in the form that any release has them in."""
        path = Path(source)
        if not path.is_file():
            raise SourceError(f"There is no file {source} to add from.")
        with path.open("rb") as file:
            beginning = file.readline(4096)
        forms = {form.delimiter: form for family in FAMILIES for form in family if form.table == table}
        found = next((forms[mark] for mark in ("::", "\t") if mark.encode() in beginning and mark in forms), forms[","])
        form = replace(found, name=path.name, required=True)
        # The store may hold rejects of a file of the same name.
        query = "SELECT count(*) FROM load_rejects WHERE source = ?"
        before = connection.execute(query, [path.name]).fetchall()[0][0]
        report = _FileLoad(connection, form, path, str(path.parent), progress).run()
        return replace(report, rejects=report.rejects - before)


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

    def run(self) -> FileReport:
        """Load the file and return what became of it."""
        self._check_beginning()
        found = survey(self.file, self.path)
        if not (found.is_plain and self._load_quickly(found)):
            self.connection.execute(f"DELETE FROM {self.file.table}")
            load_lines(self.connection, self.file, self.path, self.source, found)
        rows, rejects = self._counts()
        if rows == 0 and (self.file.required or rejects):
            raise SourceError(f"{self.file.name} in {self.source} has no row that can be loaded ({rejects} rejected).")
        if rows == 0:
            self.progress.notice(f"{self.file.name} in {self.source} has a header and no rows.")
        return FileReport(self.file.name, found.size, found.sha256, rows, rejects)

    def _check_beginning(self) -> None:
        if self.path.stat().st_size == 0:
            raise SourceError(f"{self.file.name} in {self.source} is empty.")
        if not self.file.has_header:
            return
        with self.path.open("rb") as file:
            beginning = file.readline(4096).decode("utf-8-sig", "replace")
        first = beginning.split("\r")[0].strip()
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
        if unparsed or rows != found.lines - self.file.has_header or self._ask(f"doubtful_{self.file.table}"):
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

    def _counts(self) -> tuple[int, int]:
        text = "SELECT count(*) FROM load_rejects WHERE source = ?"
        rejects = self.connection.execute(text, [self.file.name]).fetchall()[0][0]
        return self._count(self.file.table), int(rejects)
