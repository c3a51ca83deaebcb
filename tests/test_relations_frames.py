"""JSON, queries, data frames and DuckDB files as relations."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from recstore.errors import SourceError


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.json.gz", "a.ndjson.zst"])
def test_json_of_every_form(gathering, write, name):
    rows = [{"id": "0012", "n": 1, "tags": ["x", "y"], "at": "2024-05-01T10:00:00Z"}, {"id": "A0", "n": None}]
    text = json.dumps(rows) if "json" in name.split(".")[1:2] else "\n".join(map(json.dumps, rows)) + "\n"
    packed = {"gz": gzip.compress, "zst": lambda data: pa.compress(data, "zstd", asbytes=True)}
    write(packed.get(name.rpartition(".")[2], lambda data: data)(text.encode()), name)
    found = gathering(name)
    assert found.columns == {"id": "VARCHAR", "n": "BIGINT", "tags": "VARCHAR[]", "at": "TIMESTAMP"}
    assert found.rows() == [("0012", 1, ["x", "y"], datetime(2024, 5, 1, 10)), ("A0", None, None, None)]
    assert found.lines() == [1, 2]


def test_a_line_that_is_no_json_object_is_a_reject(gathering, write):
    write('{"id": 1, "a": 2}\n{"id": 2\n\n[1]\n{"id": 3}\n{}\n', "a.jsonl")
    found = gathering("a.jsonl")
    assert found.rows() == [(1, 2), (3, None), (None, None)]
    assert found.lines() == [1, 5, 6]
    assert found.rejects() == [(2, "not a JSON object", '{"id": 2'), (4, "not a JSON object", "[1]")]


def test_where_no_line_is_a_json_object_the_first_is_named(gathering, write):
    write('\n{"id":\n{"id"\n', "a.jsonl")
    with pytest.raises(SourceError, match=r"holds no JSON object.* \(a\.jsonl line 2: not a JSON object; 2 such\)"):
        gathering("a.jsonl")


def test_ids_in_json_stay_text(gathering, write):
    code = "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"
    write(json.dumps([{"id": code, "when": "2024-05-01"}]), "a.json")
    assert gathering("a.json", as_text=frozenset(["ID"])).rows() == [(code, date(2024, 5, 1))]


@pytest.mark.parametrize("content", ["[1, 2]", '[{"id": 1}, {"id"', "nothing"])
def test_json_that_cannot_be_read(gathering, write, content):
    write(content, "a.json")
    with pytest.raises(SourceError, match=r"a\.json"):
        gathering("a.json")


def test_a_query_of_an_open_connection_keeps_what_arrow_does_not_know(gathering):
    with duckdb.connect() as con:
        found = gathering(con.sql(f"SELECT UUID '{UUID(int=7)}' AS u, 7::HUGEINT AS h"))
        assert found.columns == {"u": "UUID", "h": "HUGEINT"}
        assert found.rows() == [(UUID(int=7), 7)]


def test_a_query_over_files(gathering, write):
    write("id,n\n1,2\n3,4\n", "sub/books.csv")
    query = (
        "-- new ones\nSELECT *, uuid_n::UUID AS u, CAST(n AS HUGEINT) AS h "
        "FROM (SELECT *, '%s' AS uuid_n FROM 'sub/books.csv') ORDER BY id DESC;"
    )
    found = gathering(query % UUID(int=7))
    assert found.columns == {"id": "BIGINT", "n": "BIGINT", "uuid_n": "VARCHAR", "u": "UUID", "h": "HUGEINT"}
    assert found.rows()[0] == (3, 4, str(UUID(int=7)), UUID(int=7), 4)
    assert found.relation.name == "a query"
    assert gathering("from 'sub/*.csv'").rows() == [(1, 2), (3, 4)]
    assert gathering("WITH a AS (SELECT 1 AS x) SELECT * FROM a").rows() == [(1,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; DROP TABLE kept",
        "SELECT 1; COPY (SELECT 1) TO 'out.csv'",
        "WITH x AS (INSERT INTO kept VALUES (2) RETURNING *) SELECT * FROM x",
        "WITH x AS (INSERT INTO gathered.kept VALUES (2) RETURNING *) SELECT * FROM x",
        "FROM nothing",
        "FROM 'nothing.csv'",
        "SELECT * FROM kept",
        "SELECT * FROM query",
        "SELECT a FROM",
        "SELECT ?",
        "select error('no')",
    ],
)
def test_nothing_but_a_select_runs(gathering, query, tmp_path):
    gathering.connection.execute("CREATE TABLE gathered.kept AS SELECT 1 AS x")
    gathering.connection.execute("CREATE TEMP TABLE kept AS SELECT 1 AS x")
    with pytest.raises(SourceError) as raised:
        gathering(query)
    assert "\n" not in str(raised.value)
    assert gathering.connection.execute("FROM gathered.kept").fetchall() == [(1,)]
    assert not (tmp_path / "out.csv").exists()


FRAME = {"id": ["0012", "x"], "n": [1, 2], "price": [1.5, None], "at": [datetime(2024, 5, 1, tzinfo=UTC)] * 2}


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (pd.DataFrame, "a pandas DataFrame"),
        (pl.DataFrame, "a polars DataFrame"),
        (pa.table, "a pyarrow Table"),
        (lambda columns: pa.table(columns).to_reader(), "a pyarrow RecordBatchReader"),
        (lambda columns: duckdb.from_arrow(pa.table(columns)), "a DuckDB relation"),
    ],
)
def test_frames(gathering, make, named):
    found = gathering(make(FRAME))
    assert found.columns == {"id": "VARCHAR", "n": "BIGINT", "price": "DOUBLE", "at": "TIMESTAMP"}
    assert found.rows() == [("0012", 1, 1.5, datetime(2024, 5, 1)), ("x", 2, None, datetime(2024, 5, 1))]
    assert (found.relation.name, found.lines(), found.relation.is_text) == (named, [1, 2], False)


def test_odd_columns_of_pandas(gathering):
    frame = pd.DataFrame(
        {
            "id": pd.Series([1.0, float("nan")]),
            "kind": pd.Categorical(["a", "b"]),
            "tags": [["x"], None],
            "code": [UUID(int=1), None],
            "sum": [Decimal("1.50"), None],
            7: [b"x", None],
            "nothing": [None, None],
        }
    ).set_index(pd.Index(["i1", "i2"], name="isbn"))
    found = gathering(frame)
    assert found.columns["isbn"] == "VARCHAR"
    assert found.rows()[0] == ("i1", 1.0, "a", ["x"], UUID(int=1), Decimal("1.50"), b"x", None)
    assert found.rows()[1] == ("i2", None, "b", *[None] * 5)
    assert gathering(frame.reset_index(drop=True)).columns.keys() == found.columns.keys() - {"isbn"}


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"id": [1, "x"]}), r"'id'.*1 int, 1 str.*astype"),
        (pd.DataFrame({"id": [1], "ID": [2]}), "twice"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "twice"),
        (pd.DataFrame({"id": [1]}, index=pd.Index([1], name="id")), "twice"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "several levels"),
        (pd.DataFrame({"id": [1 + 2j]}), "'id'"),
        (pd.DataFrame(), "no columns"),
        (pl.LazyFrame({"id": [1]}), "collect"),
        (pd.Series([1]), "no source"),
        ({"id": [1]}, "no source"),
        (7, "no source"),
    ],
)
def test_frames_that_cannot_be_read(gathering, frame, said):
    with pytest.raises(SourceError, match=said):
        gathering(frame)


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE sales AS SELECT range AS id, 'b' || range AS isbn FROM range(3)")
        connection.execute('CREATE SCHEMA "my shop"; CREATE VIEW "my shop"."a.b" AS FROM main.sales WHERE id > 0')
    return path


def test_a_duckdb_file(gathering, shop):
    assert gathering("sales", database="shop.duckdb").rows() == [(0, "b0"), (1, "b1"), (2, "b2")]
    assert gathering('my shop."a.b"', database="duckdb:///shop.duckdb").rows() == [(1, "b1"), (2, "b2")]
    found = gathering("SELECT isbn FROM sales LIMIT 1", database=str(shop))
    assert (found.rows(), found.relation.name) == ([("b0",)], "shop.duckdb, a query")
    for source in (
        "none",
        "SELECT x FROM sales",
        "DELETE FROM sales",
        "WITH x AS (DELETE FROM sales RETURNING *) FROM x",
    ):
        with pytest.raises(SourceError):
            gathering(source, database="shop.duckdb")
    for database in ("none.duckdb", "books.csv", "${RECSTORE_NO_SUCH}"):
        with pytest.raises(SourceError):
            gathering("sales", database=database)
    assert len(gathering("sales", database="shop.duckdb").rows()) == 3


@pytest.mark.parametrize("source", ["a.csv", "a.parquet", "SELECT * FROM 'a.csv'", "frame", "duckdb"])
def test_only_what_is_new(gathering, write, source, tmp_path):
    write("id,at\n1,2024-05-01\n2,\n3,2024-05-03\n", "a.csv")
    duckdb.read_csv(str(tmp_path / "a.csv")).write_parquet(str(tmp_path / "a.parquet"))
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute(f"CREATE TABLE sales AS FROM '{tmp_path / 'a.csv'}'")
    options = {"database": "a.duckdb"} if source == "duckdb" else {}
    given = {"frame": pd.read_csv(tmp_path / "a.csv", parse_dates=["at"]), "duckdb": "sales"}.get(source, source)
    for value in (date(2024, 5, 1), "2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)):
        found = gathering(given, since=("at", value), **options)
        assert [row[0] for row in found.rows()] == [3]
        assert gathering.notices[-1].startswith(found.relation.name)
        assert "1 rows have no at" in gathering.notices[-1]
    with pytest.raises(SourceError, match="no_such"):
        gathering(given, since=("no_such", 1), **options)
