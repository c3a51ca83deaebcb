"""The careful way to load a file: by its lines, so that each is loaded or stands in `load_rejects` with its number.

The file comes in blocks of whole lines, which DuckDB splits, joins to records where a quoted field holds line breaks,
and judges; memory does not grow with the file. A line that is a record by itself is always one: a quote that is not
closed costs its own line and no other.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa

from recstore import sql
from recstore.catalogs.movies.catalog import MOVIES
from recstore.catalogs.movies.rules import RULES
from recstore.errors import SourceError

from .movielens_files import ITEM_GENRES, SourceFile, Survey
from .movielens_pairs import PAIR, repeated_pairs

_SQL = "recstore.loaders.movielens_sql"
_BLOCK = 8 << 20
#: A longer line is none of MovieLens's, and a record that runs on for longer is one whose quote is never closed.
_LONGEST = 1 << 20
#: Stands for bytes that are not UTF-8: a noncharacter, which no text holds.
_UNDECODED = "\uffff"

_BYTE_ORDER_MARK = "\ufeff"


def shaped(file: SourceFile, reader: str) -> str:
    """Return the query that brings a file's columns, as `reader` gives them, into the shape of its table."""
    genres = ", ".join(
        f"CASE WHEN genre_{index} = 1 THEN {sql.literal(genre)} END"
        for index, genre in enumerate(ITEM_GENRES)
        if index > 0
    )
    return Template(sql.read(_SQL, file.shape)).substitute(reader=reader, genres=genres)


def _faults(file: SourceFile) -> str:
    """Return the branches of a CASE that hold a record against the rules of its table."""
    broken = [(rule.column, f"NOT coalesce({rule.holds}, false)", rule.reason) for rule in RULES[file.table]]
    broken += [(column, condition, "no whole number") for column, condition in file.misread]
    broken += [(column, f"{column} NOT IN {known}", "no such movie in the list of movies")
               for column, known in references(file.table)]  # fmt: skip
    # (What a table's columns are made of may not stand in the file at all.)
    return "\n".join(
        f"WHEN {condition} THEN {{'field': {field}, 'reason': {sql.literal(reason)}}}"
        for column, condition, reason in broken
        if (field := file.field(column))
    )


def references(table: str) -> list[tuple[str, str]]:
    """Return the columns of a table that refer to another, each with the query of what is there, in parentheses."""
    return [
        (column, f"(SELECT {key} FROM {target})")
        for one in MOVIES.sources
        if one.name == table
        for column, target, key in one.refers
    ]


def load_lines(
    connection: duckdb.DuckDBPyConnection, file: SourceFile, path: Path, source: str, survey: Survey, passing: bool
) -> int:
    """Fill the file's table with the lines that are sound, and `load_rejects` with all others.

    Ratings that their user gives anew further on are rejected, too, or passed over with `passing`; returns how many
    lines were. Raises `SourceError` where a line is longer than any of MovieLens's could be.
    """
    return _LineLoad(connection, file, path, source, survey).run(passing)


class _LineLoad:
    def __init__(
        self, connection: duckdb.DuckDBPyConnection, file: SourceFile, path: Path, source: str, survey: Survey
    ) -> None:
        self.connection = connection
        self.file = file
        self.path = path
        self.source = source
        self.survey = survey
        self.grammar = _Grammar(file)
        self.judging = sql.render(
            _SQL,
            "judge",
            shaped=shaped(file, self.grammar.typed()),
            n_fields=str(len(file.columns)),
            faults=_faults(file),
        )

    def run(self, passing: bool) -> int:
        """Load block after block, look for pairs that are rated twice, and account for every line."""
        lines = int(self.file.has_header)
        for counted in self._judge_blocks():
            lines += counted
            self._run(f"insert_{self.file.table}", rows="(FROM judged WHERE fault IS NULL)")
            self._run("insert_rejects", {"source": self.file.name, "names": list(self.file.names)})
        if lines != self.survey.lines:
            raise SourceError(
                f"{self.file.name} in {self.source} has {self.survey.lines:,} lines, and only {lines:,} were seen: "
                "it changed while it was read, or this is a fault of recstore. Build again."
            )
        passed = self._drop_repeated(passing) if self.file.table == "ratings" else 0
        self._run("forget_lines")
        return passed

    def _drop_repeated(self, passing: bool) -> int:
        """Read the file once more for the lines of the pairs that are rated again; return how many are passed over."""
        pairs = repeated_pairs(self.connection)
        if not len(pairs):
            return 0
        self.connection.register("repeated_pairs", pa.table({"pair": pairs}))
        self._run("stage_repeated")
        for _ in self._judge_blocks():
            self._run("insert_repeated", pair=PAIR)
        if not passing:
            self._run("reject_repeated", {"source": self.file.name})
        dropped = self.connection.execute(sql.render(_SQL, "delete_repeated", pair=PAIR)).fetchall()[0][0]
        self.connection.unregister("repeated_pairs")
        return int(dropped) if passing else 0

    def _judge_blocks(self) -> Iterator[int]:
        """Bring block after block into the table `judged`, and give the number of lines each one accounts for."""
        first = 2 if self.file.has_header else 1
        begun = ""
        for text, is_last in self._blocks():
            self._run("split_lines", {"first": first, "text": begun + text})
            count = (begun + text).count("\n") + 1
            begun = ""
            if self._has_openers():
                self._run("open_runs", **self.grammar.patterns("opening", "standing"))
                start, unfinished = self.connection.execute(sql.read(_SQL, "unfinished")).fetchall()[0]
                if start is not None and not is_last and len(unfinished) <= _LONGEST:
                    begun = unfinished + "\n"
                    self.connection.execute("DELETE FROM lines WHERE line >= ?", [start])
                    count = start - first
                self._run("join_lines", **self.grammar.patterns("record"))
            first += count
            self.connection.execute(self.judging)
            if self.file.table in ("movies", "links"):
                self._run("judge_repeated", table=self.file.table)
            records, breaks, blank = self.connection.execute(sql.read(_SQL, "count_judged")).fetchall()[0]
            yield records + breaks + blank

    def _has_openers(self) -> bool:
        if not self.grammar.opening:
            return False
        query = sql.render(_SQL, "has_openers", **self.grammar.patterns("opening"))
        return bool(self.connection.execute(query).fetchall()[0][0])

    def _blocks(self) -> Iterator[tuple[str, bool]]:
        """Give the text of the file after its header in blocks of whole lines, and whether each is the last."""
        before: str | None = None
        to_skip = self.file.has_header
        for index, block in enumerate(self._byte_blocks()):
            text = self._decode(block)
            if index == 0:
                text = text.removeprefix(_BYTE_ORDER_MARK)
            if to_skip:
                text = text.partition("\n")[2]
                to_skip = False
            if text:
                if before is not None:
                    yield before, False
                before = text[:-1] if text.endswith("\n") else text.removesuffix("\r")
        if before is not None:
            yield before, True

    def _decode(self, block: bytes) -> str:
        text = block.decode(self.survey.encoding, "recstore.movielens")
        return text.replace("\r", "\n") if self.survey.line_end == b"\r" else text.replace("\r\n", "\n")

    def _byte_blocks(self) -> Iterator[bytes]:
        lines = 0
        rest = b""
        with self.path.open("rb") as opened:
            while read := opened.read(_BLOCK):
                rest += read
                whole = rest.rfind(self.survey.line_end) + 1
                if whole:
                    yield rest[:whole]
                    lines += rest.count(self.survey.line_end)
                    rest = rest[whole:]
                if len(rest) > _BLOCK:
                    raise SourceError(
                        f"{self.file.name} in {self.source}: line {lines + 1:,} is longer than {_BLOCK >> 20} MB, so "
                        "this is not MovieLens's format. Mend that line, and build again."
                    )
        if rest:
            yield rest

    def _run(self, name: str, values: dict[str, object] | None = None, /, **placeholders: str) -> None:
        text = sql.read(_SQL, name)
        self.connection.execute(Template(text).substitute(placeholders) if placeholders else text, values)


class _Grammar:
    """How a record of a file is told, as regular expressions, and taken apart, as SQL.

    `record`: all fields, each in quotes or not, one group each. `standing`: the same, with numbers where numbers are
    due, so that no line within a quoted text is taken for one. `opening`: the beginning of such a record, up to an
    opened quote.
    """

    _NUMBER = r' *"?[-+]?[0-9.]+"? *'

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.delimiter = file.delimiter
        self.any_record = self.record = self.standing = self.opening = ""
        if not file.quote:
            return
        field = rf' *"(?:[^"]|"")*" *| *[^"{file.delimiter} \n][^{file.delimiter}\n]*| *'
        numbers = [kind != "VARCHAR" for kind in file.columns.values()]
        typed = [self._NUMBER if is_number else f"(?:{field})" for is_number in numbers]
        self.any_record = f"(?:{field})(?:{file.delimiter}(?:{field}))*"
        self.record = file.delimiter.join([f"({field})"] * len(numbers))
        self.standing = file.delimiter.join(typed)
        self.opening = "|".join(
            file.delimiter.join([*typed[:index], r' *"(?:[^"]|"")*'])
            for index, is_number in enumerate(numbers)
            if not is_number
        )

    def patterns(self, *names: str) -> dict[str, str]:
        """Return the named expressions as SQL literals: DuckDB compiles a bound one for every row."""
        return {name: sql.literal(getattr(self, name)) for name in names}

    def typed(self) -> str:
        """Return the query that gives the fields of `lines` in the columns and types of the file."""
        casts = {
            name: f"fields[{index}]" if kind == "VARCHAR" else f"TRY_CAST(fields[{index}] AS {kind})"
            for index, (name, kind) in enumerate(self.file.columns.items(), start=1)
        }
        misreads = [
            f"WHEN {cast} IS NULL THEN {index}"
            for index, cast in enumerate(casts.values(), start=1)
            if cast.startswith("TRY_CAST")
        ]
        return sql.render(
            _SQL,
            "typed",
            casts=", ".join(f"{cast} AS {name}" for name, cast in casts.items()),
            misreads=" ".join(misreads),
            fields=self._fields(),
        )

    def _fields(self) -> str:
        delimiter = sql.literal(self.delimiter)
        if not self.file.quote:
            return f"string_split(text, {delimiter})"
        record = sql.literal(self.record)
        groups = range(1, len(self.file.columns) + 1)
        return sql.render(
            _SQL,
            "quoted_fields",
            delimiter=delimiter,
            record=record,
            any_record=sql.literal(self.any_record),
            extracts=", ".join(f"regexp_extract(text, {record}, {group})" for group in groups),
        )


def _undecoded(error: UnicodeError) -> tuple[str, int]:
    """Mark bytes that are not UTF-8; the few that Windows-1252 does not define stay what they are in Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.encoding == "utf-8":
        return _UNDECODED, error.end
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("recstore.movielens", _undecoded)
