"""Gives connections the functions of Python's that catalogues have: each is imported when it is asked first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.model import PythonFunction
from recstore.catalogs.registry import installed

#: What DuckDB calls them begins so: their own names belong to view databases, as macros.
_PREFIX = "recstore_"
_kept: dict[str, Callable[..., Any]] = {}


def register(connection: duckdb.DuckDBPyConnection, catalogs: Iterable[Catalog]) -> tuple[PythonFunction, ...]:
    """Make the functions of some catalogues known to the instance of a connection, and return them.

    By a cursor that is closed at once, for the reason that `annoy_functions` gives.
    """
    models = [installed()[one.name] for one in catalogs if not one.kind and one.name in installed()]
    functions = tuple(function for model in models for function in model.python_functions)
    with connection.cursor() as cursor:
        create: Any = cursor.create_function
        for one in functions:
            # That it is there already is said by one error or the other, as in `annoy_functions`.
            with suppress(duckdb.CatalogException, duckdb.NotImplementedException):
                create(
                    _PREFIX + one.name,
                    _called(one),
                    [*one.parameters.values()],
                    duckdb.type(one.returns),
                    type="arrow",
                    null_handling="special",
                )
    return functions


def python_macros(functions: Iterable[PythonFunction], target: str) -> str:
    """Return the SQL that gives the functions their names in a view database; `target` is its prefix, quoted."""
    made = []
    for one in functions:
        names = {"name": target + sql.identifier(one.name), "function": sql.identifier(_PREFIX + one.name)}
        made.append(
            sql.render("recstore.connection.sql", "python_macro", **names, parameters=", ".join(one.parameters))
        )
    return "".join(made)


def _called(function: PythonFunction) -> Callable[..., Any]:
    """Return what DuckDB calls, which stays: DuckDB keeps no reference to it once the cursor is closed."""

    def call(*values: Any) -> Any:  # noqa: ANN401 - the function decides
        return getattr(import_module(function.module), function.name)(*values)

    return _kept.setdefault(f"{function.module}.{function.name}", call)
