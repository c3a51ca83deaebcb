"""Ids of a user's own items: of any type, as they are, and told where they cannot be."""

from __future__ import annotations

import uuid

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repeated import repeated
from shops import DOORS, STRICT, WAS, Heard, refused, shop

import recstore
from recstore import Interactions, Items, SourceError

pytestmark = pytest.mark.usefixtures("postgres")
LOST = ["9.78012E+12", "9.78012E+12", "9.78013E+12"]


@pytest.mark.parametrize("door", DOORS)
def test_ids_that_have_lost_digits_stop_the_build_with_two_titles(standing, tmp_path, door):
    ids = LOST if door == "file" else [float(one) for one in LOST]
    frame = pd.DataFrame({"isbn": ids, "title": ["Emma", "Persuasion", "Ulysses"]})
    says = "lost digits: .* stands for 'Emma' and for 'Persuasion'"
    refused(standing, shop(door, tmp_path, frame), SourceError, says)


@pytest.mark.parametrize("door", DOORS)
def test_whole_floating_point_ids_become_integers_and_join_text(tmp_path, door):
    """Ids are floats on one side and text with zeros on the other; columns are called as parameters are."""
    items = pd.DataFrame({"isbn": [7.0, 8.0, 9.0], "title": ["a dog", "a cat", "a dog"]})
    history = pd.DataFrame(
        {"user": ["k", "k", "x"], "item": ["007", "9.0", "8"], "store": [WAS] * 3, "filter": [1.0] * 3}
    )
    declared = shop(door, tmp_path, items, history, i_user="user", i_item="item", i_at="store", i_value="filter")
    heard = Heard()
    recstore.build(tmp_path / "s.duckdb", {"books": declared}, options=STRICT, progress=heard)
    with recstore.connect(tmp_path / "s.duckdb") as con:
        assert con.sql("SELECT isbn, typeof(isbn) FROM books ORDER BY ALL").fetchall() == [
            (7, "BIGINT"), (8, "BIGINT"), (9, "BIGINT"),
        ]  # fmt: skip
        assert con.sql("SELECT item FROM books_interactions WHERE \"user\" = 'k' ORDER BY ALL").fetchall() == [
            (7,),
            (9,),
        ]
        assert con.sql("SELECT isbn FROM recommend_books('k')").fetchall() == [(8,)]
        assert {one for (one,) in con.sql("SELECT isbn FROM recommend_books('x')").fetchall()} == {7, 9}


def test_text_ids_that_one_number_would_swallow_are_refused(standing, tmp_path):
    items = pd.DataFrame({"isbn": [7, 8], "title": ["a dog", "a dog"]})
    history = pd.DataFrame({"who": ["u", "v"], "isbn": ["7", "007"]})
    refused(standing, shop("frame", tmp_path, items, history), SourceError, "'007' and '7', which become one")


ID = {
    "text": st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1).filter(
        lambda one: one.strip(" \t\xa0") != ""
    ),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "uuid": st.uuids().map(str),
}


@pytest.mark.parametrize("kind", repeated(ID))
def test_ids_come_back_as_they_went_in(kind, tmp_path):
    @given(st.lists(ID[kind], min_size=1, max_size=40, unique=True))
    @settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
    def round_trip(ids: list) -> None:
        folder = tmp_path / uuid.uuid4().hex
        folder.mkdir()
        frame = pd.DataFrame({"isbn": ids, "title": "a dog"})
        pq.write_table(pa.Table.from_pandas(frame), folder / "books.parquet")
        sources = {"frame": frame, "parquet": str(folder / "books.parquet")}
        frame.to_csv(folder / "books.csv", index=False)
        sources["csv"] = str(folder / "books.csv")
        given = {
            f"by_{name}": Items(source=one, id="isbn", title="title", text="title") for name, one in sources.items()
        }
        recstore.build(folder / "s.duckdb", given, options=STRICT)
        with recstore.connect(folder / "s.duckdb") as con:
            for name in given:
                kept = [one for (one,) in con.sql(f"SELECT isbn FROM {name}").fetchall()]
                there = [str(one) for one in ids] if kept and isinstance(kept[0], str) else [int(one) for one in ids]
                assert sorted(kept) == sorted(there)
                for one in kept[:3]:
                    answers = [
                        id_ for (id_,) in con.execute(f"SELECT isbn FROM similar_{name}(?, k := 50)", [one]).fetchall()
                    ]
                    assert sorted([*answers, one]) == sorted(kept)

    round_trip()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("DECIMAL(25, 0)", "12345678901234567890"),
        ("HUGEINT", "170141183460469231731687303715884105700"),
        ("DATE", None),
    ],
)
def test_ids_of_exact_types_stay_exact(tmp_path, kind, value):
    with duckdb.connect(str(tmp_path / "b.duckdb")) as con:
        made = "DATE '2024-01-01' + CAST(i AS INTEGER)" if value is None else f"CAST('{value}' AS {kind}) + i"
        con.execute(f"CREATE TABLE t AS SELECT {made} AS isbn, 'a dog' AS title FROM range(3) AS r(i)")
        con.execute(
            "CREATE TABLE s AS SELECT 'u' AS who, CAST(isbn AS TIMESTAMP) + INTERVAL 12 HOUR AS isbn FROM t"
        ) if (value is None) else con.execute(
            "CREATE TABLE s AS SELECT 'u' AS who, CAST(isbn AS VARCHAR) AS isbn FROM t"
        )
        ids = [one for (one,) in con.sql("SELECT isbn FROM t ORDER BY ALL").fetchall()]
    place = str(tmp_path / "b.duckdb")
    sold = Interactions(source="s", database=place, user="who", item="isbn")
    declared = Items(source="t", database=place, id="isbn", title="title", text="title", interactions=sold)
    if value is None:
        # A day is no time of that day.
        with pytest.raises(SourceError, match="3 of the 3 interactions"):
            recstore.build(tmp_path / "s.duckdb", {"books": declared}, options=STRICT)
        return
    recstore.build(tmp_path / "s.duckdb", {"books": declared}, options=STRICT)
    with recstore.connect(tmp_path / "s.duckdb") as con:
        assert [int(one) for (one,) in con.sql("SELECT isbn FROM books ORDER BY ALL").fetchall()] == [
            int(one) for one in ids
        ]
        assert len(con.sql("FROM books_interactions").fetchall()) == 3
        assert con.execute("SELECT isbn FROM similar_books(?, k := 1)", [str(ids[0])]).fetchall() == [(int(ids[1]),)]
