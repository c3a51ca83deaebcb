"""A store in the making, before it is put in place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from recstore import sql
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.model import CatalogModel
from recstore.search.index_file import BuiltFile
from recstore.store.user_objects import UserObjects

_SQL = "recstore.store.sql"


class Staged:
    """A store in the making: the current database of `connection`, with its catalogues.

    `user_objects` is None where there is no old store. `budget` is what its making may use: half of the machine, until
    `allow` says otherwise. `models` are what computes catalogues, where their values do not lead to it. `folder` is for
    files that are needed until the store is in place, and `indexes` are those that then go into the user's cache.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        user_objects: UserObjects | None,
        catalogs: tuple[Catalog, ...],
    ) -> None:
        self.connection = connection
        self.folder = folder
        self.indexes: list[BuiltFile] = []
        self.user_objects = user_objects
        self.catalogs = catalogs
        self.models: dict[str, CatalogModel] = {}
        self.allow(Budget.of())

    def allow(self, budget: Budget) -> None:
        """Hold all that makes the store to a budget, from now on."""
        self.budget = budget
        budget.bound(self.connection)

    def settle(self, found: Iterable[Catalog]) -> None:
        """Describe catalogues anew: by constants that their data decided."""
        settled = {catalog.name: catalog for catalog in found}
        self.catalogs = tuple(settled.get(catalog.name, catalog) for catalog in self.catalogs)
        self.connection.execute("TRUNCATE catalogs")
        record_catalogs(self.connection, self.catalogs)


def record_catalogs(connection: duckdb.DuckDBPyConnection, catalogs: tuple[Catalog, ...]) -> None:
    """Write into the store in the making which catalogues it has."""
    rows = [(one.name, one.item, one.items, one.key, one.recorded()) for one in catalogs]
    names, items, tables, keys, texts = (list(column) for column in zip(*rows, strict=True))
    values = {"catalogs": names, "items": items, "tables": tables, "keys": keys, "declarations": texts}
    connection.execute(sql.read(_SQL, "insert_catalogs"), values)
