"""Writes names, text and expressions as Spark SQL does."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from recstore.catalogs.meant import WHOLE_NUMBER

_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER")


def literal(text: str) -> str:
    """Quote one string literal of Spark SQL, in which a backslash escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def identifier(name: str) -> str:
    """Quote one identifier of Spark SQL."""
    return "`" + name.replace("`", "``") + "`"


def address(path: Path) -> str:
    """Return a path of this machine as Spark names it: as it stands, since Hadoop takes %20 for three letters."""
    return f"file://{path.absolute()}"


def to_read(path: Path) -> str:
    """Return a path of this machine as Spark reads it: what it would take for a pattern is escaped."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", address(path))


def typed(text: str, kind: str) -> str:
    """Return SQL that brings a text to the text of an id of this type: NULL where it is none."""
    if _WHOLE.fullmatch(kind):
        whole = f"CAST(try_cast(split_part({text}, '.', 1) AS DECIMAL(38,0)) AS STRING)"
        return f"CASE WHEN {text} RLIKE r{WHOLE_NUMBER} THEN {whole} END"
    return f"lower({text})" if kind == "UUID" else text


def in_spark(expression: str) -> str:
    """Return an expression that recstore wrote for DuckDB as Spark SQL: it quotes names and text in other ways."""
    text = expression.encode()
    tokens = duckdb.tokenize(expression)
    ends = [*(place for place, _ in tokens[1:]), len(text)]
    parts = []
    for (place, _), end in zip(tokens, ends, strict=True):
        token = text[place:end].decode()
        bare = token.rstrip()
        if bare.startswith('"'):
            shown = identifier(bare[1:-1].replace('""', '"'))
        elif bare.startswith("'"):
            shown = literal(bare[1:-1].replace("''", "'"))
        else:
            shown = "STRING" if bare == "VARCHAR" else bare
        parts.append(shown + token[len(bare) :])
    return "".join(parts)
