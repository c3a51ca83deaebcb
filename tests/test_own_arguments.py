"""What a question can say of a catalogue of the user's own: with groups, what is not available, and ids of text."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

import recstore
from recstore.sqlalchemy import functions

CALLS = (
    "similar_books('{isbn}', {said})",
    "similar_books(['{isbn}', '{other}'], {said})",
    "similar_books('{isbn}', disliked := ['{other}'], space := 'content', {said})",
    "recommend_books('C0001', {said})",
    "recommend_books('nobody', {said})",
    "recommend_books_for(['{isbn}', '{other}'], {said})",
    "nearest_books((SELECT vector FROM books_vectors JOIN books USING (_rs_no) WHERE isbn = '{isbn}' "
    "AND space = 'hybrid'), {said})",
)


@pytest.fixture(scope="module")
def stores(bookshop, once) -> Path:
    """The books of the example as they are, and again with a group and with what may be recommended at all."""

    def fill(folder: Path) -> None:
        shop = Path(shutil.copytree(bookshop, folder / "shop"))
        declared = recstore.read_config(shop / "recstore.toml")["books"]
        options = recstore.BuildOptions(tune=False)
        recstore.build(folder / "plain.duckdb", {"books": replace(declared, available=None)}, options=options)
        limited = replace(declared, available="NOT withdrawn AND price < 25", group="author")
        recstore.build(folder / "limited.duckdb", {"books": limited}, options=options)

    return once("shops-with-groups", fill)


@pytest.fixture(scope="module")
def plain(stores):
    with duckdb.connect(str(stores / "plain.duckdb"), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def limited(stores):
    with recstore.connect(stores / "limited.duckdb") as con:
        yield con


@pytest.fixture(scope="module")
def items(plain) -> dict[str, str]:
    [(isbn,), (other,)] = plain.sql("SELECT isbn FROM books ORDER BY _rs_popularity DESC, isbn LIMIT 2").fetchall()
    return {"isbn": isbn, "other": other}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("said", "available", "per_group"),
    [
        ("k := 12", "NOT withdrawn AND price < 25", 1),
        ("k := 12, per_group := 3", "NOT withdrawn AND price < 25", 3),
        ("k := 12, include_unavailable := true", "true", 1),
        ("k := 12, include_unavailable := NOT withdrawn", "NOT withdrawn", 1),
        ("k := 40, per_group := 40, include_unavailable := true", "true", 40),
        ("k := 12, include_unavailable := NULL, per_group := NULL", "NOT withdrawn AND price < 25", 1),
        ("k := 12, per_group := 2, filter := price > 9", "NOT withdrawn AND price < 25 AND price > 9", 2),
    ],
)
def test_groups_and_what_is_available(plain, limited, items, call, said, available, per_group):
    """As a query over lists of a catalogue with neither finds them."""
    k = int(said.split(",", maxsplit=1)[0].removeprefix("k := "))
    whole = call.format(**items, said="k := 480")
    expected = plain.sql(
        f"SELECT isbn, score FROM {whole} WHERE {available} "
        f"QUALIFY row_number() OVER (PARTITION BY author ORDER BY rank) <= {per_group} ORDER BY rank LIMIT {k}"
    ).fetchall()
    found = limited.sql(f"SELECT isbn, score FROM {call.format(**items, said=said)} ORDER BY rank").fetchall()
    assert found == expected != []


@pytest.mark.parametrize("call", CALLS)
def test_what_is_excluded_and_boosted_by_text_ids(plain, items, call):
    whole = plain.sql(f"SELECT isbn, score, price FROM {call.format(**items, said='k := 480')}").fetchall()
    away = [row[0] for row in whole[:3]]
    excluded = plain.execute(f"SELECT isbn FROM {call.format(**items, said='exclude := ?')}", [away]).fetchall()
    assert excluded == [row[:1] for row in whole[3:13]]
    said = "k := 480, boost := CASE WHEN price < 10 THEN 3 END"
    found = plain.sql(f"SELECT isbn, score FROM {call.format(**items, said=said)} WHERE score > 0").fetchall()
    steps = [(-round(score * 100_000) * (3 if price < 10 else 1), isbn) for isbn, score, price in whole if score > 0]
    assert [(-round(score * 100_000), isbn) for isbn, score in found] == sorted(steps)


def test_diversity_keeps_groups_and_gives_all_candidates(limited, items):
    for call in CALLS:
        rows = limited.sql(
            f"SELECT rank, isbn, author FROM {call.format(**items, said='k := 15, diversity := 0.5')}"
        ).fetchall()
        assert [rank for rank, *_ in rows] == list(range(1, len(rows) + 1))
        assert len({author for *_, author in rows}) == len(rows) > 0
        every = call.format(**items, said="k := 480, diversity := 0.9")
        assert (
            limited.sql(f"SELECT count(*) FROM {every}").fetchall()
            == limited.sql(f"SELECT count(*) FROM {call.format(**items, said='k := 480')}").fetchall()
        )


def test_through_sqlalchemy(stores, limited, items):
    import sqlalchemy as sa

    engine = sa.create_engine(f"recstore:///{stores / 'limited.duckdb'}")
    with engine.connect() as con:
        books = functions("books", con)
        asked = books.similar(items["isbn"], k=7, per_group=2, include_unavailable=True, exclude=[items["other"]])
        found = con.execute(sa.select(asked.c.isbn)).fetchall()
    said = f"k := 7, per_group := 2, include_unavailable := true, exclude := ['{items['other']}']"
    assert found == limited.sql(f"SELECT isbn FROM similar_books('{items['isbn']}', {said})").fetchall()
    engine.dispose()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("per_group := 0", "per_group must be a whole number from 1 to 32767, not 0"),
        ("per_group := 'all'", "per_group must be a whole number from 1 to 32767, not all"),
    ],
)
def test_a_wrong_number_of_a_group(limited, items, said, message):
    for call in CALLS:
        with pytest.raises(duckdb.InvalidInputException, match=message):
            limited.sql(f"FROM {call.format(**items, said=said)}").fetchall()
