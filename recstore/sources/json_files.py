"""JSON files as a table of the scratch database: an array of objects, or an object in each line."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import duckdb

from recstore import sql
from recstore.errors import SourceError
from recstore.scratch import scratch_folder
from recstore.sources.located import DataFile
from recstore.sources.plain_text import no_pattern, plain_text, read_lines
from recstore.sources.rejects import insert_rejects
from recstore.sources.streams import check_names, place_of, plain_columns, plain_type, told

_SQL = "recstore.sources.sql"
#: What DuckDB takes a text to be that looks like one; an id stays what it is.
_FROM_TEXT = ("DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "UUID")


_PYTHON = " It is as Python prints dictionaries: turn each line into JSON by json.dumps(ast.literal_eval(line))."


class JsonLoad:
    """Loads JSON files into a table and a table of rejects."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, table: str, rejects: str, as_text: Collection[str]
    ) -> None:
        self.connection = connection
        self.table = table
        self.rejects = rejects
        self.as_text = {name.casefold() for name in as_text}

    def run(self, files: Sequence[DataFile], encoding: str | None) -> tuple[str, dict[str, str]]:
        """Load the files; return what stands in FROM for them, and the types of their columns.

        A key that a record does not have is NULL. Lines that are no objects are rejects. Raises `SourceError` where an
        array is damaged, or does not hold objects.
        """
        with ExitStack() as stack:
            paths = [stack.enter_context(plain_text(file, encoding)) for file in files]
            are_lines = all(_is_lines(path) for path in paths)
            try:
                return self._copy(files, paths, are_lines)
            except duckdb.Error as error:
                if not are_lines:
                    raise told(str(files[0].path) if len(files) == 1 else "One of the files", error) from error
            folder = stack.enter_context(scratch_folder())
            sound = []
            for number, (file, path) in enumerate(zip(files, paths, strict=True)):
                target = folder / f"{number}.jsonl"
                insert_rejects(self.connection, self.rejects, file.name, _sift(path, target))
                sound += [target] if target.stat().st_size else []
            if not sound:
                first = f"SELECT source, line, reason, count(*) OVER () FROM {place_of(self.rejects)} LIMIT 1"
                found = self.connection.execute(first).fetchall()
                where = "".join(f" ({source} line {line}: {reason}; {n:,} such)" for source, line, reason, n in found)
                raise SourceError(
                    f"{files[0].path} holds no JSON object; write one in each line, or an array of them{where}."
                    f"{_PYTHON if any(map(_is_python, paths)) else ''}"
                )
            try:
                return self._copy(files, sound, are_lines, has_line=True)
            except duckdb.Error as error:
                raise told(str(files[0].path), error) from error

    def _copy(
        self, files: Sequence[DataFile], paths: Sequence[Path], are_lines: bool, *, has_line: bool = False
    ) -> tuple[str, dict[str, str]]:
        listed = "[" + ", ".join(sql.literal(no_pattern(path)) for path in paths) + "]"
        form = "newline_delimited" if are_lines else "array"
        whole = f"read_json({listed}, format = '{form}', sample_size = -1, union_by_name = true)"
        types = {row[0]: row[1] for row in self.connection.execute(f"DESCRIBE FROM {whole}").fetchall()}
        if list(types) == ["json"]:
            raise SourceError(
                f"{files[0].path} does not hold JSON objects; write one in each line, or an array of them."
            )
        read = {name: self._read_as(name, type_) for name, type_ in types.items()}
        columns = "{" + ", ".join(f"{sql.literal(name)}: {sql.literal(type_)}" for name, type_ in read.items()) + "}"
        reader = sql.render(_SQL, "read_json", paths=listed, format=form, columns=columns)
        number = "row_number() OVER ()" if len(paths) == 1 else "row_number() OVER (PARTITION BY _rs_file)"
        if has_line:
            number = "_rs_line"
            del read[number]
        check_names(str(files[0].path), read)
        place = place_of(self.table)
        self.connection.execute(
            sql.render(_SQL, "number_json", table=place, columns=plain_columns(read), number=number, reader=reader)
        )
        return place, {name: plain_type(type_) for name, type_ in read.items()}

    def _read_as(self, name: str, type_: str) -> str:
        if name.casefold() in self.as_text and type_ in _FROM_TEXT:
            return "VARCHAR"
        return type_


def _is_python(path: Path) -> bool:
    """Tell whether a text begins as Python prints a dictionary."""
    with path.open("rb") as opened:
        return opened.read(16).lstrip().startswith((b"{'", b"{u'"))


def _is_lines(path: Path) -> bool:
    """Tell whether a file holds a value in each line, rather than one array."""
    with path.open("rb") as opened:
        return not opened.read(4096).lstrip().startswith(b"[")


def _sift(path: Path, target: Path) -> Iterator[tuple[int, str, str]]:
    """Write the lines that are objects to `target`, each with its number; give the others."""
    with target.open("wb") as sound:
        for number, data in enumerate(read_lines(path), 1):
            line = data.strip()
            if not line:
                continue
            try:
                is_object = isinstance(json.loads(line), dict)
            except (ValueError, RecursionError):
                is_object = False
            if is_object:
                rest = line[1:].lstrip()
                sound.write(b'{"_rs_line": %d%s%s\n' % (number, b"" if rest == b"}" else b", ", rest))
            else:
                yield number, "not a JSON object", line.decode(errors="replace")
