"""`recstore init`: guesses a declaration from the columns of files or tables, and explains it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.declared.config import parse_config
from recstore.catalogs.declared.declaration import RESERVED, Items, check_name
from recstore.catalogs.declared.expressions import resolve
from recstore.catalogs.declared.guessing.drafts import Side, written
from recstore.catalogs.declared.guessing.interactions import InteractionsGuess
from recstore.catalogs.declared.guessing.items import ItemsGuess
from recstore.catalogs.declared.guessing.joining import Pair, derived, pair, stem_of, with_headers, with_lookups
from recstore.catalogs.declared.guessing.linking import belongs
from recstore.catalogs.declared.guessing.lists import taken_apart
from recstore.catalogs.declared.guessing.names import OURS, bare, catalog_name, keywords, plural, renaming
from recstore.catalogs.declared.guessing.nested import laid_out
from recstore.catalogs.declared.guessing.opening import as_written, open_sources
from recstore.catalogs.declared.guessing.profiles import Profile, Table
from recstore.catalogs.declared.guessing.properties import side_by_side
from recstore.catalogs.declared.guessing.queries import from_clause
from recstore.catalogs.declared.guessing.queries import written as query
from recstore.catalogs.declared.guessing.roles import any_ids, items_in
from recstore.catalogs.declared.guessing.seen import saw_interactions, saw_items, see, sound
from recstore.catalogs.declared.guessing.wide import unfolded
from recstore.errors import OptionError, told_where_full
from recstore.opening import open_connection
from recstore.scratch import OTHER_FOLDER, scratch_folder
from recstore.sources.addresses import shown
from recstore.sources.databases import tables_of

_SQL = "recstore.catalogs.declared.guessing.sql"
#: What a file of declarations is called, unless somebody calls it otherwise.
CONFIG = "recstore.toml"


@dataclass(frozen=True)
class Guess:
    """A declaration that was guessed.

    `name` is the catalogue's, `items` the declaration, `text` the same as `recstore.toml` with its reasons and
    questions in comments. `seen` are lines for people: what there is in each source; `left_out` say what of it the
    declaration does without.
    """

    name: str
    items: Items
    text: str
    seen: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def init(
    *sources: str | os.PathLike[str],
    name: str | None = None,
    database: str | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Guess:
    """Return the declaration of a catalogue, guessed from files, folders, or the tables of a database.

    `name` is the catalogue's; by default it is that of the file of the items. `database` is a SQLAlchemy URL, or a
    DuckDB file; then `sources` are tables of it. `folder` is where `recstore.toml` will be kept: paths in the text are
    meant from there; by default it is the current one. The text builds as it is, and asks in comments what the columns
    alone do not tell.

    Raises `SourceError` where a source cannot be read, `OptionError` where no column tells its items apart.
    """
    given = [os.fspath(source) for source in sources]
    if not given and database:
        raise OptionError(
            "Name the tables of items and of interactions, and others that belong to them. The database has: "
            f"{', '.join(tables_of(database, Path())) or 'none'}."
        )
    if not given:
        raise OptionError("Name the files that a declaration is to be guessed from: recstore init books.csv sales.csv.")
    if name is not None and (check_name(name) in OURS or name in keywords()):
        raise OptionError(
            f"{name!r} cannot be the name of a catalogue: recstore or SQL has it already. Choose another."
        )
    with (
        scratch_folder() as scratch,
        told_where_full(f"what the sources hold to {scratch.parent}", OTHER_FOLDER),
        open_connection(config={"temp_directory": str(scratch / "spill")}) as connection,
    ):
        gathered = sql.literal(str(scratch / "gathered.duckdb"))
        connection.execute(f"ATTACH {gathered} AS gathered; SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        tables, notes = open_sources(connection, given, database, Path())
        for table in tables:
            table.source = table.source if database else as_written(table.source, Path(), Path(folder or ""))
        return _Guesser(connection, tables, notes, name, database, Path(folder or "") / CONFIG).run()


class _Guesser:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Sequence[Table],
        notes: Sequence[str],
        name: str | None,
        database: str | None,
        target: Path,
    ) -> None:
        self.connection = connection
        self.tables = list(tables)
        self.name = name
        self.database = database
        self.target = target
        self.head = list(notes)
        self.seen = list(notes)
        self.left_out = list(notes)

    def run(self) -> Guess:
        self.tables = self._in_rows()
        found = pair(self.connection, self.tables)
        found, joined = with_headers(self.connection, found, self.tables)
        used = {id(table) for table in (found.interactions, found.items, *joined)}
        if found.interactions is not None:
            origin = next(one for one in self.tables if one.title == found.interactions.title)
            used.add(id(origin))
        items, interactions = self._sides(found, used)
        unused = [table.title for table in self.tables if id(table) not in used]
        if unused:
            self.head.append(f"Not used: {', '.join(unused)}.")
            self.seen.append(self.head[-1])
            self.left_out.append(self.head[-1])
        name = self.name or self._named(found)
        self.head.insert(0, f"Guessed by recstore init. Read it, mend it, then: recstore build {name}.duckdb")
        self._databases(items, interactions)
        text = written(name, self.head, items, interactions)
        declared = parse_config(text, self.target)[name]
        return Guess(name, declared, text, tuple(self.seen), tuple(self.left_out))

    def _in_rows(self) -> list[Table]:
        """Return the tables with a row for each item or interaction, however they are laid out."""
        tables = self.tables
        for change in (laid_out, unfolded, taken_apart, side_by_side):
            tables = change(self.connection, tables)
        return tables

    def _sides(self, found: Pair, used: set[int]) -> tuple[Side, Side | None]:
        many, one = found.interactions, found.items
        if many is None:
            assert one is not None
            return self._items(one, None, used), None
        item = self._item(many, found)
        guess = InteractionsGuess(self.connection, many)
        asked = found.link.how if found.link else "same"
        interactions = guess.run(found.user, found.session, item, _compared(item, asked))
        if one is None:
            one = self._from_interactions(many, item, guess.taken, found.user)
            items = self._items(one, item.name, used, is_grouped=True) if one else Side()
        else:
            assert found.link is not None
            items = self._items(one, found.link.one, used)
            id_ = one.columns[found.link.one]
            if asked != "same":
                items.set("id", _compared(id_, asked), f"{many.title} has the same ids, written otherwise.")
            interactions.notes.setdefault("item", []).append(
                f"{found.link.share:.1%} of the different ones stand in {bare(id_.name)} of {one.title}."
            )
        self._others(interactions, many, item, found)
        self._verify(interactions, many)
        seen = see(self.connection, interactions, many, one if found.items else None, found, item)
        without = sound(seen, interactions, many, one if found.items else None, found, item)
        self.left_out += [without] if without else []
        self.seen.append(saw_interactions(seen, many, one if found.items else None, found, item))
        return items, interactions

    def _item(self, many: Table, found: Pair) -> Profile:
        if found.link is not None:
            return many.columns[found.link.many]
        own = {one.name for one in (found.user, found.session) if one}
        ids = items_in(many, own) or [one for one in any_ids(many, own) if not one.is_unique]
        return ids[0]

    def _others(self, interactions: Side, many: Table, item: Profile, found: Pair) -> None:
        """Ask whether another column was meant as the item."""
        if found.link is not None:
            if found.user and not found.session and not found.user.named("user"):
                interactions.ask(f"Is {found.user.name} who had it? No column is named for a user.")
            return
        own = {one.name for one in (found.user, found.session, item) if one}
        rivals = [
            one.name for one in items_in(many, own) if one.is_key and not one.named("group") and one.distinct > 20
        ]
        if rivals:
            interactions.ask(
                f"What is to be recommended? {item.name} has {item.distinct:,} values; it might as well be "
                f"{' or '.join(rivals)}."
            )
        if not found.user and not found.session:
            return
        named = max(
            found.user.named("user") if found.user else 0, found.session.named("session") if found.session else 0
        )
        if not named or not item.named("item"):
            who = found.user or found.session
            assert who is not None
            interactions.ask(f"Is {who.name} who, and {item.name} what? The names do not say.")

    def _from_interactions(self, many: Table, item: Profile, taken: set[str], user: Profile | None) -> Table | None:
        """Return the items as a query of the interactions, where these describe them: the commonest value of each."""
        described = []
        for one in many.columns.values():
            if one.name in taken or one.is_nested or one.is_list or one.is_time or one.distinct < 2:
                continue
            of_item = belongs(self.connection, many, item.name, one.name)
            if of_item < 0.7 or (
                user and one.distinct <= user.distinct and _is_of_user(self.connection, many, user, one, of_item)
            ):
                continue
            described.append(one.name)
        if not described:
            return None
        listed = ",\n    ".join(f"mode({bare(name)} ORDER BY {bare(name)}) AS {bare(name)}" for name in described)
        key = bare(item.name)
        source = query(
            _SQL, "commonest_of_each", key=key, values=listed, source=from_clause(many, [item.name, *described])
        )
        listed += ",\n    min(_rs_line) AS _rs_line"
        inner = query(_SQL, "commonest_of_each", key=key, values=listed, source=many.relation.text)
        return derived(self.connection, many, source, f"({inner})", f"{many.sample}_items")

    def _items(self, table: Table, identity: str | None, used: set[int], *, is_grouped: bool = False) -> Side:
        rest = [other for other in self.tables if id(other) not in used]
        table, joined = with_lookups(self.connection, table, identity, rest)
        used.update(id(one) for one in joined)
        if any(name.lower() in RESERVED for name in table.columns):
            table = self._renamed(table)
        guess = ItemsGuess(self.connection, table, stem_of(table))
        if is_grouped:
            table.notes = [f"{table.title} describes its items in every row: each gets what is said of it most often."]
        side = guess.run(identity)
        self._verify(side, table)
        self.seen.append(saw_items(self.connection, side, table))
        return side

    def _renamed(self, table: Table) -> Table:
        names = [name for name in table.columns if name.lower() in RESERVED]
        selected = renaming(table)
        table.notes.append(f"{', '.join(names)}: functions return columns of that name, so it has another name here.")
        source = query(_SQL, "laid_out", columns=selected, source=from_clause(table, list(table.columns)))
        return derived(
            self.connection, table, source, f"(SELECT {selected} FROM {table.relation.text})", f"{table.sample}_renamed"
        )

    def _verify(self, side: Side, table: Table) -> None:
        """Turn what cannot be asked of the source into a question."""
        for key, value in list(side.values.items()):
            if key in ("items", "from", "columns", "header", "encoding", "weights", "seen", "verb", "database"):
                continue
            for expression in value if isinstance(value, list | tuple) else [value]:
                try:
                    resolve(self.connection, table.relation, key, str(expression))
                except OptionError as error:
                    if key in ("id", "item", "user", "session"):
                        raise
                    side.ask(str(error))
                    if isinstance(value, list):
                        value.remove(expression)
                    else:
                        del side.values[key]

    def _databases(self, items: Side, interactions: Side | None) -> None:
        if self.database is None:
            return
        value, notes = self.database, []
        if shown(self.database) != self.database:
            value = "${SHOP_DB}"
            notes = [f"The environment variable SHOP_DB holds the address with its password: {shown(self.database)}"]
        for side, key in ((items, "items"), (interactions, "from")):
            if side is None or key not in side.values:
                continue
            rest = {one: given for one, given in side.values.items() if one != key}
            side.values = {key: side.values[key], "database": value} | rest
            side.notes.setdefault("database", []).extend(notes)

    def _named(self, found: Pair) -> str:
        """Return a name for the catalogue: of the file of its items, or of what its interactions are with."""
        names = [stem_of(found.items)] if found.items else []
        if found.interactions:
            names.append(stem_of(found.interactions))
            names.append(plural(self._item(found.interactions, found).name))
        for one in names:
            name = catalog_name(one)
            if name:
                return name
        return "items"


def _compared(column: Profile, how: str) -> str:
    """Return SQL of an id in the way in which two sides are the same."""
    if how == "number":
        return column.name if column.is_number else f"TRY_CAST({bare(column.name)} AS BIGINT)"
    return f"lower({bare(column.name)})" if how == "case" else column.name


def _is_of_user(
    connection: duckdb.DuckDBPyConnection, table: Table, user: Profile, column: Profile, of_item: float
) -> bool:
    return column.named("user") > 0 or belongs(connection, table, user.name, column.name) > of_item
