"""Which overloads each SQL function has, and the body of each.

An argument that costs something has an overload of its own, in which it is required: DuckDB binds one overload of a
call, so a call pays for what it says. The overload of an argument knows those that stand before it in `Form.options`,
and none of those behind it, so that any of them together are bound by one overload: that of the last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from recstore import sql
from recstore.catalogs.catalog import Catalog

_FUNCTIONS = "recstore.schema.functions"
#: What may be said of any question, in the order in which people read it.
SAID = (
    "k",
    "space",
    "disliked",
    "filter",
    "exclude",
    "boost",
    "popularity",
    "diversity",
    "per_group",
    "include_unavailable",
    "store",
)
#: What has a score of its own in every candidate, which no index of vectors knows.
_SCORED = frozenset(("boost", "per_group", "popularity", "diversity"))


@dataclass(frozen=True)
class Form:
    """How a function is called: what must be given; what may be given, with its default; what has an overload."""

    required: tuple[str, ...]
    defaults: Mapping[str, str]
    options: tuple[str, ...] = ()

    def overloads(self) -> tuple[tuple[str, ...], ...]:
        """Return what each overload knows of `options`: the last of them is required there."""
        return tuple(self.options[:many] for many in range(len(self.options) + 1))

    def parameters(self, known: tuple[str, ...], default_of: Mapping[str, str]) -> str:
        """Return the parameters of the overload that knows these options."""
        required = (*self.required, *known[-1:])
        given = {**self.defaults, **{option: default_of.get(option, "NULL") for option in known[:-1]}}
        if "store" not in self.options:
            given["store"] = "NULL"
        return ", ".join((*required, *(f"{name} := {value}" for name, value in given.items())))

    def shown(self, default_of: Mapping[str, str] | None = None) -> str:
        """Return all parameters, in the order in which people read them, with these defaults and that of `k`."""
        defaults = {"k": "10", **(default_of or {})}
        named = [name for name in SAID if name in {*self.defaults, *self.options, "store"}]
        return ", ".join((*self.required, *(f"{n} := {defaults[n]}" if n in defaults else n for n in named)))

    def called(self, default_of: Mapping[str, str]) -> str:
        """Return all parameters with all defaults."""
        return self.shown({**dict.fromkeys(SAID, "NULL"), **default_of, **self.defaults})


def form(kind: str, catalog: Catalog, default_space: str) -> Form:
    """Return how a kind of function is called in a catalogue."""
    filtered = {"k": "10", "filter": "NULL"}
    options = sayable(catalog)
    history = catalog.interactions
    person = '"user"' if catalog.identity else history.user if history else ""
    return {
        "similar": Form((catalog.item,), {"k": "10"}, ("store", "space", "filter", "disliked", *options)),
        "nearest": Form(("vector",), {**filtered, "space": default_space}, options),
        "about": Form(("words",), filtered),
        "find": Form(("words",), {"k": "10"}),
        "why": Form(("item_a", "item_b"), {}),
        "recommend": Form((person,), filtered, ("store", *options)),
        "recommend_for": Form(("liked",), {**filtered, "disliked": "[]"}, options),
    }[kind]


def sayable(catalog: Catalog) -> tuple[str, ...]:
    """Return what a question of a catalogue can say besides, in the order of the overloads."""
    return (
        "exclude",
        "boost",
        *(("per_group",) if catalog.group else ()),
        *(("include_unavailable",) if catalog.available else ()),
        *(("popularity",) if catalog.interactions else ()),
        "diversity",
    )


def body(kind: str, catalog: Catalog, said: Collection[str], names: Mapping[str, str], annoy: Mapping[str, str]) -> str:
    """Return the body of an overload that knows the options `said`.

    `names` are what the SQL of the catalogue is written with. `annoy` is what `ranking_by_annoy.sql` is filled with,
    where an index is asked for what `ranking.sql` finds by a scan; empty where there is none.
    """
    ranked = bool(set(said) - {"space", "store"})
    known = {*said, *form(kind, catalog, "").defaults}
    parts = {**names, **_parts(kind, catalog, known, names, ranked)}
    if kind == "similar":
        if ranked:
            parts["ranking"] = _ranking(catalog, known, parts, annoy)
            return _fill("similar_ranked", parts)
        parts |= _nearby(catalog, parts)
        parts["meant_of_named"] = _fill(f"meant_of_named_by_{'identity' if catalog.identity else 'key'}", parts)
        parts["far"] = _far(catalog, known, parts, annoy)
        return _fill("similar", parts)
    if kind in ("nearest", "about"):
        parts["ranking"] = _ranking(catalog, known, parts, annoy)
        parts["questions"] = _fill("questions_ranked" if ranked else "questions", parts)
        parts["answering"] = _fill("answering", parts)
        return _fill(kind, parts)
    if kind in ("recommend", "recommend_for"):
        parts |= _of_recommending(catalog, known, parts)
        # Stores of before have no such table.
        parts["older"] = _fill("older", parts) if catalog.tastes else ""
        parts["recommending"] = _fill("recommending", parts)
    return _fill(kind, parts)


def _fill(file: str, parts: Mapping[str, str]) -> str:
    return sql.render(_FUNCTIONS, file, **parts)


def _parts(
    kind: str, catalog: Catalog, known: Collection[str], names: Mapping[str, str], ranked: bool
) -> dict[str, str]:
    """Return what every function of an overload is written with: its arguments, and which items it may answer with."""

    def given(argument: str) -> str:
        if argument not in known:
            return "CAST([] AS VARCHAR[])"
        return sql.render(_FUNCTIONS, "given_list", **{**names, "argument": argument}).strip()

    said = ", ".join(_said(names)[name] for name in ("popularity", "diversity", "per_group") if name in known)
    kept = {
        "similar": "_rs_of, _rs_k, _rs_spaces" + (", _rs_said" if ranked else ""),
        "nearest": "_rs_k, _rs_space, _rs_said, _rs_vector",
    }.get(kind, "_rs_of")
    checked = "space" in known and kind == "similar"
    parts = {
        # The argument may be `unnest(…)`, which is bound by itself alone.
        "asked_items": "CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) "
        "ELSE [CAST(_rs_given AS VARCHAR)] END",
        "is_number": _is_number("_rs_given"),
        **_examples(known, given, "_rs_checked" if checked else "_rs_args"),
        "given_excluded": given("exclude"),
        "excluded_is_number": _is_number("exclude") if "exclude" in known else "true",
        "said": f"{{{said}}}" if said else "true",
        "given_spaces": sql.read(_FUNCTIONS, "given_spaces").strip() if checked else names["default_spaces"],
        "sound_args": "_rs_checked" if checked else "_rs_args",
        "checked_spaces": sql.render(_FUNCTIONS, "checked_spaces", **names) if checked else "",
        "mean": sql.read(_FUNCTIONS, "mean").strip(),
        "if_wrong": sql.read(_FUNCTIONS, "if_space_is_wrong") if checked else "",
        "and_said": ", _rs_said" if ranked else "",
        "and_said_of_q": ", _rs_q._rs_said" if ranked else "",
        "or_said_is_wrong": " OR _rs_said IS NULL OR _rs_excluded IS NULL" if ranked else "",
        **_limits(catalog, known, names),
    }
    parts["meant"] = sql.render(
        _FUNCTIONS, "meant_by_identity" if catalog.identity else "meant_by_key", **{**names, "kept": kept}
    )
    spaces = "_rs_spaces" if checked else names["default_spaces"]
    parts |= {
        "and_spaces": ", _rs_spaces" if checked else "",
        "given_spaces_too": f", {parts['given_spaces']} AS _rs_spaces" if checked else "",
        # The place of a vector's space among those asked for; NULL for no such space.
        "place_of_v": f"list_position({spaces}, _rs_v.space)",
        **{f"spaces_of_{row}": f", _rs_{row}._rs_spaces" if checked else "" for row in ("o", "n", "e")},
    }
    if_far = f"({parts['far_asked']}) AS _rs_far, " if kind == "similar" and not ranked else ""
    parts["answered"] = sql.render(_FUNCTIONS, "answered", **{**names, "if_far": if_far})
    if kind == "nearest" and ranked:
        parts["args_of_ranked"] = (
            f", {parts['given_excluded']} AS _rs_excluded, {parts['excluded_is_number']} AS _rs_is_number, "
            f"{parts['said']} AS _rs_said"
        )
        parts["kept_of_ranked"] = ", _rs_excluded, _rs_is_number, _rs_said"
    else:
        parts |= {"args_of_ranked": "", "kept_of_ranked": ""}
    return parts


def _said(names: Mapping[str, str]) -> dict[str, str]:
    """Return what holds each number that a question can say: NULL is as if nothing were said."""

    def number(argument: str, low: str, high: str) -> str:
        bounds = {"argument": argument, "low": low, "high": high}
        return sql.render(_FUNCTIONS, "said_number", **names, **bounds).strip()

    whole = sql.render(_FUNCTIONS, "whole_from_one", **names, argument="per_group").strip()
    return {
        "popularity": number("popularity", "-1", "1"),
        "diversity": number("diversity", "0", "1"),
        "per_group": f"'per_group': CASE WHEN per_group IS NULL THEN 1 ELSE {whole} END",
    }


def _examples(known: Collection[str], given: Callable[[str], str], arguments: str) -> dict[str, str]:
    """Return what `similar_ranked.sql` is written with for each list besides the items."""
    roles = {name: role for name, role in (("disliked", -1), ("exclude", 0)) if name in known}
    kept = "_rs_of, _rs_k, _rs_spaces, _rs_said"
    return {
        "lists_given": "".join(
            f",\n        {given(name)} AS _rs_{name}, {_is_number(name)} AS _rs_{name}_is_number" for name in roles
        ),
        "lists_named": "".join(
            sql.render(_FUNCTIONS, "list_named", kept=kept, name=name, role=str(role), arguments=arguments)
            for name, role in roles.items()
        ),
        "a_list_is_wrong": "".join(f" OR _rs_{name} IS NULL" for name in roles),
    }


_NUMBER = "^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)"
_NUMBER_OR_LIST = sql.literal(f"{_NUMBER}|]$")
#: A whole number as text, or a list of one.
_ONE_NUMBER = sql.literal(r"^\[?([+-]?[0-9]+)([.]0*)?\]?$")


def _is_number(argument: str) -> str:
    return f"regexp_matches(typeof({argument}), {sql.literal(_NUMBER)})"


def _limits(catalog: Catalog, known: Collection[str], names: Mapping[str, str]) -> dict[str, str]:
    """Return which items may be answered with, and when the stored neighbours are enough.

    Where not every item is available, or a list shows one item of a group, the stored neighbours may be too few: then
    all candidates are ranked.
    """
    no_filter = "typeof(filter) = '\"NULL\"'"
    passes = f"CASE WHEN {no_filter} THEN true ELSE filter END" if "filter" in known else "true"
    passes_too = f"CASE WHEN {no_filter} THEN false ELSE filter END" if "filter" in known else "false"
    is_limited = "typeof(filter) <> '\"NULL\"'" if "filter" in known else "false"
    deep = f"coalesce(TRY_CAST(k AS DOUBLE) > {catalog.depth}, false)"
    near, far_asked = (
        f"_rs_k <= {catalog.depth}",
        sql.render(_FUNCTIONS, "far_is_asked", **{**names, "deep": deep}).strip(),
    )
    if catalog.available:
        available = f"coalesce({catalog.available}, false)"
        if "include_unavailable" in known:
            absent = "typeof(include_unavailable) = '\"NULL\"'"
            available += f" OR coalesce(CASE WHEN {absent} THEN false ELSE include_unavailable END, false)"
        passes += f" AND ({available})"
    if catalog.available or catalog.group:
        passes_too, is_limited, near, far_asked = passes, "true", "", "SELECT 1 AS _rs_one"
    return {
        "passes": passes,
        "passes_too": passes_too,
        "is_limited": is_limited,
        "near": near,
        "far_asked": far_asked,
    }


def _candidates(catalog: Catalog, known: Collection[str], parts: Mapping[str, str], popularity: str = "") -> str:
    """Return the query for the items that may be answered with, with what their place depends on."""
    boost = ", CASE WHEN typeof(boost) = '\"NULL\"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost"
    share = f", {sql.render(_FUNCTIONS, 'share', **parts).strip()} AS _rs_share" if "popularity" in known else ""
    group = f", {parts['group']} AS _rs_group" if catalog.group else ""
    return sql.render(
        _FUNCTIONS,
        "candidates",
        **{
            **parts,
            "popularity_too": popularity,
            "group_of_item": group,
            "boost_of_item": boost if "boost" in known else "",
            "share_of_item": share,
        },
    ).rstrip()


def _times(known: Collection[str], parts: Mapping[str, str], said: str) -> str:
    """Return what a score is multiplied with."""
    boost = f" * {sql.render(_FUNCTIONS, 'times', **parts).strip()}" if "boost" in known else ""
    popularity = f" * (1e0 + {said}.popularity * _rs_c._rs_share)" if "popularity" in known else ""
    return boost + popularity


def _ranking(catalog: Catalog, known: Collection[str], parts: Mapping[str, str], annoy: Mapping[str, str]) -> str:
    """Return the query that ranks the candidates of each question, or asks the index for them."""
    if annoy and not catalog.group and not _SCORED & set(known):
        return sql.render(_FUNCTIONS, "ranking_by_annoy", **{**parts, **annoy})
    diverse = "diversity" in known
    times = _times(known, parts, "_rs_q._rs_said")
    score = f"round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * {parts['score_steps']})"
    per_group = "_rs_said.per_group" if "per_group" in known else "1"
    grouped = {
        **parts,
        "per_group_of": per_group,
        "unnested": ", unnest(_rs_keys) AS _rs_key" + (", unnest(_rs_rows).vector AS _rs_vector" if diverse else ""),
        "vectors_of_group": f", arg_max({{'vector': _rs_vector}}, _rs_key, {per_group}) AS _rs_rows" if diverse else "",
    }
    return sql.render(
        _FUNCTIONS,
        "ranking",
        **{
            **parts,
            "candidates": _candidates(catalog, known, parts),
            "score": sql.render(_FUNCTIONS, "score", **{**parts, "times": times}).strip() if times else score,
            "group_too": ", _rs_c._rs_group" if catalog.group else "",
            "vector_too": ", _rs_c._rs_vector" if diverse else "",
            "of_groups": sql.render(_FUNCTIONS, "of_groups", **grouped) if catalog.group else "",
            "all_scored": "_rs_of_groups" if catalog.group else "_rs_scored",
            "pool": "greatest(100, 5 * _rs_k)" if diverse else "_rs_k",
            "vectors_too": ", arg_max(_rs_vector, _rs_key, greatest(100, 5 * _rs_k)) AS _rs_vectors" if diverse else "",
            "chosen_keys": "list_transform(_rs_places, lambda _rs_x: _rs_keys[_rs_x])" if diverse else "_rs_keys",
            "from_best": sql.render(_FUNCTIONS, "diversified", **{**parts, "diverse": _diverse(parts)})
            if diverse
            else "_rs_best",
        },
    )


def _far(catalog: Catalog, known: Collection[str], parts: Mapping[str, str], annoy: Mapping[str, str]) -> str:
    """Return the query that answers a plain question for which the stored neighbours are not enough."""
    if not annoy and not catalog.group and not catalog.available:
        return sql.render(_FUNCTIONS, "far", **parts)
    ranking = _ranking(catalog, known, parts, annoy)
    return sql.render(_FUNCTIONS, "far_asked", **{**parts, "ranking": ranking})


def _nearby(catalog: Catalog, parts: Mapping[str, str]) -> dict[str, str]:
    """Return what answers a plain question for one item from its stored neighbours, where they may be enough.

    Keys are told from names by the type of what is given, ids of the user's own are not: there all texts go one way.
    """
    nothing = dict.fromkeys(("alone_first", "alone", "one_too", "is_one", "where_far", "where_many"), "")
    if not parts["near"]:
        return nothing
    deep = f"_rs_k > {catalog.depth}"
    found = nothing | {"near": _fill("near", parts)}
    if catalog.identity:
        one = {"one_too": ", _rs_is_one", "is_one": f", len({parts['asked_items']}) = 1 AS _rs_is_one"}
        alone = _fill("alone_by_identity", parts)
        return found | one | {"alone": alone, "where_many": f" WHERE NOT _rs_is_one OR {deep}"}
    alone = _fill("alone_by_key", {**parts, "one_number": _ONE_NUMBER, "number_or_list": _NUMBER_OR_LIST})
    one_number = f"{parts['is_number']} AND regexp_matches(_rs_of, {_ONE_NUMBER})"
    lists = f"(typeof(_rs_given) LIKE '%]' AND NOT ({one_number}))"
    return found | {"alone_first": alone, "where_far": f"\n    WHERE {lists} OR {deep}"}


def _diverse(parts: Mapping[str, str]) -> str:
    return sql.render(_FUNCTIONS, "diverse", **parts).strip()


def _of_recommending(catalog: Catalog, known: Collection[str], parts: Mapping[str, str]) -> dict[str, str]:
    """Return what the functions for a person are written with besides."""
    diverse, boosted, excluded = (name in known for name in ("diversity", "boost", "exclude"))
    times = _times(known, parts, "_rs_a._rs_said")
    boost = f" * {sql.render(_FUNCTIONS, 'times', **parts).strip()}" if boosted else ""
    popularity = (
        f"CAST(least(greatest(round(_rs_c._rs_popularity{boost}), 0), 999999998) AS BIGINT)"
        if boosted
        else "_rs_c._rs_popularity"
    )
    chosen = f", CAST({parts['preference']} AS BIGINT) AS _rs_popularity"
    found = {**parts, "best_keys": "_rs_keys", "diverse": _diverse(parts) if diverse else ""}
    if catalog.group:
        found["best_keys"] = sql.render(
            _FUNCTIONS,
            "best_of_groups",
            **{
                **parts,
                "per_group_of": "_rs_y._rs_said.per_group" if "per_group" in known else "1",
                "group_said": f"(SELECT {parts['said']} AS _rs_said) AS _rs_y, " if "per_group" in known else "",
                "by_said": ", _rs_y._rs_said" if "per_group" in known else "",
            },
        )
    return {
        "excluded": sql.render(_FUNCTIONS, "excluded", **parts) if excluded else "",
        "excluded_debit": sql.read(_FUNCTIONS, "excluded_debit") if excluded else "",
        "many_excluded": (f" + greatest(100, 5 * {parts['whole_k']})" if diverse else "")
        + (f" + len({parts['given_excluded']})" if excluded else ""),
        "candidates": _candidates(catalog, known, parts, chosen),
        "popularity_of_item": popularity,
        "weighed_sum": f"CAST(greatest(least(round(_rs_s._rs_sum{times}), 2e9), -1e8) AS BIGINT)"
        if times
        else "_rs_s._rs_sum",
        "said_first": f"(SELECT {parts['said']} AS _rs_said) AS _rs_a, " if "popularity" in known else "",
        "group_of_c": ", _rs_c._rs_group" if catalog.group else "",
        "group_kept": ", _rs_group" if catalog.group else "",
        "best": sql.render(_FUNCTIONS, "best_diverse" if diverse else "best", **found).rstrip(),
    }
