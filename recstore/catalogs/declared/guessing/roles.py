"""Finds the columns that may hold users, sessions and items, by their names and by what they hold."""

from __future__ import annotations

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.linking import belongs
from recstore.catalogs.declared.guessing.profiles import Profile, Table
from recstore.catalogs.declared.guessing.words import words_of

_SQL = "recstore.catalogs.declared.guessing.sql"


def person_of(connection: duckdb.DuckDBPyConnection, table: Table) -> tuple[Profile | None, Profile | None]:
    """Return the columns of the user and of the session, or None each."""
    users = sorted(
        (one for one in table.find("user") if _can_be_person(one) and not _is_description(one)), key=_person_score
    )
    user = users[-1] if users else None
    sessions = [one for one in table.find("session") if one is not user and _can_be_person(one) and one.named("at") < 1]
    for one in sorted(sessions, key=_person_score, reverse=True):
        if user is None:
            if one.is_key or one.is_text or one.distinct > 20:
                return None, one
        elif (
            one.variety < 0.98
            and one.missing < 0.5
            and one.distinct > 1
            and belongs(connection, table, one.name, user.name) > 0.9
        ):
            return user, one
    return user, None


def _can_be_person(column: Profile) -> bool:
    return column.can_be_id and column.distinct > 1 and not column.is_time


def _is_description(column: Profile) -> bool:
    return column.named("title") == 1 and bool(column.spaced) and not column.is_key


def _person_score(column: Profile) -> float:
    return (
        max(column.named("user"), column.named("session"))
        + 0.3 * column.is_key
        - 0.3 * column.named("title")
        - 0.5 * column.missing
        - (1 if column.is_unique else 0)
    )


def items_in(table: Table, others: set[str]) -> list[Profile]:
    """Return the columns that may hold the ids of items, the likeliest first; `others` are taken."""
    found = [
        one
        for one in table.columns.values()
        if one.name not in others and one.can_be_id and one.distinct > 1 and one.named("item") >= 0.5
        and one.named("rating") < 1 and one.named("at") < 1 and one.named("value") < 1 and one.named("price") < 1
        and not one.is_time and not set(words_of(one.name)) & {"num", "count", "total"}
    ]  # fmt: skip
    return sorted(found, key=lambda one: -_item_score(one))


def _item_score(column: Profile) -> float:
    rows_each = column.filled / max(column.distinct, 1)
    return (
        column.named("item")
        + (0.5 if column.is_key or not column.spaced else 0)
        - 0.4 * column.named("title")
        - 0.3 * max(column.named("group"), column.named("category") if not column.is_key else 0)
        - 2 * column.missing
        # The finer the better, as long as there is enough of each.
        + (0.2 if rows_each >= 3 else 0)
    )


def any_ids(table: Table, others: set[str]) -> list[Profile]:
    """Return columns that may be ids whatever they are called, those with the most different values first."""
    found = [
        one
        for one in table.columns.values()
        if one.name not in others and one.can_be_id and one.distinct > 5 and not one.is_time and not one.is_day
        and not any(one.named(role) >= 0.6 for role in ("rating", "value", "price", "at", "event", "text", "other"))
        and one.missing < 0.5
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.is_key, one.spaced > 0, -one.distinct))


def numbered(connection: duckdb.DuckDBPyConnection, table: Table, user: Profile, session: Profile) -> Profile | None:
    """Return the column that numbers the sessions of each user, such as a customer's first order, second, and so on."""
    for one in table.columns.values():
        if one.name in (user.name, session.name) or not one.is_whole or not one.is_number or one.least not in (0, 1):
            continue
        names = {"user": user.name, "session": session.name, "number": one.name}
        query = sql.render(
            _SQL, "numbered_sessions", **{key: sql.identifier(name) for key, name in names.items()}, source=table.sample
        )
        people, counted = connection.execute(query).fetchall()[0]
        if people and counted >= 0.95 * people:
            return one
    return None
