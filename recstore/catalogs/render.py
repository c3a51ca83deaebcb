"""Renders the SQL functions and views of `schema/` for a store or a view database, and alone fills placeholders."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from recstore import sql
from recstore.catalogs import checks, overloads
from recstore.catalogs.catalog import Catalog, Column, Function, Table
from recstore.catalogs.meant import WHOLE_NUMBER, typed_text
from recstore.search.ranking import CONSTANTS

_FUNCTIONS = "recstore.schema.functions"
_TABLES = "recstore.schema.tables"
FUNCTIONS = ("similar", "nearest", "find")
#: What a catalogue with weights has besides.
FOR_A_PERSON = ("recommend", "recommend_for")
#: The functions that `recstore.connection.annoy_functions` gives a connection.
ASK, AMONG = "recstore_ask_annoy", "recstore_pack_filter"

COMMENTS = {
    "similar": "The items most like one item, or like several",
    "nearest": "The items nearest to a vector of a space",
    "about": "The items that words are about",
    "find": "The items whose words match",
    "recommend": "What a person in the {interactions} wants next",
    "why": "Why two items are alike, in one row",
    "recommend_for": "What follows on a list of items, oldest first",
}


@dataclass(frozen=True)
class AnnoyUse:
    """Which catalogues' functions ask Annoy, and of which build of the store."""

    build_id: str
    catalogs: frozenset[str]


def stored_relation(table: str) -> str:
    """Name a table from inside a stored macro, whose names resolve in the *caller's* search path.

    `query_table` lets the caller say in which database the table is; without `store` the open one is meant.
    """
    # NULL with anything is NULL: then the name stands alone.
    prefix = "coalesce('\"' || replace(store, '\"', '\"\"') || '\".main.', '')"
    return f"query_table({prefix} || {sql.literal(table)})"


def attached_relation(database: str) -> Callable[[str], str]:
    """Name a table of an attached store, whatever the search path."""
    return lambda table: f"{sql.identifier(database)}.main.{sql.identifier(table)}"


def function_name(kind: str, catalog: Catalog) -> str:
    """Return the SQL name of a function: `similar_movies`."""
    if kind == "about":
        return f"{catalog.name}_about"
    return catalog.recommends_for if kind == "recommend_for" else f"{kind}_{catalog.name}"


def function_names(kind: str, catalog: Catalog) -> tuple[str, ...]:
    """Return the names of a function: its own, and the regular one where that is another."""
    name = function_name(kind, catalog)
    regular = f"recommend_{catalog.name}_for" if kind == "recommend_for" else name
    return tuple(dict.fromkeys((name, regular)))


def function_kinds(catalog: Catalog) -> tuple[str, ...]:
    """Return the kinds of functions that a catalogue has."""
    about = ("about",) if catalog.terms else ()
    why = ("why",) if catalog.kind else ()
    return (*FUNCTIONS, *about, *why, *(FOR_A_PERSON if catalog.weights else ()))


def render_function(
    kind: str,
    catalog: Catalog,
    relation: Callable[[str], str] = stored_relation,
    target: str = "",
    annoy: AnnoyUse | None = None,
    name: str = "",
) -> str:
    """Return `CREATE MACRO` and its comment for one function of one catalogue, called `name` or as it usually is.

    `relation` names the store's tables; `target` is the prefix, already quoted, of where the function is created.
    `annoy` says whether what goes beyond the stored neighbours is a question to Annoy.
    """
    name = name or function_name(kind, catalog)
    names = _of_function(kind, catalog, relation, name)
    asked = {}
    if annoy and catalog.name in annoy.catalogs:
        asked = {"ask": ASK, "among": AMONG, "build": sql.literal(annoy.build_id)}
    shape = overloads.form(kind, catalog, names["default_space"])
    says_store = relation is stored_relation and "store" in shape.options
    # Where it is not said, tables go by their names: to work out what `store` means takes a tenth of a question.
    plain = _of_function(kind, catalog, sql.identifier, name) if says_store else names
    bodies = []
    for known in shape.overloads():
        parameters = shape.parameters(known, {"space": names["default_spaces"]})
        body = overloads.body(kind, catalog, known, names if known else plain, asked)
        bodies.append(f"({parameters}) AS TABLE (\n{body.rstrip()}\n)")
    comment = f"{COMMENTS[kind].format(interactions=names['interactions'])}: {name}({shape.shown()})"
    parts = {"name": target + name, "overloads": ", ".join(bodies), "comment": sql.literal(comment)}
    return sql.render(_FUNCTIONS, "function", **parts)


def _of_function(kind: str, catalog: Catalog, relation: Callable[[str], str], name: str) -> dict[str, str]:
    """Return what the SQL of a function called `name` is written with."""
    names = {
        **_names(catalog, relation),
        "function": name,
        "columns": ", ".join(
            f"{column.over('_rs_item')} AS {catalog.named(column.name)}" for column in catalog.columns
        ),
        "searched": Column("searched", "VARCHAR", catalog.searched).over("_rs_i"),
        "default_space": sql.literal(catalog.nearest_space),
        "default_spaces": f"[{', '.join(sql.literal(space) for space in catalog.spaces)}]",
    }
    names["whole_k"] = sql.render(_FUNCTIONS, "whole_from_one", **names, argument="k").strip()
    return names | _of_person(catalog, names) | (_of_why(catalog, names) if kind == "why" else {})


def called(kind: str, catalog: Catalog) -> str:
    """Return how a function is called: its parameters with their defaults, whichever overload takes them."""
    spaces = {"space": f"[{', '.join(sql.literal(space) for space in catalog.spaces)}]"}
    return overloads.form(kind, catalog, sql.literal(catalog.nearest_space)).called(spaces)


def render_functions(
    catalogs: Iterable[Catalog],
    relation: Callable[[str], str] = stored_relation,
    target: str = "",
    annoy: AnnoyUse | None = None,
) -> str:
    """Return the SQL that creates every function of some catalogues."""
    return "\n".join(
        text
        for catalog in catalogs
        for text in (
            *(
                render_function(kind, catalog, relation, target, annoy, name)
                for kind in function_kinds(catalog)
                for name in function_names(kind, catalog)
            ),
            *(
                _render_own(catalog, function, name, relation, target)
                for function in catalog.functions
                for name in function.names
                if catalog.schema
            ),
        )
    )


def _of_person(catalog: Catalog, names: dict[str, str]) -> dict[str, str]:
    """Return the parts of functions that say which listed items and which person are meant.

    Items go by their integer key, or by the identity that the user gave them, of any type; by a name as well.
    """
    seen = "seen_by_identity" if catalog.identity else "seen_by_key"
    parts = {"seen": sql.render(_FUNCTIONS, seen, **names) if catalog.interactions else ""}
    which = "identity" if catalog.identity else "key"
    text = "_rs_text" if catalog.identity else "trim(_rs_text)"
    parts["listed"] = sql.render(_FUNCTIONS, "listed", listed_text=text)
    parts["identified"] = sql.render(_FUNCTIONS, f"identified_by_{which}", **names)
    return parts


def _names(catalog: Catalog, relation: Callable[[str], str]) -> dict[str, str]:
    """Return what the SQL of every catalogue is written with: names as they are, tables as `relation` names them."""
    sign, direction = ("-", "DESC") if catalog.preference_descends else ("+", "ASC")
    history = catalog.interactions
    tables = {
        "items": catalog.items,
        "vectors": catalog.vectors,
        "neighbors": catalog.neighbors,
        "weights": catalog.weights,
        "tastes": catalog.tastes,
        "terms": catalog.terms,
        "history_table": history.table if history else "",
        "spaces": "spaces",
    }
    return {
        "catalog": sql.literal(catalog.name),
        "item": catalog.item,
        "a_item": f"{'an' if catalog.item[0] in 'aeiou' else 'a'} {catalog.item}",
        "key": catalog.key,
        "name": catalog.named(catalog.title),
        "name_of_i": _titled(catalog, "_rs_i"),
        "name_of_a": _titled(catalog, "_rs_a"),
        "name_of_b": _titled(catalog, "_rs_b"),
        "because": _titled(catalog, "_rs_because"),
        "identity": sql.identifier(catalog.identity),
        "as_identity": typed_text("_rs_c._rs_text", catalog.identity_type),
        # Which of several items of one name is meant, to order by, and to take the least of.
        "preference": catalog.preference,
        "direction": direction,
        "preferred": f"{catalog.preference} {direction} NULLS LAST",
        "sign": sign,
        "interactions": history.table if history else "",
        **_of_history(catalog),
        **_groups(catalog),
        "terms_space": sql.literal(catalog.terms_space),
        **{placeholder: relation(table) if table else "" for placeholder, table in tables.items()},
        **{constant: str(value) for constant, value in asdict(catalog.fading).items()},
        "whole_number": WHOLE_NUMBER,
        **CONSTANTS,
    }


def _of_why(catalog: Catalog, names: dict[str, str]) -> dict[str, str]:
    chosen = "chosen" if catalog.interactions else "chosen_by_nobody"
    comparing = _comparing(names, "compared_by_identity")
    return {"comparing": comparing, "chosen": sql.render(_FUNCTIONS, chosen, **names)}


def _comparing(names: dict[str, str], compared: str) -> str:
    return sql.render(_FUNCTIONS, "comparing", **names, compared=sql.render(_FUNCTIONS, compared, **names))


def _titled(catalog: Catalog, row: str) -> str:
    """Return the name of the item in `row`, as text."""
    column = f"{row}.{catalog.named(catalog.title)}"
    return f"CAST({column} AS VARCHAR)" if catalog.title == catalog.identity != "" else column


def _groups(catalog: Catalog) -> dict[str, str]:
    """Return what lets one list show one item of a group; an item that is in none is one by itself."""
    if not catalog.group:
        return {"group": "", "is_among_popular": "_rs_p._rs_place <= _rs_q._rs_many"}
    group = f"coalesce('g' || CAST({catalog.group} AS VARCHAR), CAST({catalog.key} AS VARCHAR))"
    return {"group": group, "is_among_popular": "_rs_q._rs_many > 0"}


def _of_history(catalog: Catalog) -> dict[str, str]:
    """Return what the SQL of a catalogue with interactions is written with besides."""
    history = catalog.interactions
    if history is None:
        return dict.fromkeys(
            (
                "user",
                "person",
                "as_user",
                "value",
                "valued",
                "counted",
                "time",
                "history_item",
                "amount",
                "verb",
                "debit",
            ),
            "",
        )
    person = '"user"' if catalog.identity else history.user

    def by(column: str) -> str:
        """Name a column of the user's own by its table: else a parameter of that name would take its place."""
        return f"_rs_h.{catalog.named(column)}" if catalog.kind else column

    return {
        "user": by(history.user),
        "person": person,
        "as_user": typed_text(f"CAST({person} AS VARCHAR)", history.user_type),
        "value": by(history.value) if history.value else "CAST(NULL AS DOUBLE)",
        # An event that says less than one, such as a look, counts for as much less.
        "counted": f"CASE WHEN _rs_rating < {catalog.fading.low_rating} THEN {catalog.fading.low_share} ELSE 1.0 END"
        if history.value
        else "least(_rs_rating, 1e0)",
        # Of several ratings of one item the last; where nothing is rated, how much was chosen.
        "valued": "arg_max(_rs_b._rs_value, coalesce(_rs_b._rs_moment, TIMESTAMP '1970-01-01'))"
        if history.value
        else "sum(_rs_b._rs_amount)",
        "time": by(history.time) if history.time else "CAST(NULL AS TIMESTAMP)",
        "history_item": by(history.item),
        "amount": history.amount_of("_rs_h"),
        "verb": history.verb.replace("'", "''"),
        "debit": "" if history.keeps_seen else sql.read(_FUNCTIONS, "debit"),
    }


def _render_own(catalog: Catalog, function: Function, name: str, relation: Callable[[str], str], target: str) -> str:
    """Return `CREATE MACRO` and its comment for a function of one catalogue alone, which names tables as they are."""
    tables = {table: relation(table) for table in (*catalog.tables, *sql.names(_TABLES))}
    comparing = _comparing(_names(catalog, relation), "compared_by_key")
    called = {function.name: target + name}
    text = sql.render(f"{catalog.schema}.functions", function.name, **called, **tables, comparing=comparing)
    about = function.about.replace(f": {function.name}(", f": {name}(")
    return f"{text}COMMENT ON MACRO TABLE {target}{name} IS {sql.literal(about)};\n"


def render_views(catalogs: Iterable[Catalog], target: str = "") -> str:
    """Return the SQL that creates the views in the store itself: those of every catalogue, and `store_health`.

    `target` is the prefix, already quoted, of where they are created.
    """
    chosen = tuple(catalogs)
    similar = "\n".join(
        sql.render(
            "recstore.schema.views",
            "similar_items_view",
            similar_view=f"{target}similar_{catalog.name}_view",
            item=catalog.item,
            key=catalog.key,
            name=catalog.named(catalog.title),
            similar_key=f"similar_{catalog.key}",
            similar_name=catalog.named(f"similar_{catalog.title}"),
            neighbors=catalog.neighbors,
            items=catalog.items,
        )
        for catalog in chosen
    )
    return f"{similar}\n{checks.render_view(chosen, target)}"


def render_tables(catalogs: Iterable[Catalog]) -> str:
    """Return the SQL that creates every table of a store, empty, with its comments."""
    texts = [sql.read(_TABLES, name) for name in sql.names(_TABLES)]
    for catalog in catalogs:
        if catalog.schema:
            package = f"{catalog.schema}.tables"
            texts += [sql.read(package, name) for name in sql.names(package)]
        texts += [_table(catalog, table) for table in catalog.sources if table.columns]
        names = {
            **_names(catalog, lambda table: table),
            "terms_space": catalog.terms_space,
            "about": function_name("about", catalog),
            "recommend": function_name("recommend", catalog),
            "recommend_for": catalog.recommends_for,
        }
        for kind in ("vectors", "neighbors", "weights", "tastes", "terms"):
            if names[kind]:
                texts.append(sql.render("recstore.schema.catalog_tables", kind, **names))
    # One transaction: each statement alone would be flushed to disk.
    return "\n".join(["BEGIN;", *texts, "COMMIT;"])


def _table(catalog: Catalog, table: Table) -> str:
    """Return the SQL of a table that a value describes."""
    columns = ", ".join(
        f"{sql.identifier(column.name)} {column.type}{' NOT NULL' if column.required else ''}"
        for column in table.columns
    )
    lines = [f"CREATE TABLE {table.name} ({columns});", f"COMMENT ON TABLE {table.name} IS {sql.literal(table.about)};"]
    lines += [
        f"COMMENT ON COLUMN {table.name}.{sql.identifier(column.name)} IS {sql.literal(column.about)};"
        for column in table.columns
        if column.about
    ]
    return "\n".join(lines)
