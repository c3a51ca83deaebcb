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
    """Attaches the store of its configuration through the view database, when dbt opens its connection."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Read `store` (a path), `alias` (rec), `exact` and `untrusted`: what `recstore.attach` takes."""
        unknown = set(plugin_config) - {"store", "alias", "exact", "untrusted"}
        if unknown or "store" not in plugin_config:
            raise OptionError(
                "The plugin recstore.dbt takes store, the path of a store, and alias, exact and untrusted."
            )
        self._config = plugin_config

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Attach the store. Raises `StoreError`."""
        options = {name: value for name, value in self._config.items() if name in ("alias", "exact", "untrusted")}
        attach(conn, self._config["store"], **options)
