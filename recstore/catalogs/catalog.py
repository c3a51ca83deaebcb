"""What a catalogue is: a set of items to recommend, described by a value.

Everything between loading and SQL is written once against this description. A further catalogue is one more value, with
the class that computes it (`recstore.catalogs.model`), in a package of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

from recstore import sql
from recstore.catalogs.rules import Rule, Within
from recstore.catalogs.shape import has_shape
from recstore.errors import StoreError
from recstore.models.fading import FADING, Fading

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Column:
    """A column that the functions return: its SQL type, and an expression over an item, whose row goes by `$$`."""

    name: str
    type: str
    expression: str = ""

    def over(self, row: str) -> str:
        """Return the expression over the item that goes by the SQL name `row`."""
        return (self.expression or f"$$.{self.name}").replace("$$", row)


@dataclass(frozen=True)
class StoredColumn:
    """A column of a table, where a value says what the table holds: its SQL type, and what stands in it."""

    name: str
    type: str
    about: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """A table of a catalogue.

    `key` are the columns that tell its rows apart, where anything does, and that survive a build: ids, not ranks or
    positions. `refers` are (column, table, column of that table): where the values of a column stand. `rules` say what
    values may be; what a loader rejects by them, `check`, `rebuild` and `add` find in the table, too. `columns`, with
    `about`, are what the table is made of where no SQL file of the catalogue says so.
    """

    name: str
    key: tuple[str, ...] = ()
    refers: tuple[tuple[str, str, str], ...] = ()
    rules: tuple[Rule | Within, ...] = ()
    columns: tuple[StoredColumn, ...] = ()
    about: str = ""


@dataclass(frozen=True)
class InteractionTable:
    """The table that says who had to do with which item: its columns for the person, the value and the time.

    The item's column is called as the catalogue's key, unless `item` names the one that holds the item's id. `verb` is
    what people did: "rated". `user_type` is the SQL type of the column of the person. Several rows of one person and
    item count as their sum: `amount` is what a row adds to it, as SQL over the table, named `$$`; "" where there
    is one row for each. `keeps_seen` says whether an item that a person had may be recommended to them.
    """

    table: str
    user: str
    value: str
    time: str
    verb: str
    item: str = ""
    user_type: str = "BIGINT"
    amount: str = ""
    keeps_seen: bool = False

    def amount_of(self, row: str) -> str:
        """Return the amount of a row that goes by the SQL name `row`."""
        return self.amount.replace("$$", row)


@dataclass(frozen=True)
class Function:
    """A function that one catalogue alone has, in a SQL file of its name, and what it does.

    `also` is a second name, by the rule that catalogues of the user's own go by: `why_movies`.
    """

    name: str
    about: str
    also: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which it is called."""
        return (self.name, self.also) if self.also else (self.name,)


@dataclass(frozen=True)
class Catalog:
    """The names and shape of one catalogue, without anything that computes.

    `item` is what one item is called, `items` the table of items, `key` its integer key and `title` the column by which
    an item is named. Of several items of one name the one with the least `preference` is meant, or the greatest where
    `preference_descends`. `columns` are what the functions return, `searched` is the text in which `find` looks for
    words, and `drawn` what a picture calls an item, both written as the expression of a `Column`.

    `sources` are the tables that loaders fill, those that others refer to first; `learnt` are tables of what the models
    find out. `schema` is the package with the SQL of these tables in `tables`, of the catalogue's own `functions` and
    of its own `checks`.

    `spaces` lists spaces in order of preference, the default first: where an item has no vector in the default space,
    the next one in which it has one answers. `made` are all the spaces that recstore makes; others are its user's.
    `nearest_space` is the one in which a vector is looked for when no space is named. `depth` is how many neighbours of
    an item are stored.

    `kind` names what computes the catalogue where no class of its own does, which then goes by `declaration`.
    `identity` is the column by which the user tells items apart, of the type `identity_type`, where that is not `key`.
    `available` is a condition on an item, as SQL over its columns, that it must meet to be answered; "" for none.
    `group` is SQL of a value over the item's columns: of items with the same one a list shows the best; "" for none.

    `interactions`, with the table `weights` of weights from item to item, is what histories are continued by, and
    `tastes` the table of what their older part adds; `fading` says how. `recommends_for` names the function that
    continues anybody's list. `terms` is the table of terms by which words are brought into the space `terms_space`.
    """

    name: str
    item: str
    items: str
    key: str
    title: str
    columns: tuple[Column, ...]
    preference: str
    preference_descends: bool
    searched: str
    drawn: str
    vectors: str
    neighbors: str
    sources: tuple[Table, ...]
    spaces: tuple[str, ...]
    made: tuple[str, ...]
    nearest_space: str
    schema: str
    depth: int = 100
    learnt: tuple[Table, ...] = ()
    functions: tuple[Function, ...] = ()
    interactions: InteractionTable | None = None
    weights: str = ""
    tastes: str = ""
    recommends_for: str = ""
    fading: Fading = FADING
    terms: str = ""
    terms_space: str = ""
    kind: str = ""
    declaration: str = ""
    identity: str = ""
    identity_type: str = ""
    available: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        """Refuse names that would not stand in SQL as they are: a `StoreError`, since a value may come from a file."""
        names = [self.name, self.item, self.items, self.key, self.preference, self.vectors, self.neighbors]
        names += [self.nearest_space, *self.spaces, *self.made]
        names += [table.name for table in (*self.sources, *self.learnt)]
        names += [refers[1] for table in (*self.sources, *self.learnt) for refers in table.refers]
        optional = (self.weights, self.tastes, self.recommends_for, self.terms, self.terms_space)
        names += [name for name in optional if name]
        for name in names:
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise StoreError(f"The catalogue {self.name!r} has a name that cannot stand in SQL: {name!r}.")

    def named(self, column: str) -> str:
        """Return the name of a column of this catalogue as SQL: a user's own is quoted, whatever it is."""
        return sql.identifier(column) if self.kind else column

    @property
    def shown_key(self) -> str:
        """The column by which the rows of functions tell items apart, as SQL."""
        return self.named(self.identity) if self.identity else self.key

    @property
    def computed(self) -> tuple[Table, ...]:
        """The tables that a build computes."""
        key, items = self.key, self.items
        pair = ((key, items, key), ("neighbor_id", items, key))
        return (
            Table(self.vectors, ("space", key)),
            Table(self.neighbors),
            *self.learnt,
            *([Table(self.terms, ("term",))] if self.terms else []),
            *([Table(self.weights, (), pair)] if self.weights else []),
            *([Table(self.tastes, (key,), ((key, items, key),))] if self.tastes else []),
        )

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables of this catalogue: first what is loaded, then what is computed."""
        return tuple(table.name for table in (*self.sources, *self.computed))

    @property
    def source_tables(self) -> tuple[str, ...]:
        """The names of the tables that loaders fill."""
        return tuple(table.name for table in self.sources)

    def recorded(self) -> str:
        """Return this value as text, for the table `catalogs`."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    @lru_cache(maxsize=8)
    def as_recorded(cls, text: str) -> Catalog:
        """Return the value that `recorded` wrote; what is none is a `StoreError`."""
        try:
            given: dict[str, Any] = json.loads(text)
            interactions = given.get("interactions")
            parts: dict[str, object] = {
                "columns": _each(Column, given["columns"]),
                "sources": tuple(map(_table, given["sources"])),
                "learnt": tuple(map(_table, given["learnt"])),
                "functions": _each(Function, given["functions"]),
                "spaces": tuple(given["spaces"]),
                "made": tuple(given["made"]),
                "interactions": InteractionTable(**interactions) if interactions else None,
                "fading": Fading(**given["fading"]),
            }
            made = cls(**(given | parts))
            if not has_shape(made, cls) or not isinstance(json.loads(made.declaration or "{}"), dict):
                raise TypeError(f"{made.name} is described by values of other types")
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise StoreError(f"The store's table catalogs holds a value that cannot be read: {error}.") from error
        return made


def _each(kind: type[Any], values: Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
    def fixed(value: object) -> object:
        return tuple(fixed(part) for part in value) if isinstance(value, list) else value

    return tuple(kind(**{name: fixed(value) for name, value in row.items()}) for row in values)


def _table(given: Mapping[str, Any]) -> Table:
    rules = tuple(Within(**rule) if "low" in rule else Rule(**rule) for rule in given["rules"])
    table: Table = _each(Table, [given])[0]
    return replace(table, rules=rules, columns=_each(StoredColumn, given.get("columns", ())))
