"""The same questions to recstore and to what people would pick instead, on the same vectors and in one run.

`python benchmarks/peers.py [--items 100000] [--width 128] [--questions 200] [--ids 1000] [--only recstore,faiss]`

`pip install pgserver lancedb sqlite-vec pysqlite3-binary faiss-cpu usearch` brings the others, pgserver a PostgreSQL
with pgvector; what is not installed is left out, and said. The questions: ten like this id; the same where 1 % of the
items pass a filter; ten like a vector; ten for each of many ids in one go. For each: recall@10 against exact search,
how many rows came of ten, the median in ms by the clock (for many ids: the whole), and how many lines it takes to ask.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import peers_asked
import pyarrow as pa
from measuring import seconds_of

_K = 10
T = TypeVar("T")


def generated(items: int, width: int, seed: int = 0) -> np.ndarray:
    """Return vectors of length 1 around a thousandth as many centres, (items, width) float32."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((max(items // 1000, 10), width))
    found = centres[generator.integers(0, len(centres), items)] + 0.7 * generator.standard_normal((items, width))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def best(vectors: np.ndarray, asked: np.ndarray, passing: np.ndarray, own: np.ndarray | None) -> list[set[int]]:
    """Return the ids of the k nearest by exact search, for each question; `own` are ids that are no answer."""
    found = []
    for start in range(0, len(asked), 256):
        scores = asked[start : start + 256] @ vectors.T
        scores[:, ~passing] = -2
        if own is not None:
            scores[np.arange(len(scores)), own[start : start + 256]] = -2
        nearest = np.argpartition(-scores, _K, axis=1)[:, :_K]
        found += [{int(one) for one in row if line[one] > -2} for row, line in zip(nearest, scores, strict=True)]
    return found


def timed(ask: Callable[[Any], T], what: object) -> tuple[T, float]:
    """Return an answer, and the seconds that it took."""
    begun = time.perf_counter()
    answer = ask(what)
    return answer, time.perf_counter() - begun


def told(
    name: str, what: str, answers: Sequence[list[int]], right: list[set[int]], times: Sequence[float], lines: int
) -> None:
    """Print one line of the report."""
    recall = np.mean([len(set(one) & good) / len(good) for one, good in zip(answers, right, strict=True)])
    rows = np.mean([len(one) for one in answers])
    print(f"{name:12} {what:24} {recall:6.3f} {rows:6.1f} {1e3 * float(np.median(times)):9.2f} {lines:6}")


def measure(name: str, items: pa.Table, vectors: np.ndarray, ids: np.ndarray, many: np.ndarray) -> None:
    """Load one peer, ask it everything, and print what came."""
    everything, some = np.ones(len(vectors), bool), items["bucket"].to_numpy() == peers_asked.BUCKET
    generator = np.random.default_rng(1)
    foreign = vectors[ids] + 0.1 * generator.standard_normal((len(ids), vectors.shape[1])).astype(np.float32)
    foreign /= np.linalg.norm(foreign, axis=1, keepdims=True)
    questions = {
        "like an id": ("like", ids.tolist(), best(vectors, vectors[ids], everything, ids)),
        "where 1 % pass": ("like_where", ids.tolist(), best(vectors, vectors[ids], some, ids)),
        "like a vector": ("near", list(foreign), best(vectors, foreign, everything, None)),
    }
    with tempfile.TemporaryDirectory() as folder:
        peer = peers_asked.PEERS[name](Path(folder))
        try:
            print(f"{name:12} loaded and indexed in {seconds_of(lambda: peer.load(items, vectors)):.1f} s")
            for what, (method, asked, right) in questions.items():
                ask = getattr(peer, method)
                ask(asked[0])
                answers, times = zip(*(timed(ask, one) for one in asked), strict=True)
                told(name, what, answers, right, times, peers_asked.lines_of(ask))
            of_many, seconds = timed(peer.many, many.tolist())
            answers = [of_many.get(one, []) for one in many.tolist()]
            right = best(vectors, vectors[many], everything, many)
            told(name, f"{len(many):,} ids", answers, right, [seconds], peers_asked.lines_of(peer.many))
        finally:
            peer.close()


def main() -> None:
    """Generate the vectors, and measure each peer that is installed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--ids", type=int, default=1000)
    parser.add_argument("--only", default=",".join(peers_asked.PEERS), help="of: " + ", ".join(peers_asked.PEERS))
    asked = parser.parse_args()
    vectors = generated(asked.items, asked.width)
    numbers = np.arange(asked.items)
    items = pa.table(
        {
            "id": numbers,
            "title": [f"Thing {number}" for number in numbers],
            "bucket": numbers % 100,
            "v": pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), asked.width),
        }
    )
    generator = np.random.default_rng(2)
    ids = generator.choice(asked.items, min(asked.questions, asked.items), replace=False)
    many = generator.choice(asked.items, min(asked.ids, asked.items), replace=False)
    print(f"{'':12} {'question':24} {'recall':>6} {'rows':>6} {'ms':>9} {'lines':>6}")
    for name in asked.only.split(","):
        try:
            measure(name, items, vectors, ids, many)
        except ImportError as error:
            print(f"{name:12} is not installed here: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
