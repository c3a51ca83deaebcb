"""Whether a description from a stranger's file is one that this package would write, since all in it becomes SQL."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.catalog import MEANINGS, Role, Shape, catalog_of
from recstore.catalogs.declared.declaration import Items, check_name
from recstore.errors import RecstoreError
from recstore.opening import open_connection

#: What types of ids may be: they are written into functions as they are.
_TYPE = re.compile(r"[A-Z][A-Z0-9 ]{0,30}(\(\d{1,2}(,\d{1,2})?\))?")


def is_own_making(catalog: Catalog) -> bool:
    """Tell whether a catalogue is what its declaration leads to, whose only SQL are single expressions."""
    try:
        check_name(catalog.name)
        items = Items.as_recorded(catalog.declaration)
        made = catalog_of(catalog.name, items, _shape(catalog))
    except (RecstoreError, KeyError, TypeError, ValueError, AttributeError):
        return False
    history = catalog.interactions
    types = [catalog.identity_type, *([history.user_type] if history else [])]
    return (
        replace(made, fading=catalog.fading) == catalog
        and all(isinstance(value, int | float) for value in vars(catalog.fading).values())
        and all(_TYPE.fullmatch(kind) for kind in types)
        and all(_is_one_expression(text) for text in (items.available, items.group) if text)
    )


def _shape(catalog: Catalog) -> Shape:
    """Return what a catalogue says that its sources hold."""
    meanings = {about: meaning for meaning, about in MEANINGS.items()}
    roles = {}
    if catalog.interactions is not None:
        [table] = [one for one in catalog.sources if one.name == catalog.interactions.table]
        roles = {meanings[one.about]: Role(one.name, one.type, "") for one in table.columns}
    identity = Role(catalog.identity, catalog.identity_type, "")
    return Shape({one.name: one.type for one in catalog.columns}, identity, catalog.title, roles)


def _is_one_expression(text: str) -> bool:
    """Tell whether a text is one SQL expression and nothing more: it closes no parenthesis that it did not open."""
    with open_connection() as connection:
        query = "SELECT json_serialize_sql(CAST(? AS VARCHAR))"
        parsed = json.loads(connection.execute(query, [f"SELECT {text}\nFROM t"]).fetchall()[0][0])
    # A comment would take away what follows it.
    if "--" in text or "/*" in text or parsed.get("error") or len(parsed["statements"]) != 1:
        return False
    node = parsed["statements"][0]["node"]
    is_select = node["type"] == "SELECT_NODE" and len(node["select_list"]) == 1
    return is_select and node["where_clause"] is None and not node["modifiers"]
