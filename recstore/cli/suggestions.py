"""What a shell completes by what a store says: its catalogues, items and spaces. Where it says nothing, nothing is.

Every store is asked as a stranger's: whether it is one may stand on the line only later.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import typer

from recstore.errors import RecstoreError


def catalogs(context: typer.Context, incomplete: str) -> list[str]:
    """Return the catalogues of the store that the command line names, as far as they begin so."""
    from recstore import catalog_names

    given = context.params
    found = _said(lambda: catalog_names(given["store"], untrusted=True))
    return [name for name in found if name.startswith(incomplete)]


def items(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of items of the catalogue that the command line names, as far as they begin so."""
    from recstore import item_names

    given = context.params
    return _said(lambda: item_names(given["store"], given["catalog"], incomplete, untrusted=True))


def spaces(context: typer.Context, incomplete: str) -> list[str]:
    """Return the spaces of that catalogue, as far as they begin so."""
    from recstore import space_names

    given = context.params
    found = _said(lambda: space_names(given["store"], given["catalog"], untrusted=True))
    return [name for name in found if name.startswith(incomplete)]


def _said(ask: Callable[[], list[str]]) -> list[str]:
    """Ask the store; one that cannot be asked completes nothing, since there is nowhere to say why."""
    import duckdb

    try:
        with warnings.catch_warnings(action="ignore"):
            return ask()
    except (RecstoreError, duckdb.Error, OSError, KeyError, TypeError):
        return []
