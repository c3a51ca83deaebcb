"""Generates data of MovieLens 25M's shape: 25 M ratings, 162,000 users, 62,000 movies, tags, a long tail of movies."""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

GENRES = ["Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
          "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"]  # fmt: skip


def generate(folder: Path, *, ratings: int, users: int, movies: int, tags: int, seed: int = 0) -> None:
    """Write movies.csv, ratings.csv, tags.csv and links.csv in MovieLens's own format and order to `folder`."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()

    ids = np.sort(rng.choice(movies * 4, movies, replace=False) + 1)
    taste = rng.standard_normal((movies, 6))
    best = np.argsort(-(taste @ rng.standard_normal((6, len(GENRES)))), axis=1)
    count = rng.integers(1, 5, movies)
    genres = ["|".join(sorted(GENRES[g] for g in row[:n])) for row, n in zip(best, count, strict=True)]
    years = rng.integers(1920, 2020, movies)
    table = pa.table({"movieId": ids, "title": [f"Film {i} ({y})" for i, y in zip(ids, years, strict=True)],
                      "genres": genres})  # fmt: skip
    _write(connection, table, folder / "movies.csv")
    _write(connection, pa.table({"movieId": ids, "imdbId": ids + 100000, "tmdbId": ids}), folder / "links.csv")

    # Zipf-like popularity; activity is log-normal from 20 ratings up, as in the original.
    popularity = 1.0 / (np.arange(1, movies + 1) + 30.0) ** 1.15
    popularity = popularity[rng.permutation(movies)]
    cumulative = np.cumsum(popularity / popularity.sum())
    activity = 20 + rng.lognormal(3.9, 1.25, users)
    wanted = np.maximum(20, (activity * ratings / activity.sum())).astype(np.int64)
    drawn = np.repeat(np.arange(1, users + 1), (wanted * 1.9).astype(np.int64))
    pairs = drawn * np.int64(movies) + np.searchsorted(cumulative, rng.random(len(drawn))).clip(0, movies - 1)
    pairs = np.unique(pairs)
    pairs = np.sort(rng.choice(pairs, min(ratings, len(pairs)), replace=False))
    user, movie = np.divmod(pairs, movies)
    lean = rng.standard_normal((users + 1, 6))
    score = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), 1 << 20):
        part = slice(start, start + (1 << 20))
        score[part] = np.einsum("ij,ij->i", lean[user[part]], taste[movie[part]])
    stars = np.clip(np.round(2 * (3.5 + 0.35 * score + 0.5 * rng.standard_normal(len(pairs)))) / 2, 0.5, 5)
    when = rng.integers(9e8, 1.5e9, users + 1)[user] + rng.integers(0, 10**6, len(pairs))
    tagged = np.sort(rng.integers(0, len(pairs), tags))
    words = np.array([f"{a}{b}" for a in ("dark", "slow", "witty", "tense", "odd", "warm", "bleak", "lush")
                      for b in range(400)])  # fmt: skip
    word = (rng.zipf(1.3, tags) + movie[tagged] * 7) % len(words)
    table = pa.table({"userId": user[tagged], "movieId": ids[movie[tagged]], "tag": words[word],
                      "timestamp": when[tagged]})  # fmt: skip
    _write(connection, table, folder / "tags.csv")

    # The ratings come last: where they are, all files are.
    table = pa.table({"userId": user, "movieId": ids[movie], "rating": stars, "timestamp": when})
    _write(connection, table, folder / "ratings.csv")


def _write(connection: duckdb.DuckDBPyConnection, table: pa.Table, path: Path) -> None:
    connection.register("arrow_table", table)
    connection.execute(f"COPY (FROM arrow_table) TO '{path}' (HEADER, DELIMITER ',')")
    connection.unregister("arrow_table")


def main() -> None:
    """Read the arguments and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the files go")
    parser.add_argument("--ratings", type=int, default=25_000_000)
    parser.add_argument("--users", type=int, default=162_000)
    parser.add_argument("--movies", type=int, default=62_000)
    parser.add_argument("--tags", type=int, default=1_090_000)
    generate(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
