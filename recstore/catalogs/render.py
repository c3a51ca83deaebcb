"""Renders the SQL functions and views of `schema/` for a store or for a face: the one place that fills placeholders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from recstore import sql
from recstore.catalogs import checks
from recstore.catalogs.catalog import CATALOGS, FADING, Catalog

FUNCTIONS = ("similar", "nearest", "find")
#: What a catalogue with weights has besides.
FOR_A_PERSON = ("recommend", "recommend_for")
#: The functions that `recstore.connection.annoy_functions` gives a connection.
ASK, AMONG = "recstore_ask_annoy", "recstore_pack_filter"

_COMMENTS = {
    "similar": "The items most like one item: {name}({item}, k := 10, space, filter, store)",
    "nearest": "The items nearest to a vector of a space: {name}(vector, k := 10, space, filter, store)",
    "about": "The items that words are about: {name}(words, k := 10, filter, store)",
    "find": "The items whose words match: {name}(words, k := 10, store)",
    "recommend": "What a person in the ratings wants next: {name}(user_id, k := 10, filter, store)",
    "recommend_for": "What follows on a list of items, oldest first: {name}(liked, k := 10, disliked, filter, store)",
}


@dataclass(frozen=True)
class Asking:
    """Which catalogues' functions ask Annoy, and of which build of the store."""

    build_id: str
    catalogs: frozenset[str]


def stored_relation(table: str) -> str:
    """Name a table from inside a stored macro, whose names resolve in the *caller's* search path.

    `query_table` lets the caller say in which database the table is; without `store` the open one is meant.
    """
    quoted = "'\"' || replace(store, '\"', '\"\"') || '\".main.'"
    return f"query_table(CASE WHEN store IS NULL THEN '' ELSE {quoted} END || {sql.literal(table)})"


def attached_relation(database: str) -> Callable[[str], str]:
    """Name a table of an attached store, whatever the search path."""
    return lambda table: f"{sql.identifier(database)}.main.{sql.identifier(table)}"


def function_name(kind: str, catalog: Catalog) -> str:
    """Return the SQL name of a function: `similar_movies`."""
    if kind == "about":
        return f"{catalog.name}_about"
    return kind if kind == "recommend_for" else f"{kind}_{catalog.name}"


def function_kinds(catalog: Catalog) -> tuple[str, ...]:
    """Return the kinds of functions that a catalogue has."""
    about = ("about",) if catalog.terms else ()
    return (*FUNCTIONS, *about, *(FOR_A_PERSON if catalog.weights else ()))


def render_function(
    kind: str,
    catalog: Catalog,
    relation: Callable[[str], str] = stored_relation,
    target: str = "",
    asking: Asking | None = None,
) -> str:
    """Return `CREATE MACRO` and its comment for one function of one catalogue.

    `relation` names the store's tables; `target` is the prefix, already quoted, of where the function is created.
    `asking` says whether what goes beyond the stored neighbours is a question to Annoy.
    """
    package = "recstore.schema.functions"
    name = function_name(kind, catalog)
    weights, terms = (relation(table) if table else "" for table in (catalog.weights, catalog.terms))
    names = {
        "function": name,
        "item": catalog.item,
        "key": catalog.key,
        "name": catalog.title,
        **_preference(catalog),
        "columns": ", ".join(
            f"{expression.replace('$$', '_rs_item')} AS {column}" for column, expression in catalog.columns.items()
        ),
        "items": relation(catalog.items),
        "vectors": relation(catalog.vectors),
        "weights": weights,
    }
    whole_k = sql.render(package, "whole_k", **names).strip()
    if asking and catalog.name in asking.catalogs:
        build, name_of_catalog = sql.literal(asking.build_id), sql.literal(catalog.name)
        ranking = sql.render(package, "asking", **names, ask=ASK, among=AMONG, build=build, catalog=name_of_catalog)
    else:
        ranking = sql.render(package, "ranking", **names)
    listed = {which: sql.render(package, "listed", are_names=str(which == "names")) for which in ("ids", "names")}
    text = sql.render(
        package,
        kind,
        **{kind: target + name},
        **names,
        searched=catalog.searched.replace("$$", "_rs_i"),
        catalog=sql.literal(catalog.name),
        default_space=sql.literal(catalog.nearest_space),
        default_spaces=f"[{', '.join(sql.literal(space) for space in catalog.spaces)}]",
        depth=str(catalog.depth),
        neighbors=relation(catalog.neighbors),
        spaces=relation("spaces"),
        ratings=relation("ratings"),
        terms=terms,
        whole_k=whole_k,
        ranking=ranking,
        answering=sql.render(package, "answering", **names, ranking=ranking),
        identified=sql.render(package, "identified", **names, **listed),
        recommending=sql.render(package, "recommending", **names, whole_k=whole_k),
        **{constant: str(value) for constant, value in asdict(FADING).items()},
    )
    comment = sql.literal(_COMMENTS[kind].format(name=name, item=catalog.item))
    return f"{text}COMMENT ON MACRO TABLE {target}{name} IS {comment};\n"


def render_functions(
    relation: Callable[[str], str] = stored_relation, target: str = "", asking: Asking | None = None
) -> str:
    """Return the SQL that creates every function of every catalogue."""
    return "\n".join(
        text
        for catalog in CATALOGS.values()
        for text in (
            *(render_function(kind, catalog, relation, target, asking) for kind in function_kinds(catalog)),
            *(_render_own(catalog, name, comment, relation, target) for name, comment in catalog.functions),
        )
    )


def _preference(catalog: Catalog) -> dict[str, str]:
    """Return which of several items of one name is meant, as SQL has it: to order by, and to take the least of."""
    sign, direction = ("-", "DESC") if catalog.preference_descends else ("+", "ASC")
    preferred = f"{catalog.preference} {direction} NULLS LAST"
    return {"preference": catalog.preference, "direction": direction, "preferred": preferred, "sign": sign}


def _render_own(catalog: Catalog, name: str, comment: str, relation: Callable[[str], str], target: str) -> str:
    """Return `CREATE MACRO` and its comment for a function of one catalogue alone, which names tables as they are."""
    package = "recstore.schema.functions"
    tables = {table: relation(table) for table in sql.names("recstore.schema.tables")}
    comparing = sql.render(
        package,
        "comparing",
        item=catalog.item,
        key=catalog.key,
        name=catalog.title,
        **_preference(catalog),
        items=relation(catalog.items),
        vectors=relation(catalog.vectors),
    )
    text = sql.render(package, name, **{name: target + name}, **tables, comparing=comparing)
    return f"{text}COMMENT ON MACRO TABLE {target}{name} IS {sql.literal(comment)};\n"


def render_views(target: str = "") -> str:
    """Return the SQL that creates the views in the store itself: those of every catalogue, and `store_health`.

    `target` is the prefix, already quoted, of where they are created.
    """
    similar = "\n".join(
        sql.render(
            "recstore.schema.views",
            "similar_items_view",
            similar_view=f"{target}similar_{catalog.name}_view",
            item=catalog.item,
            key=catalog.key,
            name=catalog.title,
            similar_key=f"similar_{catalog.key}",
            similar_name=f"similar_{catalog.title}",
            neighbors=catalog.neighbors,
            items=catalog.items,
        )
        for catalog in CATALOGS.values()
    )
    return f"{similar}\n{checks.render_view(sql.names('recstore.schema.tables'), target)}"


def render_tables() -> str:
    """Return the SQL that creates every table of a store, empty, with its comments."""
    package = "recstore.schema.tables"
    # One transaction: each statement alone would be flushed to disk.
    return "\n".join(["BEGIN;", *(sql.read(package, name) for name in sql.names(package)), "COMMIT;"])
