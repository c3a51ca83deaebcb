"""What the values of somebody's own interactions must be: for files, frames and rows that were put in by hand alike."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from repeated import repeated
from shops import LOOSE, books, sales, shop

import recstore
from recstore import BuildOptions, OptionError, StoreError

#: What somebody writes into a row, by what is said of it.
WRITTEN = {
    "NaN": ("stars = 'nan'", "stars is no number"),
    "infinity": ("stars = 'inf'", "stars is no number"),
    "a sum's overflow": ("stars = -1e30", "stars is no number"),
    "more than a FLOAT": ("stars = 1e308", "stars is no number"),
    "no rating": ("stars = NULL", "stars is no number"),
    "NaN of them": ("n = 'nan'", "n is no number"),
    "too many of them": ("n = 1e300", "n is no number"),
    "the epoch": ("sold = '1970-01-01'", "a time that cannot be"),
    "a time to come": ("sold = '2999-01-01'", "a time that cannot be"),
    "no time at all": ("sold = 'infinity'", "a time that cannot be"),
    "nobody": ("who = NULL, visit = NULL", "no user"),
    "an unknown item": ("isbn = 'zzz'", "such as"),
}


def rated(**changes) -> recstore.Items:
    roles = {"i_rating": "stars", "i_value": "n", "i_at": "sold", "i_session": "visit"}
    history = sales().rename(columns={"kind": "stars"}).assign(**{"stars": [1.0, 4.0, 5.0] * 10} | changes)
    return shop("frame", Path(), books(), history, **roles)


@pytest.fixture(scope="module")
def sound(once) -> Path:
    """A store of books that people rated, so many times, at times, in visits."""
    options = BuildOptions(tune=False, content_dimensions=4, collaborative_dimensions=4)
    build = lambda folder: recstore.build(folder / "s.duckdb", {"books": rated()}, options=options)  # noqa: E731
    return once("rated-books", build) / "s.duckdb"


def test_a_row_that_no_source_could_bring_is_told(sound, tmp_path):
    with duckdb.connect(str(shutil.copy(sound, tmp_path / "s.duckdb"))) as con:
        for values, said in WRITTEN.values():
            con.execute(f"BEGIN; UPDATE books_interactions SET {values} WHERE rowid = 3")
            rows = con.execute("SELECT faults, example FROM store_health WHERE faults > 0").fetchall()
            con.execute("ROLLBACK")
            assert any(faults == 1 and said in f"such as {example}" for faults, example in rows), (values, rows)


@pytest.mark.parametrize("what", repeated(WRITTEN))
def test_nothing_is_computed_with_such_a_row(what, sound, tmp_path):
    values, said = WRITTEN[what]
    store = Path(shutil.copy(sound, tmp_path / "s.duckdb"))
    with duckdb.connect(str(store)) as con:
        con.execute(f"UPDATE books_interactions SET {values} WHERE rowid = 3")
    found = [finding.fault for finding in recstore.check(store) if finding.fault]
    assert any("1 faults" in fault and said in fault for fault in found), found
    before = store.read_bytes()
    added = books().head(2).assign(isbn=["new", "newer"])
    for work in (recstore.rebuild, lambda path: recstore.add(path, items=added), recstore.evaluate):
        with pytest.raises(StoreError, match=f"holds rows that nothing can be computed from.*{said}"):
            work(store)
    assert store.read_bytes() == before


def test_what_is_too_large_is_rejected_and_what_is_tiny_or_nothing_is_not(tmp_path):
    stars = [1e16, -1e30, 1e308, 1e15, -1e15, 5e-324, -0.0, 0.0, *[3.0] * 22]
    recstore.build(tmp_path / "s.duckdb", {"books": rated(stars=stars)}, options=LOOSE)
    with duckdb.connect(str(tmp_path / "s.duckdb"), read_only=True) as con:
        assert con.sql("SELECT reason, count(*) FROM load_rejects GROUP BY ALL").fetchall() == [("no rating", 3)]
        assert con.sql("SELECT max(stars), min(stars) FROM books_interactions").fetchall() == [(1e15, -1e15)]
        assert con.sql("SELECT count(*) FROM books_vectors WHERE NOT isfinite(list_sum(vector))").fetchall() == [(0,)]
    assert [finding.fault for finding in recstore.check(tmp_path / "s.duckdb") if finding.fault] == []


def test_ratings_that_are_all_nothing_leave_what_else_is_known(tmp_path):
    recstore.build(tmp_path / "s.duckdb", {"books": rated(stars=0.0)}, options=LOOSE)
    with recstore.connect(tmp_path / "s.duckdb") as con:
        assert len(con.sql("FROM similar_books('b1', space := 'content')").fetchall()) == 7
    assert [finding.fault for finding in recstore.check(tmp_path / "s.duckdb") if finding.fault] == []


def test_what_is_no_number_at_all_and_weights_without_measure_are_refused(tmp_path):
    with pytest.raises(OptionError, match="is a DATE and no number; name a column of numbers"):
        recstore.build(tmp_path / "s.duckdb", {"books": rated(stars=date(2024, 1, 1))}, options=LOOSE)
    for weight in (1e10, float("nan"), float("-inf"), True):
        with pytest.raises(OptionError, match=r"weights\.buy is a number up to 1e\+09"):
            recstore.Interactions(source="s.csv", user="who", item="isbn", event="kind", weights={"buy": weight})


def test_half_floats_are_numbers(tmp_path):
    """Embeddings come as such, and DuckDB takes none from Arrow."""
    halves = pa.array([[1.0, 0.5]] * 8, pa.list_(pa.float16()))
    frame = pa.Table.from_pandas(books().drop(columns="cover")).append_column("cover", halves)
    fixed = frame.set_column(2, "cover", halves.cast(pa.list_(pa.float32(), 2)).cast(pa.list_(pa.float16(), 2)))
    for number, given in enumerate((frame, fixed)):
        declared = recstore.Items(source=given, id="isbn", text=("title",), vectors={"cover": "cover"})
        recstore.build(tmp_path / f"{number}.duckdb", {"books": declared}, options=LOOSE)
        with recstore.connect(tmp_path / f"{number}.duckdb") as con:
            assert len(con.sql("FROM similar_books('b1', space := 'cover')").fetchall()) == 7
