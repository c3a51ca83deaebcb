"""Measures recommendations for many users in one join, for a catalogue of a user's own, beside `implicit`.

    python benchmarks/own_join.py STORE CATALOG [--users 1000] [--times 5]

STORE holds the catalogue with its interactions. The users are drawn by a seed; each is given ten items, in one LATERAL
join. `implicit`, where it is installed, fits ALS with 64 factors to who had what, and is asked for the same users in
one call, with its matrices in memory. Reported are the least time of the clock and of the processor, in milliseconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
import scipy.sparse

import recstore
from recstore import sql


def least(ask: Callable[[], int], times: int) -> tuple[int, float, float]:
    """Return how many rows came, and the least milliseconds of the clock and of the processor."""
    wall, cpu, rows = [], [], 0
    for _ in range(times):
        began = time.perf_counter(), time.process_time()
        rows = ask()
        wall.append(time.perf_counter() - began[0])
        cpu.append(time.process_time() - began[1])
    return rows, 1000 * min(wall), 1000 * min(cpu)


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("catalog")
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--times", type=int, default=5)
    told = parser.parse_args()
    with recstore.connect(told.store) as con:
        history = next(one for one in recstore.catalogs_of(con) if one.name == told.catalog).interactions
        user, item, table = (sql.identifier(name) for name in (history.user, history.item, history.table))
        pairs = con.sql(f"SELECT DISTINCT {user} AS person, {item} AS item FROM {table} WHERE {user} IS NOT NULL")
        rows = pairs.fetchnumpy()
        people, users = np.unique(rows["person"], return_inverse=True)
        _items, items = np.unique(np.asarray(rows["item"], str), return_inverse=True)
        asked = np.random.default_rng(0).choice(len(people), min(told.users, len(people)), replace=False)
        con.execute("CREATE TEMP TABLE asked AS SELECT unnest(?) AS person", [people[asked].tolist()])
        join = f"SELECT a.person, r.* FROM asked AS a, recommend_{told.catalog}(a.person, k := 10) AS r"
        report("recstore", len(asked), *least(lambda: len(con.sql(join).fetchnumpy()["rank"]), told.times))
    try:
        from implicit.als import AlternatingLeastSquares
    except ImportError:
        print("implicit is not installed (pip install implicit); left out.", file=sys.stderr)
        return
    seen = scipy.sparse.csr_matrix((np.ones(len(users), np.float32), (users, items)))
    model = AlternatingLeastSquares(factors=64, random_state=0)
    model.fit(seen, show_progress=False)
    report("implicit", len(asked), *least(lambda: model.recommend(asked, seen[asked], N=10)[0].size, told.times))


def report(name: str, users: int, rows: int, wall: float, cpu: float) -> None:
    """Print one line of CSV."""
    print(f"{name},{users} users,{rows} rows,{wall:.0f} ms,{cpu:.0f} ms of CPU")


if __name__ == "__main__":
    main()
