"""Renders the functions of a catalogue for Spark SQL: the names, parameters, columns and rows of those in a store."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from recstore import sql
from recstore.catalogs import render
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.meant import WHOLE_NUMBER
from recstore.catalogs.overloads import SAID
from recstore.search.ranking import CONSTANTS
from recstore.spark.answers import answers_table
from recstore.spark.quoting import identifier, in_spark, literal, typed
from recstore.spark.types import spark_type
from recstore.spark.why import OWN, Why, why_items

_PACKAGE = "recstore.spark.sql"
_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER")
#: The arguments of Spark's functions: those of a store's, but for a condition, in the order in which people read them.
_SAID = tuple("among" if name == "filter" else name for name in SAID if name != "store")
#: The type of each, and its default; numbers are text, so that what is none is told as a store tells it.
_TYPES: Final = {
    "k": "STRING DEFAULT '10'",
    "space": "STRING DEFAULT NULL",
    "disliked": "ARRAY<STRING> DEFAULT NULL",
    "among": "ARRAY<STRING> DEFAULT NULL",
    "exclude": "ARRAY<STRING> DEFAULT NULL",
    "boost": "ARRAY<STRUCT<id: STRING, times: DOUBLE>> DEFAULT NULL",
    "popularity": "STRING DEFAULT NULL",
    "diversity": "STRING DEFAULT NULL",
    "per_group": "STRING DEFAULT NULL",
    "include_unavailable": "BOOLEAN DEFAULT NULL",
}
_OF_A_PERSON = (("because", "STRING"), ("reason", "STRING"))
_SCORES = (("scores", "MAP<STRING, FLOAT>"), ("ranks", "MAP<STRING, BIGINT>"))


@dataclass(frozen=True)
class Space:
    """A space that a store has, and of how many numbers its vectors are."""

    name: str
    dimensions: int


def render_functions(
    catalog: Catalog, spaces: Sequence[Space], relation: Callable[[str], str], target: str, accents: tuple[str, str]
) -> list[str]:
    """Return the statements of Spark SQL that create the functions of a catalogue.

    `spaces` are those that are there. `relation` names the exported tables, `target` is what stands before the name of
    a function. `accents` are letters with accents, and those without in the same places.
    """
    made = _Functions(catalog, spaces, relation, target, accents)
    kinds = render.function_kinds(catalog)
    own = [function for function in catalog.functions if function.name in OWN]
    return [
        *(made.statement(kind, name) for kind in kinds for name in render.function_names(kind, catalog)),
        *(made.why(OWN[function.name], name) for function in own for name in function.names),
    ]


class _Functions:
    """The functions of one catalogue."""

    def __init__(
        self,
        catalog: Catalog,
        spaces: Sequence[Space],
        relation: Callable[[str], str],
        target: str,
        accents: tuple[str, str],
    ) -> None:
        self.catalog, self.relation, self.target = catalog, relation, target
        known = sorted(space.name for space in spaces)
        tables = {"items": catalog.items, "vectors": catalog.vectors, "neighbors": catalog.neighbors,
                  "weights": catalog.weights, "tastes": catalog.tastes, "terms": catalog.terms,
                  "answers": answers_table(catalog),
                  "history_table": catalog.interactions.table if catalog.interactions else ""}  # fmt: skip
        self.common = {
            **{name: relation(table) if table else "" for name, table in tables.items()},
            **{table.name: relation(table.name) for table in (*catalog.sources, *catalog.learnt)},
            **{name: str(value) for name, value in asdict(catalog.fading).items()},
            **CONSTANTS,
            "score_divisor": f"{CONSTANTS['score_divisor']}D",
            "key": catalog.key,
            "direction": "DESC" if catalog.preference_descends else "ASC",
            "default_spaces": f"array({', '.join(map(literal, catalog.spaces))})",
            "default_space": literal(catalog.nearest_space),
            "terms_space": literal(catalog.terms_space),
            "known_spaces": f"CAST(array({', '.join(map(literal, known))}) AS ARRAY<STRING>)",
            "spaces_shown": literal(", ".join(known) or "none is there"),
            "dimensions": f"map({', '.join(f'{literal(one.name)}, {one.dimensions}' for one in spaces)})",
            "whole_number": f"r{WHOLE_NUMBER}",
            "accented": literal(accents[0]),
            "plain": literal(accents[1]),
            "columns": ", ".join(f"_rs_item.{identifier(column.name)}" for column in catalog.columns),
            "verb": catalog.interactions.verb.replace("\\", "\\\\").replace("'", "\\'") if catalog.interactions else "",
            "as_identity": typed("_rs_n._rs_text.text", catalog.identity_type),
            "passes": sql.read(_PACKAGE, "passes").strip(),
            "times": sql.read(_PACKAGE, "times").strip(),
            "of_groups": sql.read(_PACKAGE, "of_groups") if catalog.group else "",
            "all_scored": "_rs_of_groups" if catalog.group else "_rs_scored",
            "and_unseen": "" if catalog.interactions and catalog.interactions.keeps_seen
            else " AND NOT array_contains(_rs_q._rs_known, _rs_c._rs_id)",
            "boost_of_item": sql.read(_PACKAGE, "boost_of_item").strip(),
        }  # fmt: skip

    def fill(self, file: str, **parts: str) -> str:
        """Return a part of a function."""
        return sql.render(_PACKAGE, file, **{**self.common, **parts}).rstrip()

    def statement(self, kind: str, name: str) -> str:
        """Return `CREATE FUNCTION` of one kind."""
        if kind == "why":
            return self.why(why_items(self.catalog), name)
        required, said = self._form(kind)
        given = {one: f"{name}.{identifier(one)}" for one in (*(n for n, _ in required), *said)}
        parts = {"function": name, "whole_k": self._whole(name, "k", given["k"])}
        parts |= self._conditions(said, given)
        parts |= self._rounding()
        parts["diverse"] = self.fill("diverse", **parts)
        parts["places"] = self.fill("places", **parts)
        bound, texts = self._of_kind(kind, name, given, parts)
        bound = {**bound, **self._said(name, said, given)}
        for argument, role in (("disliked", -1), ("exclude", 0), ("among", 2)):
            if argument in given:
                texts.append(self._texts(name, argument, given[argument], role))
        parts["said"] = ",\n            ".join(f"'{key}', {value}" for key, value in bound.items())
        empty = "CAST(array() AS ARRAY<STRUCT<role: INT, text: STRING>>)"
        parts["texts"] = f"concat({', '.join([empty, *texts])})"
        parts["meant"] = self.fill("meant_by_identity" if self.catalog.identity else "meant_by_key", **parts)
        parts["asked"] = self.fill("asked", **parts)
        parts["rows"] = self.fill("rows", **parts)
        if kind in ("similar", "nearest", "about"):
            parts["ranking"] = self.fill("ranking", **parts)
        if kind in ("recommend", "recommend_for"):
            # Stores of before have no such table.
            dot = {"dot_of_older": self.fill("dot", one="_rs_o._rs_sums", other="_rs_t.takes")}
            parts["older"] = f"{self.fill('older', **dot)}\n" if self.catalog.tastes else ""
            parts["recommending"] = self.fill("recommending", **parts)
        columns = [
            ("rank", "SMALLINT"),
            *((column.name, spark_type(column.type)) for column in self.catalog.columns),
            ("space", "STRING"),
            ("score", "FLOAT"),
            *(_OF_A_PERSON if kind in ("recommend", "recommend_for") else ()),
        ]
        parameters = [f"{identifier(one)} {of}" for one, of in required]
        parameters += [f"{identifier(one)} {self._type(kind, one)}" for one in said]
        return self._create(name, parameters, columns, self.fill(kind, **parts), kind)

    def _create(
        self, name: str, parameters: Sequence[str], columns: Sequence[tuple[str, str]], body: str, kind: str
    ) -> str:
        interactions = self.catalog.interactions.table if self.catalog.interactions else ""
        return sql.render(
            _PACKAGE,
            "create_function",
            target=self.target,
            name=identifier(name),
            parameters=", ".join(parameters),
            returned=", ".join(f"{identifier(column)} {of}" for column, of in columns),
            about=literal(render.COMMENTS[kind].format(interactions=interactions)),
            body=body,
        ).strip()

    def _form(self, kind: str) -> tuple[list[tuple[str, str]], list[str]]:
        """Return what must be given, with its type, and what may be given."""
        catalog = self.catalog
        history = catalog.interactions
        person = "user" if catalog.identity else history.user if history else ""
        required, takes = {
            "similar": ((catalog.item, "STRING"), {"k", "space", "disliked"}),
            "nearest": (("vector", "ARRAY<DOUBLE>"), {"k", "space"}),
            "about": (("words", "STRING"), {"k", "among"}),
            "find": (("words", "STRING"), {"k"}),
            "recommend": ((person, "STRING"), {"k"}),
            "recommend_for": (("liked", "ARRAY<STRING>"), {"k", "disliked"}),
        }[kind]
        if kind not in ("find", "about"):
            takes = takes | {"among", "exclude", "boost", "diversity"}
            takes |= {"popularity"} if history else set()
            takes |= {"per_group"} if catalog.group else set()
            takes |= {"include_unavailable"} if catalog.available else set()
        return [required], [name for name in _SAID if name in takes]

    def _type(self, kind: str, argument: str) -> str:
        if kind == "nearest" and argument == "space":
            return f"STRING DEFAULT {self.common['default_space']}"
        return _TYPES[argument]

    def _whole(self, function: str, argument: str, given: str) -> str:
        return self.fill("whole_from_one", function=function, argument=argument, given=given)

    def _rounding(self) -> dict[str, str]:
        """Return scores, which are rounded to whole steps: halves away from zero, as DuckDB rounds."""
        steps = self.common["score_steps"]

        def rounded(number: str) -> str:
            return self.fill("rounded", number=number)

        def cosine(one: str, other: str) -> str:
            return rounded(f"{self.fill('dot', one=one, other=other)} * {steps}")

        first, second, other = (f"CAST({row}.vector AS ARRAY<DOUBLE>)" for row in ("_rs_v", "_rs_w", "_rs_o"))
        pair = (f"_rs_pool[{place}].vector" for place in ("_rs_i", "CAST(_rs_next AS INT) - 1"))
        weighed = rounded(f"_rs_s._rs_sum * {self.common['times']}")
        popularity = rounded(f"_rs_c._rs_popularity * {self.common['boost_of_item']}")
        return {
            "cosine": cosine(first, "_rs_q._rs_vector"),
            "steps": f"CAST(greatest(least({rounded('_rs_cosine * _rs_times')}, 2e9D), -2e9D) AS BIGINT)",
            "cosine_of_pair": cosine(*pair),
            "cosine_of_two": f"CAST({cosine(first, second)} AS BIGINT)",
            "cosine_of_other": f"CAST({cosine(other, first)} AS BIGINT)",
            "mean": self.fill("mean"),
            "rounded_sum": rounded(f"sum(_rs_amount) * {steps}"),
            "weighed_sum": "CASE WHEN _rs_q._rs_a.boost IS NULL AND _rs_q._rs_a.popular = 0 THEN _rs_s._rs_sum "
            f"ELSE CAST(greatest(least({weighed}, 2e9D), -1e8D) AS BIGINT) END",
            "popularity": "CASE WHEN _rs_q._rs_a.boost IS NULL THEN _rs_c._rs_popularity "
            f"ELSE CAST(least(greatest({popularity}, 0D), 999999998D) AS BIGINT) END",
        }

    def _conditions(self, said: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
        """Return the conditions that Spark folds when it plans, so that what is not asked for costs nothing."""
        is_diverse = f"coalesce(try_cast({given['diversity']} AS DOUBLE), 0D) > 0" if "diversity" in said else "false"
        # A constant is never NULL, which Spark settles before it has taken a join by LATERAL apart: it then fails over
        # the part that falls away. What depends on k, too, is settled afterwards; k is never ''.
        is_said = {one: f"(NOT {given['k']} <=> '' AND {given[one]} IS NOT NULL)" for one in said}
        ranked = [is_said[one] for one in said if one not in ("k", "space")]
        limited = [is_said[one] for one in ("among", "boost", "include_unavailable") if one in said]
        is_deep = f"coalesce(try_cast({given['k']} AS DOUBLE) > {self.catalog.depth}, false)"
        stored = "false" if self.catalog.available or self.catalog.group else f"NOT ({' OR '.join([is_deep, *ranked])})"
        more = f"CASE WHEN {is_diverse} THEN greatest(100, 5 * _rs_q._rs_a.k) ELSE 0 END"
        return {
            "near": stored,
            "is_diverse": is_diverse,
            "pool": f"CASE WHEN {is_diverse} THEN greatest(100, 5 * _rs_a.k) ELSE _rs_a.k END",
            "many": f"_rs_q._rs_a.k + {more}",
            "is_limited": "true" if self.catalog.group else " OR ".join(limited) or "false",
            "is_among_popular": "_rs_many > 0" if self.catalog.group else "_rs_place <= _rs_many",
        }

    def _said(self, function: str, said: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
        """Return all that a question says of every candidate, by name."""

        def number(argument: str, low: str, high: str) -> str:
            if argument not in said:
                return "0D"
            bounds = {"function": function, "argument": argument, "low": low, "high": high}
            return self.fill("said_number", given=given[argument], **bounds)

        boost = "CAST(NULL AS ARRAY<STRUCT<id: STRING, times: DOUBLE>>)"
        whole = self._whole(function, "per_group", given["per_group"]) if "per_group" in said else ""
        unavailable = f"coalesce({given['include_unavailable']}, false)" if "include_unavailable" in said else "false"
        return {
            "diverse": number("diversity", "0", "1"),
            "popular": number("popularity", "-1", "1"),
            "boost": self.fill("given_boost", function=function, given=given["boost"]) if "boost" in said else boost,
            "per_group": f"CASE WHEN {given['per_group']} IS NULL THEN 1 ELSE {whole} END" if whole else "1",
            "is_all": f"{given['among']} IS NULL" if "among" in said else "true",
            "unavailable": unavailable,
        }

    def _texts(self, function: str, argument: str, given: str, role: int, reverse: bool = False) -> str:
        """Return the items that a list names, as texts."""
        found = self.fill("given_list", function=function, argument=argument, given=given)
        return self.fill("texts", list=f"reverse({found})" if reverse else found, role=str(role))

    def _of_kind(
        self, kind: str, name: str, given: Mapping[str, str], parts: dict[str, str]
    ) -> tuple[dict[str, str], list[str]]:
        """Return what a kind of question says, by name, and the items that it names; fill in `parts`."""
        bound, texts = {"k": parts["whole_k"]}, []
        if kind == "similar":
            item = given[self.catalog.item]
            # A list goes into a parameter of text as Spark writes it.
            of_ids = r"'^\[.*\]$'" if self.catalog.identity else r"'^\[[-+0-9., ]*\]$'"
            is_list = f"coalesce({item} RLIKE r{of_ids}, false)"
            several = self.fill("given_items", given=item, is_list=is_list)
            texts.append(self.fill("texts", list=several, role="1"))
            bound["spaces"] = self.fill("given_spaces", function=name, given=given["space"])
            parts |= self._near(item, is_list)
            parts["given_spaces"] = bound["spaces"]
        elif kind == "nearest":
            bound["space"] = self.fill("given_space", function=name, given=given["space"])
            bound |= {
                "vector": given["vector"],
                "dimensions": f"try_element_at({self.common['dimensions']}, {given['space']})",
            }
        elif kind == "about":
            bound["words"] = given["words"]
        elif kind == "find":
            parts["words"] = given["words"]
        elif kind == "recommend_for":
            texts.append(self._texts(name, "liked", given["liked"], 1, reverse=True))
            texts.append(self._texts(name, "disliked", given["disliked"], -1, reverse=True))
        elif kind == "recommend":
            user, seen = self._of_history(name, next(iter(given.values())))
            bound["user"] = user
            parts |= seen
        return bound, texts

    def _near(self, item: str, is_list: str) -> dict[str, str]:
        """Return the conditions by which one item is found whose neighbours are stored."""
        text, parts = item, {"is_one": f"(NOT {is_list})"}
        if self.catalog.identity:
            meant = typed(text, self.catalog.identity_type)
            by = {"is_that_id": f"_rs_i._rs_identity = {meant}", "is_id_first": "true", "name_asked": text}
        else:
            is_that = self.fill("is_that_key", text=text)
            by = {"is_that_id": is_that, "is_id_first": "false", "name_asked": f"trim({text})"}
        return parts | by

    def _of_history(self, name: str, given: str) -> tuple[str, dict[str, str]]:
        """Return the person that is meant, and what the history is read with."""
        history, catalog = self.catalog.interactions, self.catalog
        assert history is not None
        fading = catalog.fading
        parts = {
            "user": identifier(history.user),
            "history_item": identifier(history.item or catalog.key),
            "value": identifier(history.value) if history.value else "",
            "time": identifier(history.time) if history.time else "",
            "counted": f"CASE WHEN _rs_rating < {fading.low_rating} THEN {fading.low_share}D ELSE 1D END"
            if history.value
            else "least(_rs_rating, 1D)",
        }
        if not catalog.identity:
            user = self.fill("whole_user", function=name, user=history.user, given=given)
            return user, parts | {"seen": self.fill("seen_by_key", **parts)}
        parts["time"] = f"_rs_h.{parts['time']}" if history.time else "CAST(NULL AS TIMESTAMP_NTZ)"
        parts["value"] = f"_rs_h.{parts['value']}" if history.value else "CAST(NULL AS DOUBLE)"
        # Of several ratings of one item the last; where nothing is rated, how much was chosen.
        parts["valued"] = (
            "max_by(_rs_b._rs_value, "
            "coalesce(CAST(_rs_b._rs_moment AS TIMESTAMP_NTZ), TIMESTAMP_NTZ '1970-01-01 00:00:00'))"
            if history.value
            else "sum(_rs_b._rs_amount)"
        )
        parts["amount"] = in_spark(history.amount_of("_rs_h"))
        return typed(given, history.user_type), parts | {"seen": self.fill("seen_by_identity", **parts)}

    def why(self, made: Why, name: str) -> str:
        """Return `CREATE FUNCTION` of what says why two items are alike."""
        item, history = self.catalog.item, self.catalog.interactions
        texts = []
        for side, role in (("_a", "1"), ("_b", "-1")):
            given = f"{name}.{identifier(item + side)}"
            texts.append(self.fill("texts", list=f"array({given})", role=role))
        parts = {
            **self._rounding(),
            "function": name,
            "said": "'k', 1",
            "texts": f"concat({', '.join(texts)})",
            "user": identifier(history.user) if history else "",
            "history_item": identifier(history.item or self.catalog.key) if history else "",
            "amount": in_spark(history.amount_of("_rs_h")) if history and history.amount else "1",
            "facts_of_rows": made.of_rows,
            "no_list": "NULL" if made.list[0] else "CAST(NULL AS ARRAY<STRING>)",
            "shown": made.shown,
        }
        parts["meant"] = self.fill("meant_by_identity" if self.catalog.identity else "meant_by_key", **parts)
        parts["asked"] = self.fill("asked", **parts)
        parts["facts"] = self.fill(made.facts, **parts) if made.facts else ""
        unions = [self.fill("union_of_list", table=made.list[0], list=made.list[1])] if made.list[0] else []
        unions += [self.fill("union_of_counts", counts=made.counts)] if made.counts else []
        parts["joined"] = "".join(f"{union}\n" for union in unions)
        parameters = [f"{identifier(item + side)} STRING" for side in ("_a", "_b")]
        return self._create(name, parameters, (*made.columns, *_SCORES), self.fill("why", **parts), "why")
