"""Fills the tables of a declared catalogue from its sources, in columns: what cannot be loaded is told and kept."""

from __future__ import annotations

import os
from collections.abc import Iterable

import duckdb

from recstore import sql
from recstore.catalogs.declared.catalog import can_be, is_number
from recstore.catalogs.declared.declaration import Interactions
from recstore.catalogs.declared.reading import Read
from recstore.errors import OptionError, SourceError
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.sources.loader import FileReport, LoadReport
from recstore.sources.relations import Relation

_SQL = "recstore.catalogs.declared.sql"


class DeclaredLoader:
    """Loads what `read_sources` has read; a `recstore.sources.loader.Loader` of this one catalogue, of its name."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self.name = self.catalog = read.catalog.name

    def load(
        self, connection: duckdb.DuckDBPyConnection, source: str, options: BuildOptions, progress: Progress
    ) -> LoadReport:
        """Fill the tables of the store in the making, empty or not: items that are there stay as they are."""
        connection.execute(f"ATTACH {sql.literal(os.fspath(self.read.file))} AS gathered (READ_ONLY)")
        try:
            report = LoadReport(source)
            if self.read.items is not None:
                with self.read.items.in_place.required():
                    report.files += self._load_items(connection, self.read.items, progress)
            if self.read.interactions is not None:
                with self.read.interactions.in_place.required():
                    report.files += self._load_interactions(connection, self.read.interactions, progress)
            return report
        finally:
            connection.execute("DETACH gathered")

    def _load_items(
        self, connection: duckdb.DuckDBPyConnection, relation: Relation, progress: Progress
    ) -> list[FileReport]:
        catalog = self.read.catalog
        names = {"items": catalog.items, "identity": sql.identifier(catalog.identity)}
        [(total, faulty, same)] = connection.execute(sql.render(_SQL, "count_items", **names)).fetchall()
        before = _count(connection, catalog.items)
        columns = [column.name for column in catalog.columns]
        listed = ", ".join(sql.identifier(column) for column in columns)
        replaced = self._replace_items(connection, names, columns) if before else 0
        connection.execute(sql.render(_SQL, "insert_items", **names, columns=listed))
        added = _count(connection, catalog.items) - before
        for space, column in self.read.vectors.items():
            called = names | {"embeddings": f"{catalog.name}_embeddings", "vector": sql.identifier(column)}
            if before:
                connection.execute(sql.render(_SQL, "drop_embeddings", **called), {"space": space})
            query = sql.render(_SQL, "insert_embeddings", **called)
            given = connection.execute(query, {"space": space}).fetchall()[0][0]
            sound = total - faulty - same
            if given < sound:
                progress.notice(f"{sound - given:,} items of {relation.name} have no vector in the space {space}.")
        if faulty:
            given = ", ".join(f"{sql.literal(column)}: i.{sql.identifier(column)}" for column in columns)
            query = sql.render(_SQL, "reject_items", **names, given=given)
            connection.execute(query, {"source": relation.name, "column": catalog.identity})
        if same:
            progress.notice(
                f"{same:,} rows of {relation.name} are there twice, the same in every column, and count once."
            )
        passed = total - added - faulty - replaced
        return _reports(connection, relation, rows=added, rejects=faulty, replaced=replaced, passed=passed)

    def _replace_items(self, connection: duckdb.DuckDBPyConnection, names: dict[str, str], columns: list[str]) -> int:
        """Bring items that are there up to what the source says; return how many it says something else of."""
        others = [sql.identifier(column) for column in columns if column != self.read.catalog.identity]
        if not others:
            return 0
        items = names["items"]
        assigned = ", ".join(f"{column} = s.{column}" for column in others)
        differs = " OR ".join(f"{items}.{column} IS DISTINCT FROM s.{column}" for column in others)
        query = sql.render(_SQL, "replace_items", **names, set=assigned, differs=differs)
        return int(connection.execute(query).fetchall()[0][0])

    def _load_interactions(
        self, connection: duckdb.DuckDBPyConnection, relation: Relation, progress: Progress
    ) -> list[FileReport]:
        catalog, declared = self.read.catalog, self.read.declared.interactions
        assert declared is not None
        assert catalog.interactions is not None
        history = catalog.interactions
        if self.read.has_items_by_interactions:
            self._items_of_interactions(connection, relation)
        if declared.event is not None:
            self._refuse_unlisted_events(connection, relation, declared)
        names = self._names(relation)
        before, total = _count(connection, history.table), _count(connection, relation.text)
        insert = "insert_new_interactions" if before else "insert_interactions"
        connection.execute(sql.render(_SQL, insert, **names))
        added = _count(connection, history.table) - before
        rejects = 0
        if before or added < total:
            found = dict(connection.execute(sql.render(_SQL, "judge_interactions", **names)).fetchall())
            rejects = sum(found.values())
            if found.get(UNKNOWN, 0) * 2 > total:
                raise self._mostly_unknown(connection, relation, found[UNKNOWN], total)
            if UNKNOWN in found:
                self._tell_of_alike_items(connection, relation, progress)
        if rejects:
            connection.execute(sql.render(_SQL, "reject_interactions", **names), {"source": relation.name})
        self._tell_of_alike_users(connection, relation, progress)
        self._tell_of_missing_values(connection, relation, progress)
        return _reports(connection, relation, rows=added, rejects=rejects, passed=total - rejects - added)

    def _names(self, relation: Relation) -> dict[str, str]:
        """Return what the statements about the interactions of a source are written with."""
        catalog = self.read.catalog
        assert catalog.interactions is not None
        history = catalog.interactions
        select = ", ".join(
            [
                *(f"{text} AS {sql.identifier(column)}" for column, text in self.read.selected.items()),
                f"{self.read.given_item} AS {_GIVEN}",
                f"{self.read.is_named} AS {_IS_NAMED}",
                f"{self.read.given_time or 'NULL'} AS {_GIVEN_TIME}",
                f"{self.read.is_timed or 'false'} AS {_IS_TIMED}",
            ]
        )
        given = {column: f"h.{sql.identifier(column)}" for column in self.read.selected}
        given[history.item] = f"h.{_GIVEN}"
        if history.time:
            time = given[history.time]
            given[history.time] = f"coalesce(CAST({time} AS VARCHAR), CAST(h.{_GIVEN_TIME} AS VARCHAR))"
        faults = self._faults()
        item = f"h.{sql.identifier(history.item)}"
        return {
            "interactions": history.table,
            "select": select,
            "source": relation.text,
            # (What is asked one by one is asked of the source's columns as they lie there.)
            "sound": " AND ".join(f"({condition}) IS NOT TRUE" for condition, _field, _reason in faults),
            "field": _cases((condition, field) for condition, field, _reason in faults),
            "reason": _cases((condition, reason) for condition, _field, reason in faults),
            "known": f"LEFT JOIN {catalog.items} AS i ON i.{sql.identifier(catalog.identity)} = {item}",
            "names": ", ".join(map(sql.identifier, self.read.selected)),
            "columns": ", ".join(f"h.{sql.identifier(column)}" for column in self.read.selected),
            "given": ", ".join(f"{sql.literal(column)}: {text}" for column, text in given.items()),
        }

    def _faults(self) -> list[tuple[str, str, str]]:
        """Return what may be wrong with a row of interactions: the condition, the column, the reason."""
        catalog = self.read.catalog
        assert catalog.interactions is not None
        history = catalog.interactions
        roles = self.read.roles
        people = [f"h.{sql.identifier(roles[role])}" for role in ("user", "session") if role in roles]
        branches = [
            (f"NOT coalesce(h.{_IS_NAMED}, false)", history.item, "no id of an item"),
            (f"i.{catalog.key} IS NULL", history.item, UNKNOWN),
            (f"coalesce({', '.join(f'CAST({one} AS VARCHAR)' for one in people)}) IS NULL", history.user, "no user"),
        ]
        if history.time:
            time = f"h.{sql.identifier(history.time)}"
            branches.append((f"h.{_IS_TIMED} AND {time} IS NULL", history.time, "no time"))
            branches.append(
                (f"{time} IS NOT NULL AND NOT coalesce({can_be(time)}, false)", history.time, "a time that cannot be")
            )
        if history.value:
            rating = f"h.{sql.identifier(history.value)}"
            branches.append((f"NOT coalesce({is_number(rating)}, false)", history.value, "no rating"))
        if "value" in roles:
            value = f"h.{sql.identifier(roles['value'])}"
            branches.append((f"NOT coalesce({is_number(value)}, true)", roles["value"], "no number"))
        return branches

    def _items_of_interactions(self, connection: duckdb.DuckDBPyConnection, relation: Relation) -> None:
        """Let the items be those that interactions are with, where nothing else is known of them."""
        catalog = self.read.catalog
        assert catalog.interactions is not None
        names = {
            "items": catalog.items,
            "identity": sql.identifier(catalog.identity),
            "item": self.read.selected[catalog.interactions.item],
            "source": relation.text,
        }
        connection.execute(sql.render(_SQL, "insert_items_of_interactions", **names))

    def _refuse_unlisted_events(
        self, connection: duckdb.DuckDBPyConnection, relation: Relation, declared: Interactions
    ) -> None:
        event = self.read.selected[self.read.roles["event"]]
        rows = connection.execute(sql.render(_SQL, "event_counts", event=event, source=relation.text)).fetchall()
        self._refuse_unlisted(rows, relation, declared)

    @staticmethod
    def _refuse_unlisted(rows: list[tuple[str, int]], relation: Relation, declared: Interactions) -> None:
        """Refuse kinds of events, each with how often it is there, that the declaration gives no weight."""
        if any(name not in declared.weights for name, _count in rows):
            counted = ", ".join(f"{name!r} ({count:,})" for name, count in rows[:20])
            listed = ", ".join(f"{name} = {declared.weights.get(name, 1):g}" for name, _count in rows[:20])
            raise OptionError(
                f"weights does not list all that {declared.event} of {relation.name} holds: {counted}. Say what each "
                f"counts, 0 for nothing: weights = {{ {listed} }}."
            )

    def _mostly_unknown(
        self, connection: duckdb.DuckDBPyConnection, relation: Relation, unknown: int, total: int
    ) -> SourceError:
        catalog = self.read.catalog
        assert catalog.interactions is not None
        query = sql.render(
            _SQL,
            "unknown_items",
            given=self.read.given_item,
            item=self.read.selected[catalog.interactions.item],
            source=relation.text,
            identity=sql.identifier(catalog.identity),
            items=catalog.items,
        )
        theirs, ours = connection.execute(query).fetchall()[0]
        if not ours:
            return SourceError(
                f"There are no items: none of the {total:,} interactions of {relation.name} can be with one. Give "
                "items, or leave them out, and those that interactions name are the items."
            )
        return SourceError(
            f"{unknown:,} of the {total:,} interactions of {relation.name} are with items that are not there: they "
            f"name {', '.join(map(repr, theirs))}, and items have ids such as {', '.join(map(repr, ours))}. Name the "
            "columns in which both have the same ids."
        )

    def _tell_of_alike_items(
        self, connection: duckdb.DuckDBPyConnection, relation: Relation, progress: Progress
    ) -> None:
        """Say how many interactions were rejected for a difference of case or blanks alone."""
        catalog = self.read.catalog
        assert catalog.interactions is not None
        query = sql.render(
            _SQL,
            "alike_items",
            given=self.read.given_item,
            item=self.read.selected[catalog.interactions.item],
            source=relation.text,
            identity=sql.identifier(catalog.identity),
            items=catalog.items,
        )
        count, theirs, ours = connection.execute(query).fetchall()[0]
        if count:
            progress.notice(
                f"{count:,} interactions of {relation.name} name an item that differs from one that is there by case "
                f'or blanks alone, such as {theirs!r} and {ours!r}. They are rejected; item = "trim(…)" may join them.'
            )

    def _tell_of_missing_values(
        self, connection: duckdb.DuckDBPyConnection, relation: Relation, progress: Progress
    ) -> None:
        if "value" not in self.read.roles:
            return
        column = self.read.roles["value"]
        query = f"SELECT count(*) - count({self.read.selected[column]}) FROM {relation.text}"
        self._tell_of_no_value(connection.execute(query).fetchall()[0][0], relation, progress)

    def _tell_of_no_value(self, missing: int, relation: Relation, progress: Progress) -> None:
        if missing:
            column = self.read.roles["value"]
            progress.notice(f"{missing:,} interactions of {relation.name} have no {column}; each counts once.")

    def _tell_of_alike_users(
        self, connection: duckdb.DuckDBPyConnection, relation: Relation, progress: Progress
    ) -> None:
        history = self.read.catalog.interactions
        assert history is not None
        if history.user_type != "VARCHAR":
            return
        source = f"{history.table} WHERE {sql.identifier(history.user)} IS NOT NULL"
        query = sql.render(_SQL, "alike_ids", identity=sql.identifier(history.user), source=source)
        count, one, other = connection.execute(query).fetchall()[0]
        if count:
            progress.notice(
                f"{count:,} users of {relation.name} differ from another by case or blanks alone, such as {one!r} and "
                f"{other!r}. They are kept apart."
            )


#: The fault of an interaction whose item is not there.
UNKNOWN = "no item has this id"
#: What the item is called in the source, and whether that names one at all.
_GIVEN, _IS_NAMED = "_rs_given", "_rs_is_named"
#: The time as the source has it, and whether it has one at all.
_GIVEN_TIME, _IS_TIMED = "_rs_given_time", "_rs_is_timed"


def _cases(branches: Iterable[tuple[str, str]]) -> str:
    """Return SQL of what is said under the first condition that is true."""
    return f"CASE {' '.join(f'WHEN {condition} THEN {sql.literal(said)}' for condition, said in branches)} END"


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _reports(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    *,
    rows: int,
    rejects: int,
    passed: int,
    replaced: int = 0,
) -> list[FileReport]:
    """Return what became of a source: of several files, the first line stands for all, counted together."""
    unread = 0
    if relation.rejects:
        unread = _count(connection, relation.rejects)
        connection.execute(f"INSERT INTO load_rejects FROM {relation.rejects}")
    named = relation.files[0] if relation.files else None
    size, digest = (named.bytes, named.sha256) if named else (0, "")
    total = FileReport(relation.name, size, digest, rows, rejects + unread, replaced, passed)
    return [total, *(FileReport(one.file, one.bytes, one.sha256, 0, 0) for one in relation.files[1:])]
