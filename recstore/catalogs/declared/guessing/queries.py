"""Queries that a declaration needs where a file alone is not enough: of files as they are named, in DuckDB's SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable

from recstore import sql
from recstore.catalogs.declared.guessing.profiles import Table
from recstore.errors import OptionError

#: Encodings that DuckDB's reader knows by itself.
_READABLE = ("utf-8", "utf-16", "latin-1")
_READ_BY_NAME = re.compile(r"(?i)\.(csv|tsv|parquet|json|jsonl|ndjson)(\.gz|\.zst)?$|\.parquet$")


def written(package: str, name: str, /, **placeholders: str) -> str:
    """Return a query as it stands in a declaration: a template, filled."""
    return sql.render(package, name, **placeholders).strip()


def from_clause(table: Table, used: Iterable[str]) -> str:
    """Return what stands after FROM for a source; `used` are the columns whose values must stay as they are written."""
    if table.is_query:
        lines = "\n".join(f"    {line}" for line in table.source.splitlines())
        return f"(\n{lines}\n)"
    if table.path is None:
        return table.source
    if table.path.is_dir():
        ending = "parquet" if not table.relation.is_text and next(table.path.rglob("*.parquet"), None) else "*"
        reader = "read_parquet" if ending == "parquet" else "read_csv" if table.relation.is_text else "read_json"
        return f"{reader}({sql.literal(f'{table.source}/**/*.{ending}')}, union_by_name = true)"
    name = sql.literal(table.source)
    kinds = {}
    if table.relation.is_text:
        kinds = {
            one: "VARCHAR"
            for one in used
            if table.columns[one].type == "VARCHAR" and table.columns[one].numeric > 0.1 * table.columns[one].filled
        }
    options = []
    if table.dialect.columns:
        listed = ", ".join(map(sql.literal, table.dialect.columns))
        options = [f"header = false{'' if table.dialect.header is False else ', skip = 1'}", f"names = [{listed}]"]
        if table.dialect.header is not False:
            # A header that does not fit is no CSV by the strict rules.
            options += ["strict_mode = false"]
        options += _grammar(table)
    elif not table.is_plain:
        options = ["header = true", *_grammar(table)]
    if table.dialect.encoding not in (None, *_READABLE):
        raise OptionError(
            f"{table.title} is in {table.dialect.encoding}, and has to be put together with another table, which is "
            f"done in UTF-8 alone. Convert it: iconv -f {table.dialect.encoding} -t UTF-8."
        )
    if table.dialect.encoding:
        options.append(f"encoding = {sql.literal(table.dialect.encoding)}")
    if table.relation.rejects:
        # Where a build finds lines to reject, DuckDB's reader would read nothing at all.
        options.append("ignore_errors = true")
    if kinds:
        options.append("types = {" + ", ".join(f"{sql.literal(one)}: '{kind}'" for one, kind in kinds.items()) + "}")
    if not options and _READ_BY_NAME.search(table.source):
        return name
    reader = "read_csv" if table.relation.is_text else "read_parquet" if "parquet" in table.source else "read_json"
    return f"{reader}({', '.join([name, *options])})"


def _grammar(table: Table) -> list[str]:
    """Return how the fields of a CSV file are delimited, as DuckDB's reader is told."""
    given = table.grammar
    return [f"delim = {sql.literal(given.delimiter)}", f"quote = {sql.literal(given.quote)}",
            f"escape = {sql.literal(given.escape)}"] if given else []  # fmt: skip
