"""Measures the weights of EASE^R that are solved by blocks beside those of one square of all items.

    python benchmarks/ease_blocks.py --movielens FOLDER --own FOLDER [--data movielens retail made] [--items 10000]

`movielens`: MovieLens small, each person's last fifth held out. `retail`: Online Retail, the last basket of each
customer. `made`: 10,000 items (`--items`) of 200 kinds, 30,000 people who keep to a few of these, the last fifth held
out. All items are ranked but those that a person had. λ is the same in all rows of one data set: four times as large
as items were had on average. `stored` is the whole model of `recommend_…` with the default settings, its weights cut as
a store keeps them, with memory for a square, and with memory for that of half as many items. Printed are recall@20 and
NDCG@10, with the 95 % interval of the paired difference to the square above, and the seconds of CPU.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import own_quality
from numpy.typing import NDArray

from recstore.evaluation.metrics import accuracy, paired_advantage
from recstore.evaluation.protocols import HeldOut
from recstore.models.baselines import ItemKNN, seen_matrix
from recstore.models.ease import Ease
from recstore.models.ease_blocks import ease_by_blocks
from recstore.models.fading import FADING
from recstore.models.interactions import Interactions, Recommender
from recstore.models.person import Person, PersonSettings
from recstore.models.transitions import Timeline
from recstore.models.tuning import default_settings
from recstore.models.weighing import weigh

SEED = 0
_RATINGS = 'SELECT userId AS "user", movieId AS item, "timestamp" AS moment FROM read_csv($file) ORDER BY ALL'


class EaseByBlocks:
    """EASE^R over so many candidates at a time."""

    name = "ease by blocks"

    def __init__(self, candidates: int, regularization: float) -> None:
        self._candidates = candidates
        self._regularization = regularization

    def fit(self, train: Interactions) -> None:
        """Solve for the weights of one group after another."""
        self._seen = seen_matrix(train)
        self._weights = np.zeros((train.n_items, train.n_items), np.float32)
        for solved in ease_by_blocks(self._seen, self._regularization, self._candidates, SEED):
            self._weights[np.ix_(solved.sources, solved.group)] = solved.weights

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the sum of the weights from the history, (len(users), n_items) float32."""
        return np.asarray(self._seen[users] @ self._weights, np.float32)


class Stored(Person):
    """The model of a person with the weights that a store keeps, made in so many bytes."""

    def __init__(self, settings: PersonSettings, room: int) -> None:
        super().__init__(settings)
        self._room = room

    def fit(self, train: Interactions) -> None:
        """Make the weights."""
        weighed = weigh(train, self._settings, FADING.kept, self._room, SEED)
        self.take(train, weighed.weights, Timeline.of(train, SEED))


def movielens(folder: Path) -> HeldOut:
    """Return MovieLens small, cut."""
    with duckdb.connect() as con:
        rows = con.execute(_RATINGS, {"file": str(folder / "ratings.csv")}).fetchnumpy()
    users, items = (np.unique(np.asarray(rows[name]), return_inverse=True)[1] for name in ("user", "item"))
    return last_fifth(users, items, np.asarray(rows["moment"], np.float64))


def made(n_items: int, mean: int = 40) -> HeldOut:
    """Return people who keep to three kinds of items each, four times of five; popularity falls by Zipf's law."""
    rng, n_users, kinds = np.random.default_rng(SEED), 3 * n_items, n_items // 50
    popularity = 1 / (np.arange(n_items) + 20.0) ** 0.8
    kind = rng.integers(0, kinds, n_items)
    order = np.argsort(kind, kind="stable")
    begins = np.searchsorted(kind[order], np.arange(kinds + 1))
    cumulative = np.cumsum(popularity[order])
    ends = np.append(0.0, cumulative)[begins]
    users = np.repeat(np.arange(n_users), rng.geometric(1 / mean, n_users) + 4)
    liked = rng.integers(0, kinds, (n_users, 3))[users, rng.integers(0, 3, len(users))]
    keeps = rng.random(len(users)) < 0.8
    low, high = np.where(keeps, ends[liked], 0), np.where(keeps, ends[liked + 1], cumulative[-1])
    place = np.searchsorted(cumulative, low + rng.random(len(users)) * (high - low)).clip(0, n_items - 1)
    return last_fifth(users, order[place], np.arange(len(users), dtype=np.float64))


def last_fifth(users: NDArray[Any], items: NDArray[Any], times: NDArray[np.float64]) -> HeldOut:
    """Hold out the last fifth of what each person had."""
    shape = int(users.max()) + 1, int(items.max()) + 1
    data = Interactions(users.astype(np.int32), items.astype(np.int32), None, times, *shape)
    counts = np.bincount(data.users, minlength=data.n_users)
    order = np.lexsort((times, data.users))
    place = np.empty(len(data), np.intp)
    place[order] = np.arange(len(data)) - (np.cumsum(counts) - counts)[data.users[order]]
    return own_quality.held_out(data, place >= np.ceil(counts * 0.8)[data.users])[1]


def sets(asked: argparse.Namespace) -> Iterator[tuple[str, HeldOut]]:
    """Yield the data that are there, by name."""
    if asked.movielens and "movielens" in asked.data:
        yield "movielens", movielens(asked.movielens)
    if asked.own and "retail" in asked.data:
        yield "retail", next(own_quality.protocols("online_retail", own_quality.read("online_retail", asked.own)))[2]
    if "made" in asked.data:
        yield "made", made(asked.items)


def measured(model: Recommender, asked: HeldOut) -> dict[str, NDArray[np.float64]]:
    """Fit and ask; return both metrics of each question, and the seconds of CPU that fitting took."""
    begun = time.process_time()
    model.fit(asked.train)
    seconds = time.process_time() - begun
    hits, _lists = asked.ask(model, 20)
    values = accuracy(hits, asked.relevant, 10) | accuracy(hits, asked.relevant, 20)
    return {name: values[name] for name in ("recall@20", "ndcg@10")} | {"cpu": np.array([seconds])}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movielens", type=Path)
    parser.add_argument("--own", type=Path)
    parser.add_argument("--data", nargs="*", default=["movielens", "retail", "made"])
    parser.add_argument("--candidates", nargs="*", type=int, default=[512, 1024, 2048, 4096])
    parser.add_argument("--items", type=int, default=10_000, help="how many are made")
    given = parser.parse_args()
    for name, asked in sets(given):
        had = np.bincount(asked.train.items)
        penalty = 4 * float(had[had > 0].mean())
        print(f"{name}: {asked.train.n_items:,} items, {len(asked.train):,} pairs, {len(asked.users):,} people asked")
        models: dict[str, Recommender] = {"the square": Ease(penalty), "itemknn": ItemKNN()}
        models |= {f"{size} candidates": EaseByBlocks(size, penalty) for size in given.candidates}
        settings = default_settings(asked.train)
        squares = 24 * asked.train.n_items**2
        models |= {
            "stored, of the square": Stored(settings, squares),
            "stored, by blocks": Stored(settings, squares // 4),
        }
        square: dict[str, NDArray[np.float64]] = {}
        for model, fitted in models.items():
            values = measured(fitted, asked)
            if model in ("the square", "stored, of the square"):
                square = values
            told = []
            for metric in ("recall@20", "ndcg@10"):
                mean, low, high = paired_advantage(values[metric], square[metric], SEED)
                told.append(f"{metric} {values[metric].mean():.4f} ({mean:+.4f}, {low:+.4f} to {high:+.4f})")
            print(f"  {model}: {', '.join(told)}, {values['cpu'][0]:.1f} s")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
