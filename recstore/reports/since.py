"""How far a store is from a whole build: what additions brought to it since, and how that was placed."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from recstore import sql
from recstore.models.space import COSINE, INTERACTIONS_SINCE, ITEMS_SINCE, PLACED_SINCE

_SQL = "recstore.reports.sql"


@dataclass(frozen=True)
class Since:
    """What came to a catalogue since all of it was computed: so many `items` and `interactions`.

    `placed`: how many items were placed in each space, whose vectors a whole build would make otherwise. `cosine`: how
    near known items would be put to where they are, where that was learnt.
    """

    items: int = 0
    interactions: int = 0
    placed: dict[str, int] = field(default_factory=dict)
    cosine: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """Say it in words."""
        spaces = [
            f"{count:,} in {space}" + (f" (cosine {self.cosine[space]:.2f})" if space in self.cosine else "")
            for space, count in self.placed.items()
            if count
        ]
        placed = f", of which are placed: {', '.join(spaces)}" if spaces else ""
        return f"{self.items:,} items and {self.interactions:,} interactions since the whole build{placed}"


def since_whole_build(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, Since]:
    """Return what came since the whole build, by catalogue; one that was computed whole is left out."""
    query = sql.render(_SQL, "since_whole_build", database=sql.identifier(database))
    whats = [ITEMS_SINCE, INTERACTIONS_SINCE, PLACED_SINCE, COSINE]
    rows = connection.execute(query, {"whats": whats}).fetchall()
    found: dict[str, Since] = {}
    for name in sorted({row[0] for row in rows}):
        of = {(space, what): value for catalog, space, what, value in rows if catalog == name}
        spaces = sorted({space for space, _what in of if space})
        found[name] = Since(
            int(of.get((None, ITEMS_SINCE), 0)),
            int(of.get((None, INTERACTIONS_SINCE), 0)),
            {space: int(of[space, PLACED_SINCE]) for space in spaces if (space, PLACED_SINCE) in of},
            {space: of[space, COSINE] for space in spaces if (space, COSINE) in of},
        )
    return found
