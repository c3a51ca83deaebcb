"""Files as relations. No command reads them yet, so the door is the function that every catalogue is read by."""

from __future__ import annotations

import gzip

import duckdb
import pytest
from conftest import data

from recstore.errors import SourceError
from recstore.sources.dialect import Dialect


def test_a_csv_file_is_read_in_types_that_hold_every_value(gathering, write):
    write('isbn,title,price,sold\n0195153448,Dune,9.5,2024-05-01\n0002005018,"Emma, again",12,2024-05-02\n')
    found = gathering("books.csv")
    assert found.columns == {"isbn": "VARCHAR", "title": "VARCHAR", "price": "DOUBLE", "sold": "DATE"}
    assert found.rows()[1][:3] == ("0002005018", "Emma, again", 12.0)
    assert (found.lines(), found.rejects(), found.relation.is_text) == ([2, 3], [], True)


@pytest.mark.parametrize(
    ("content", "dialect", "expected"),
    [
        ("a;b\n1,5;x\n", {}, {"a": "DOUBLE", "b": "VARCHAR"}),
        ("a\tb\n1\tx\n", {}, {"a": "BIGINT", "b": "VARCHAR"}),
        ("a|b\r\n1|x\r\n", {}, {"a": "BIGINT", "b": "VARCHAR"}),
        ("a,b\r1,x\r", {}, {"a": "BIGINT", "b": "VARCHAR"}),
        ("\ufeffa,b\n1,x\n", {}, {"a": "BIGINT", "b": "VARCHAR"}),
        ("a,b\n1,x\n".encode("utf-16"), {}, {"a": "BIGINT", "b": "VARCHAR"}),
        ("a,b\n1,x\n".encode("utf-16-le"), {"encoding": "utf-16"}, {"a": "BIGINT", "b": "VARCHAR"}),
        ("'a','b'\n'1','x, y'\n", {}, {"a": "BIGINT", "b": "VARCHAR"}),
        ("1~x\n", {"delimiter": "~", "columns": ("a", "b")}, {"a": "BIGINT", "b": "VARCHAR"}),
        ("a;b\n1;x;y\n2;z;w\n", {"columns": ("p", "q", "r")}, {"p": "BIGINT", "q": "VARCHAR", "r": "VARCHAR"}),
        ("a,A,,a\n1,2,3,4\n", {}, {"a": "BIGINT", "A_1": "BIGINT", "column2": "BIGINT", "a_2": "BIGINT"}),
        ("i7,x\ni8,y\n", {}, {"column0": "VARCHAR", "column1": "VARCHAR"}),
    ],
)  # fmt: skip
def test_dialects_of_csv(gathering, write, content, dialect, expected):
    write(content)
    found = gathering("books.csv", dialect=Dialect(**dialect))
    assert found.columns == expected
    assert found.rejects() == []
    assert len(found.rows()) == (2 if content in ("i7,x\ni8,y\n", "a;b\n1;x;y\n2;z;w\n") else 1)


def test_a_bad_line_is_a_reject_with_its_number_and_costs_no_other(gathering, write):
    write('id,title,n\n1,"two\nlines",1\n2,b\n3,"never closed,1\n4,d,1\n\n5,"12" vinyl",1\n6,f,1,1\n7,"x"y,1\n8,h,1')
    found = gathering("books.csv")
    assert [row[:2] for row in found.rows()] == [(1, "two\nlines"), (4, "d"), (5, '12" vinyl'), (8, "h")]
    assert found.lines() == [2, 6, 8, 11]
    assert found.rejects() == [
        (4, "wrong number of columns", "2,b"),
        (5, "a quote is out of place", '3,"never closed,1'),
        (9, "wrong number of columns", "6,f,1,1"),
        (10, "a quote is out of place", '7,"x"y,1'),
    ]


def test_a_value_of_another_type_far_down_makes_the_column_text_and_loses_nothing(gathering, write):
    write("id,n\n" + "".join(f"{number},{number}\n" for number in range(30_000)) + "x7,1.5\n")
    found = gathering("books.csv")
    assert found.columns == {"id": "VARCHAR", "n": "DOUBLE"}
    assert found.rows()[-1] == ("x7", 1.5)
    assert len(found.rows()) == 30_001


def test_a_parquet_file_is_read_where_it_is(gathering, write, tmp_path):
    duckdb.sql("SELECT range AS id, TIMESTAMPTZ '2024-05-01 12:00:00+02' AS at FROM range(1000)").write_parquet(
        str(tmp_path / "odd [1]*.parquet")
    )
    found = gathering("odd [1]*.parquet")
    assert found.columns == {"id": "BIGINT", "at": "TIMESTAMP"}
    assert "read_parquet" in found.relation.text
    assert str(found.rows()[999]) == "(999, datetime.datetime(2024, 5, 1, 10, 0))"
    assert found.lines() == list(range(1, 1001))
    assert found.relation.files[0].bytes == (tmp_path / "odd [1]*.parquet").stat().st_size


def test_a_column_may_have_the_name_of_a_rows_number(gathering, write, tmp_path):
    for content in ("rowid,file_row_number\n7,8\n9,10\n", 'rowid,file_row_number\n"7",8\n9,10\n1\n'):
        write(content)
        found = gathering("books.csv")
        assert (found.rows(), found.lines()) == ([(7, 8), (9, 10)], [2, 3])
    duckdb.sql("SELECT 7 AS rowid, 8 AS File_Row_Number").write_parquet(str(tmp_path / "a.parquet"))
    for source in ("a.parquet", "FROM 'a.parquet'"):
        found = gathering(source)
        assert (found.rows(), found.lines()) == ([(7, 8)], [1])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", gzip.compress(b"a\n1\n", mtime=0), "packed with gzip"),
        ("a.csv.gz", b"a\n1\n", "not packed with gzip"),
        ("a.csv.gz", gzip.compress(b"".join(b"%d,%d\n" % (n, n * n) for n in range(9999)), mtime=0)[:9000], "cut off"),
        ("a.csv.gz", gzip.compress(b"a\n1\n", mtime=0)[:10] + b"\xff" * 9, "damaged"),
        ("a.csv", b"a\0b,c\n1,2\n", "no text"),
        ("a.zip", b"PK\x03\x04....", "unpack it"),
        ("a.parquet", b"a,b\n1,2\n", "no Parquet"),
        ("a.parquet", b"PAR1\x00\x00", "cut off"),
        ("a.csv", b"PAR1\x00\x00", "rename it to .parquet"),
        ("a.csv", b"a,b\n1,2,3\n1,2,3\n", "2 names, but its lines have 3 fields"),
        ("a.csv", b"_rs_no,b\n1,2\n", "recstore's own"),
        ("a.csv", b"_rs_line,b\n1,2\n3\n", "recstore's own"),
        ("a.json", b'[{"_rs_line": 1}]', "recstore's own"),
    ],
)
def test_what_is_no_source_is_said_in_one_sentence(gathering, write, name, content, said):
    write(content, name)
    with pytest.raises(SourceError, match=said):
        gathering(name)


@pytest.mark.parametrize("source", ["none.csv", "nothing/*.csv", "https://shop.example/books.csv", "a\0b", "."])
def test_a_source_that_is_not_there(gathering, source):
    with pytest.raises(SourceError):
        gathering(source)


def test_epub(gathering):
    """The header of Epub-WU names 7 of 10 fields; its abstracts hold quotes."""
    names = ("id", "author", "lang", "title", "keywords", "keywords_de", "series", "year", "abstract", "end")
    found = gathering(data("own/epub/info.csv"), dialect=Dialect(columns=names))
    text = data("own/epub/info.csv").read_text()
    assert len(found.rows()) + len(found.rejects()) == text.count("\ndoc_")
    assert len(found.rejects()) == 0
    times = gathering(data("own/epub/epub.time"))
    assert times.columns == {"column0": "VARCHAR", "column1": "TIMESTAMP"}
    assert len(times.rows()) == data("own/epub/epub.time").read_text().count("\n")
