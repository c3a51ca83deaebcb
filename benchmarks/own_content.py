"""What is known of the items themselves: the content space that recstore makes of their words."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

import recstore
from recstore.sources.dialect import Dialect

_COLUMNS = ("doc", "author", "lang", "title", "keywords_eng", "keywords", "series", "year", "abstract", "rest")
_ITEMS: dict[str, dict[str, Any]] = {
    "online_retail": {
        "source": "SELECT upper(StockCode) AS code, mode(Description ORDER BY Description) AS title "
        "FROM 'online_retail.parquet' GROUP BY ALL",
        "id": "code",
        "text": ("title",),
    },
    "epub": {
        "source": "info.csv",
        "dialect": Dialect(columns=_COLUMNS),
        "id": "doc",
        "text": ("title", "abstract", "keywords_eng"),
    },
}


def content(name: str, folder: Path, ids: NDArray[np.str_]) -> NDArray[np.float32]:
    """Return the vectors of the items `ids`, (len(ids), d) float32, 0 where an item has none."""
    declared = recstore.Items(**_ITEMS[name], folder=str((folder / name).resolve()))
    with TemporaryDirectory() as scratch:
        store = Path(scratch) / "items.duckdb"
        recstore.build(store, {"things": declared}, options=recstore.BuildOptions(max_reject_rate=0.1))
        with duckdb.connect(str(store), read_only=True) as con:
            vectors = "things JOIN things_vectors USING (_rs_no) WHERE space = 'content'"
            known = dict(con.execute(f"SELECT {declared.id}, vector FROM {vectors}").fetchall())
    nothing = (0.0,) * len(next(iter(known.values())))
    return np.array([known.get(str(one), nothing) for one in ids], np.float32)
