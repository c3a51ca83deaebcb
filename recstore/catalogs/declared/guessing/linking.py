"""How tables hang together: which column of one holds the ids of another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.profiles import Profile, Table
from recstore.catalogs.declared.guessing.words import plain, words_of

_SQL = "recstore.catalogs.declared.guessing.sql"
#: A link is one where at least so much of what a column holds stands in the other.
_ENOUGH = 0.5
_KEYS = {"id", "no", "nr", "code", "key", "uuid", "guid", "number", "name"}


@dataclass(frozen=True)
class Link:
    """A column of `many` that holds ids which stand in the column `one` of another table.

    `share` of the different ids stand there; `how` they are to be compared: "same", "number", or "case" for whatever
    case they are in. `score` says how likely it is that the two belong together, their names counted.
    """

    many: str
    one: str
    share: float
    how: str
    score: float


def links(connection: duckdb.DuckDBPyConnection, many: Table, one: Table) -> list[Link]:
    """Return how columns of `many` point at ids of `one`, the likeliest first."""
    found = []
    stem = {word.removesuffix("s") for word in words_of(Path(one.title).stem)}
    for ours in one.columns.values():
        if not is_identity(ours) or ours.scientific:
            continue
        for theirs in many.columns.values():
            if not theirs.can_be_id or theirs.named("rating") == 1 or theirs.is_time or theirs.distinct < 2:
                continue
            if theirs.is_unique and theirs.rows > 1 and set(words_of(theirs.name)) <= _KEYS:
                # It tells its own table's rows apart.
                continue
            alike = _alike(theirs, ours, stem)
            if theirs.is_number and ours.is_number and not alike:
                # Small numbers stand everywhere.
                continue
            link = _link(connection, many, theirs, one, ours, alike)
            if link is not None:
                found.append(link)
    return sorted(found, key=lambda link: -link.score)


def is_identity(column: Profile) -> bool:
    """Tell whether a column can tell the rows of its table apart: nearly every value is there once."""
    return column.can_be_id and column.variety > 0.9 and column.missing < 0.1 and column.named("rating") < 1


def _alike(theirs: Profile, ours: Profile, stem: set[str]) -> float:
    """Return how much two names have in common: 1 for the same, less for the same meaning; `stem` names a table."""
    if plain(theirs.name) == plain(ours.name):
        return 1.0
    words, own = set(words_of(theirs.name)), set(words_of(ours.name))
    if words == own:
        return 0.9
    if not own - _KEYS:
        # An id without a further word is of whatever its table holds.
        if {word.removesuffix("s") for word in words} & stem:
            return 0.9
        return 0.5 if theirs.named("item") else 0.0
    if any(theirs.named(role) == 1 and ours.named(role) == 1 for role in ("user", "item", "session", "category")):
        return 0.7
    return 0.5 if words & own - _KEYS else 0.0


def _link(
    connection: duckdb.DuckDBPyConnection, many: Table, theirs: Profile, one: Table, ours: Profile, alike: float
) -> Link | None:
    query = sql.render(_SQL, "overlap", theirs=as_id(theirs), many=many.sample, ours=as_id(ours), one=one.relation.text)
    n, same, case, number = connection.execute(query).fetchall()[0]
    if not n:
        return None
    share, how = same / n, "same"
    if number / n > share + 0.1 and theirs.is_whole and ours.is_whole:
        share, how = number / n, "number"
    elif case / n > share + 0.1:
        share, how = case / n, "case"
    if share == 0 or (share < _ENOUGH and alike < 0.7):
        return None
    return Link(theirs.name, ours.name, share, how, share + alike + (0.5 if ours.variety == 1 else 0))


def as_id(column: Profile) -> str:
    """Return SQL of a column as the text of ids: whole numbers as such, without blanks around."""
    name = sql.identifier(column.name)
    if column.is_float:
        return f"CAST(TRY_CAST(CASE WHEN {name} = round({name}) THEN {name} END AS HUGEINT) AS VARCHAR)"
    return f"nullif(trim(CAST({name} AS VARCHAR)), '')"


def belongs(connection: duckdb.DuckDBPyConnection, table: Table, group: str, column: str) -> float:
    """Return how much a column is one of whatever `group` names: 1 where each has one value, 0 for no relation.

    Of one value in all there is nothing to be told.
    """
    query = sql.render(_SQL, "belongs", group=sql.identifier(group), column=sql.identifier(column), source=table.sample)
    within, alone, groups = connection.execute(query).fetchall()[0]
    if not groups:
        return 1.0
    return float((within - alone) / (1 - alone)) if alone < 1 else 0.0
