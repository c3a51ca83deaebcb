"""Puts tables together: which hold the interactions, which the items, and which others belong to either."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.interactions import OTHER_TIMES, is_state
from recstore.catalogs.declared.guessing.linking import Link, is_identity, links
from recstore.catalogs.declared.guessing.names import bare
from recstore.catalogs.declared.guessing.profiles import Profile, Table, count, profiles
from recstore.catalogs.declared.guessing.queries import from_clause, written
from recstore.catalogs.declared.guessing.roles import any_ids, items_in, numbered, person_of
from recstore.catalogs.declared.guessing.words import words_of

_SQL = "recstore.catalogs.declared.guessing.sql"


@dataclass
class Pair:
    """The table of interactions and the table of items, either of which may not be there, and what links them."""

    interactions: Table | None
    items: Table | None
    link: Link | None = None
    user: Profile | None = None
    session: Profile | None = None


def pair(connection: duckdb.DuckDBPyConnection, tables: list[Table]) -> Pair:
    """Return which tables hold the interactions and the items."""
    people = [person_of(connection, table) for table in tables]
    best: tuple[float, Pair] | None = None
    for many, (user, session) in zip(tables, people, strict=True):
        if user is None and session is None:
            continue
        own = {one.name for one in (user, session) if one}
        for one in tables:
            if one is many:
                continue
            for link in links(connection, many, one):
                if link.many in own or one.columns[link.one].named("user") >= 0.6:
                    continue
                score = link.score + _worth(many, one, user, link)
                if best is None or score > best[0]:
                    best = score, Pair(many, one, link, user, session)
    if best is not None:
        return best[1]
    return _unnamed(connection, tables) or _alone(tables, people)


def _worth(many: Table, one: Table, user: Profile | None, link: Link) -> float:
    """Return how much speaks for a pair beside the link itself."""
    said = sum(0.2 for role in ("rating", "at", "event", "value") if many.find(role))
    described = 1.0 if any(column.spaced and column.is_text for column in one.columns.values()) else 0.0
    item = many.columns[link.many].named("item")
    return said + described + 0.5 * bool(user) + 0.5 * item + 0.1 * math.log10(many.rows + 1)


def _unnamed(connection: duckdb.DuckDBPyConnection, tables: list[Table]) -> Pair | None:
    """Return a pair where no column is named for a user: who had an item is the other id beside it."""
    best: tuple[float, Pair] | None = None
    for one in tables:
        for many in tables:
            if one is many:
                continue
            for link in links(connection, many, one):
                item = many.columns[link.many]
                if link.share <= 0.5 or item.is_unique or item.named("user") >= 0.6:
                    continue
                others = [
                    other for other in any_ids(many, {link.many}) if not other.is_unique and not other.named("category")
                ]
                # Where nobody is known, a shop's branches are who had what.
                others += [
                    branch for branch in many.find("other") if branch.is_key and branch.can_be_id and branch is not item
                ]
                score = item.named("item") - item.named("other")
                if others and (best is None or score > best[0]):
                    best = score, Pair(many, one, link, others[0], None)
    return best[1] if best else None


def _alone(tables: list[Table], people: list[tuple[Profile | None, Profile | None]]) -> Pair:
    """Return the one table that says most: of interactions, or of items."""
    found = []
    for table, (user, session) in zip(tables, people, strict=True):
        own = {one.name for one in (user, session) if one}
        items = items_in(table, own) or [one for one in any_ids(table, own) if not one.is_unique]
        if own and items and not _is_description_of_items(table, items[0]):
            found.append((table.rows, Pair(table, None, None, user, session)))
    if found:
        return max(found, key=lambda one: one[0])[1]
    others = [_opaque(table) for table in tables]
    opaque = next((one for one in others if one), None)
    return opaque or Pair(None, max(tables, key=_described))


def _is_description_of_items(table: Table, item: Profile) -> bool:
    """Tell whether each row describes an item, though a user is named in it: of a post, its writer."""
    return (
        item.variety > 0.95
        and _described(table) > 1
        and (item.rows >= 20 or item.is_unique)
        and not table.find("rating")
    )


def _described(table: Table) -> float:
    texts = [one for one in table.columns.values() if one.is_text and one.spaced > 0.3 * one.filled]
    return len(texts) + (1 if any(map(is_identity, table.columns.values())) else 0)


def _opaque(table: Table) -> Pair | None:
    """Return two columns of ids that come back in a table that names and describes nothing: user, then item."""
    if any(is_identity(one) for one in table.columns.values()) or _described(table) > 1:
        return None
    ids = [one for one in table.columns.values() if one in any_ids(table, set()) and one.variety < 0.9]
    return Pair(table, None, None, ids[0], None) if len(ids) > 1 else None


def with_headers(connection: duckdb.DuckDBPyConnection, found: Pair, tables: list[Table]) -> tuple[Pair, list[Table]]:
    """Join what another table says of each session, its user and its time; return it with the tables joined."""
    many = found.interactions
    if many is None:
        return found, []
    has_time = any(
        (one.is_time or one.named("at") == 1) and not OTHER_TIMES & set(words_of(one.name))
        for one in many.columns.values()
    )
    own = {one.name for one in (found.user,) if one} | ({found.link.many} if found.link else set())
    for other in tables:
        if other in (many, found.items):
            continue
        link = next((one for one in links(connection, many, other) if one.many not in own and one.share > 0.8), None)
        if link is None:
            continue
        user, _session = person_of(connection, other)
        wanted = [user.name] if user and found.user is None and user.name != link.one else []
        if not has_time:
            wanted += [
                name for name in other.columns if name not in (link.one, *wanted) and _may_be_time(other.columns[name])
            ]
            number = numbered(connection, other, user, other.columns[link.one]) if user else None
            wanted += [number.name] if number else []
        if wanted or user:
            wanted += [name for name, one in other.columns.items() if is_state(one)]
        wanted = [name for name in wanted if name not in many.columns]
        if not wanted:
            continue
        joined = _join(connection, many, link, other, {name: name for name in wanted}, f"{many.sample}_joined")
        user, session = person_of(connection, joined)
        found = replace(found, interactions=joined, user=user, session=session)
        if user and user.name in wanted and other.columns[user.name].is_unique:
            found, behind = _with_person(connection, found, joined, user, tables)
            return found, [other, *behind]
        return found, [other]
    return found, []


def _with_person(
    connection: duckdb.DuckDBPyConnection, found: Pair, many: Table, user: Profile, tables: list[Table]
) -> tuple[Pair, list[Table]]:
    """Join who stands behind a user that is another for each session, where a table says which of them are one."""
    for other in tables:
        if other is found.items:
            continue
        behind, _session = person_of(connection, other)
        link = next((one for one in links(connection, many, other) if one.many == user.name and one.share > 0.8), None)
        if link is None or behind is None or behind.variety == 1 or behind.name in (link.one, *many.columns):
            continue
        joined = _join(connection, many, link, other, {behind.name: behind.name}, f"{many.sample}_person")
        joined.notes = [*many.notes, f"{user.name} is another each time; {behind.name} of {other.title} is who it was."]
        return replace(found, interactions=joined, user=joined.columns[behind.name]), [other]
    return found, []


def _may_be_time(column: Profile) -> bool:
    if column.type.startswith(("TIMESTAMP", "DATE")):
        return True
    return column.named("at") >= 0.6 and not column.is_key and (column.is_time or column.is_text or column.is_day)


def with_lookups(
    connection: duckdb.DuckDBPyConnection, items: Table, identity: str | None, tables: list[Table]
) -> tuple[Table, list[Table]]:
    """Join what other tables say of values that the items refer to, such as the name of a brand."""
    used = []
    for other in tables:
        texts = [one.name for one in other.columns.values() if one.is_text and not one.links and not one.bracketed]
        if not texts or (other.rows > items.rows and person_of(connection, other) != (None, None)):
            continue
        found = [one for one in links(connection, items, other) if one.share > 0.8 and one.how == "same"]
        if not found:
            continue
        link = found[0]
        if link.many == identity:
            wanted = {name: name for name in texts if name not in items.columns and name != link.one}
        else:
            stem = "_".join(word for word in words_of(link.many) if word not in ("id", "no", "code", "key", "nr"))
            wanted = {
                name: name if name not in items.columns and set(words_of(name)) - {"name", "title"} else stem
                for name in texts
                if name != link.one
            }
            wanted = {name: new for name, new in wanted.items() if new and new not in items.columns}
        if wanted:
            items = _join(connection, items, link, other, wanted, f"{items.sample}_named")
            used.append(other)
    return items, used


def _join(
    connection: duckdb.DuckDBPyConnection, many: Table, link: Link, one: Table, wanted: dict[str, str], sample: str
) -> Table:
    """Return a table with columns of another, whose rows `link` leads to; `wanted` gives their names in it."""
    key, ours = bare(link.many), bare(link.one)
    unique = count(connection, one.relation.text) == count(
        connection, one.relation.text, f"DISTINCT {sql.identifier(link.one)}"
    )
    same = many.columns[link.many].type == one.columns[link.one].type
    on = f"USING ({key})" if same and key == ours else (
        f"ON many.{key} = one.{ours}" if same else f"ON CAST(many.{key} AS VARCHAR) = CAST(one.{ours} AS VARCHAR)"
    )  # fmt: skip
    picked = ", ".join(
        f"one.{bare(name)}" + (f" AS {bare(new)}" if new != name else "") for name, new in wanted.items()
    )

    def text(columns: str, left: str, right: str) -> str:
        if not unique:
            once = ", ".join(f"min({bare(name)}) AS {bare(name)}" for name in wanted)
            right = f"(SELECT {ours}, {once} FROM {right} GROUP BY {ours})"
        return written(_SQL, "joined", columns=columns, picked=picked, many=left, one=right, link=on)

    source = text("many.*", from_clause(many, list(many.columns)), from_clause(one, [link.one, *wanted]))
    listed = ", ".join(f"many.{sql.identifier(name)}" for name in (*many.columns, "_rs_line"))
    inner = f"({text(listed, many.relation.text, one.relation.text)})"
    return derived(connection, many, source, inner, sample)


def derived(connection: duckdb.DuckDBPyConnection, table: Table, source: str, inner: str, sample: str) -> Table:
    """Return a query over a table as one: `source` as it is declared, `inner` over what was read already."""
    rows = connection.execute(f"DESCRIBE FROM {inner}").fetchall()
    types = {row[0]: row[1] for row in rows if row[0] != "_rs_line"}
    relation = replace(table.relation, text=inner, columns=types, rejects=None)
    columns = profiles(connection, relation, sample)
    return Table(
        source, table.title, relation, count(connection, inner), sample, columns, None, is_query=True, notes=table.notes
    )


def stem_of(table: Table) -> str:
    """Return the name of a table's file without its ending."""
    name = Path(table.title.rstrip("/*")).name
    return name.split(".", maxsplit=1)[0]
