"""Ranks one held-out item per person among 99 others, as the NCF paper does (He et al. 2017), for every model.

    python benchmarks/leave_one_out.py --train FILE --test FILE --negatives FILE [--csv FILE]
    python benchmarks/leave_one_out.py --movielens FOLDER [--csv FILE]

The files are laid out as that paper's: `user item rating time`, separated by tabs, without a header; the columns after
the item may be missing. One line of negatives per test pair begins with `(user,item)`. With `--movielens` the split is
made from a release: the last rating of each person is held out, and 99 seeded negatives are drawn.

Models learn from the train file alone. Their hyper-parameters are searched for, in a fixed order, on a validation cut
of it: the last ratings of each person, each among 99 seeded negatives. Where a line of the train file has no time, the
order of the lines does not count and no model uses time. An item that scores no higher than a negative is ranked behind
it: ties are no hits. `recstore` is the model of `recommend_movies`, `recstore-stored` the same with its weights and
histories cut as a store's functions have them, for speed; both with the settings found here. `recstore-default` is
what a store has: cut so, and with the settings as they are.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
from person_search import Cut, Positions, cut_last, hit_rate_and_ndcg, search_settings

from recstore.models.baselines import ItemKNN, Popularity, PureSVD, seen_matrix
from recstore.models.ease import Solver
from recstore.models.fading import FADING
from recstore.models.interactions import Interactions, Recommender
from recstore.models.person import Person, PersonSettings

BLOCK = 500
#: The regularisations of EASE^R to try.
LAMBDAS = (100.0, 200.0, 350.0, 500.0, 700.0, 1000.0, 2000.0)


class Split(NamedTuple):
    """What is learnt from, and the questions: `candidates` of each, the held-out item first, -1 where there is none."""

    train: Interactions
    users: Positions
    candidates: Positions


_LINES = """
    SELECT row_number() OVER () AS line, string_split(trim(text, ' \r'), chr(9)) AS cells
    FROM read_csv($file, delim = chr(1), quote = '', escape = '', header = false, columns = {'text': 'VARCHAR'},
                  auto_detect = false)
    WHERE trim(text, chr(9) || ' \r') <> ''
"""
_PAIRS = f"""
    SELECT CAST(trim(cells[1]) AS BIGINT) AS "user", CAST(trim(cells[2]) AS BIGINT) AS item,
           TRY_CAST(cells[3] AS FLOAT) AS rating, TRY_CAST(cells[4] AS DOUBLE) AS time
    FROM ({_LINES})
"""
_TRAIN = f"""
    SELECT "user", item, arg_max(rating, coalesce(time, 0)) AS rating, max(time) AS time,
           count(*) = count(time) AS is_timed
    FROM ({_PAIRS}) GROUP BY "user", item ORDER BY "user", time, item
"""
_NEGATIVES = f"""
    SELECT CAST(regexp_extract_all(cells[1], '-?\\d+') AS BIGINT[]) AS pair,
           CAST(list_filter(list_transform(cells[2:], lambda c: trim(c)), lambda c: c <> '') AS BIGINT[]) AS negatives
    FROM ({_LINES}) ORDER BY line
"""


def read_split(train_file: Path, test_file: Path, negatives_file: Path) -> Split:
    """Read the three files; every pair of the test file must have its line of negatives."""
    with duckdb.connect() as con:
        train = con.execute(_TRAIN, {"file": str(train_file)}).fetchnumpy()
        test = con.execute(f'SELECT "user", item FROM ({_PAIRS})', {"file": str(test_file)}).fetchnumpy()
        lines = con.execute(_NEGATIVES, {"file": str(negatives_file)}).fetchall()
    negatives = {tuple(pair): others for pair, others in lines}
    pairs = list(zip(test["user"].tolist(), test["item"].tolist(), strict=True))
    for pair in pairs:
        if pair not in negatives:
            sys.exit(f"{negatives_file} has no line for the pair {pair} of {test_file}.")
    candidates = [[item, *(other for other in negatives[user, item] if other != item)] for user, item in pairs]
    width = max(map(len, candidates), default=1)
    lengths = np.array([len(row) for row in candidates], np.int64)
    ids = np.array([row + row[:1] * (width - len(row)) for row in candidates], np.int64).reshape(len(pairs), width)
    user_ids = np.unique(np.concatenate([train["user"], test["user"]]))
    item_ids = np.unique(np.concatenate([train["item"], ids.ravel()]))
    ratings = np.ma.filled(np.ma.asarray(train["rating"], np.float32), np.nan)
    train_set = Interactions(
        np.searchsorted(user_ids, train["user"]).astype(np.int32),
        np.searchsorted(item_ids, train["item"]).astype(np.int32),
        None if np.isnan(ratings).any() else ratings,
        np.asarray(train["time"], np.float64) if np.all(train["is_timed"]) else None,
        len(user_ids),
        len(item_ids),
    )
    positions = np.where(np.arange(width) < lengths[:, None], np.searchsorted(item_ids, ids), -1)
    return Split(train_set, np.searchsorted(user_ids, test["user"]).astype(np.int32), positions.astype(np.int32))


def read_release(folder: Path) -> Split:
    """Hold out the last rating of each person of a MovieLens release, among seeded negatives."""
    with duckdb.connect() as con:
        rated = con.execute(
            "SELECT userId, movieId, rating, timestamp FROM read_csv($file) ORDER BY userId, timestamp, movieId",
            {"file": str(folder / "ratings.csv")},
        ).fetchnumpy()
    user_ids, users = np.unique(rated["userId"], return_inverse=True)
    item_ids, items = np.unique(rated["movieId"], return_inverse=True)
    everything = Interactions(
        users.astype(np.int32),
        items.astype(np.int32),
        np.asarray(rated["rating"], np.float32),
        np.asarray(rated["timestamp"], np.float64),
        len(user_ids),
        len(item_ids),
    )
    cut = cut_last(everything, 1, seed=1)
    return Split(cut.train, cut.users, cut.candidates)


def candidate_scores(model: Recommender, users: Positions, candidates: Positions) -> np.ndarray:
    """Ask a fitted model about the candidates of each question, a block of people at a time."""
    found = np.empty(candidates.shape, np.float32)
    for start in range(0, len(users), BLOCK):
        block = slice(start, start + BLOCK)
        found[block] = np.take_along_axis(model.scores(users[block]), np.maximum(candidates[block], 0), axis=1)
    return np.where(candidates >= 0, found, -np.inf)


class Grid(NamedTuple):
    """A model, and the values to try of each of its settings, in the order in which they are tried."""

    make: Callable[..., Recommender]
    values: dict[str, tuple[float, ...]]


def best_of(grid: Grid, cut: Cut) -> dict[str, float]:
    """Return the settings that rank the questions of the validation cut best, by NDCG@10.

    One setting after another, beginning with the values in the middle; the first of equals.
    """
    users, candidates = cut.users[cut.is_first], cut.candidates[cut.is_first]
    found: dict[tuple[float, ...], float] = {}

    def ndcg(settings: dict[str, float]) -> float:
        key = tuple(settings.values())
        if key not in found:
            model = grid.make(**settings)
            model.fit(cut.train)
            found[key] = hit_rate_and_ndcg(candidate_scores(model, users, candidates))[1]
        return found[key]

    best = {name: values[len(values) // 2] for name, values in grid.values.items()}
    for name, values in grid.values.items():
        best = max(({**best, name: value} for value in values), key=ndcg)
    return best


class SolvedEase:
    """EASE^R as `Ease` has it, several λ of which share what was seen together."""

    name = "ease"

    def __init__(self, solvers: dict[int, Solver], regularization: float) -> None:
        self._solvers, self._regularization = solvers, regularization

    def fit(self, train: Interactions) -> None:
        """Solve for the weights."""
        self._seen = seen_matrix(train)
        if id(train) not in self._solvers:
            self._solvers.clear()
            self._solvers[id(train)] = Solver(self._seen)
        self._weights = self._solvers[id(train)].weights(self._regularization)

    def scores(self, users: Positions) -> np.ndarray:
        """Return the sum of the weights from the history, (len(users), n_items) float32."""
        return np.asarray(self._seen[users] @ self._weights, np.float32)


def grids() -> dict[str, Grid]:
    """Return the models beside recstore's, ALS only where it is installed."""
    solvers: dict[int, Solver] = {}
    found = {
        "popularity": Grid(Popularity, {}),
        "itemknn": Grid(ItemKNN, {"shrink": (0.0, 10.0, 100.0), "neighbors": (50, 100, 200, 400)}),
        "puresvd": Grid(PureSVD, {"dimensions": (10, 15, 20, 30, 50, 80, 120)}),
        "ease": Grid(lambda regularization: SolvedEase(solvers, regularization), {"regularization": LAMBDAS}),
    }
    try:
        from als import ImplicitALS
    except ImportError:
        print("als: the library implicit is not installed (pip install implicit), so it is left out.", file=sys.stderr)
        return found
    values = {"factors": (16, 32, 64, 128), "alpha": (1.0, 4.0, 10.0), "regularization": (0.1, 1.0, 10.0)}
    return {**found, "als": Grid(ImplicitALS, values)}


def measured_models(train: Interactions) -> dict[str, Callable[[], Recommender]]:
    """Return every model with the settings that the validation cut chose."""
    cut = cut_last(train, None, seed=0)
    chosen: dict[str, Callable[[], Recommender]] = {}
    for name, grid in grids().items():
        begun = time.perf_counter()
        settings = best_of(grid, cut) if grid.values else {}
        chosen[name] = partial(grid.make, **settings)
        print(f"{name}: {time.perf_counter() - begun:.0f} s to choose {settings}", file=sys.stderr)
    begun = time.perf_counter()
    found = search_settings(cut)
    print(f"recstore: {time.perf_counter() - begun:.0f} s to find {found}", file=sys.stderr)
    chosen["recstore"] = lambda: Person(found)
    chosen["recstore-stored"] = lambda: Person(replace(found, history=FADING.history), FADING.kept)
    chosen["recstore-default"] = lambda: Person(PersonSettings(history=FADING.history), FADING.kept)
    return chosen


def main() -> None:
    """Measure every model and report `model,metric,value`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--negatives", type=Path)
    parser.add_argument("--movielens", type=Path, help="a release to make the split from, instead of the three files")
    parser.add_argument("--csv", type=Path, help="where to write the report; without it, it goes to the output")
    told = parser.parse_args()
    files = [told.train, told.test, told.negatives]
    if told.movielens is None and None in files:
        parser.error("give --train, --test and --negatives, or --movielens")
    split = read_release(told.movielens) if told.movielens else read_split(*files)
    if split.train.times is None:
        print("Not every line has a time: the models without time are used.", file=sys.stderr)
    rows = []
    for name, make in measured_models(split.train).items():
        model = make()
        model.fit(split.train)
        hit_rate, ndcg = hit_rate_and_ndcg(candidate_scores(model, split.users, split.candidates))
        rows += [(name, "hr@10", f"{hit_rate:.6f}"), (name, "ndcg@10", f"{ndcg:.6f}")]
        print(f"{name}: HR@10 {hit_rate:.4f}, NDCG@10 {ndcg:.4f}", file=sys.stderr)
    with told.csv.open("w", newline="") if told.csv else sys.stdout as file:
        csv.writer(file, lineterminator="\n").writerows([("model", "metric", "value"), *rows])


if __name__ == "__main__":
    main()
