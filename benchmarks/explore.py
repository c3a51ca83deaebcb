"""Measures the page of `recstore explore` at size, and the map that it draws.

    python benchmarks/explore.py [--items 10000] [--keep FOLDER] [--map] [--threads 0] [--no-page]

Makes a catalogue of so many items with a vector each, alike in groups of 101. More than 200,000 are put into the
tables of a small store by SQL, with neighbours of each group: a build would search for these for long. Prints how long
the page takes from the command to the first list, from a click to the next list, and from what is typed to what is
found, beside what SQL takes for the same; with `--map`, how long it takes to place the items, how many of the ten
nearest are so there, and how long the page takes to draw it. `--keep` makes the store in a folder that stays, and
takes the one that is there. The browser is the Chromium of the tests.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
from measuring import in_own_process, milliseconds, row, say, seconds_of
from numpy.typing import NDArray

import recstore
from recstore import Items

if TYPE_CHECKING:
    from playwright.sync_api import Page

DIMENSIONS = 32
#: Items alike: each has as many neighbours as a store keeps, all of its group.
_GROUP = 101
#: More items than these are put into the tables of a small store: a build searches approximately from here on.
_BUILT = 200_000
_FIRST = 1_010
#: Rows that are made at once.
_BATCH = 990 * _GROUP
#: Titles are of such syllables: a word of the group, one of the item, and a number.
_SYLLABLES = ("ba", "cor", "di", "fen", "gal", "hu", "kel", "lo", "mir", "nu", "pos", "ra", "sil", "to", "ve", "zan")
#: As many items are clicked, one after another.
_CLICKS = 10
_LABELS = {
    "first list": "from the command to the first list",
    "click": "from a click to the next list",
    "search": "from a title that is typed to what is found",
    "map": "from a click to the map",
}


def made(items: int) -> Iterator[tuple[pa.Table, NDArray[np.float32]]]:
    """Yield batches of items, whole groups at once, with their vectors, (n, DIMENSIONS) float32 of unit length."""
    rng = np.random.default_rng(0)
    for first in range(0, items, _BATCH):
        number = np.arange(first, min(items, first + _BATCH))
        group = number // _GROUP
        centers = rng.standard_normal((group[-1] - group[0] + 1, DIMENSIONS))
        vectors = centers[group - group[0]] + 0.5 * rng.standard_normal((len(number), DIMENSIONS))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        columns = {
            "sku": [f"SKU-{one:07d}" for one in number.tolist()],
            "title": [
                f"{_word(one)} {_word(7 * at)} {at}" for at, one in zip(number.tolist(), group.tolist(), strict=True)
            ],
            "kind": [f"kind {one % 17}" for one in group.tolist()],
            "price": np.round(5 + number % 997 / 10, 2),
        }
        yield pa.table(columns), vectors.astype(np.float32)


def _word(number: int) -> str:
    """Return a word of three syllables, one of 4,096."""
    many = len(_SYLLABLES)
    return "".join(_SYLLABLES[number // many**place % many] for place in range(3)).capitalize()


def _lists(vectors: NDArray[np.float32]) -> pa.Array:
    starts = np.arange(0, vectors.size + 1, vectors.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(starts, pa.array(vectors.ravel()))


def build(folder: Path, items: int, built: int = _BUILT) -> Path:
    """Make the store of so many items in `folder`, unless it is there; more than `built` are put in by SQL."""
    store = folder / f"things-{items}.duckdb"
    if store.exists():
        return store
    first = items if items <= built else _FIRST
    table = pa.concat_tables([one.append_column("look", _lists(vectors)) for one, vectors in made(first)])
    things = Items(source=table, id="sku", title="title", vectors={"look": "look"})
    recstore.build(store, {"things": things})
    if first < items:
        with duckdb.connect(str(store)) as connection:
            _grow(connection, items)
    return store


def _grow(connection: duckdb.DuckDBPyConnection, items: int) -> None:
    """Put so many items into the tables of a store in place of those that it has, with their true neighbours."""
    emptied = ("things", "things_vectors", "things_embeddings", "things_neighbors")
    # An index of the items that were there would be of others.
    for table in (*emptied, "annoy_indexes", "annoy_chunks", "annoy_items"):
        connection.execute(f"DELETE FROM {table}")
    number = 0
    for batch, vectors in made(items):
        ids = pa.array(np.arange(number, number + len(vectors), dtype=np.int32) + 1)
        connection.register("batch", batch.append_column("_rs_no", ids))
        connection.execute("INSERT INTO things BY NAME SELECT *, hash(_rs_no) % 1000 AS _rs_popularity FROM batch")
        connection.register("batch", pa.table({"_rs_no": ids, "vector": _lists(vectors)}))
        connection.execute("INSERT INTO things_vectors BY NAME SELECT 'look' AS space, * FROM batch")
        connection.execute("INSERT INTO things_embeddings BY NAME SELECT 'look' AS space, * FROM batch")
        connection.register("batch", _neighbors(vectors, number + 1))
        connection.execute("INSERT INTO things_neighbors BY NAME SELECT 'look' AS space, * FROM batch")
        number += len(vectors)
    connection.execute("UPDATE spaces SET items = ?", [items])


def _neighbors(vectors: NDArray[np.float32], first: int) -> pa.Table:
    """Return the neighbours of items whose groups follow on each other: each group is far from all others."""
    tables = []
    for start in range(0, len(vectors), _GROUP):
        one = vectors[start : start + _GROUP]
        scores = np.round(one @ one.T, 5)
        np.fill_diagonal(scores, np.inf)
        order = np.argsort(-scores, axis=1, kind="stable")[:, 1:]
        ranks = np.tile(np.arange(1, len(one), dtype=np.int16), len(one))
        columns = {
            "_rs_no": np.repeat(np.arange(len(one), dtype=np.int32) + first + start, len(one) - 1),
            "rank": ranks,
            "neighbor_id": (order + first + start).astype(np.int32).ravel(),
            "score": np.take_along_axis(scores, order, axis=1).ravel(),
        }
        tables.append(pa.table(columns))
    return pa.concat_tables(tables)


def place(store: Path, threads: int) -> tuple[recstore.ItemMap, float]:
    """Place all items; return what was found, and the seconds of all cores."""
    begun = sum(os.times()[:4])
    [made] = recstore.map_items(store, space="look", threads=threads)
    return made, sum(os.times()[:4]) - begun


def look(store: Path, has_map: bool) -> dict[str, float]:
    """Open the page in a browser; return the seconds until what is waited for is there."""
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    import explorer

    taken: dict[str, float] = {}
    with explorer.chromium() as program:
        begun = time.perf_counter()
        with explorer.explored(store) as address, explorer.window(program, address) as window:
            page = window.page
            page.set_default_timeout(180_000)
            page.locator(".rs-go").first.wait_for()
            taken["first list"] = time.perf_counter() - begun
            taken["click"] = statistics.median(_clicks(page))
            titles = page.locator("main .rs-go").all_inner_texts()[:3]
            taken["search"] = statistics.median(
                seconds_of(lambda title=title: _search(page, title)) for title in titles
            )
            page.keyboard.press("Escape")
            if has_map:
                taken["map"] = seconds_of(lambda: _draw(page))
        assert not window.faults, window.faults
    return taken


def _clicks(page: Page) -> list[float]:
    """Click from list to list; return the seconds from each click to the next list."""
    seen: set[str] = set()
    taken = []
    for _ in range(_CLICKS):
        titles = page.locator("main .rs-go").all_inner_texts()
        title = next(one for one in titles if one not in seen)
        seen.add(title)

        def go(title: str = title) -> None:
            page.get_by_role("button", name=title, exact=True).first.click()
            page.locator("h1", has_text=title).wait_for()
            page.get_by_label("Why?").first.wait_for()

        taken.append(seconds_of(go))
    return taken


def _search(page: Page, title: str) -> None:
    page.get_by_label("Search things").fill(title)
    page.get_by_role("option", name=title).wait_for()


def _draw(page: Page) -> None:
    page.get_by_role("button", name="Map", exact=True).click()
    page.locator(".rs-map canvas").first.wait_for()
    drawn = "document.querySelector('.rs-map') && getElement(document.querySelector('.rs-map').id.slice(1)).chart"
    page.wait_for_function(f"{drawn}?.getOption()?.series?.length")


def ask(store: Path, items: int) -> dict[str, float]:
    """Ask by SQL what the page asks; return the median seconds, of a connection that is open."""
    with recstore.connect(store) as connection:

        def seconds(question: str, values: list[object]) -> float:
            return statistics.median(
                seconds_of(lambda value=value: connection.execute(question, [value]).fetchall()) for value in values
            )

        ids: list[object] = [f"SKU-{number:07d}" for number in range(0, items, max(1, items // _CLICKS))]
        titles = [title for (title,) in connection.execute("SELECT title FROM things LIMIT 3").fetchall()]
        similar = seconds("FROM similar_things(?, k := 10, space := 'look')", ids)
        return {"click": similar, "search": seconds("FROM find_things(?, k := 12)", titles)}


def main() -> None:
    """Read the arguments, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--built", type=int, default=_BUILT, help="up to so many items are built, not put in by SQL")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--map", action="store_true")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--no-page", action="store_true")
    given = parser.parse_args()
    if given.map and given.items > given.built:
        # What is put in by SQL answers, and is no store that another may be made of: its neighbours are not a build's.
        parser.error("--map needs a store that was built: pass --built, too, of at least so many items")
    with tempfile.TemporaryDirectory() as folder:
        store = build(given.keep or Path(folder), given.items, given.built)
        say(f"{given.items:,} items, {store.stat().st_size / 1e6:,.0f} MB")
        if given.map:
            made, cores = in_own_process(place, store, given.threads)
            row(f"the map, by {made.method}: of all cores, by the clock", f"{cores:,.1f} s", f"{made.seconds:,.1f} s")
            row("of the ten nearest, so on the map", f"{10 * made.kept:.2f}")
        asked = ask(store, given.items)
        seen = {} if given.no_page else look(store, given.map)
        say("    median" + " " * 49 + "page         SQL")
        for what, label in _LABELS.items():
            if what in seen or what in asked:
                row(label, *(milliseconds(found[what]) if what in found else "" for found in (seen, asked)))


if __name__ == "__main__":
    main()
