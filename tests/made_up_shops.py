"""Makes up small shops, as files, and builds what is guessed of them."""

from __future__ import annotations

import csv
import datetime as dt
import random
import tomllib
from pathlib import Path

import recstore

WORDS = """red blue green old new magic silent river stone garden winter summer night light dark secret
    king""".split()  # noqa: SIM905
N_ITEMS, N_ROWS = 40, 400
START = dt.datetime(2023, 1, 1, 8)


def write(**files):
    """Write files of the current folder, `books_csv` as books.csv: each a header, or None, and rows."""
    for name, (header, rows) in files.items():
        stem, _, ending = name.rpartition("_")
        with Path(f"{stem}.{ending}").open("w", newline="") as file:
            writer = csv.writer(file, delimiter="\t" if ending == "tsv" else ",")
            writer.writerows([header, *rows] if header else rows)


def items(*columns):
    """Return rows of items, a function of their number for each column."""
    return [[column(number) for column in columns] for number in range(N_ITEMS)]


def events(*columns):
    """Return rows of interactions, a function of their number and of the item's for each column."""
    draw = random.Random(7)
    drawn = [min(N_ITEMS - 1, int(draw.expovariate(0.08))) for _ in range(N_ROWS)]
    return [[column(number, item) for column in columns] for number, item in enumerate(drawn)]


def title(number):
    draw = random.Random(number)
    return f"{' '.join(draw.choice(WORDS) for _ in range(3)).title()} {number}"


def blurb(number):
    draw = random.Random(number + 1000)
    return " ".join(draw.choice(WORDS) for _ in range(14))


def word(number):
    return WORDS[number % 5]


def user(number, _item):
    return f"u{number // 3 % 30}"


def at(number, _item):
    return START + dt.timedelta(minutes=37 * number)


def guessed(*sources, **options):
    """Return what is declared: the items' side and that of the interactions, as the file says them."""
    found = recstore.init(*sources, **options)
    declared = tomllib.loads(found.text)
    assert list(declared) == [found.name]
    side = declared[found.name]
    return found, side, side.get("interactions", {})


def built(found, path):
    """Build what was guessed without an edit, and return how many rows each source gave, and how many it rejected."""
    report = recstore.build(path / "built.duckdb", {found.name: found.items}, options=recstore.BuildOptions(tune=False))
    return [(file.rows, file.rejects) for load in report.loads.values() for file in load.files]
