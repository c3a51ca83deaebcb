"""What a stored definition says, whichever DuckDB wrote it: parsed by the running one, and never bound or evaluated."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from typing import Any

import duckdb

from recstore import sql
from recstore.opening import open_connection

#: A definition that is this much longer than what it is compared with is another, and is not even parsed.
_LONGEST = 4
#: A parameter that no function has: a call with it fits nothing, and DuckDB answers with what would.
_NO_PARAMETER = "_rs_no_parameter"
#: Where DuckDB's answer goes on to quote the call.
_QUOTED = "\n\nLINE 1: "
#: What says where in a text something stands, or how a name is qualified.
_PLACES = ("query_location", "query_location_length", "qualified_name")
_TRUTHS = ({"kind": "STRING", "text": "t"}, {"kind": "STRING", "text": "f"})
_LEAST_INTEGER = {"kind": "INTEGER", "text": "-2147483648"}
_EMPTY_LIST = re.compile(r'CAST\("system"\.main\.list_value\(\) AS [\w"]+\[\]\)')
#: What a function may be qualified with and still be the one that its bare name means.
_BUILT_IN = (None, "", "main", "system")


class Comparison:
    """Compares definitions, while the block lasts, on one connection: to open one for each takes longer than the rest.

    It is opened when two texts differ.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Comparison:
        """Open nothing yet."""
        return self

    def __exit__(self, *_raised: object) -> None:
        """Close the connection, if there is one."""
        self._open.close()

    def same_query(self, one: str, other: str) -> bool:
        """Tell whether two queries parse to the same: spelling, brackets and places in the text aside.

        DuckDB's versions print what they read a little differently, and keep some of what their parser made of it: the
        schema of functions that stand for syntax, and chains of UNION as pairs. Neither says anything else.
        """
        if one == other:
            return True
        if max(len(one), len(other)) > _LONGEST * min(len(one), len(other)):
            return False
        connection = self._connection or self._open.enter_context(open_connection())
        self._connection = connection
        first, second = (_parsed(connection, text) for text in (one, other))
        return first is not None and first == second

    def same_signatures(self, one: str, other: str) -> bool:
        """Tell whether two texts that `signatures` gave say the same; types are told apart elsewhere."""
        if one == other:
            return True
        # A list is a call in one version, and of a type of its own where it is empty.
        calls = [["SELECT " + line.strip() for line in text.splitlines()[2:]] for text in (one, other)]
        calls = [[_EMPTY_LIST.sub("[]", call) for call in each] for each in calls]
        return len(calls[0]) == len(calls[1]) and all(map(self.same_query, *calls))


def called_in(query: str) -> set[str]:
    """Return the names of all functions in a query, those that stand for syntax (`+`, `LIKE`, `[…]`) too."""
    with open_connection() as connection:
        return set(_names(_parsed(connection, query)))


def signatures(connection: duckdb.DuckDBPyConnection, database: str, function: str) -> str:
    """Return how a table macro of an attached database can be called: its overloads, types and defaults, as text.

    No catalogue function tells the defaults. What DuckDB says of a call that fits none of the overloads does, before it
    looks at any body: the caller has made sure that no overload has a parameter of that name.
    """
    call = f"{sql.identifier(database)}.main.{sql.identifier(function)}({_NO_PARAMETER} := 1)"
    try:
        connection.execute(f"EXPLAIN FROM {call}")
    except duckdb.Error as error:
        text = str(error)
        return text.rpartition(_QUOTED)[0] or text
    return f"{function} takes anything"


def _parsed(connection: duckdb.DuckDBPyConnection, query: str) -> Any | None:  # noqa: ANN401 - whatever JSON holds
    """Return what a query parses to, without what does not matter; None where it cannot be parsed."""
    try:
        text = connection.execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [query]).fetchall()[0][0]
        read = json.loads(text)
        return None if read["error"] else _plain(read["statements"])
    except (duckdb.Error, RecursionError):
        return None


def _plain(node: Any) -> Any:  # noqa: ANN401
    if isinstance(node, list):
        return [_plain(child) for child in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain(value) for key, value in node.items() if key not in _PLACES}
    if node.get("class") == "FUNCTION":
        return _plain_function(plain)
    if node.get("class") == "CAST":
        return _plain_cast(plain)
    if node.get("type") == "SET_OPERATION_NODE":
        plain["children"] = _chained(plain)
        plain.pop("left", None)
        plain.pop("right", None)
    return plain


def _plain_cast(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a constant for the casts that parsers before 2.0 made of some constants, and 2.0 makes of others.

    When 2.0 writes to a file anew, it casts each constant of the type DOUBLE to that type. Before 2.0 both print alike.
    """
    if plain.get("cast_type", {}).get("id") == "DOUBLE" and "value" in plain["child"] and not plain["try_cast"]:
        return {**plain["child"], "alias": plain["alias"]}
    literal, kind = plain.get("child", {}).get("literal"), plain.get("type_expr", {}).get("type_name")
    if kind == "BOOLEAN" and literal in _TRUTHS:
        literal = {"kind": "BOOLEAN", "text": "true" if literal["text"] == "t" else "false"}
    elif not (kind in ("INTEGER", "BIGINT") and literal == _LEAST_INTEGER):
        return plain
    return {**plain["child"], "alias": plain["alias"], "literal": literal}


def _plain_function(plain: dict[str, Any]) -> dict[str, Any]:
    if all(plain.get(part) in _BUILT_IN for part in ("schema", "catalog")):
        plain.pop("schema", None)
        plain.pop("catalog", None)
    arguments = [one["expression"] for one in plain.get("arguments", [])]
    if plain["function_name"] == "list_sort" and len(arguments) == 3:
        # Parsers before 2.0 made this of `list(x ORDER BY x)`.
        inner, *directions = arguments
        listed = [one["expression"] for one in inner.get("arguments", [])]
        if inner.get("function_name") == "list" and len(listed) == 1 and not inner["order_bys"]["orders"]:
            how = [direction.get("literal", {}).get("text") for direction in directions]
            order = {"type": how[0], "null_order": how[1], "expression": listed[0]}
            return {**inner, "alias": plain["alias"], "order_bys": {**inner["order_bys"], "orders": [order]}}
    return plain


def _chained(node: dict[str, Any]) -> list[Any]:
    """Return what a set operation joins, with unions of the same kind inside a union laid open."""
    children = node.get("children") or [node["left"], node["right"]]
    laid_open: list[Any] = []
    for child in children:
        same = all(child.get(key) == node.get(key) for key in ("type", "setop_type", "setop_all"))
        is_bare = not child.get("modifiers") and not (child.get("cte_map") or {}).get("map")
        if same and is_bare and node.get("setop_type") == "UNION":
            laid_open += child["children"]
        else:
            laid_open.append(child)
    return laid_open


def _names(node: Any) -> list[str]:  # noqa: ANN401
    if isinstance(node, list):
        return [name for child in node for name in _names(child)]
    if not isinstance(node, dict):
        return []
    own = [node["function_name"]] if isinstance(node.get("function_name"), str) else []
    return own + [name for value in node.values() for name in _names(value)]
