"""Makes the files of a small bookshop: `python make_shop.py FOLDER`. The same files on every run.

`books.csv` holds the books, `sales.csv` what customers looked at, bought and brought back, `stock.csv` how many lie on
the shelf today. Readers have tastes: each likes two of the genres, and goes on with a series once it is begun.
"""

from __future__ import annotations

import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

GENRES = {
    "Crime": ["murder", "inspector", "harbour", "alibi", "confession", "poison", "witness", "fog"],
    "Space": ["orbit", "colony", "starship", "signal", "asteroid", "airlock", "nebula", "pilot"],
    "Garden": ["roses", "compost", "orchard", "seeds", "hedges", "greenhouse", "bees", "herbs"],
    "Cooking": ["bread", "soup", "pepper", "oven", "pastry", "market", "salt", "feast"],
    "History": ["empire", "letters", "siege", "merchant", "archive", "crown", "revolt", "treaty"],
    "Travel": ["railway", "island", "desert", "border", "monsoon", "caravan", "glacier", "ferry"],
    "Romance": ["summer", "wedding", "letters", "ballroom", "promise", "violin", "lighthouse", "reunion"],
    "Magic": ["dragon", "spell", "tower", "witch", "raven", "prophecy", "moonlight", "apprentice"],
}
FIRST = ["Ada", "Bruno", "Clara", "Dimitri", "Elif", "Farah", "Goran", "Hana", "Ines", "Jonas", "Kavya", "Liam"]
LAST = ["Abend", "Brandt", "Costa", "Duarte", "Ekström", "Fontaine", "Grün", "Haas", "Ito", "Jansen", "Kaya", "Lund"]
N_BOOKS, N_CUSTOMERS, N_EVENTS = 480, 400, 14_000
BEGIN = datetime(2025, 1, 2, 9, 0)


def isbn(number: int) -> str:
    """Return a made-up ISBN-10: text, with leading zeros, and X where the check digit is ten."""
    digits = f"{number:09d}"
    check = sum((10 - place) * int(digit) for place, digit in enumerate(digits)) % 11
    return digits + "0123456789X"[(11 - check) % 11]


def books(rng: np.random.Generator) -> list[dict[str, object]]:
    """Return the books, of one genre each, many of them parts of a series by one author."""
    genres, found = list(GENRES), []
    while len(found) < N_BOOKS:
        genre = genres[int(rng.integers(len(genres)))]
        words = GENRES[genre]
        author = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
        name = f"{rng.choice(words)} and {rng.choice(words)}".title()
        for part in range(1, int(rng.integers(1, 5)) + 1):
            blurb = " ".join(rng.choice(words, 6)) + f", a tale of {rng.choice(words)} by {author}"
            number = 3_000_000 + 7919 * len(found)
            found.append(
                {
                    "isbn": isbn(number),
                    "title": f"{name}, part {part}" if part > 1 else name,
                    "author": author,
                    "genre": genre,
                    "blurb": blurb,
                    "price": round(float(rng.uniform(5, 30)), 2),
                    "published": int(rng.integers(1980, 2026)),
                    "withdrawn": bool(rng.random() < 0.03),
                }
            )
    return found[:N_BOOKS]


def sales(rng: np.random.Generator, shelf: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return views, purchases and returns, in the order of time; customers come back, and go on with a series."""
    genres = np.array([str(book["genre"]) for book in shelf])
    authors = np.array([str(book["author"]) for book in shelf])
    fame = rng.zipf(1.6, len(shelf)).clip(1, 60).astype(float)
    tastes = [rng.choice(list(GENRES), 2, replace=False) for _ in range(N_CUSTOMERS)]
    last: dict[int, int] = {}
    found: list[dict[str, object]] = []
    at, basket = BEGIN, 10_000
    while len(found) < N_EVENTS:
        at += timedelta(minutes=float(rng.exponential(45)))
        customer, basket = int(rng.integers(N_CUSTOMERS)), basket + 1
        for _ in range(int(rng.integers(1, 5))):
            weight = fame * np.where(np.isin(genres, tastes[customer]), 12.0, 1.0)
            if customer in last:
                weight = weight * np.where(authors == authors[last[customer]], 6.0, 1.0)
            book = int(rng.choice(len(shelf), p=weight / weight.sum()))
            kind = "purchase" if rng.random() < 0.45 else "view"
            if kind == "purchase":
                last[customer] = book
            row = {
                "customer": f"C{customer:04d}" if rng.random() > 0.05 else "",
                "basket": basket,
                "isbn": shelf[book]["isbn"],
                "sold_at": at.isoformat(sep=" ", timespec="seconds"),
                "kind": kind,
                "quantity": 1 if rng.random() < 0.9 else 2,
            }
            found.append(row)
            if kind == "purchase" and rng.random() < 0.04:
                later = at + timedelta(days=float(rng.uniform(1, 14)))
                found.append(row | {"kind": "return", "sold_at": later.isoformat(sep=" ", timespec="seconds")})
    return sorted(found, key=lambda row: str(row["sold_at"]))


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(folder: Path) -> None:
    """Write the three files."""
    rng = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    shelf = books(rng)
    write(folder / "books.csv", shelf)
    write(folder / "sales.csv", sales(rng, shelf))
    stock = [{"isbn": book["isbn"], "on_hand": int(rng.poisson(2))} for book in shelf]
    write(folder / "stock.csv", stock)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
