"""A small sample in MovieLens's own format, generated: invented titles, plausible genres, tags and tastes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

_GENRES = {
    "Action": (("Iron", "Crimson", "Last", "Broken"), ("Pursuit", "Convoy", "Ambush", "Vendetta"),
               ("car chase", "one man army", "explosions")),
    "Comedy": (("Second-Hand", "Accidental", "Three", "Borrowed"), ("Weddings", "Landlords", "Uncles", "Holiday"),
               ("witty", "mistaken identity", "slapstick")),
    "Drama": (("Quiet", "Winter", "Distant", "Paper"), ("Daughters", "Harbor", "Letters", "Orchard"),
              ("moving", "family secrets", "slow burn")),
    "Sci-Fi": (("Orbital", "Silent", "Ninth", "Electric"), ("Colony", "Signal", "Android", "Horizon"),
               ("robots", "space opera", "time travel")),
    "Horror": (("Hollow", "Midnight", "Pale", "Whispering"), ("Cellar", "Guest", "Lullaby", "Marsh"),
               ("creepy", "haunted house", "gore")),
    "Romance": (("Summer", "Tender", "Parisian", "Unsent"), ("Waltz", "Promise", "Postcards", "Serenade"),
                ("chemistry", "bittersweet", "love triangle")),
    "Animation": (("Little", "Brave", "Clockwork", "Flying"), ("Otter", "Lantern", "Kingdom", "Teapot"),
                  ("talking animals", "beautiful", "for all ages")),
    "Crime": (("Dirty", "Velvet", "Seven", "Marked"), ("Alibi", "Ledger", "Heist", "Informant"),
              ("twist ending", "noir", "heist")),
}  # fmt: skip

#: A title that is always in the sample, for examples.
EXAMPLE_TITLE = "Ninth Horizon (1979)"


def write_sample(folder: Path, *, movies: int = 400, users: int = 250, seed: int = 0) -> None:
    """Write movies.csv, ratings.csv, tags.csv and links.csv to `folder`; the same seed writes the same files.

    Every movie has one or two genres, whose words make its title; every person likes some genres and dislikes others.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    names = list(_GENRES)
    titles = [EXAMPLE_TITLE]
    genres = [[names.index("Sci-Fi")]]
    while len(titles) < movies:
        mine = rng.choice(len(names), 1 + rng.integers(0, 2), replace=False)
        first = _GENRES[names[mine[0]]][0]
        second = _GENRES[names[mine[-1]]][1]
        title = f"{rng.choice(first)} {rng.choice(second)} ({rng.integers(1950, 2020)})"
        if title not in titles:
            titles.append(title)
            genres.append(sorted(int(genre) for genre in mine))
    belongs = np.zeros((movies, len(names)))
    for movie, mine_ in enumerate(genres):
        belongs[movie, mine_] = 1 / len(mine_)

    taste = rng.standard_normal((users, len(names)))
    quality = rng.normal(0, 0.4, movies)
    popularity = 1.0 / (1 + rng.permutation(movies)) ** 0.7
    ids = np.arange(1, movies + 1)
    ratings, tags = [], []
    for user in range(users):
        liking = taste[user] @ belongs.T
        weight = popularity * np.exp(liking)
        seen = rng.choice(movies, rng.integers(30, 90), replace=False, p=weight / weight.sum())
        stars = np.clip(np.round(2 * (3.3 + 0.8 * liking[seen] + quality[seen] + rng.normal(0, 0.5, len(seen)))) / 2,
                        0.5, 5)  # fmt: skip
        when = 946_684_800 + rng.integers(0, 600_000_000) + np.sort(rng.integers(0, 10_000_000, len(seen)))
        order = np.argsort(seen)
        ratings += [(user + 1, ids[seen[i]], stars[i], when[i]) for i in order]
        for i in order[: rng.integers(0, 5)]:
            genre = names[genres[seen[i]][0]]
            tags.append((user + 1, ids[seen[i]], rng.choice(_GENRES[genre][2]), when[i]))
    listed = ["|".join(names[genre] for genre in mine_) for mine_ in genres]
    _write(folder / "movies.csv", ("movieId", "title", "genres"), zip(ids, titles, listed, strict=True))
    _write(folder / "ratings.csv", ("userId", "movieId", "rating", "timestamp"), ratings)
    _write(folder / "tags.csv", ("userId", "movieId", "tag", "timestamp"), tags)
    links = ((movie, f"{9_000_000 + movie}", 900_000 + movie) for movie in ids)
    _write(folder / "links.csv", ("movieId", "imdbId", "tmdbId"), links)


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
