"""Compares a store in the making with the one before it, and refuses what would be lost without being asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import stored_catalogs
from recstore.catalogs.render import attached_relation
from recstore.errors import LossError
from recstore.models.space import NEIGHBORS_RECALL, Measured

_SQL = "recstore.pipeline.sql"
#: Figures that a build measures itself, of which less is worse. Neighbours without a recall are exact.
_MEASURED_BEFORE = {"annoy recall@10": None, NEIGHBORS_RECALL: 1.0}
_SHOWN = 12


@dataclass(frozen=True)
class Loss:
    """Something that there is less of than before: `before` and `now` are counts of rows, or figures from 0 to 1."""

    what: str
    before: float
    now: float

    def __str__(self) -> str:
        """Say it in words, with both figures."""
        return f"{self.what}: {_number(self.before)} before, {_number(self.now)} now"


def guard(
    connection: duckdb.DuckDBPyConnection,
    old: str,
    new: str,
    measured: list[Measured],
    *,
    max_loss: float,
    allow_loss: bool,
    unwanted: frozenset[tuple[str, str]] = frozenset(),
) -> list[Measured]:
    """Compare two attached stores; return the figures that were compared, before and now, for `builds.measured`.

    `measured` is what this build found out about the spaces of `new`. A catalogue or a space that is there no more is a
    loss, but for `unwanted` spaces, (catalog, space), dropped on purpose; so is more than the share `max_loss`
    of the rows of a table, or of a figure. Raises `LossError`, which names them all, unless `allow_loss`.
    """
    comparison = _Comparison(connection, old, new, measured, max_loss, unwanted)
    for catalog in stored_catalogs(connection, new):
        comparison.of_catalog(catalog)
    if comparison.losses and not allow_loss:
        raise LossError(_refusal(comparison.losses), comparison.losses)
    return comparison.figures


@dataclass
class _Comparison:
    """Compares what two stores hold, catalogue by catalogue: `losses` and `figures` grow as it goes."""

    connection: duckdb.DuckDBPyConnection
    old: str
    new: str
    measured: list[Measured]
    max_loss: float
    unwanted: frozenset[tuple[str, str]]
    losses: list[Loss] = field(default_factory=list)
    figures: list[Measured] = field(default_factory=list)

    def of_catalog(self, catalog: Catalog) -> None:
        """Compare the tables and the spaces of a catalogue."""
        before, now = (_rows(self.connection, database, catalog) for database in (self.old, self.new))
        if not before:
            return
        if before.get(catalog.items) and not now[catalog.items]:
            self.losses.append(Loss(f"the catalogue {catalog.name}", before[catalog.items], 0))
            return
        gone = self._spaces(catalog)
        for table, rows in now.items():
            then = before.get(table)
            if then is None:
                continue
            self.figures += _figure(catalog, "", f"rows of {table}", then, rows)
            # What a space that is gone had, and was asked to go, is missed nowhere.
            counted = then - gone.get(table, 0)
            # How many weights there are is up to constants that the data decides anew: none would be a loss. Where no
            # history is long, there are no tastes.
            is_settled = table == catalog.weights
            least = 0 if table == catalog.tastes else min(then, 1) if is_settled else counted * (1 - self.max_loss)
            if rows < least:
                self.losses.append(Loss(f"rows of {table}", then, rows))

    def _spaces(self, catalog: Catalog) -> dict[str, int]:
        """Compare the spaces of a catalogue; return how many rows of which tables went with those that are gone."""
        before, now = (_spaces(self.connection, database, catalog) for database in (self.old, self.new))
        recorded = _recorded(self.connection, self.old, catalog)
        fresh = {(one.space, one.what): one.value for one in self.measured if one.catalog == catalog.name}
        gone: dict[str, int] = {}
        for space, then in before.items():
            if space in now:
                pairs: dict[str, tuple[float | None, float | None]] = {
                    "items with a vector": (then["items"], now[space]["items"]),
                    "share of items with a vector": (then["share"], now[space]["share"]),
                    "mean score of the first 10 neighbours": (then["score"], now[space]["score"]),
                    "explained variance": _explained(then["explained"], now[space]["explained"]),
                }
                for what, exact in _MEASURED_BEFORE.items():
                    pairs[what] = (recorded.get((space, what), exact), fresh.get((space, what), exact))
                self._figures(catalog, space, pairs)
                continue
            if (catalog.name, space) not in self.unwanted:
                self.losses.append(Loss(f"the space {space} of {catalog.name}", then["items"], 0))
            for table in (catalog.vectors, catalog.neighbors):
                query = f"SELECT count(*) FROM {attached_relation(self.old)(table)} WHERE space = ?"
                gone[table] = gone.get(table, 0) + self.connection.execute(query, [space]).fetchall()[0][0]
        return gone

    def _figures(self, catalog: Catalog, space: str, pairs: dict[str, tuple[float | None, float | None]]) -> None:
        """Compare the figures of a space, (before, now) by what they are of; None where one is not known."""
        for what, (before, now) in pairs.items():
            if before is None or now is None or before <= 0:
                continue
            if what not in _MEASURED_BEFORE:
                self.figures += _figure(catalog, space, what, before, now)
            if now < before * (1 - self.max_loss):
                self.losses.append(Loss(f"{what}, space {space} of {catalog.name}", before, now))


def _rows(connection: duckdb.DuckDBPyConnection, database: str, catalog: Catalog) -> dict[str, int]:
    """Return the rows of each table of a catalogue that a store has."""
    found = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'main'", [database]
    ).fetchall()
    tables = [table for table in catalog.tables if (table,) in found]
    if not tables:
        return {}
    # All at once: of a small store the statements take longer than the counting.
    relation = attached_relation(database)
    counts = ", ".join(f"(SELECT count(*) FROM {relation(table)})" for table in tables)
    return dict(zip(tables, connection.execute(f"SELECT {counts}").fetchall()[0], strict=True))


def _spaces(connection: duckdb.DuckDBPyConnection, database: str, catalog: Catalog) -> dict[str, dict[str, Any]]:
    query = sql.render(
        _SQL,
        "space_figures",
        database=sql.identifier(database),
        items=catalog.items,
        neighbors=catalog.neighbors,
        catalog=sql.literal(catalog.name),
    )
    rows = connection.execute(query).fetchall()
    return {row[0]: dict(zip(("items", "share", "score", "explained"), row[1:], strict=True)) for row in rows}


def _recorded(connection: duckdb.DuckDBPyConnection, database: str, catalog: Catalog) -> dict[tuple[str, str], float]:
    """Return the figures that the builds in a store measured of a catalogue, by space and name."""
    query = sql.render(_SQL, "measured", builds=attached_relation(database)("builds"))
    rows = connection.execute(query, [catalog.name]).fetchall()
    return {(space, what): value for space, what, value in rows}


def _explained(before: list[float] | None, now: list[float] | None) -> tuple[float | None, float | None]:
    """Return how much as many dimensions as both have explain, before and now."""
    if not before or not now:
        return None, None
    place = min(len(before), len(now)) - 1
    return before[place], now[place]


def _figure(catalog: Catalog, space: str, what: str, before: float, now: float) -> list[Measured]:
    return [
        Measured(catalog.name, space, what, float(now)),
        Measured(catalog.name, space, f"{what} before", float(before)),
    ]


def _refusal(losses: list[Loss]) -> str:
    named = "; ".join(str(loss) for loss in losses[:_SHOWN])
    more = f"; and {len(losses) - _SHOWN} more" if len(losses) > _SHOWN else ""
    return (
        f"The new store would lose something, and was not put in place; the store is as it was. Lost: {named}{more}. "
        "Mend the source or the options, or pass --allow-loss (allow_loss=True) if that is meant."
    )


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
