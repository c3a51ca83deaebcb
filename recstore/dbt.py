"""A plugin for dbt-duckdb: every model sees a store's tables and functions, accelerated, under an alias.

plugins:
  - module: recstore.dbt
    config: {store: movies.duckdb, alias: rec}
"""

# dbt-duckdb is not installed where types are checked: dbt has an environment of its own.
# mypy: disable-error-code="misc"

from __future__ import annotations

from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from recstore import attach
from recstore.errors import OptionError


class Plugin(BasePlugin):
    """Attaches the store of its configuration through the face, when dbt opens its connection."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Read `store` (a path), `alias` (rec) and `exact`, which means what it means to `recstore.attach`."""
        unknown = set(plugin_config) - {"store", "alias", "exact"}
        if unknown or "store" not in plugin_config:
            raise OptionError("The plugin recstore.dbt takes store, the path of a store, and alias and exact.")
        self._config = plugin_config

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Attach the store. Raises `StoreError`."""
        attach(conn, self._config["store"], self._config.get("alias", "rec"), exact=self._config.get("exact"))
