"""CSV files as a table of the scratch database: each record is a row, or a reject with its line.

DuckDB's reader reads a file where it finds a record in each line, and no fault. Else the records are read one by one,
so that each has the number of its line, and a bad one costs no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from recstore import sql
from recstore.errors import SourceError
from recstore.progress import Progress
from recstore.scratch import require_room, scratch_folder
from recstore.sources.csv_form import Form, find_form
from recstore.sources.csv_records import Record, records, sift
from recstore.sources.csv_types import Columns
from recstore.sources.dialect import Dialect
from recstore.sources.located import DataFile
from recstore.sources.plain_text import (
    SourceDigest,
    Survey,
    is_latin,
    no_pattern,
    plain_text,
    read_lines,
    recoded,
    survey,
)
from recstore.sources.rejects import insert_rejects
from recstore.sources.streams import place_of, registered, row_number, told

_SQL = "recstore.sources.sql"
#: So many bytes may a record have that DuckDB's reader reads; a longer one is read by itself.
_LONGEST = 2 << 20
#: So many records show of which types the columns are; the others are held against it.
_SHOWN = 4_000
_SHOWN_BYTES = 1 << 20
#: What DuckDB raises where a file is not as it was told.
_FAULTS = (duckdb.InvalidInputException, duckdb.ConversionException)


class CsvLoad:
    """Loads CSV files of the same columns into a table and a table of rejects."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: str,
        rejects: str,
        dialect: Dialect,
        as_text: Collection[str],
        progress: Progress,
    ) -> None:
        self.connection = connection
        self.table = table
        self.rejects = rejects
        self.dialect = dialect
        self.as_text = as_text
        self.progress = progress
        self.digests: list[SourceDigest] = []
        self.names: tuple[str, ...] = ()

    def run(self, files: Sequence[DataFile]) -> tuple[str, dict[str, str]]:
        """Load the files; return what stands in FROM for them, and the types of their columns."""
        if len(files) == 1:
            with self._text(files[0], _SHOWN_BYTES) as path:
                found = self._load_whole(files[0], path)
            if found is not None:
                return found
        return self._load_records(files)

    @contextmanager
    def _text(self, file: DataFile, n_bytes: int | None = None) -> Iterator[Path]:
        """Yield the path of a file's text in UTF-8; where no encoding is told, its letters show it, or its first."""
        with plain_text(file, self.dialect.encoding) as path:
            if self.dialect.encoding is not None or not is_latin(path, n_bytes):
                yield path
                return
            self.progress.notice(f"{file.path} is not UTF-8, and is read as Latin-1; set encoding if that is wrong.")
            with recoded(path, "latin-1") as target:
                yield target

    def _load_whole(self, file: DataFile, path: Path) -> tuple[str, dict[str, str]] | None:
        """Load one file straight into the types of its first records; None where a fault or another type is in it."""
        form = find_form(path, str(file.path), self.dialect)
        columns = Columns(form.names, self.dialect, self.as_text)
        self.names = form.names
        with self._registered(_shown(path, form), form.names) as shown:
            columns.guess(self.connection, shown)
        with surveyed(file, path) as look:
            reading = sql.render(
                _SQL,
                "typed_rows",
                values=columns.values(),
                odd=columns.odd(),
                present=columns.present(),
                reader=self._reader(path, form),
            )
            try:
                self.connection.execute(f"CREATE TABLE {place_of(self.table)} AS {reading}")
            except _FAULTS:
                return None
            odd, rows = self.connection.execute(
                f"SELECT coalesce(bool_or(_rs_odd), false), count(*) FROM {place_of(self.table)}"
            ).fetchall()[0]
            digest, lines = look()
        if odd or rows + form.has_header != lines:
            self.connection.execute(f"DROP TABLE {place_of(self.table)}")
            return None
        self.digests = [digest]
        selected = ", ".join(sql.identifier(name) for name in form.names)
        line = f"{row_number(form.names)} + {1 + form.has_header} AS _rs_line"
        return f"(SELECT {selected}, {line} FROM {place_of(self.table)})", columns.types

    def _load_records(self, files: Sequence[DataFile]) -> tuple[str, dict[str, str]]:
        """Load all files as text, and from there into the types that all their values have."""
        self.digests = []
        staged = place_of(f"{self.table}_records")
        starts: list[int] = []
        headers: list[int] = []
        for number, file in enumerate(files, 1):
            with self._text(file) as path:
                form = find_form(path, str(file.path), self.dialect)
                if number == 1:
                    self.names = form.names
                    columns = ", ".join(f"{sql.identifier(name)} VARCHAR" for name in form.names)
                    self._execute("csv_records", table=staged, columns=columns)
                self._check_names(files[0], file, form)
                starts.append(self._count(staged))
                headers.append(int(form.has_header))
                self._load_file(staged, number, file, path, form)
        found = Columns(self.names, self.dialect, self.as_text)
        found.guess(self.connection, staged)
        self._execute(
            "number_records",
            table=place_of(self.table),
            values=found.values(),
            present=found.present(),
            starts=str(starts),
            headers=str(headers),
            row=row_number(self.names),
            records=staged,
        )
        self.connection.execute(f"DROP TABLE {staged}")
        return place_of(self.table), found.types

    def _check_names(self, first: DataFile, file: DataFile, form: Form) -> None:
        if {name.casefold() for name in form.names} != {name.casefold() for name in self.names}:
            raise SourceError(
                f"{file.path} has other columns than {first.path}: {', '.join(form.names)}, and not "
                f"{', '.join(self.names)}. Files that are read together have the same columns."
            )

    def _load_file(self, staged: str, number: int, file: DataFile, path: Path, form: Form) -> None:
        before = self._count(staged)
        with surveyed(file, path) as look:
            try:
                self._insert(staged, number, self._reader(path, form), "NULL")
            except _FAULTS:
                is_plain = False
            else:
                is_plain = self._count(staged) - before + form.has_header == look()[1]
            self.digests.append(look()[0])
        if not is_plain:
            self.connection.execute(f"DELETE FROM {staged} WHERE _rs_file = {number}")
            self._load_one_by_one(staged, number, file, path, form)

    def _load_one_by_one(self, staged: str, number: int, file: DataFile, path: Path, form: Form) -> None:
        """Write the sound records of a file anew, each with its line, and load those; the others are rejects."""
        with scratch_folder() as folder:
            target = folder / path.name
            require_room(folder, 2 * path.stat().st_size, f"{file.path}, without what is wrong in it,")
            longest = 0

            with target.open("wb", buffering=1 << 20) as sound:

                def keep(record: bytes) -> None:
                    nonlocal longest
                    longest = max(longest, len(record))
                    sound.write(record)

                bad = sift(read_lines(path), form.grammar, len(form.names), has_header=form.has_header, keep=keep)
                found = ((one.line, one.reason or "", one.raw) for one in bad)
                insert_rejects(self.connection, self.rejects, file.name, found)
            reader = self._reader(target, form, has_line=True, longest=longest)
            try:
                self._insert(staged, number, reader, "CAST(_rs_line AS BIGINT)")
            except _FAULTS as error:
                raise told(str(file.path), error) from error

    def _insert(self, staged: str, number: int, reader: str, line: str) -> None:
        selected = ", ".join(sql.identifier(name) for name in self.names)
        self._execute("insert_records", table=staged, selected=selected, line=line, file=str(number), reader=reader)

    @contextmanager
    def _registered(self, found: Sequence[Record], names: Sequence[str]) -> Iterator[str]:
        """Yield the name of a view over records that have fields: columns of text, and the line of each."""
        import pyarrow as pa

        fields = [record.fields or [] for record in found]
        columns = [pa.array([row[place] or None for row in fields], pa.string()) for place in range(len(names))]
        lines = pa.array([record.line for record in found], pa.int64())
        with registered(self.connection, pa.table([*columns, lines], [*names, "_rs_line"])) as view:
            yield view

    def _reader(self, path: Path, form: Form, *, has_line: bool = False, longest: int = 0) -> str:
        names = [*form.names, "_rs_line"] if has_line else form.names
        null = ["", *([self.dialect.null] if self.dialect.null else [])]
        return sql.render(
            _SQL,
            "read_csv",
            path=sql.literal(no_pattern(path)),
            header=str(form.has_header and not has_line).lower(),
            delimiter=sql.literal(form.grammar.delimiter),
            quote=sql.literal(form.grammar.quote),
            escape=sql.literal(form.grammar.escape),
            null=f"[{', '.join(sql.literal(one) for one in null)}]",
            columns="{" + ", ".join(f"{sql.literal(name)}: 'VARCHAR'" for name in names) + "}",
            longest=str(max(_LONGEST, 2 * longest)),
            # (Else a carriage return within quotes may be taken for the end of a line.)
            line_end=", new_line = '\\n'" if has_line else "",
        )

    def _count(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])

    def _execute(self, name: str, **placeholders: str) -> None:
        self.connection.execute(sql.render(_SQL, name, **placeholders))


@contextmanager
def surveyed(file: DataFile, path: Path) -> Iterator[Any]:
    """Look at every byte of a file while the block runs; yields what returns its digest and number of lines."""
    with ThreadPoolExecutor(1) as pool:
        text = pool.submit(survey, path)
        packed = pool.submit(survey, file.path) if file.path != path else text

        def look() -> tuple[SourceDigest, int]:
            whole: Survey = packed.result()
            return SourceDigest(file.name, whole.bytes, whole.sha256), text.result().lines

        yield look


def _shown(path: Path, form: Form) -> list[Record]:
    found = records(read_lines(path), form.grammar, len(form.names))
    if form.has_header:
        next(found, None)
    return [record for record in islice(found, _SHOWN) if record.fields is not None]
