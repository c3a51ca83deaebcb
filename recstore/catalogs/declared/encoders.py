"""Spaces by transformers of the user's own: a data frame of items in, vectors out."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import duckdb
import numpy as np

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.errors import OptionError
from recstore.models.space import Space
from recstore.models.svd import unit_rows

_SQL = "recstore.catalogs.declared.sql"
#: A row of a dense matrix of more numbers is no vector to compare items by.
_MOST_DIMENSIONS = 4096


def encoder_at(name: str, path: object) -> Any:  # noqa: ANN401 - any object that has fit_transform
    """Return the transformer that stands under "package.module:name", or that is given itself.

    Modules are looked for as by `python -m`: in the current folder, too. Raises `OptionError` where there is none.
    """
    found = path
    if isinstance(path, str):
        module, _, attribute = path.partition(":")
        if not attribute:
            raise OptionError(f'encoder.{name} is "package.module:name" of a transformer, not {path!r}.')
        here = os.getcwd()  # noqa: PTH109 - as sys.path holds it
        if here not in sys.path:
            sys.path.insert(0, here)
        try:
            found = getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise OptionError(f"encoder.{name}: {path} cannot be imported ({error}).") from error
        except Exception as error:
            raise OptionError(f"encoder.{name}: {module} fails when it is imported ({error!r}).") from error
    if isinstance(found, type):
        found = found()
    if not hasattr(found, "fit_transform"):
        raise OptionError(f"encoder.{name} is no transformer: {found!r} has no fit_transform.")
    return found


def encoded(connection: duckdb.DuckDBPyConnection, catalog: Catalog, name: str, path: object) -> Space:
    """Return the space that a transformer makes of the items, fitted on all of them.

    It is given a pandas data frame of the items' own columns, in the order of their numbers. An item whose row it makes
    NaN, infinite or 0 of has no vector. Raises `OptionError` where it fails, or gives no row for each item.
    """
    encoder = encoder_at(name, path)
    columns = ", ".join(sql.identifier(column.name) for column in catalog.columns)
    query = sql.render(_SQL, "items_to_encode", key=catalog.key, columns=columns, items=catalog.items)
    frame = connection.execute(query).df()
    ids = np.asarray(frame.pop(catalog.key), np.int32)
    try:
        made = encoder.fit_transform(frame)
    except Exception as error:
        raise OptionError(f"encoder.{name} fails on the items of {catalog.name}: {error!r}.") from error
    if getattr(made, "ndim", 2) != 2 or made.shape[0] != len(ids):
        raise OptionError(
            f"encoder.{name} gives {getattr(made, 'shape', type(made))} for {len(ids):,} items, not a row each."
        )
    if made.shape[1] > _MOST_DIMENSIONS:
        raise OptionError(
            f"encoder.{name} gives {made.shape[1]:,} numbers an item. End it in TruncatedSVD(200), which keeps what "
            "counts."
        )
    dense = np.asarray(made.todense() if hasattr(made, "todense") else made, np.float32)
    dense = np.where(np.isfinite(dense).all(axis=1, keepdims=True), dense, np.float32(0))
    vectors, kept = unit_rows(dense)
    recipe = " ".join(f"{path if isinstance(path, str) else 'a transformer given'}: {encoder!r}".split())
    return Space(name, ids[kept], vectors, recipe)
