"""The names of tables as people write them."""

from __future__ import annotations

import re

from recstore.errors import SourceError

_PART = re.compile(r'"((?:[^"]|"")+)"|([^."]+)')


def name_parts(source: str) -> list[str]:
    """Return the parts of a table's name: catalogue, schema and table, where a part may stand in double quotes."""
    parts = [quoted.replace('""', '"') if quoted else bare.strip() for quoted, bare in _PART.findall(source)]
    if not parts or ".".join(_PART.sub("x", source).split(".")) != ".".join("x" for _ in parts):
        raise SourceError(f"{source!r} is neither the name of a table nor a query; a query begins with SELECT or WITH.")
    return parts
