"""Reads the sources of a declaration: what they hold decides of which types the catalogue's tables are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from recstore import sql
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.catalog import Role, Shape, catalog_of
from recstore.catalogs.declared.declaration import Interactions, Items, check_name
from recstore.catalogs.declared.expressions import (
    Expression,
    check_condition,
    made_column,
    refuse_captured,
    refuse_names,
    resolve,
)
from recstore.catalogs.declared.identities import identity_type, is_there, looked_at, refuse_lost_zeros, to_type
from recstore.catalogs.declared.known_types import refuse_changed_values
from recstore.catalogs.declared.moments import moment
from recstore.catalogs.declared.vector_columns import as_list
from recstore.errors import OptionError, SourceError, told_where_full
from recstore.opening import open_connection
from recstore.progress import Progress
from recstore.scratch import OTHER_FOLDER, scratch_folder
from recstore.sources.open_databases import OpenDatabases
from recstore.sources.relations import Relation, gather

_SQL = "recstore.catalogs.declared.sql"
_ROLES = ("user", "item", "at", "session", "rating", "event", "value")
_NUMBERS = ("rating", "value")
_NUMERIC = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\)")


@dataclass(frozen=True)
class Read:
    """The sources of a catalogue, read: a scratch database with what was no file that DuckDB reads in place.

    `items` and `interactions` are their relations, in any connection that has `file` attached as `gathered`; there, the
    table `shaped_items` holds the items as they will be kept, and `vectors` says under which column each vector is.
    `selected` is the SQL of each column of the interactions over their relation, and `roles` says which has which role.
    `given_item` is the SQL of the item as its source has it, and `is_named` of whether that names one;
    `given_time` and `is_timed` are those of the time.
    `has_items_by_interactions` says that no source of items is known.
    """

    catalog: Catalog
    declared: Items
    file: Path
    items: Relation | None
    interactions: Relation | None
    vectors: dict[str, str]
    selected: dict[str, str]
    roles: dict[str, str]
    given_item: str
    is_named: str
    given_time: str
    is_timed: str
    has_items_by_interactions: bool


@contextmanager
def read_sources(
    name: str,
    items: Items,
    budget: Budget,
    progress: Progress,
    known: Catalog | None = None,
    since: Mapping[str, Any] | None = None,
) -> Iterator[Read]:
    """Yield what the sources of the catalogue `name` hold.

    `known` is the catalogue as a store has it: then the types are its own. `since` are the largest values that it has
    of the columns that grow, of "items" and of "interactions": rows that are not beyond them are left out. Raises
    `SourceError` and `OptionError`, and `FullError` where the system's folder for what is needed for a while is full.
    """
    check_name(name)
    with scratch_folder() as scratch, open_connection(config={"temp_directory": str(scratch / "spill")}) as connection:
        file = scratch / "gathered.duckdb"
        with told_where_full(f"what the sources of {name} hold to {scratch.parent}", OTHER_FOLDER):
            connection.execute(f"ATTACH {sql.literal(str(file))} AS gathered; SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = false")
            budget.bound(connection)
            with ExitStack() as stack:
                databases = OpenDatabases(stack)
                read = _Reader(connection, databases, name, items, progress, known, since or {}).run(file)
            connection.execute("DETACH gathered")
        yield read


class _Reader:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        databases: OpenDatabases,
        name: str,
        items: Items,
        progress: Progress,
        known: Catalog | None,
        since: Mapping[str, Any],
    ) -> None:
        self.connection = connection
        self.databases = databases
        self.name = name
        self.declared = items
        self.progress = progress
        self.known = known
        self.since = since

    def run(self, file: Path) -> Read:
        declared = self.declared
        items = self._gather("items", declared) if declared.source is not None else None
        interactions = self._gather("interactions", declared.interactions) if declared.interactions else None
        roles, selected = self._roles(interactions, declared.interactions) if interactions else ({}, {})
        if items is not None:
            columns, identity, title, vectors = self._shape(items)
        else:
            # What is known of the items is their ids.
            identity = roles["item"]
            if self.known:
                identity = replace(identity, name=self.known.identity, type=self.known.identity_type)
            columns, title, vectors = {identity.name: identity.type}, identity.name, {}
        given = selected.get("item", "")
        is_named = given_time = is_timed = ""
        if interactions is not None:
            kind = self._kind(interactions, roles["item"].expression)
            item = looked_at(self.connection, interactions, Expression(roles["item"].expression, kind, None))
            is_named = is_there(item)
            history = declared.interactions
            if history is not None and history.at is not None:
                at = resolve(self.connection, interactions, "interactions.at", history.at)
                given_time, is_timed = at.sql, is_there(at)
            if self.declared.source is not None or self.known:
                refuse_lost_zeros(self.connection, interactions, item, identity.type)
            roles["item"] = replace(roles["item"], type=identity.type)
            selected["item"] = to_type(item, identity.type)
        catalog = self.known or catalog_of(self.name, declared, Shape(columns, identity, title, roles))
        named = {roles[role].name: text for role, text in selected.items()}
        stored = Items.as_recorded(self.known.declaration) if self.known else declared
        by_interactions = stored.source is None
        return Read(
            catalog,
            declared,
            file,
            items,
            interactions,
            vectors,
            selected=named,
            roles={role: one.name for role, one in roles.items()},
            given_item=given,
            is_named=is_named,
            given_time=given_time,
            is_timed=is_timed,
            has_items_by_interactions=by_interactions,
        )

    def _gather(self, what: str, side: Items | Interactions) -> Relation:
        ids = (side.id,) if isinstance(side, Items) else (side.user, side.item, side.session)
        return gather(
            self.connection,
            side.source,
            database=side.database,
            dialect=side.dialect,
            as_text=frozenset(one for one in ids if one),
            folder=Path(self.declared.folder),
            progress=self.progress,
            name_of_table=what,
            meant_for=f"the {what} of {self.name}",
            since=(side.updated, self.since[what]) if side.updated and what in self.since else None,
            databases=self.databases,
        )

    def _shape(self, relation: Relation) -> tuple[dict[str, str], Role, str, dict[str, str]]:
        """Make the table of the items as they will be kept; return its columns, the id, the title and the vectors."""
        declared = self.declared
        assert declared.id is not None
        refuse_names(relation)
        id_ = resolve(self.connection, relation, "id", declared.id)
        title = resolve(self.connection, relation, "title", declared.title) if declared.title else None
        kind = self.known.identity_type if self.known else identity_type(self.connection, relation, "id", id_, title)
        identity = Role(id_.column or made_column(relation, "id", declared.id), kind, to_type(id_, kind))
        columns = dict(relation.columns)
        select = {column: sql.identifier(column) for column in columns}
        columns[identity.name], select[identity.name] = kind, identity.expression
        named = identity.name
        if title is not None:
            named = title.column or made_column(relation, "title", declared.title or "")
            if named != identity.name:
                columns[named], select[named] = "VARCHAR", f"CAST({title.sql} AS VARCHAR)"
        vectors = {}
        for space, expression in declared.vectors.items():
            vector = resolve(self.connection, relation, f"vectors.{space}", expression)
            column = vector.column or f"_rs_vector_{space}"
            vectors[space] = column
            select[column] = as_list(self.connection, relation, f"vectors.{space}", vector)
            columns.pop(column, None)
        if self.known:
            made = frozenset((identity.name, named, *vectors.values()))
            refuse_changed_values(self.connection, relation, self.known, made, self.progress)
        self._check_expressions(relation)
        if not columns:
            raise SourceError(f"{relation.name} has no columns.")
        listed = ", ".join(f"{text} AS {sql.identifier(column)}" for column, text in select.items())
        self.connection.execute(sql.render(_SQL, "shape_items", select=listed, source=relation.text))
        same = ", ".join(sql.identifier(column) for column in select)
        first = "min" if declared.on_duplicate == "first" else "max"
        names = {"identity": sql.identifier(identity.name), "columns": same, "first": first}
        self.connection.execute(sql.render(_SQL, "judge_items", **names))
        self._refuse_lengths(relation, vectors, names["identity"])
        if kind == "VARCHAR":
            self._warn_of_alike(relation, names["identity"])
        return columns, identity, named, vectors

    def _check_expressions(self, relation: Relation) -> None:
        """Refuse what the declaration says of the items besides, where the source has no such columns."""
        declared = self.declared
        for what in ("text", "categories", "group", "updated"):
            given = getattr(declared, what) or ()
            for expression in (given,) if isinstance(given, str) else given:
                resolve(self.connection, relation, what, expression)
        if declared.available:
            check_condition(self.connection, relation, "available", declared.available)
        for what in ("group", "available"):
            if getattr(declared, what):
                refuse_captured(relation, what, getattr(declared, what))

    def _refuse_lengths(self, relation: Relation, vectors: dict[str, str], identity: str) -> None:
        for space, column in vectors.items():
            query = sql.render(_SQL, "vector_lengths", vector=sql.identifier(column), identity=identity)
            lengths = self.connection.execute(query).fetchall()
            if len(lengths) > 1:
                (usual, _n, _of), (odd, count, example) = lengths[:2]
                raise SourceError(
                    f"vectors.{space} of {relation.name} are of different lengths: most have {usual} numbers, "
                    f"{count:,} have {odd}, such as that of {example}. A space has one length."
                )

    def _warn_of_alike(self, relation: Relation, identity: str) -> None:
        source = f"gathered.shaped_items WHERE {identity} IS NOT NULL"
        query = sql.render(_SQL, "alike_ids", identity=identity, source=source)
        count, one, other = self.connection.execute(query).fetchall()[0]
        if count:
            self.progress.notice(
                f"{count:,} ids of {relation.name} differ from another by case or blanks alone, such as {one!r} and "
                f"{other!r}. They are kept apart."
            )

    def _roles(self, relation: Relation, declared: Interactions | None) -> tuple[dict[str, Role], dict[str, str]]:
        """Return the columns of the interactions by role, and the SQL of each over their source."""
        assert declared is not None
        roles: dict[str, Role] = {}
        for role in _ROLES:
            expression = getattr(declared, role)
            if expression is None:
                continue
            found = resolve(self.connection, relation, f"interactions.{role}", expression)
            if role == "at":
                kind, text = "TIMESTAMP", moment(self.connection, relation, found)
            elif role in _NUMBERS:
                kind, text = "DOUBLE", self._number(relation, role, found)
            elif role == "event":
                kind, text = "VARCHAR", f"CAST({found.sql} AS VARCHAR)"
            elif role == "item" and (self.declared.source is not None or self.known):
                kind, text = found.type, found.sql
            else:
                kind = identity_type(self.connection, relation, f"interactions.{role}", found)
                text = to_type(looked_at(self.connection, relation, found) if kind == "VARCHAR" else found, kind)
            roles[role] = Role(found.column or role, kind, text)
        if declared.updated:
            resolve(self.connection, relation, "interactions.updated", declared.updated)
        if self.known:
            roles = self._as_known(relation, roles)
        _refuse_shared(relation, roles)
        return roles, {role: one.expression for role, one in roles.items()}

    def _as_known(self, relation: Relation, roles: dict[str, Role]) -> dict[str, Role]:
        """Return the roles in the types that the store has."""
        assert self.known is not None
        assert self.known.interactions is not None
        [table] = [one for one in self.known.sources if one.name == self.known.interactions.table]
        there = {column.name.lower(): column for column in table.columns}
        known = {}
        for role, one in roles.items():
            column = there.get(one.name.lower())
            if column is None:
                raise OptionError(
                    f"{relation.name} has a column {one.name!r}, which {self.known.name} has not; build it anew."
                )
            text = one.expression
            if role in ("user", "session") and column.type != one.type:
                text = f"TRY_CAST({text} AS {column.type})"
            known[role] = Role(column.name, one.type if role == "item" else column.type, text)
        return known

    def _number(self, relation: Relation, role: str, found: Expression) -> str:
        if found.type == "VARCHAR" and not self._texts_that_are_no_numbers(relation, found):
            return f"TRY_CAST(nullif(trim({found.sql}), '') AS DOUBLE)"
        if not _NUMERIC.fullmatch(found.type):
            advice = (
                f'an expression such as {role} = "TRY_CAST({found.column or "…"} AS DOUBLE)" makes one of it'
                if found.type in ("VARCHAR", "BOOLEAN")
                else "name a column of numbers"
            )
            raise OptionError(f"interactions.{role} of {relation.name} is a {found.type} and no number; {advice}.")
        return f"CAST({found.sql} AS DOUBLE)"

    def _texts_that_are_no_numbers(self, relation: Relation, found: Expression) -> int:
        query = sql.render(_SQL, "text_numbers", number=found.sql, source=relation.text)
        return int(self.connection.execute(query).fetchall()[0][0])

    def _kind(self, relation: Relation, expression: str) -> str:
        [kind] = self.connection.sql(f"SELECT {expression} FROM {relation.text}").types
        return str(kind)


def _refuse_shared(relation: Relation, roles: dict[str, Role]) -> None:
    """Refuse two roles of one name that are not the same: an expression is called by its role, as a column may be."""
    by_name: dict[str, tuple[str, Role]] = {}
    for role, one in roles.items():
        other, first = by_name.setdefault(one.name.lower(), (role, one))
        if first.expression != one.expression and {role, other} != {"user", "item"}:
            raise OptionError(
                f"interactions.{other} and interactions.{role} would both be the column {one.name!r}: an expression is "
                f'called by its role. Rename the column {one.name!r} of {relation.name}: from = "SELECT * RENAME '
                f"({sql.identifier(one.name)} AS own_{one.name.lower()}) FROM '…'\"."
            )
