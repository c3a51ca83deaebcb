"""Every record of text files is a row or a reject, whatever the files are like."""

from __future__ import annotations

import csv
import io

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recstore.errors import SourceError
from recstore.sources.dialect import Dialect

SETTINGS = settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
FIELD = st.text(st.sampled_from("ab01 \"';,\n\r\té€.-"), max_size=8)


def written(rows, delimiter, line_end="\n") -> str:
    text = io.StringIO(newline="")
    mark = delimiter if len(delimiter) == 1 else "\x1f"
    csv.writer(text, delimiter=mark, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().replace(mark, delimiter)


@SETTINGS
@given(
    st.lists(st.tuples(FIELD, FIELD, FIELD), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t", "|", "::"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_comes_back(gathering, write, rows, delimiter, line_end, encoding):
    write(written([("first", "second", "third"), *rows], delimiter, line_end).encode(encoding))
    found = gathering("books.csv", as_text=frozenset(["first", "second", "third"]))
    assert found.rows() == [tuple(field or None for field in row) for row in rows]
    assert found.rejects() == []


LINE = st.one_of(
    st.sampled_from(["1,a,b", '2,"c, d",e', '3,"f ""g"" h",', "4,i", "5,j,k,l", '6,"m,n', '7,"o"p,q', "", "8,,"]),
    st.text(st.sampled_from('ab,"'), max_size=6).filter(str.strip),
)


@SETTINGS
@given(st.lists(LINE, max_size=20), st.booleans())
def test_each_line_is_a_row_or_a_reject(gathering, write, lines, is_ended):
    """Each line that is not blank begins a row, continues one within quotes, or is a reject: just one of them."""
    lines = ['id,"title",note', *["0,x,y"] * 20, *lines]
    write("\n".join(lines) + "\n" * is_ended)
    dialect = Dialect(delimiter=",", quote='"', header=True)
    found = gathering("books.csv", dialect=dialect, as_text=frozenset(["id", "title", "note"]))
    rejects = {line: raw for line, _, raw in found.rejects()}
    within: set[int] = set()
    for line, row in zip(found.lines(), found.rows(), strict=True):
        within |= set(range(line + 1, line + 1 + sum((value or "").count("\n") for value in row)))
    accounted = [*found.lines(), *rejects, *(line for line in within if lines[line - 1])]
    assert sorted(accounted) == [line for line, text in enumerate(lines, 1) if text and line > 1]
    assert all(raw == lines[line - 1] for line, raw in rejects.items())
    plain = {line for line, text in enumerate(lines, 1) if text in ("1,a,b", '2,"c, d",e', "8,,")}
    assert plain <= set(found.lines()) | within


def test_an_unclosed_quote_swallows_nothing_however_long_the_file_is(gathering, write):
    write('id,t\n1,"a, b"\n2,"never\n' + "".join(f'{number},"t, {number}"\n' for number in range(3, 25_003)))
    found = gathering("books.csv")
    assert len(found.rows()) == 25_001
    assert found.rejects() == [(3, "a quote is out of place", '2,"never')]
    assert found.columns["id"] == "BIGINT"


def test_letters_of_windows_are_read_and_said(gathering, write):
    write("id;title\n1;Café\n2;“x” €5\n".encode("cp1252"))
    assert gathering("books.csv").rows() == [(1, "Café"), (2, "“x” €5")]
    assert "Latin-1" in gathering.notices[0]
    assert gathering("books.csv", dialect=Dialect(encoding="latin-1")).rows()[0] == (1, "Café")
    write("título;x\n".encode("latin-1") + b"a;b\n" * 300_000 + "ñ;b\n".encode("latin-1"))
    assert gathering("books.csv").rows()[-1] == ("ñ", "b")
    write("id;title\n1;Café\n".encode() + b"2;Caf\xe9\n")
    found = gathering("books.csv")
    assert (found.rows(), found.rejects()) == ([(1, "Café")], [(3, "not valid UTF-8", "2;Caf\ufffd")])


def test_several_files(gathering, write, tmp_path):
    write("id,title\n1,a\n2,b\n", "sales/2024-01.csv")
    write('title,id\n"c\nd",3\ne\n', "sales/2024-02.csv")
    write("", "sales/empty.csv")
    write("x", "sales/_SUCCESS")
    for source in ("sales", "sales/2024*.csv", tmp_path / "sales"):
        found = gathering(source)
        assert sorted(found.rows()) == [(1, "a"), (2, "b"), (3, "c\nd")]
        assert (found.lines(), found.rejects()) == ([2, 2, 3], [(4, "wrong number of columns", "e")])
        assert [file.file for file in found.relation.files] == ["2024-01.csv", "2024-02.csv"]
    write("id,name\n1,a\n", "sales/2024-03.csv")
    with pytest.raises(SourceError, match=r"2024-03\.csv has other columns"):
        gathering("sales")
    write("{}", "sales/2024-04.json")
    with pytest.raises(SourceError, match="several kinds"):
        gathering("sales")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(SourceError, match="no CSV"):
        gathering("nothing")


def test_many_parquet_files_are_copied_and_few_are_not(gathering, write, tmp_path):
    for count, is_copied in ((3, False), (40, True)):
        (tmp_path / f"of{count}").mkdir()
        for number in range(count):
            query = f"SELECT {number} * 10 + range AS id, 't' AS title FROM range(10)"
            duckdb.sql(query).write_parquet(str(tmp_path / f"of{count}" / f"{number:02}.parquet"))
        found = gathering(f"of{count}")
        assert sorted(row[0] for row in found.rows()) == list(range(count * 10))
        assert ("gathered" in found.relation.text) == is_copied
        assert sorted(found.lines()) == sorted(list(range(1, 11)) * count)
    duckdb.sql("SELECT 1 AS id, 2 AS name").write_parquet(str(tmp_path / "of3" / "x.parquet"))
    with pytest.raises(SourceError, match=r"x\.parquet has other columns"):
        gathering("of3")
    path = tmp_path / "of3" / "x.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match=r"x\.parquet is damaged"):
        gathering("of3")


def test_a_header_alone_is_a_table_without_rows(gathering, write):
    for content in ("id,title\n", "id,title"):
        write(content)
        found = gathering("books.csv")
        assert (found.columns, found.rows(), found.rejects()) == ({"id": "VARCHAR", "title": "VARCHAR"}, [], [])
    write("\n\n")
    with pytest.raises(SourceError):
        gathering("books.csv")


@pytest.mark.parametrize(
    ("values", "type_", "first"),
    [
        (["1", "", "NULL", "3"], "BIGINT", 1),
        (["007", "8"], "VARCHAR", "007"),
        (["1.50", "2e3"], "DOUBLE", 1.5),
        (["12345678901234567890", "1"], "VARCHAR", "12345678901234567890"),
        (["1_000", "2"], "VARCHAR", "1_000"),
        (["true", "FALSE"], "BOOLEAN", True),
        (["t", "f"], "VARCHAR", "t"),
        (["01.02.2024", "13.02.2024"], "DATE", "2024-02-01"),
        (["1/2/2024 8:26", "12/31/2024 9:05"], "TIMESTAMP", "2024-01-02 08:26:00"),
        (["1/2/2024", "3/4/2024"], "VARCHAR", "1/2/2024"),
        (["2024-05-01", "2024-05-01 10:00:00"], "TIMESTAMP", "2024-05-01 00:00:00"),
        (["2024-05-01T10:00:00+02:00", "2024-05-01 10:00:00Z"], "TIMESTAMP", "2024-05-01 08:00:00"),
        (["2024-05-01T10:00:00+02:00", "2024-05-01 10:00:00"], "VARCHAR", "2024-05-01T10:00:00+02:00"),
        (["2024-05-01 10:00", "soon"], "VARCHAR", "2024-05-01 10:00"),
        (["1,5", "1.234,50"], "DOUBLE", 1.5),
        (["inf", "nan"], "VARCHAR", "inf"),
        (["NA", "NULL"], "VARCHAR", "NA"),
    ],
)
def test_types_of_text(gathering, write, values, type_, first):
    write("id;value\n" + "".join(f"x{number};{value}\n" for number, value in enumerate(values)))
    found = gathering("books.csv")
    assert found.columns["value"] == type_
    value = found.rows()[0][1]
    assert (str(value) if isinstance(first, str) else value) == first
    assert len(found.rows()) == len(values)


def test_numbers_are_known_where_duckdb_may_change_the_order(gathering, write):
    gathering.connection.execute("SET preserve_insertion_order = false")
    write("id\n" + "".join(f"{number}\n" for number in range(300_000)))
    found = gathering("books.csv")
    wrong = f"SELECT count(*) FROM {found.relation.text} WHERE id + 2 <> _rs_line"
    assert gathering.connection.execute(wrong).fetchall() == [(0,)]
    assert gathering.connection.execute("SELECT current_setting('preserve_insertion_order')").fetchall() == [(False,)]
