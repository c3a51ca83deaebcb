"""What is added to a catalogue of one's own is kept as it is, or told: no value is rounded, cut or dropped silently."""

from __future__ import annotations

import shutil
from datetime import date

import duckdb
import pandas as pd
import pytest
from shops import Heard

import recstore
from recstore.errors import SourceError

NAMES = "isbn,title,price,day,told,mark"
ROWS = [f"b{n},Book {n} of {('dogs', 'cats')[n % 2]},{n},2024-01-0{n + 1},{n % 2 == 0},{n}.5" for n in range(8)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "books.csv").write_text("\n".join([NAMES, *ROWS]) + "\n")
    books = recstore.Items(source=str(folder / "books.csv"), id="isbn", title="title", text="title")
    recstore.build(folder / "shop.duckdb", {"books": books}, options=recstore.BuildOptions(tune=False))
    return folder / "shop.duckdb"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            "2.5,2024-01-09,true,3",
            "price of more.csv is no BIGINT, as the store has it, in 1 of its rows, such as '2.5'",
        ),
        ("99999999999999999999,2024-01-09,true,3", "price .* no BIGINT"),
        ("2\0.5,2024-01-09,true,3", r"price .* such as '2\\x00.5' \(line 2\)"),
        ("2,2024-01-09 11:00:00,true,3", "day .* no DATE, .* such as '2024-01-09 11:00:00'"),
        ("2,soon,true,3", "day .* no DATE"),
        ("2,2024-01-09,7,3", "told of .* no BOOLEAN"),
        ("2,2024-01-09,true,good", "mark .* no DOUBLE"),
    ],
)
def test_a_value_that_a_column_cannot_hold_is_told(shop, tmp_path, row, says):
    (tmp_path / "more.csv").write_text(f"{NAMES}\nb9,New dogs,{row}\n")
    before = shop.read_bytes()
    with pytest.raises(SourceError, match=f"{says}.*Mend them, or build books anew"):
        recstore.add(shop, items=tmp_path / "more.csv")
    assert shop.read_bytes() == before


def test_a_column_that_is_missing_or_new_is_told(shop, tmp_path):
    (tmp_path / "more.csv").write_text("isbn,title\nb9,New dogs\n")
    with pytest.raises(SourceError, match="has no column 'price', which books has; give it one"):
        recstore.add(shop, items=tmp_path / "more.csv")
    store = shutil.copy(shop, tmp_path / "shop.duckdb")
    new = pd.DataFrame(
        [("b8", "Book of dogs", 1e3, date(2024, 1, 9), None, 2, "x")], columns=[*NAMES.split(","), "more"]
    )
    recstore.add(store, items=new, allow_loss=True, progress=(heard := Heard()))
    assert [text for text in heard.notices if "columns that books has not, which are left out: more" in text]
    with duckdb.connect(str(store), read_only=True) as con:
        found = con.execute("SELECT price, day, told, mark FROM books WHERE isbn = 'b8'").fetchall()
    assert found == [(1000, date(2024, 1, 9), None, 2.0)]
