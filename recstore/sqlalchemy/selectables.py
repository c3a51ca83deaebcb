"""The store's functions as SQLAlchemy selectables, their columns named and typed: recstore.sqlalchemy exports them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    REAL,
    Boolean,
    Float,
    Integer,
    SmallInteger,
    String,
    TextClause,
    cast,
    column,
    func,
    literal,
    literal_column,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement, TableClause, TableValuedAlias, coercions, roles
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.sql.visitors import InternalTraversal, iterate

from recstore.catalogs.audio.catalog import AUDIO
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.movies.catalog import MOVIES

#: What stands for an item: its id, its name, or a column of another table in the same query.
Item = int | str | ColumnElement[Any]
#: A condition over the item's columns: an expression over the table of the items or over `column("year")`, or SQL.
#: Other tables in it are their own: in a subquery, or beside the function in the same query.
Filter = ColumnElement[bool] | TextClause | str
#: One space, or several of which the first that has a vector of the item answers.
Space = str | Sequence[str]

_TYPES: dict[str, TypeEngine[Any]] = {
    "rank": SmallInteger(),
    "movie_id": Integer(),
    "title": String(),
    "year": SmallInteger(),
    "genres": ARRAY(String()),
    "n_ratings": Integer(),
    "mean_rating": REAL(),
    "clip_id": Integer(),
    "video_id": String(),
    "start_seconds": REAL(),
    "end_seconds": REAL(),
    "labels": ARRAY(String()),
    "url": String(),
    "space": String(),
    "score": REAL(),
    "because": String(),
    "reason": String(),
}


def similar_movies(
    movie: Item,
    *,
    k: int | ColumnElement[int] = 10,
    space: Space | None = None,
    filter: Filter | None = None,  # noqa: A002
) -> TableValuedAlias:
    """Return the movies most like one movie, as a selectable."""
    return _similar(MOVIES, movie, k, space, filter)


def nearest_movies(
    vector: Sequence[float] | ColumnElement[Any],
    *,
    k: int | ColumnElement[int] = 10,
    space: Space | None = None,
    filter: Filter | None = None,  # noqa: A002
) -> TableValuedAlias:
    """Return the movies nearest to a vector of a space, as a selectable."""
    return _nearest(MOVIES, vector, k, space, filter)


def find_movies(words: str | ColumnElement[str], *, k: int | ColumnElement[int] = 10) -> TableValuedAlias:
    """Return the movies whose title matches words, as a selectable."""
    return _call("find_movies", MOVIES, [_value(words)], k=_value(k))


def movies_about(
    words: str | ColumnElement[str],
    *,
    k: int | ColumnElement[int] = 10,
    filter: Filter | None = None,  # noqa: A002
) -> TableValuedAlias:
    """Return the movies that words are about, as a selectable."""
    return _call("movies_about", MOVIES, [_value(words)], k=_value(k), filter=_filter(filter, MOVIES))


def recommend_movies(
    user_id: int | ColumnElement[int],
    *,
    k: int | ColumnElement[int] = 10,
    filter: Filter | None = None,  # noqa: A002
) -> TableValuedAlias:
    """Return what a person in the ratings wants next, as a selectable."""
    return _call("recommend_movies", MOVIES, [_value(user_id)], _REASONS, k=_value(k), filter=_filter(filter, MOVIES))


def recommend_for(
    liked: Sequence[int | str] | ColumnElement[Any],
    *,
    k: int | ColumnElement[int] = 10,
    disliked: Sequence[int | str] | None = None,
    filter: Filter | None = None,  # noqa: A002
) -> TableValuedAlias:
    """Return what a person who is not in the ratings wants next, from ids or titles, as a selectable."""
    asked = liked if isinstance(liked, ColumnElement) else _texts(liked)
    against = None if disliked is None else _texts(disliked)
    return _call(
        "recommend_for", MOVIES, [asked], _REASONS, k=_value(k), disliked=against, filter=_filter(filter, MOVIES)
    )


def similar_audio(
    clip: Item,
    *,
    k: int | ColumnElement[int] = 10,
    space: Space | None = None,
    filter: Filter | None = None,  # noqa: A002
) -> TableValuedAlias:
    """Return the clips most like one clip, as a selectable."""
    return _similar(AUDIO, clip, k, space, filter)


def nearest_audio(
    vector: Sequence[float] | ColumnElement[Any],
    *,
    k: int | ColumnElement[int] = 10,
    space: Space | None = None,
    filter: Filter | None = None,  # noqa: A002
) -> TableValuedAlias:
    """Return the clips nearest to an embedding, as a selectable."""
    return _nearest(AUDIO, vector, k, space, filter)


def find_audio(words: str | ColumnElement[str], *, k: int | ColumnElement[int] = 10) -> TableValuedAlias:
    """Return the clips whose labels or video id match words, as a selectable."""
    return _call("find_audio", AUDIO, [_value(words)], k=_value(k))


def _similar(
    catalog: Catalog, item: Item, k: object, space: Space | None, condition: Filter | None
) -> TableValuedAlias:
    return _call(
        f"similar_{catalog.name}",
        catalog,
        [_value(item)],
        k=_value(k),
        space=_space(space),
        filter=_filter(condition, catalog),
    )


def _nearest(
    catalog: Catalog,
    vector: Sequence[float] | ColumnElement[Any],
    k: object,
    space: Space | None,
    condition: Filter | None,
) -> TableValuedAlias:
    asked = vector if isinstance(vector, ColumnElement) else cast(literal(list(vector), ARRAY(Float())), ARRAY(REAL()))
    return _call(
        f"nearest_{catalog.name}",
        catalog,
        [asked],
        k=_value(k),
        space=_space(space),
        filter=_filter(condition, catalog),
    )


#: What a recommendation says besides.
_REASONS = ("because", "reason")


def _call(
    function: str,
    catalog: Catalog,
    arguments: list[ColumnElement[Any]],
    more: tuple[str, ...] = (),
    **named: ColumnElement[Any] | None,
) -> TableValuedAlias:
    given = [literal_column(name).op(":=")(value) for name, value in named.items() if value is not None]
    names = ("rank", *(one.name for one in catalog.columns), "space", "score", *more)
    columns = [column(name, _TYPES[name]) for name in names]
    # In a join with the table that the argument is from, there is no other condition.
    called: TableValuedAlias = getattr(func, function)(*arguments, *given).table_valued(*columns, joins_implicitly=True)
    return called


def _texts(items: Sequence[int | str]) -> ColumnElement[Any]:
    return literal([str(item) for item in items], ARRAY(String()))


def _value(value: object) -> ColumnElement[Any]:
    return value if isinstance(value, ColumnElement) else literal(value)


def _space(space: Space | None) -> ColumnElement[Any] | None:
    if space is None:
        return None
    return literal(space) if isinstance(space, str) else literal(list(space), ARRAY(String()))


def _filter(condition: Filter | None, catalog: Catalog) -> ColumnElement[Any] | None:
    """Return the condition as the function takes it."""
    if condition is None:
        return None
    if isinstance(condition, str):
        return literal_column(f"({condition})", Boolean())
    return _Condition(coercions.expect(roles.WhereHavingRole, condition), catalog.items)


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
