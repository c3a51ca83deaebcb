"""Reads declarations from `recstore.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from recstore.catalogs.declared.declaration import Interactions, Items, check_name, nearest
from recstore.errors import OptionError
from recstore.sources.dialect import Dialect
from recstore.text import read_text

_DIALECT = tuple(one.name for one in fields(Dialect))
#: What a key of the file is called in Python, where that is another name.
_ITEMS = {"items": "source", "encoder": "encoders"}
_INTERACTIONS = {"from": "source"}


def read_config(path: Path) -> dict[str, Items]:
    """Return the catalogues that a file declares, by name.

    Paths in it are meant from the folder that it is in; `database` may name an environment variable, `${SHOP_DB}`.
    Raises `SourceError` where the file cannot be read, `OptionError` where it is no text, or declares what makes no
    sense.
    """
    return parse_config(read_text(path), path)


def parse_config(text: str, path: Path) -> dict[str, Items]:
    """Return the catalogues that a text declares, as if it stood in the file `path`; `OptionError` as above."""
    try:
        declared = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"{path} is not valid TOML ({error}): mend it, or let recstore init write one.") from error
    if not declared:
        raise OptionError(f"{path} declares no catalogue; recstore init writes one from your files.")
    return {name: _catalog(path, name, given) for name, given in declared.items()}


def _catalog(path: Path, name: str, given: object) -> Items:
    try:
        check_name(name)
        if not isinstance(given, Mapping):
            raise OptionError(f"it is a table: [{name}].")
        values = dict(given)
        inner = values.pop("interactions", None)
        if inner is not None and not isinstance(inner, Mapping):
            raise OptionError(f"interactions are a table: [{name}.interactions].")
        interactions = (
            None if inner is None else Interactions(**_values(Interactions, _INTERACTIONS, inner, "interactions."))
        )
        items = Items(**_values(Items, _ITEMS, values, ""), interactions=interactions, folder=str(path.parent))
    except OptionError as error:
        raise OptionError(f"{path}, [{name}]: {error}") from error
    return items


def _values(kind: type[Any], renamed: Mapping[str, str], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the values of a table of the file as they are called in Python; an unknown key is an `OptionError`."""
    back = {python: key for key, python in renamed.items()}
    known = [
        back.get(one.name, one.name) for one in fields(kind) if one.name not in ("dialect", "interactions", "folder")
    ]
    values: dict[str, Any] = {}
    dialect: dict[str, Any] = {}
    for key, value in given.items():
        if key in _DIALECT:
            dialect[key] = value
        elif key in known:
            values[renamed.get(key, key)] = value
        else:
            listed = ", ".join((*known, *_DIALECT))
            raise OptionError(
                f"there is no key {where}{key}{nearest(key, (*known, *_DIALECT)) or '.'} The keys are: {listed}."
            )
    return values | {"dialect": Dialect(**dialect)}
