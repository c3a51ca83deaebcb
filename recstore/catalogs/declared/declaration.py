"""What a user says of a catalogue of their own: where its items and interactions are, and what their columns mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from recstore.errors import OptionError, StoreError
from recstore.sources.addresses import shown
from recstore.sources.dialect import Dialect
from recstore.sources.selects import is_select

#: A query of more characters is called by the files that it reads.
_LONG = 80
#: What one event may count more than another.
_MOST_WEIGHT = 1e9
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
#: Names of functions' own columns: an item's column of that name could not be told from them.
RESERVED = ("rank", "score", "space", "because", "reason")
#: Spaces that recstore makes itself.
MADE = ("content", "collaborative", "hybrid", "together")


@dataclass(frozen=True, kw_only=True)
class Interactions:
    """Who had to do with which item. Every value is a column of the source, or a SQL expression over it.

    `source`: a file, folder, glob, query or data frame, as for `Items`; `database` as there. `user` and `item` are ids.
    `at`: when; without it nothing is known of what comes next. `session`: what belongs together; where `user` is
    missing, the session stands in. `rating`: how good it was, a number; without it every interaction is one for
    the item. `event`: of which kind it was; `weights` then lists what each kind counts, and a negative one takes back
    as much. `value`: how many times it counts, such as a quantity. `seen`: "exclude" leaves what a user had out of
    recommendations, "include" lets it in. `verb`: what users did, "bought", for the reasons that are given. `updated`:
    a column that grows with each new row, by which `add` finds the new ones. `most_per_user`: so many of the latest
    items of a user count in the models.
    """

    source: Any = None
    database: str | None = None
    user: str | None = None
    item: str | None = None
    at: str | None = None
    session: str | None = None
    rating: str | None = None
    event: str | None = None
    value: str | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    seen: str = "exclude"
    verb: str = "chosen"
    updated: str | None = None
    most_per_user: int = 1000
    dialect: Dialect = field(default_factory=Dialect)

    def __post_init__(self) -> None:
        """Refuse what makes no sense, by name: an `OptionError`."""
        for name in ("user", "item", "at", "session", "rating", "event", "value", "updated", "verb"):
            _text(name, getattr(self, name))
        if self.source is None:
            raise OptionError('interactions need a source: from = "sales.csv".')
        if self.user is None and self.session is None:
            raise OptionError("interactions need a user or a session: the column that tells whose they are.")
        if self.item is None:
            raise OptionError("interactions need an item: the column that holds the id of an item.")
        if self.seen not in ("exclude", "include"):
            raise OptionError(f'seen is "exclude" or "include", not {self.seen!r}.')
        if bool(self.weights) != (self.event is not None):
            raise OptionError(
                "event and weights go together: event names the column, weights lists what each of its values counts, "
                "such as weights = { purchase = 1, return = -1 }."
            )
        if self.rating is not None and self.event is not None:
            raise OptionError("Interactions are explicit (rating) or implicit (event): leave one of the two out.")
        for event, weight in self.weights.items():
            if not isinstance(weight, int | float) or isinstance(weight, bool) or not abs(weight) <= _MOST_WEIGHT:
                raise OptionError(f"weights.{event} is a number up to {_MOST_WEIGHT:g}, not {weight!r}.")
        if not isinstance(self.most_per_user, int) or self.most_per_user < 1:
            raise OptionError(f"most_per_user is a whole number from 1, not {self.most_per_user!r}.")
        object.__setattr__(self, "weights", {str(key): float(value) for key, value in self.weights.items()})


@dataclass(frozen=True, kw_only=True)
class Items:
    """A catalogue of the user's own. Every value is a column of the source, or a SQL expression over it.

    `source`: a path of a CSV, TSV, Parquet, JSON or JSON lines file (gzip or zstd, too), a folder or glob of such, a
    SELECT, or a pandas, polars or Arrow table or a DuckDB relation; None where interactions alone are known.
    `database`: what `source` is a query or table of: a SQLAlchemy URL, or the path of a DuckDB or SQLite file. `id`
    tells items apart, of any type. `title` is what people call an item. `text`: columns whose words describe it.
    `categories`: columns of lists or scalars, each value one token. `vectors`: spaces of the user's own, by name, each
    a column of lists of numbers. `group`: of items with the same value one list shows one. `available`: a condition
    that an item must meet to be recommended. `encoders`: spaces by name, each "package.module:name" of a scikit-learn
    transformer, or the transformer itself. `on_duplicate`: whether the "first" or the "last" of rows with one id stays.
    `updated`: a column that grows with every change of a row, by which `add` finds the changed ones. `folder` is where
    relative paths are meant from, the current folder by default; it is not recorded.

    Raises `OptionError` where something makes no sense.
    """

    source: Any = None
    database: str | None = None
    id: str | None = None
    title: str | None = None
    text: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    vectors: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None
    available: str | None = None
    encoders: Mapping[str, Any] = field(default_factory=dict)
    on_duplicate: str = "first"
    updated: str | None = None
    interactions: Interactions | None = None
    dialect: Dialect = field(default_factory=Dialect)
    folder: str = ""

    def __post_init__(self) -> None:
        """Refuse what makes no sense, by name: an `OptionError`."""
        for name in ("id", "title", "group", "available", "updated"):
            _text(name, getattr(self, name))
        for name in ("text", "categories"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        if self.source is None and self.interactions is None:
            raise OptionError('A catalogue needs items or interactions: items = "books.csv".')
        if self.source is not None and self.id is None:
            raise OptionError('items need an id: the column that tells them apart, such as id = "isbn".')
        if self.on_duplicate not in ("first", "last"):
            raise OptionError(f'on_duplicate is "first" or "last", not {self.on_duplicate!r}.')
        for name in (*self.vectors, *self.encoders):
            if not _NAME.fullmatch(name) or name in MADE or (name in self.vectors and name in self.encoders):
                raise OptionError(
                    f"{name!r} cannot be the name of a space: it is lower-case letters, digits and _, "
                    f"none of {', '.join(MADE)}, and used once."
                )
        for name, column in self.vectors.items():
            _text(f"vectors.{name}", column)

    def recorded(self) -> str:
        """Return this declaration as text, without data and without passwords, for the store."""
        return json.dumps(_plain(self), ensure_ascii=False)

    @classmethod
    def as_recorded(cls, text: str) -> Items:
        """Return the declaration that `recorded` wrote; what is none is a `StoreError`."""
        try:
            made: Items = _made(cls, json.loads(text))
        except (TypeError, ValueError, AttributeError, RecursionError, OptionError) as error:
            raise StoreError(f"The store's table catalogs holds a declaration that cannot be read: {error}") from error
        return made


def check_name(name: str) -> str:
    """Return the name of a catalogue; an `OptionError` where it can be none."""
    if not _NAME.fullmatch(name):
        raise OptionError(
            f"{name!r} cannot be the name of a catalogue: it begins with a lower-case letter, and up to 30 lower-case "
            "letters, digits and _ follow."
        )
    return name


def nearest(name: str, known: object) -> str:
    """Return a hint at the name that was perhaps meant, such as "; did you mean 'title'?", or ""."""
    names = [str(one) for one in known]  # type: ignore[attr-defined]
    close = get_close_matches(name, names, n=1, cutoff=0.5) or get_close_matches(
        name.lower(), [one.lower() for one in names], n=1, cutoff=0.5
    )
    found = next((one for one in names if close and one.lower() == close[0].lower()), None)
    return f"; did you mean {found!r}?" if found else ""


def _text(name: str, value: object) -> None:
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise OptionError(f"{name} is the name of a column or a SQL expression in quotes, not {value!r}.")


def _texts(name: str, value: object) -> tuple[str, ...]:
    """Return one text or several as a tuple."""
    values = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list | tuple) else None
    if values is None:
        raise OptionError(f"{name} is a column or a list of columns, not {value!r}.")
    for one in values:
        _text(name, one)
    return values


def _plain(value: Any) -> Any:  # noqa: ANN401 - a tree of plain values
    """Return a declaration as dictionaries, lists and texts."""
    if isinstance(value, Items | Interactions | Dialect):
        tree = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        if isinstance(value, Items | Interactions):
            tree["source"] = described(value.source)
            tree["database"] = None if value.database is None else shown(value.database)
            tree.pop("folder", None)
        return tree
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return (
        value if value is None or isinstance(value, str | int | float | bool) else f"{type(value).__module__}:{value!r}"
    )


def described(source: object) -> str | None:
    """Return a source in words: as it was written, an address without its password, or the kind of a data frame."""
    if source is None:
        return None
    if isinstance(source, str):
        return shown(source)
    return f"a {type(source).__module__.split('.', maxsplit=1)[0]} {type(source).__name__}"


def unnamed_encoders(declared: Items) -> dict[str, Any]:
    """Return the transformers that are given themselves, not by a name to import them by."""
    return {space: encoder for space, encoder in declared.encoders.items() if not isinstance(encoder, str)}


def sources_of(declared: Items) -> str:
    """Return the sources of a declaration in words, without passwords."""
    history = declared.interactions
    sources = [_in_words(declared.source), _in_words(history.source) if history else None]
    return " and ".join(dict.fromkeys(source for source in sources if source))


def _in_words(source: object) -> str | None:
    """Return a source as people call it: a long query by the files that it reads."""
    text = described(source)
    if text is None or not isinstance(source, str) or not is_select(source):
        return text
    line = " ".join(text.split())
    if len(line) < _LONG:
        return line
    # The form of a date is none.
    files = dict.fromkeys(re.findall(r"'([^'\n%]+\.[A-Za-z0-9]+)'", text))
    return f"a query of {', '.join(files)}" if files else "a query"


def _made(kind: type[Any], given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what is made is of `kind`
    known = {one.name for one in fields(kind)}
    values = {name: value for name, value in given.items() if name in known}
    if kind is Items and values.get("interactions") is not None:
        values["interactions"] = _made(Interactions, values["interactions"])
    if "dialect" in values:
        values["dialect"] = _made(Dialect, values["dialect"] or {})
    if "columns" in values:
        values["columns"] = tuple(values["columns"])
    return kind(**values)
