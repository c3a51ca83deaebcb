"""Renders the SQL functions and views of `schema/` for a store or for a face: the one place that fills placeholders."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from recstore import sql
from recstore.catalogs import checks
from recstore.catalogs.catalog import Catalog, Column, Function
from recstore.search.ranking import CONSTANTS

_FUNCTIONS = "recstore.schema.functions"
_TABLES = "recstore.schema.tables"
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
    "recommend": "What a person in the {interactions} wants next: {name}({user}, k := 10, filter, store)",
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
    return catalog.recommends_for if kind == "recommend_for" else f"{kind}_{catalog.name}"


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
    name = function_name(kind, catalog)
    names = {
        **_names(catalog, relation),
        "function": name,
        "columns": ", ".join(f"{column.over('_rs_item')} AS {column.name}" for column in catalog.columns),
    }
    whole_k = sql.render(_FUNCTIONS, "whole_k", **names).strip()
    if asking and catalog.name in asking.catalogs:
        build = sql.literal(asking.build_id)
        ranking = sql.render(_FUNCTIONS, "asking", **names, ask=ASK, among=AMONG, build=build)
    else:
        ranking = sql.render(_FUNCTIONS, "ranking", **names)
    listed = {which: sql.render(_FUNCTIONS, "listed", are_names=str(which == "names")) for which in ("ids", "names")}
    text = sql.render(
        _FUNCTIONS,
        kind,
        **{kind: target + name},
        **names,
        searched=Column("searched", "VARCHAR", catalog.searched).over("_rs_i"),
        default_space=sql.literal(catalog.nearest_space),
        default_spaces=f"[{', '.join(sql.literal(space) for space in catalog.spaces)}]",
        depth=str(catalog.depth),
        whole_k=whole_k,
        ranking=ranking,
        answering=sql.render(_FUNCTIONS, "answering", **names, ranking=ranking),
        identified=sql.render(_FUNCTIONS, "identified", **names, **listed),
        recommending=sql.render(_FUNCTIONS, "recommending", **names, whole_k=whole_k),
    )
    comment = _COMMENTS[kind].format(name=name, **{key: names[key] for key in ("item", "interactions", "user")})
    return f"{text}COMMENT ON MACRO TABLE {target}{name} IS {sql.literal(comment)};\n"


def render_functions(
    catalogs: Iterable[Catalog],
    relation: Callable[[str], str] = stored_relation,
    target: str = "",
    asking: Asking | None = None,
) -> str:
    """Return the SQL that creates every function of some catalogues."""
    return "\n".join(
        text
        for catalog in catalogs
        for text in (
            *(render_function(kind, catalog, relation, target, asking) for kind in function_kinds(catalog)),
            *(_render_own(catalog, function, relation, target) for function in catalog.functions if catalog.schema),
        )
    )


def _names(catalog: Catalog, relation: Callable[[str], str]) -> dict[str, str]:
    """Return what the SQL of every catalogue is written with: names as they are, tables as `relation` names them."""
    sign, direction = ("-", "DESC") if catalog.preference_descends else ("+", "ASC")
    history = catalog.interactions
    tables = {
        "items": catalog.items,
        "vectors": catalog.vectors,
        "neighbors": catalog.neighbors,
        "weights": catalog.weights,
        "terms": catalog.terms,
        "history_table": history.table if history else "",
        "spaces": "spaces",
    }
    return {
        "catalog": sql.literal(catalog.name),
        "item": catalog.item,
        "key": catalog.key,
        "name": catalog.title,
        # Which of several items of one name is meant, to order by, and to take the least of.
        "preference": catalog.preference,
        "direction": direction,
        "preferred": f"{catalog.preference} {direction} NULLS LAST",
        "sign": sign,
        "interactions": history.table if history else "",
        "user": history.user if history else "",
        "value": history.value if history else "",
        "time": history.time if history else "",
        "verb": history.verb if history else "",
        "terms_space": sql.literal(catalog.terms_space),
        **{placeholder: relation(table) if table else "" for placeholder, table in tables.items()},
        **{constant: str(value) for constant, value in asdict(catalog.fading).items()},
        **CONSTANTS,
    }


def _render_own(catalog: Catalog, function: Function, relation: Callable[[str], str], target: str) -> str:
    """Return `CREATE MACRO` and its comment for a function of one catalogue alone, which names tables as they are."""
    tables = {table: relation(table) for table in (*catalog.tables, *sql.names(_TABLES))}
    comparing = sql.render(_FUNCTIONS, "comparing", **_names(catalog, relation))
    name = function.name
    text = sql.render(f"{catalog.schema}.functions", name, **{name: target + name}, **tables, comparing=comparing)
    return f"{text}COMMENT ON MACRO TABLE {target}{name} IS {sql.literal(function.about)};\n"


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
            name=catalog.title,
            similar_key=f"similar_{catalog.key}",
            similar_name=f"similar_{catalog.title}",
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
        names = {
            **_names(catalog, lambda table: table),
            "terms_space": catalog.terms_space,
            "about": function_name("about", catalog),
            "recommend": function_name("recommend", catalog),
            "recommend_for": catalog.recommends_for,
        }
        for kind in ("vectors", "neighbors", "weights", "terms"):
            if names[kind]:
                texts.append(sql.render("recstore.schema.catalog_tables", kind, **names))
    # One transaction: each statement alone would be flushed to disk.
    return "\n".join(["BEGIN;", *texts, "COMMIT;"])
