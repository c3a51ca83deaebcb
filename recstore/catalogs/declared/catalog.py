"""From a declaration, and the types that its sources turned out to have, to the value that describes the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recstore import sql
from recstore.catalogs.catalog import Catalog, Column, InteractionTable, StoredColumn, Table
from recstore.catalogs.declared.declaration import MADE, Interactions, Items, unnamed_encoders
from recstore.catalogs.declared.expressions import over
from recstore.catalogs.rules import Rule
from recstore.models.fading import FADING

#: The entry point under which the class stands that computes such catalogues.
KIND = "declared"
#: Columns of ours among the user's: the dense number of an item, how many users had it, and its categories as tokens.
NUMBER, POPULARITY, CATEGORIES = "_rs_no", "_rs_popularity", "_rs_categories"


@dataclass(frozen=True)
class Role:
    """A column that the declaration gives a meaning: its name in the store, its SQL type, what it is in the source."""

    name: str
    type: str
    expression: str


@dataclass(frozen=True)
class Shape:
    """What the sources of a declaration turned out to hold.

    `columns` are those of the items, the id among them, by name and type; `identity` and `title` are two of them.
    `roles` are the columns of the interactions by role.
    """

    columns: dict[str, str]
    identity: Role
    title: str
    roles: dict[str, Role]


def catalog_of(name: str, items: Items, shape: Shape) -> Catalog:
    """Return the catalogue of a declaration."""
    declared = items.interactions
    has_content = bool(items.text or items.categories)
    spaces = (*(("collaborative", "together") if declared else ()), *(("content",) if has_content else ()))
    preferred = (*(("hybrid",) if declared and has_content else ()), *spaces, *items.vectors, *items.encoders)
    return Catalog(
        name=name,
        item="item",
        items=name,
        key=NUMBER,
        title=shape.title,
        columns=tuple(Column(column, kind, f"$$.{sql.identifier(column)}") for column, kind in shape.columns.items()),
        preference=POPULARITY,
        preference_descends=True,
        searched=_searched(items, shape),
        drawn=f"CAST($$.{sql.identifier(shape.title)} AS VARCHAR)",
        vectors=f"{name}_vectors",
        neighbors=f"{name}_neighbors",
        sources=_tables(name, items, shape),
        spaces=preferred,
        # A transformer that has no name cannot be made again: what it made is kept as its user's own.
        made=(*MADE, *items.vectors, *(space for space in items.encoders if space not in unnamed_encoders(items))),
        nearest_space=preferred[0] if preferred else "content",
        schema="",
        interactions=_interactions(name, declared, shape.roles) if declared else None,
        weights=f"{name}_weights" if declared else "",
        tastes=f"{name}_tastes" if declared else "",
        recommends_for=f"recommend_{name}_for" if declared else "",
        # Nothing is rated low where nothing is rated.
        fading=replace(FADING, low_rating=-1e9) if declared and not declared.rating else FADING,
        terms=f"{name}_terms" if has_content else "",
        terms_space="content" if has_content else "",
        kind=KIND,
        declaration=items.recorded(),
        identity=shape.identity.name,
        identity_type=shape.identity.type,
        # (Databases that know no conditions have 0 and 1.)
        available=f"CAST({over(shape.columns, items.available)} AS BOOLEAN)" if items.available else "",
        group=over(shape.columns, items.group) if items.group else "",
    )


def _searched(items: Items, shape: Shape) -> str:
    """Return the text in which words are looked for: the title, and the id where it is text."""
    columns = dict.fromkeys([shape.title, shape.identity.name])
    return f"concat_ws(' ', {', '.join(f'$$.{sql.identifier(column)}' for column in columns)})"


def _tables(name: str, items: Items, shape: Shape) -> tuple[Table, ...]:
    identity = shape.identity.name
    columns = [
        *(StoredColumn(column, kind, _about(column, items, shape)) for column, kind in shape.columns.items()),
        StoredColumn(NUMBER, "INTEGER", "Number of the item, kept by rebuilds; of a new row NULL until a rebuild"),
        StoredColumn(POPULARITY, "BIGINT", "How many users had the item when the store was built"),
        StoredColumn(CATEGORIES, "VARCHAR[]", "The declared categories of the item"),
    ]
    known = f"{sql.identifier(identity)} IS NOT NULL"
    tables = [
        Table(
            name,
            (identity,),
            rules=(Rule(identity, known, "no id"),),
            columns=tuple(columns),
            about=f"The items of the catalogue {name}, one row each, as their source has them",
        )
    ]
    if items.interactions:
        item = shape.roles["item"].name
        tables.append(
            Table(
                f"{name}_interactions",
                (),
                ((item, name, identity),),
                rules=_rules(shape.roles),
                columns=tuple(
                    StoredColumn(role.name, role.type, MEANINGS[meaning])
                    for meaning, role in _once(shape.roles).items()
                ),
                about=f"Who had to do with which item of {name}, one row each time",
            )
        )
    if items.vectors:
        tables.append(
            Table(
                f"{name}_embeddings",
                ("space", NUMBER),
                ((NUMBER, name, NUMBER),),
                columns=(
                    StoredColumn("space", "VARCHAR", "The space (spaces.space)", required=True),
                    StoredColumn(NUMBER, "INTEGER", "The item", required=True),
                    StoredColumn("vector", "FLOAT[]", "The vector as its source has it", required=True),
                ),
                about="Vectors that the sources of the items bring, from which spaces are made",
            )
        )
    return tuple(tables)


def _rules(roles: dict[str, Role]) -> tuple[Rule, ...]:
    """Return what the values of interactions must be, whoever put them there; what is an item is asked elsewhere."""
    columns = {role: sql.identifier(one.name) for role, one in roles.items()}
    people = ", ".join(f"CAST({columns[role]} AS VARCHAR)" for role in ("user", "session") if role in columns)
    first = roles.get("user") or roles["session"]
    rules = [Rule(first.name, f"coalesce({people}) IS NOT NULL", "no user")]
    if "rating" in columns:
        rules.append(Rule(roles["rating"].name, is_number(columns["rating"]), NO_NUMBER))
    if "value" in columns:
        rules.append(Rule(roles["value"].name, f"coalesce({is_number(columns['value'])}, true)", NO_NUMBER))
    if "at" in columns:
        rules.append(
            Rule(
                roles["at"].name, f"coalesce({can_be(columns['at'])}, {columns['at']} IS NULL)", "a time that cannot be"
            )
        )
    return tuple(rules)


#: No rating, and no number of things, is larger: beyond it what models add up means nothing any more.
LARGEST = 1e15
NO_NUMBER = f"no number from {-LARGEST:g} to {LARGEST:g}"


def is_number(number: str) -> str:
    """Return the condition that a DOUBLE is one that models can add up; NULL of NULL."""
    return f"abs({number}) <= {LARGEST!r}"


def can_be(moment: str) -> str:
    """Return the condition that something may have happened at a TIMESTAMP; NULL of NULL.

    The epoch stands for a time that is missing, and what is to come has not been.
    """
    # (As numbers: nothing is cast in the time zone of whoever asks.)
    now = "epoch_us(get_current_timestamp())"
    return f"epoch_us({moment}) BETWEEN {_FROM} AND {now} + {_DAY}"


#: 1971, and a day, in microseconds.
_FROM, _DAY = 31_536_000_000_000, 86_400_000_000
MEANINGS = {
    "user": "Whose interaction it is",
    "item": "The item that it is with, by its id",
    "at": "When, in UTC",
    "session": "What it belongs together with; where there is no user, whose it is",
    "rating": "How good the item was",
    "event": "Of which kind it is; the declaration says what each kind counts",
    "value": "How many times it counts",
}


def _once(roles: dict[str, Role]) -> dict[str, Role]:
    """Return the roles without those whose column has another one already."""
    first = {role.name: meaning for meaning, role in reversed(roles.items())}
    return {meaning: role for meaning, role in roles.items() if first[role.name] == meaning}


def _about(column: str, items: Items, shape: Shape) -> str:
    if column == shape.identity.name:
        return "The id by which items are told apart"
    return "What the item is called" if column == shape.title else ""


def _interactions(name: str, declared: Interactions, roles: dict[str, Role]) -> InteractionTable:
    user = roles.get("user") or roles["session"]
    return InteractionTable(
        f"{name}_interactions",
        user.name,
        roles["rating"].name if "rating" in roles else "",
        roles["at"].name if "at" in roles else "",
        declared.verb,
        item=roles["item"].name,
        user_type=user.type,
        amount=amount(declared, roles),
        keeps_seen=declared.seen == "include",
    )


def amount(declared: Interactions, roles: dict[str, Role]) -> str:
    """Return what a row of interactions counts, as SQL over their table, which goes by `$$`."""
    parts = []
    if "event" in roles:
        cases = " ".join(
            f"WHEN {sql.literal(event)} THEN CAST({weight!r} AS DOUBLE)" for event, weight in declared.weights.items()
        )
        parts.append(f"CASE CAST($$.{sql.identifier(roles['event'].name)} AS VARCHAR) {cases} ELSE 0e0 END")
    if "value" in roles:
        parts.append(f"coalesce(CAST($$.{sql.identifier(roles['value'].name)} AS DOUBLE), 1e0)")
    return " * ".join(parts) or "1e0"
