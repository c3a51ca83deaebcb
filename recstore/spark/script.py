"""What makes exported tables and functions known to Spark: the statements of `functions.sql`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.spark.functions import Space, render_functions
from recstore.spark.quoting import identifier, literal

#: What a table is marked with that recstore made known, so that it may be made known anew.
MARK = "recstore.export"
_HEAD = """\
-- The tables of a recstore store and its functions, for Spark SQL 4.2 or later: spark-sql -f functions.sql, or
-- recstore.spark.install(spark, FOLDER) in Python. A table that is there already stays as it is: after an export to
-- another folder, DROP SCHEMA {schema} CASCADE first; that leaves all files where they are.
"""
#: The folder of a table, in the statement that makes it known.
_PLACE = re.compile(r"(?m)^CREATE TABLE .* LOCATION '.*/([^/']+)' TBLPROPERTIES")
#: Where letters with accents stand, and accents that follow a letter.
_ACCENTED = (range(0xC0, 0x250), range(0x300, 0x370), range(0x370, 0x530), range(0x1E00, 0x2000))


def statements(
    catalogs: Sequence[Catalog],
    spaces: Sequence[tuple[str, str, int]],
    tables: Sequence[str],
    *,
    schema: str,
    location: str,
    form: str,
) -> list[str]:
    """Return the statements that make tables and functions known in a schema.

    `spaces` are (catalogue, space, dimensions), `tables` those that lie in folders of their names below `location`, in
    the format `form`: parquet or delta.
    """
    target = qualified(schema)

    def relation(table: str) -> str:
        return f"{target}.{identifier(table)}"

    made = [f"CREATE SCHEMA IF NOT EXISTS {target}"]
    for table in tables:
        place = literal(f"{location.rstrip('/')}/{table}")
        names = {"table": relation(table), "form": form, "place": place, "mark": MARK}
        made.append(sql.render("recstore.spark.sql", "create_table", **names).strip())
    for catalog in catalogs:
        known = [Space(space, dimensions) for of, space, dimensions in spaces if of == catalog.name]
        made += render_functions(catalog, known, relation, f"{target}.", accents())
    return made


def qualified(schema: str) -> str:
    """Return the full name of a schema: functions lie in Spark's own catalogue, and find tables by full names."""
    return f"spark_catalog.{identifier(schema.removeprefix('spark_catalog.'))}"


def as_script(made: Sequence[str], schema: str) -> str:
    """Return statements as the text of a file."""
    return _HEAD.format(schema=qualified(schema)) + "".join(f"\n{one};\n" for one in made)


def tables_of(path: Path) -> frozenset[str] | None:
    """Return which tables a script of ours makes known, in folders of their names; None for another file, or none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if not text.startswith(_HEAD.partition(",")[0]):
        return None
    return frozenset(_PLACE.findall(text))


@cache
def accents() -> tuple[str, str]:
    """Return letters as `strip_accents` changes them: those with accents, and what stands in their places.

    Accents that stand by themselves are the last, with nothing in their places.
    """
    changed, lone = {}, []
    for letter in (chr(code) for codes in _ACCENTED for code in codes):
        bare = "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))
        if letter == letter.lower() and bare != letter:
            if len(bare) == 1:
                changed[letter] = bare
            elif not bare:
                lone.append(letter)
    return "".join(changed) + "".join(lone), "".join(changed.values())
