"""Which type of Spark a column of a store has, and what it is cast to where Parquet or Spark does not know its type."""

from __future__ import annotations

from typing import Any

import duckdb

_PLAIN = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INT",
    "bigint": "BIGINT",
    "utinyint": "SMALLINT",
    "usmallint": "INT",
    "uinteger": "BIGINT",
    "ubigint": "DECIMAL(20,0)",
    "float": "FLOAT",
    "double": "DOUBLE",
    "varchar": "STRING",
    "blob": "BINARY",
    "date": "DATE",
    "timestamp": "TIMESTAMP_NTZ",
    "timestamp_s": "TIMESTAMP_NTZ",
    "timestamp_ms": "TIMESTAMP_NTZ",
    "timestamp with time zone": "TIMESTAMP",
}


def spark_type(kind: str) -> str:
    """Return the type of Spark that a column of this SQL type of DuckDB has after the export."""
    return _both(duckdb.sqltype(kind))[0]


def exported_as(kind: str) -> str:
    """Return the SQL type of DuckDB to which a column is cast for the export; it may be its own."""
    return _both(duckdb.sqltype(kind))[1]


def _both(kind: duckdb.sqltypes.DuckDBPyType) -> tuple[str, str]:
    """Return the type in Spark, and that in DuckDB which is written to Parquet."""
    name = kind.id
    if name in _PLAIN:
        return _PLAIN[name], str(kind)
    if name in ("list", "array", "struct", "map"):
        return _nested(kind)
    if name == "decimal":
        return str(kind), str(kind)
    # Of the others HUGEINT would be rounded, and the rest Spark does not read.
    return ("TIMESTAMP_NTZ", "TIMESTAMP") if name == "timestamp_ns" else ("STRING", "VARCHAR")


def _nested(kind: duckdb.sqltypes.DuckDBPyType) -> tuple[str, str]:
    name, parts = kind.id, _parts(kind)
    if name in ("list", "array"):
        spark, written = _both(parts[0][1])
        return f"ARRAY<{spark}>", f"{written}[]"
    if name == "struct":
        fields = [(field, *_both(child)) for field, child in parts]
        shown = ", ".join(f"`{field.replace('`', '``')}`: {spark}" for field, spark, _ in fields)
        written = ", ".join('"' + field.replace('"', '""') + f'" {text}' for field, _, text in fields)
        return f"STRUCT<{shown}>", f"STRUCT({written})"
    (_, key), (_, value) = parts
    (spark_key, key_text), (spark_value, value_text) = _both(key), _both(value)
    return f"MAP<{spark_key}, {spark_value}>", f"MAP({key_text}, {value_text})"


def _parts(kind: duckdb.sqltypes.DuckDBPyType) -> list[tuple[str, Any]]:
    """Return the types that a type is made of, by name."""
    return list(kind.children)
