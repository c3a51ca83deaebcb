"""Measures recommendations for catalogues of a user's own beside what people would pick instead.

    python benchmarks/own_quality.py --data FOLDER [--name online_retail|epub] [--seconds 120] [--trials 100]

FOLDER holds `online_retail/online_retail.parquet` (UCI Online Retail) and `epub/epub.dat`, `epub/epub.time`,
`epub/info.csv` (Epub-WU of the R package arules). Of Online Retail the last basket of each customer is held out, all
that is new to them in it, and by calendar all that is new to a customer in the last 30 days. Of Epub-WU the last paper
of each session of two and more, and by calendar that of the sessions in the last fifth of the time. All items are
ranked but those that a person had.

Every model is tuned on the same validation cut of what it may learn from, for `--seconds` of CPU at most, then learns
from all of that and answers. `recstore` is the model of `recommend_…`, tuned by itself, its weights cut as a store
keeps them; it knows the words of the items, as a store does. `recstore-wordless` is the same without them.
Reported are NDCG@10 and recall@10, with the paired 95 % bootstrap interval of recstore's advantage over each. What else
is needed: `pip install implicit rusket`; what is not there is left out.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray
from own_content import content
from own_peers import Peer, peers

from recstore.evaluation.metrics import accuracy, intervals, paired_advantage
from recstore.evaluation.protocols import HeldOut
from recstore.models.cuts import Cut, cut_latest
from recstore.models.fading import FADING
from recstore.models.interactions import Interactions, Recommender
from recstore.models.person import Person
from recstore.models.tuning import MOST_QUESTIONS, default_settings, find_settings

DAY = 86_400.0
SEED = 0
METRICS = ("ndcg@10", "recall@10")

#: Invoice lines of known customers, of products alone (their codes begin with five digits), returns left out.
_RETAIL = """
    SELECT CAST(CustomerID AS BIGINT) AS person, upper(StockCode) AS item, epoch(InvoiceDate) AS moment
    FROM (SELECT DISTINCT * FROM read_parquet($folder || '/online_retail/online_retail.parquet'))
    WHERE CustomerID IS NOT NULL AND Quantity > 0 AND regexp_matches(StockCode, '^[0-9]{5}')
    ORDER BY person, moment, item
"""
#: Downloads in the order of the file; the time is that of the session.
_EPUB = """
    WITH times AS (
        SELECT column0 AS person,
               min(strptime(regexp_replace(column1, ' +', ' ', 'g'), '%a %b %d %H:%M:%S %Y')) AS began
        FROM read_csv($folder || '/epub/epub.time', delim = ';', header = false, all_varchar = true) GROUP BY person
    ),
    lines AS (
        SELECT column0 AS person, column1 AS item, row_number() OVER () AS line
        FROM read_csv($folder || '/epub/epub.dat', delim = ';', header = false, all_varchar = true)
    )
    SELECT person, item, epoch(began) AS moment FROM lines JOIN times USING (person) ORDER BY person, line
"""


def read(name: str, folder: Path) -> tuple[Interactions, NDArray[np.str_]]:
    """Return the events, each user's in their order, and the ids of the items."""
    with duckdb.connect() as con:
        query = {"online_retail": _RETAIL, "epub": _EPUB}[name]
        rows = con.execute(query, {"folder": str(folder)}).fetchnumpy()
    people, users = np.unique(np.asarray(rows["person"]), return_inverse=True)
    ids, items = np.unique(np.asarray(rows["item"], str), return_inverse=True)
    times = np.asarray(rows["moment"], np.float64)
    return Interactions(users.astype(np.int32), items.astype(np.int32), None, times, len(people), len(ids)), ids


def protocols(name: str, data: Interactions) -> Iterator[tuple[str, Interactions, HeldOut]]:
    """Yield what may be learnt from, as events, and what is asked."""
    times = data.times
    assert times is not None
    if name == "online_retail":
        latest = np.full(data.n_users, -np.inf)
        np.maximum.at(latest, data.users, times)
        yield "last-basket", *held_out(data, times == latest[data.users])
        yield "calendar", *held_out(data, times >= times.max() - 30 * DAY)
    else:
        _, first = np.unique(data.users.astype(np.int64) * data.n_items + data.items, return_index=True)
        first.sort()
        last = np.full(data.n_users, -1, np.int64)
        last[data.users[first]] = data.items[first]
        several = np.bincount(data.users[first], minlength=data.n_users) > 1
        held = several[data.users] & (data.items == last[data.users])
        yield "last-paper", *held_out(data, held)
        yield "calendar", *held_out(data, held & (times >= np.quantile(times, 0.8)))


def held_out(data: Interactions, held: NDArray[np.bool_]) -> tuple[Interactions, HeldOut]:
    """Ask about those who have a history for what is new to them, of what somebody else had."""
    train, test = data.take(~held), data.take(held).once()
    had = train.users.astype(np.int64) * data.n_items + train.items
    is_new = ~np.isin(test.users.astype(np.int64) * data.n_items + test.items, had)
    test = test.take(is_new & np.isin(test.users, train.users) & np.isin(test.items, train.items))
    users, start = np.unique(test.users, return_index=True)
    return train, HeldOut(train.once(), users, test.items, np.append(start, len(test)), None, SEED)


def tuned_peer(peer: Peer, cut: Cut, seconds: float) -> tuple[dict[str, float], int]:
    """Return the settings with the highest NDCG@10 on the cut, and how many could be tried in that time."""
    begun, best, settings, tried = time.process_time(), -1.0, {}, 0
    for given in peer.settings():
        tried += 1
        model = peer.make(**given)
        model.fit(cut.train)
        ndcg = float(cut.judge(slice(0, len(cut.users)), model.scores(cut.users))[0].mean())
        if ndcg > best:
            best, settings = ndcg, given
        if time.process_time() - begun > seconds:
            break
    return settings, tried


def measured(model: Recommender, asked: HeldOut) -> dict[str, NDArray[np.float64]]:
    """Fit and ask; return each metric of each question."""
    model.fit(asked.train)
    hits, _lists = asked.ask(model, 10)
    values = accuracy(hits, asked.relevant, 10)
    return {metric: values[metric] for metric in METRICS}


def models(
    train: Interactions,
    asked: HeldOut,
    vectors: NDArray[np.float32],
    seconds: float,
    trials: int,
    only: set[str],
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Tune and measure every model."""
    found = {}
    for name, known in {"recstore": vectors, "recstore-wordless": None}.items():
        begun = time.process_time()
        tuned = find_settings(train, trials=trials, seconds=seconds, seed=SEED, kept=FADING.kept, vectors=known)
        print(f"{name}: {time.process_time() - begun:.0f} s of CPU; {tuned.why} {tuned.settings}", file=sys.stderr)
        found[name] = measured(Person(tuned.settings, FADING.kept, vectors=known), asked)
    defaults = default_settings(train.once(), has_vectors=True)
    found["recstore-default"] = measured(Person(defaults, FADING.kept, vectors=vectors), asked)
    cut = cut_latest(train, SEED, MOST_QUESTIONS, train.n_items, "exclude")
    for name, peer in peers().items():
        if only and name not in only:
            continue
        begun = time.process_time()
        settings, tried = tuned_peer(peer, cut, seconds)
        spent = time.process_time() - begun
        print(f"{name}: {spent:.0f} s of CPU, {tried} settings tried; {settings}", file=sys.stderr)
        found[name] = measured(peer.make(**settings), asked)
    return found


def report(name: str, protocol: str, found: dict[str, dict[str, NDArray[np.float64]]]) -> Iterator[list[str]]:
    """Yield a row for each model and metric: the figure, its interval, and recstore's advantage with its interval."""
    for model, values in found.items():
        for metric, figures in values.items():
            mean, low, high = (float(one[0]) for one in intervals(figures[:, None], SEED))
            ahead = paired_advantage(found["recstore"][metric], figures, SEED)
            numbers = [mean, low, high, *ahead]
            yield [name, protocol, model, metric, str(len(figures)), *(f"{number:.4f}" for number in numbers)]


def main() -> None:
    """Measure, and write the report as CSV."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--name", choices=("online_retail", "epub"), help="one of the two alone")
    parser.add_argument("--seconds", type=float, default=120.0, help="for the tuning of each model")
    parser.add_argument("--trials", type=int, default=100, help="settings that recstore tries at most")
    parser.add_argument("--only", nargs="*", default=[], help="of the peers these alone")
    told = parser.parse_args()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    header = "data,protocol,model,metric,n,value,low,high,advantage,advantage_low,advantage_high"
    writer.writerow(header.split(","))
    for name in [told.name] if told.name else ["online_retail", "epub"]:
        data, ids = read(name, told.data)
        vectors = content(name, told.data, ids)
        for protocol, train, asked in protocols(name, data):
            print(f"{name}, {protocol}: {len(asked.users)} people asked", file=sys.stderr)
            found = models(train, asked, vectors, told.seconds, told.trials, set(told.only))
            writer.writerows(report(name, protocol, found))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
