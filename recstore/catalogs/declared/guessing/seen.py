"""Says what there is in the sources, and leaves out of a declaration what a build would have to reject."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import duckdb

from recstore import sql
from recstore.catalogs.declared.expressions import resolve
from recstore.catalogs.declared.guessing.drafts import Side
from recstore.catalogs.declared.guessing.joining import Pair
from recstore.catalogs.declared.guessing.linking import as_id
from recstore.catalogs.declared.guessing.names import bare
from recstore.catalogs.declared.guessing.profiles import Profile, Table, count
from recstore.catalogs.declared.guessing.queries import from_clause, written
from recstore.catalogs.declared.moments import moment
from recstore.errors import OptionError

_SQL = "recstore.catalogs.declared.guessing.sql"
#: Of so many rows at most a build may reject some; where more are at fault, they are left out beforehand.
_FEW = 0.005


@dataclass(frozen=True)
class Seen:
    """What there is in a table of interactions, and how many rows a build could not take, by what is wrong."""

    rows: int
    items: int
    users: int
    nothing: int
    unknown: int
    nobody: int
    untimely: int
    first: Any
    last: Any


def saw_items(connection: duckdb.DuckDBPyConnection, side: Side, table: Table) -> str:
    """Return in a line what items there are."""
    id_ = str(side.values["id"])
    found = resolve(connection, table.relation, "id", id_)
    distinct = count(connection, table.relation.text, f"DISTINCT {found.sql}")
    return f"{table.title}: {distinct:,} items by {id_}, in {_rows(table.rows)} of {len(table.columns)} columns."


def saw_interactions(seen: Seen, many: Table, one: Table | None, found: Pair, item: Profile) -> str:
    """Return in a line what interactions there are."""
    who = (found.user or found.session or item).name
    parts = [f"{many.title}: {_rows(seen.rows)}, {seen.users:,} users by {who}, {seen.items:,} items by {item.name}"]
    if one is not None:
        known = 1 - (seen.unknown + seen.nothing) / seen.rows if seen.rows else 0
        parts.append(f"{known:.1%} of the rows point at known items")
    if seen.first is not None:
        parts.append(f"from {seen.first:%Y-%m-%d} to {seen.last:%Y-%m-%d}")
    return "; ".join(parts) + "."


def sound(seen: Seen, side: Side, many: Table, one: Table | None, found: Pair, item: Profile) -> str:
    """Leave out the rows that a build would reject, where they are more than a few; return how many they are."""
    conditions, reasons = [], []
    key = bare(item.name)
    if seen.unknown > _FEW * seen.rows and one is not None and found.link is not None:
        conditions.append(_known(many, one, found, item))
        reasons.append(f"{seen.unknown:,} of {seen.rows:,} rows name items that are not in {one.title}")
    elif seen.nothing > _FEW * seen.rows:
        conditions.append(f"{key} IS NOT NULL")
        reasons.append(f"{seen.nothing:,} of {seen.rows:,} rows have no {item.name}")
    if seen.nobody > _FEW * seen.rows and (who := [one for one in (found.user, found.session) if one]):
        names = ", ".join(bare(one.name) for one in who)
        conditions.append(f"{names} IS NOT NULL" if len(who) == 1 else f"coalesce({names}) IS NOT NULL")
        reasons.append(f"{seen.nobody:,} of {seen.rows:,} rows have no {who[0].name}")
    if seen.untimely > _FEW * seen.rows:
        conditions += _timely(side, many)
        reasons.append(f"{seen.untimely:,} of {seen.rows:,} rows have a time in the future, or none (1970)")
    if not conditions:
        return ""
    where = "\n    AND ".join(conditions)
    side.set(
        "from",
        written(_SQL, "some_rows", source=from_clause(many, list(many.columns)), condition=where),
        f"{'; '.join(reasons)}. They are left out here, since a build would have to reject them.",
    )
    for part in many.told():
        side.values.pop(part, None)
    return f"{many.title}: {'; '.join(reasons)}. They are left out."


def _timely(side: Side, many: Table) -> list[str]:
    at = str(side.values["at"])
    kind = many.columns[at].type if at in many.columns else ""
    if not kind.startswith("TIMESTAMP") and kind != "DATE":
        return []
    return [f"({bare(at)} IS NULL OR {bare(at)} BETWEEN TIMESTAMP '1970-01-02' AND now()::TIMESTAMP)"]


def _known(many: Table, one: Table, found: Pair, item: Profile) -> str:
    """Return the condition that an item is among those of another table."""
    assert found.link is not None
    id_ = one.columns[found.link.one]
    theirs, ours = bare(item.name), bare(id_.name)
    if found.link.how == "number":
        theirs, ours = f"TRY_CAST({theirs} AS BIGINT)", f"TRY_CAST({ours} AS BIGINT)"
    elif found.link.how == "case":
        theirs, ours = f"lower({theirs})", f"lower({ours})"
    elif item.type != id_.type:
        theirs, ours = (
            f"CAST({'CAST(' + name + ' AS BIGINT)' if column.is_float else name} AS VARCHAR)"
            for name, column in ((theirs, item), (ours, id_))
        )
    return f"{theirs} IN (SELECT {ours} FROM {from_clause(one, [id_.name])})"


def see(
    connection: duckdb.DuckDBPyConnection, side: Side, many: Table, one: Table | None, found: Pair, item: Profile
) -> Seen:
    """Return what there is in a table of interactions."""
    names = [sql.identifier(who.name) for who in (found.user, found.session) if who]
    if len(names) > 1:
        names = [f"CAST({name} AS VARCHAR)" for name in names]
    known = "true"
    if one is not None and found.link is not None:
        id_ = one.columns[found.link.one]
        ours, theirs = as_id(id_), as_id(item)
        if item.type == id_.type and not item.is_float:
            # As they are they are compared more quickly.
            ours, theirs = sql.identifier(id_.name), sql.identifier(item.name)
        if found.link.how == "number":
            ours, theirs = f"TRY_CAST({ours} AS BIGINT)", f"TRY_CAST({theirs} AS BIGINT)"
        elif found.link.how == "case":
            ours, theirs = f"lower({ours})", f"lower({theirs})"
        known = f"{theirs} IN (SELECT {ours} FROM {one.relation.text} WHERE {ours} IS NOT NULL)"
    query = sql.render(
        _SQL,
        "seen_interactions",
        item=as_id(item) if item.is_float else sql.identifier(item.name),
        who=f"coalesce({', '.join(names)})",
        at=_moment(connection, side, many),
        known=known,
        source=many.relation.text,
    )
    return Seen(*connection.execute(query).fetchall()[0])


def _moment(connection: duckdb.DuckDBPyConnection, side: Side, many: Table) -> str:
    at = side.values.get("at")
    if at is None:
        return "CAST(NULL AS TIMESTAMP)"
    sample = replace(many.relation, text=many.sample)
    try:
        return moment(connection, sample, resolve(connection, many.relation, "at", str(at)))
    except OptionError as error:
        side.ask(str(error), "at", at)
        del side.values["at"]
        return "CAST(NULL AS TIMESTAMP)"


def _rows(n: int) -> str:
    return f"{n:,} row{'' if n == 1 else 's'}"
