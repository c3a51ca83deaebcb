"""Reads plants from a CSV file: id, name, colours separated by bars, height in cm."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from recstore.errors import SourceError
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.sources.loader import FileReport, LoadReport, RowFile


class Herbarium:
    """Loader of a herbarium."""

    name = "herbarium"
    catalog = "plants"
    about = "A CSV file of plants: id, name, colours separated by bars, height in cm."
    example = ""
    row_files = (RowFile("plants", "A CSV file of more plants, as for build; one of a known id is replaced."),)

    def load(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Fill `plants`; a line without a name or with a height that is no number above 0 is rejected."""
        return LoadReport(source, [self.append(connection, "plants", source, options, progress)])

    def append(
        self, connection: duckdb.DuckDBPyConnection, table: str, source: str, options: BuildOptions, progress: Progress
    ) -> FileReport:
        """Fill `plants` likewise, which is empty, from a file to be added."""
        path = Path(source).expanduser()
        if not path.is_file():
            raise SourceError(f"{source} is no file. Pass a CSV file of plants.")
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
        rows, rejects = [], []
        for number, line in enumerate(lines, start=2):
            fields = line.split(",")
            try:
                key, name, colours, height = int(fields[0]), fields[1], fields[2].split("|"), float(fields[3])
                assert name
                assert 0 < height < 10_000
                rows.append((key, name, colours, height))
            except (AssertionError, IndexError, ValueError):
                rejects.append((path.name, number, None, "no plant", line))
        if rows:
            connection.executemany("INSERT INTO plants VALUES (?, ?, ?, ?)", rows)
        if rejects:
            connection.executemany("INSERT INTO load_rejects VALUES (?, ?, ?, ?, ?)", rejects)
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        return FileReport(path.name, len(content), digest, len(rows), len(rejects))
