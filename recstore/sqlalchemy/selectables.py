"""A catalogue's functions as SQLAlchemy selectables, with named and typed columns: recstore.sqlalchemy exports them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypedDict, Unpack

from duckdb_sqlalchemy.datatypes import HugeInteger, UBigInteger
from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    TextClause,
    Time,
    Uuid,
    cast,
    column,
    func,
    literal,
    literal_column,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement, TableClause, TableValuedAlias, coercions, roles
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.sql.visitors import InternalTraversal, iterate
from sqlalchemy.types import NULLTYPE

from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import catalog_named, installed, stored_catalogs
from recstore.catalogs.render import function_kinds, function_name, function_names
from recstore.connection.sessions import STORE
from recstore.errors import OptionError
from recstore.sqlalchemy.dialect import Dialect, duckdb_of

#: What stands for an item: its id, its name, or a column of another table in the same query.
Item = int | str | ColumnElement[Any]
#: A condition over the item's columns: an expression over the table of the items or over `column("year")`, or SQL.
#: Other tables in it are their own: in a subquery, or beside the function in the same query.
Filter = ColumnElement[bool] | TextClause | str
#: What scores are multiplied by: an expression over the item's columns, as in a `Filter`, a number, or SQL.
Boost = ColumnElement[Any] | TextClause | str | float
#: Items, each by its id or name, or an expression that is such a list.
Items = Sequence[int | str] | ColumnElement[Any]
#: One space, or several of which the first that has a vector of the item answers.
Space = str | Sequence[str]

_TYPES: dict[str, TypeEngine[Any]] = {
    "BOOLEAN": Boolean(),
    "TINYINT": SmallInteger(),
    "UTINYINT": SmallInteger(),
    "SMALLINT": SmallInteger(),
    "USMALLINT": Integer(),
    "INTEGER": Integer(),
    "UINTEGER": BigInteger(),
    "BIGINT": BigInteger(),
    "UBIGINT": UBigInteger(),
    "HUGEINT": HugeInteger(),
    "FLOAT": REAL(),
    "DOUBLE": Double(),
    "VARCHAR": String(),
    "BLOB": LargeBinary(),
    "UUID": Uuid(),
    "DATE": Date(),
    "TIME": Time(),
    "TIMESTAMP": DateTime(),
    "TIMESTAMP WITH TIME ZONE": DateTime(timezone=True),
}
_DECIMAL = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
_LIST = re.compile(r"\[\d*\]$")


class Said(TypedDict, total=False):
    """What a question can say besides; docs/sql.md says what each does. None is as if nothing were said.

    `per_group` and `include_unavailable` are for catalogues that declare a `group` and what is `available`, and
    `popularity` is for those with interactions.
    """

    exclude: Items | None
    boost: Boost | None
    diversity: float | ColumnElement[Any] | None
    popularity: float | ColumnElement[Any] | None
    per_group: int | ColumnElement[Any] | None
    include_unavailable: bool | ColumnElement[Any] | None


class Functions:
    """The functions of one catalogue as selectables, with the columns that the catalogue declares.

    Each method returns a `TableValuedAlias`: select from it, join it, filter by its columns `c`. An item is its id or
    its name, or a column of a table in the same query; `k` is an int or such a column. A method whose function the
    catalogue does not have raises `OptionError`.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def similar(
        self,
        item: Item | Sequence[int | str],
        *,
        k: int | ColumnElement[int] = 10,
        space: Space | None = None,
        filter: Filter | None = None,  # noqa: A002
        disliked: Items | None = None,
        **said: Unpack[Said],
    ) -> TableValuedAlias:
        """Return the items most like one item, or like several, as a selectable. `disliked` are examples against."""
        asked = _value(item) if isinstance(item, int | str | ColumnElement) else _texts(item)
        named = {"space": _space(space), "filter": self._filter(filter), "disliked": _items(disliked)}
        return self._call("similar", [asked], k=_value(k), **named, **self._said(said))

    def nearest(
        self,
        vector: Sequence[float] | ColumnElement[Any],
        *,
        k: int | ColumnElement[int] = 10,
        space: Space | None = None,
        filter: Filter | None = None,  # noqa: A002
        **said: Unpack[Said],
    ) -> TableValuedAlias:
        """Return the items nearest to a vector of a space, as a selectable. The vector needs no unit length."""
        given = vector if isinstance(vector, ColumnElement) else literal(list(vector), ARRAY(Float()))
        asked = given if isinstance(vector, ColumnElement) else cast(given, ARRAY(REAL()))
        named = {"space": _space(space), "filter": self._filter(filter)}
        return self._call("nearest", [asked], k=_value(k), **named, **self._said(said))

    def find(self, words: str | ColumnElement[str], *, k: int | ColumnElement[int] = 10) -> TableValuedAlias:
        """Return the items whose name, or what else `find` searches, matches words, as a selectable."""
        return self._call("find", [_value(words)], k=_value(k))

    def about(
        self,
        words: str | ColumnElement[str],
        *,
        k: int | ColumnElement[int] = 10,
        filter: Filter | None = None,  # noqa: A002
    ) -> TableValuedAlias:
        """Return the items that words are about, as a selectable."""
        return self._call("about", [_value(words)], k=_value(k), filter=self._filter(filter))

    def recommend(
        self,
        user: int | str | ColumnElement[Any],
        *,
        k: int | ColumnElement[int] = 10,
        filter: Filter | None = None,  # noqa: A002
        **said: Unpack[Said],
    ) -> TableValuedAlias:
        """Return what a person whose interactions are stored wants next, as a selectable."""
        return self._call("recommend", [_value(user)], k=_value(k), filter=self._filter(filter), **self._said(said))

    def recommend_for(
        self,
        liked: Items,
        *,
        k: int | ColumnElement[int] = 10,
        disliked: Items | None = None,
        filter: Filter | None = None,  # noqa: A002
        **said: Unpack[Said],
    ) -> TableValuedAlias:
        """Return what follows on a list of ids or names, oldest first, as a selectable: for anybody."""
        asked = liked if isinstance(liked, ColumnElement) else _texts(liked)
        named = {"disliked": _items(disliked), "filter": self._filter(filter)}
        return self._call("recommend_for", [asked], k=_value(k), **named, **self._said(said))

    def _call(
        self, kind: str, arguments: list[ColumnElement[Any]], **named: ColumnElement[Any] | None
    ) -> TableValuedAlias:
        kinds = _kinds(self.catalog)
        if kind not in kinds:
            there = ", ".join(function_name(one, self.catalog) for one in kinds)
            raise OptionError(f"The catalogue {self.catalog.name} has no function {kind}; it has {there}.")
        given = [literal_column(name).op(":=")(value) for name, value in named.items() if value is not None]
        types = [("rank", "SMALLINT"), *((one.name, one.type) for one in self.catalog.columns)]
        types += [("space", "VARCHAR"), ("score", "FLOAT")]
        if kind in ("recommend", "recommend_for"):
            types += [("because", "VARCHAR"), ("reason", "VARCHAR")]
        columns = [column(name, _type(written)) for name, written in types]
        # In a join with the table that the argument is from, there is no other condition.
        called = getattr(func, function_name(kind, self.catalog))(*arguments, *given)
        selectable: TableValuedAlias = called.table_valued(*columns, joins_implicitly=True)
        return selectable

    def _said(self, said: Said) -> dict[str, ColumnElement[Any] | None]:
        """Return what else a question says, as the functions take it."""
        boost = said.get("boost")
        given: dict[str, ColumnElement[Any] | None] = {
            "exclude": _items(said.get("exclude")),
            "boost": self._filter(boost) if isinstance(boost, str | ColumnElement | TextClause) else _optional(boost),
        }
        names = ("diversity", "popularity", "per_group", "include_unavailable")
        return given | {name: _optional(said.get(name)) for name in names}

    def _filter(self, condition: Filter | None) -> ColumnElement[Any] | None:
        """Return the condition as the function takes it."""
        if condition is None:
            return None
        if isinstance(condition, str):
            return literal_column(f"({condition})", Boolean())
        return _Condition(coercions.expect(roles.WhereHavingRole, condition), self.catalog.items)


def functions(catalog: str | Catalog, connection: Engine | Connection | None = None) -> Functions:
    """Return the functions of a catalogue: `functions("plants").similar("Rose", k=3)`.

    `catalog` is a catalogue, or its name. By name it is one whose package is installed; with a `connection`, an engine
    or connection of `recstore:///PATH`, it is one of that store, which describes its catalogues itself. Raises
    `OptionError`, which lists what there is, for another name.
    """
    if isinstance(catalog, Catalog):
        return Functions(catalog)
    if connection is None:
        return Functions(catalog_named(catalog, [model.catalog for model in installed().values()]))
    if not isinstance(connection.dialect, Dialect):
        raise OptionError('Pass an engine of a store, create_engine("recstore:///PATH"), or a connection of it.')
    if isinstance(connection, Engine):
        with connection.connect() as opened:
            return functions(catalog, opened)
    return Functions(catalog_named(catalog, stored_catalogs(duckdb_of(connection), STORE)))


def named_functions() -> dict[str, Callable[..., TableValuedAlias]]:
    """Return the functions of all installed catalogues by their names in SQL, such as `similar_movies`.

    The first argument of each is called as in SQL.
    """
    found = {}
    for model in installed().values():
        of_catalog = Functions(model.catalog)
        first = {"similar": model.catalog.item}
        if model.catalog.interactions:
            first["recommend"] = model.catalog.interactions.user
        for kind in _kinds(model.catalog):
            for name in function_names(kind, model.catalog):
                found[name] = _under_its_name(getattr(of_catalog, kind), name, first.get(kind))
    return found


def _kinds(catalog: Catalog) -> list[str]:
    """Return the kinds of functions of a catalogue that give items; for others SQLAlchemy's own `func` does."""
    return [kind for kind in function_kinds(catalog) if hasattr(Functions, kind)]


def _under_its_name(method: Callable[..., TableValuedAlias], name: str, first: str | None) -> Any:  # noqa: ANN401
    """Return a method as a function called `name`, whose first parameter is called `first` where that is given."""
    signature = inspect.signature(method)
    parameters = list(signature.parameters.values())
    called_first = first or parameters[0].name

    @wraps(method)
    def called(*arguments: object, **options: object) -> TableValuedAlias:
        if called_first in options:
            arguments = (options.pop(called_first), *arguments)
        return method(*arguments, **options)

    called.__name__ = called.__qualname__ = name
    called.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[parameters[0].replace(name=called_first), *parameters[1:]]
    )
    return called


def _type(written: str) -> TypeEngine[Any]:
    """Return SQLAlchemy's type for one that DuckDB writes: `VARCHAR[]` is ARRAY(String); of others nothing is known."""
    element, dimensions = written.strip().upper(), 0
    while _LIST.search(element):
        element, dimensions = _LIST.sub("", element), dimensions + 1
    decimal = _DECIMAL.fullmatch(element)
    found = Numeric(int(decimal[1]), int(decimal[2])) if decimal else _TYPES.get(element, NULLTYPE)
    return ARRAY(found, dimensions=dimensions) if dimensions else found


def _texts(items: Sequence[int | str]) -> ColumnElement[Any]:
    return literal([str(item) for item in items], ARRAY(String()))


def _items(items: Items | None) -> ColumnElement[Any] | None:
    return items if items is None or isinstance(items, ColumnElement) else _texts(items)


def _optional(value: object) -> ColumnElement[Any] | None:
    return None if value is None else _value(value)


def _value(value: object) -> ColumnElement[Any]:
    return value if isinstance(value, ColumnElement) else literal(value)


def _space(space: Space | None) -> ColumnElement[Any] | None:
    if space is None:
        return None
    return literal(space) if isinstance(space, str) else literal(list(space), ARRAY(String()))


class _Condition(ColumnElement[bool]):
    """A condition on the items of a function: compiled as the WHERE of a query on their table alone.

    What names that table means the item in question, also from within a subquery; every other table and subquery is
    what it is anywhere else.
    """

    __visit_name__ = "recstore_condition"
    _traverse_internals: Any = [  # noqa: RUF012 - as SQLAlchemy itself has it
        ("condition", InternalTraversal.dp_clauseelement),
        ("items", InternalTraversal.dp_string),
    ]
    inherit_cache = True
    type = Boolean()

    def __init__(self, condition: ColumnElement[Any], items: str) -> None:
        self.condition = condition
        self.items = items

    def is_item(self, element: object) -> bool:
        """Tell whether an element is the table of the items, reflected or only named."""
        return (
            isinstance(element, TableClause)
            and element.name.lower() == self.items
            and str(getattr(element, "schema", None) or "main").lower() in ("main", "rec_store.main")
        )


@compiles(_Condition)
def _compile_condition(element: _Condition, compiler: Any, **options: Any) -> str:  # noqa: ANN401
    """Compile a condition with the table of the items among those that subqueries correlate to."""
    parts = list(iterate(element.condition))
    items = {table for part in parts for table in (part, getattr(part, "table", None)) if element.is_item(table)}
    around: dict[str, Any] = compiler.stack[-1] if compiler.stack else compiler._default_stack_entry
    froms = {name: set(around[name]) | items for name in ("correlate_froms", "asfrom_froms")}
    compiler.stack.append({**around, **froms})
    try:
        # In a FROM clause, a subquery is one of its tables; here it is a part of a condition.
        return f"({compiler.process(element.condition, **{**options, 'asfrom': False})})"
    finally:
        compiler.stack.pop()
