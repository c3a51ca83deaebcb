"""PostgreSQL, which a wheel brings, and SQLite as relations."""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recstore.errors import MissingExtraError, SourceError
from recstore.sources.rows import RowTable

#: A column of each type, with what it becomes.
KINDS = {
    "int2": ("SMALLINT", "-7", -7),
    "int8": ("BIGINT", "9223372036854775807", 2**63 - 1),
    "float8": ("DOUBLE", "'NaN'", "nan"),
    "numeric(10,2)": ("DECIMAL(10,2)", "12.50", Decimal("12.50")),
    "numeric": ("DECIMAL(20,1)", "1234567890123456789.5", Decimal("1234567890123456789.5")),
    "bool": ("BOOLEAN", "true", True),
    "text": ("VARCHAR", "E'a\"b,\\n;'", 'a"b,\n;'),
    "varchar(5)": ("VARCHAR", "''", ""),
    "char(5)": ("VARCHAR", "'ab'", "ab"),
    "uuid": ("UUID", f"'{UUID(int=9)}'", UUID(int=9)),
    "date": ("DATE", "'2024-05-01'", date(2024, 5, 1)),
    "timestamp": ("TIMESTAMP", "'2024-05-01 10:00:00.25'", datetime(2024, 5, 1, 10, 0, 0, 250000)),
    "timestamptz": ("TIMESTAMP", "'2024-05-01 10:00+02'", datetime(2024, 5, 1, 8)),
    "time": ("TIME", "'10:30'", time(10, 30)),
    "bytea": ("BLOB", "'\\x00ff'", b"\0\xff"),
    "jsonb": ("VARCHAR", """'{"a": 1}'""", '{"a": 1}'),
    "text[]": ("VARCHAR[]", "ARRAY['a,b', NULL, '']", ["a,b", None, ""]),
    "int4[]": ("INTEGER[]", "ARRAY[1, 2]", [1, 2]),
    "numeric[]": ("DOUBLE[]", "ARRAY[1.5]", [1.5]),
    "interval": ("VARCHAR", "'1 day'", "1 day"),
    "vector": ("FLOAT[]", "'[1,2.5]'", [1.0, 2.5]),
}


@pytest.fixture(scope="module")
def shop(postgres):
    """A database with a table of every kind of column, and one of sales; read by a user with a password."""
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        # (A stand-in for the type of the extension pgvector: the same name, and the same text.)
        connection.execute("CREATE TYPE vector AS ENUM ('[1,2.5]')")
        columns = ", ".join(f'"c {place}" {kind}' for place, kind in enumerate(KINDS))
        connection.execute(f"CREATE TABLE kinds ({columns})")
        connection.execute(f"INSERT INTO kinds VALUES ({', '.join(literal for _, literal, _ in KINDS.values())})")
        connection.execute(f"INSERT INTO kinds VALUES ({', '.join('NULL' for _ in KINDS)})")
        connection.execute('CREATE SCHEMA "My Shop"')
        connection.execute(
            'CREATE TABLE "My Shop"."Sales" AS SELECT i AS "Id", CASE WHEN i % 10 > 0 THEN timestamptz '
            "'2024-05-01 00:00+00' + make_interval(hours => i) END AS at FROM generate_series(0, 99) AS i"
        )
    return postgres


@pytest.fixture
def sqlite(tmp_path):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE sales (id INTEGER, isbn, price NUMERIC, at DATETIME, odd DATETIME, raw BLOB)")
        connection.executemany(
            "INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?)",
            [(1, "007", 1, "2024-05-01 10:00:00", "x", b"\0"), (2, 7, 1.5, "2024-05-02", None, None)],
        )
    connection.close()
    return path


def test_every_type_of_postgresql(gathering, shop):
    for source in ("kinds", "public.kinds", "SELECT * FROM kinds -- all\n;"):
        found = gathering(source, database=shop)
        assert list(found.columns.values()) == [kind for kind, _, _ in KINDS.values()]
        row = [repr(value) if isinstance(value, float) else value for value in found.rows()[0]]
        assert row == [value for _, _, value in KINDS.values()]
        assert found.rows()[1] == (None,) * len(KINDS)
    assert found.lines() == [1, 2]


TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
NUMBER = st.decimals(allow_nan=False, allow_infinity=False, places=3)


@settings(
    max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.lists(st.tuples(TEXT | st.none(), NUMBER | st.none()), min_size=5))
def test_text_and_numbers_come_as_they_are(gathering, shop, rows):
    with psycopg.connect(shop.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS told; CREATE TABLE told (no int, said text, paid numeric)")
        cursor = connection.cursor()
        cursor.executemany("INSERT INTO told VALUES (%s, %s, %s)", [(no, *row) for no, row in enumerate(rows)])
    found = gathering("SELECT said, paid FROM told ORDER BY no", database=shop)
    assert [row[0] for row in found.rows()] == [row[0] for row in rows]
    if found.columns["paid"].startswith("DECIMAL"):
        assert [row[1] for row in found.rows()] == [row[1] for row in rows]


def test_rows_of_postgresql_come_in_blocks_and_none_is_lost(gathering, shop, monkeypatch):
    monkeypatch.setattr("recstore.sources.postgres._BLOCK", 1000)
    query = (
        "SELECT i, CASE i % 5 WHEN 0 THEN '' WHEN 1 THEN NULL WHEN 2 THEN E'a\"b,\\r\\n;' "
        "ELSE repeat('é', i % 900) END AS t FROM generate_series(1, {}) AS i"
    )
    found = gathering(query.format(3000), database=shop)
    texts = {0: "", 1: None, 2: 'a"b,\r\n;'}
    assert found.rows() == [(i, texts.get(i % 5, "é" * (i % 900))) for i in range(1, 3001)]
    assert found.lines() == list(range(1, 3001))
    for statement, rows in (("SELECT 1 AS x WHERE false", []), ("SELECT 1 AS x, ''::text AS y", [(1, "")])):
        assert gathering(statement, database=shop).rows() == rows
    for broken in (
        "SELECT 1/(2000 - i) AS x FROM generate_series(0, 9999) AS i",
        "SELECT '294276-12-31'::timestamp AS x",
    ):
        before = gathering.connection.execute("SHOW ALL TABLES").fetchall()
        with pytest.raises(SourceError, match=r"postgresql.*, a query"):
            gathering(broken, database=shop)
        assert gathering.connection.execute("SHOW ALL TABLES").fetchall() == before


def test_a_server_that_goes_away_in_the_middle_is_one_sentence(gathering, shop, monkeypatch):
    monkeypatch.setattr("recstore.sources.postgres._BLOCK", 1000)
    broken = (
        "SELECT CASE i WHEN 5000 THEN pg_terminate_backend(pg_backend_pid())::text ELSE 'x' END "
        "FROM generate_series(1, 9999) AS i"
    )
    with pytest.raises(SourceError, match=r"terminat|closed the connection") as raised:
        gathering(broken, database=shop)
    assert "\n" not in str(raised.value)
    assert len(gathering("kinds", database=shop).rows()) == 2


def test_tables_are_found_by_name_and_a_password_is_never_shown(gathering, shop, monkeypatch):
    monkeypatch.setenv("SHOP_DB", shop.replace("postgres:@", "postgres:s%3Acret@"))
    for source in ('"My Shop"."Sales"', "My Shop.Sales", "My Shop.sales"):
        found = gathering(source, database="${SHOP_DB}")
        assert found.columns == {"Id": "INTEGER", "at": "TIMESTAMP"}
        assert len(found.rows()) == 100
        assert "cret" not in str(found.relation)
        assert found.relation.name == f"postgresql+psycopg:///postgres, table {source}"
    with pytest.raises(SourceError, match="did you mean 'kinds'"):
        gathering("kind", database=shop)


def test_only_new_rows_are_asked_for(gathering, shop, sqlite):
    source = """SELECT *, '100%' AS "a:b" FROM "My Shop"."Sales" WHERE at::text LIKE '2024%'"""
    found = gathering(source, database=shop, since=("at", datetime(2024, 5, 5, 0, tzinfo=UTC)))
    assert [row[0] for row in found.rows()] == [97, 98, 99]
    assert found.rows()[0][2] == "100%"
    assert gathering.notices == []
    found = gathering('"My Shop"."Sales"', database=shop, since=("at", "2024-05-05"))
    assert [row[0] for row in found.rows()] == [97, 98, 99]
    assert gathering.notices[0].startswith(
        'postgresql+psycopg:///postgres, table "My Shop"."Sales": 10 rows have no at'
    )
    assert gathering("sales", database="shop.db", since=("id", 1)).rows()[0][1] == 7
    assert gathering("SELECT id, ':x' AS x FROM sales", database="shop.db", since=("id", 1)).rows() == [(2, ":x")]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("SELECT nothing FROM kinds", "nothing"),
        ("SELECT 1 FROM", "syntax error"),
        ("SELECT 1/(2 - i) FROM generate_series(0, 200000) AS i", "division by zero"),
        ("WITH x AS (DELETE FROM kinds RETURNING *) SELECT * FROM x", "WITH|read-only"),
        ("SELECT 1; DROP TABLE kinds", "syntax error|multiple"),
        ("SELECT nextval('counter')", "counter"),
        ("DROP TABLE kinds", "neither the name of a table nor a query|no table"),
        ("SELECT '294276-12-31'::timestamp", "a query has no place"),
    ],
)
def test_a_query_that_fails_is_one_sentence(gathering, shop, source, said):
    with pytest.raises(SourceError, match=said) as raised:
        gathering(source, database=shop)
    assert "\n" not in str(raised.value)
    assert len(gathering("kinds", database=shop).rows()) == 2


def test_databases_that_cannot_be_reached(gathering, shop, monkeypatch):
    secret = "Tr0ub:4dor/&3"
    quoted = "Tr0ub%3A4dor%2F%263"
    for address in (
        f"postgresql+psycopg://shop:{quoted}@127.0.0.1:1/shop",
        f"postgresql://shop:{quoted}@127.0.0.1:1/shop?sslmode=disable",
        f"postgresql+psycopg://shop:{quoted}@no-such-host.invalid/shop",
        f"postgresql+psycopg://shop:{quoted}@127.0.0.1:port/shop",
        f"postgresql+psycopg://shop@127.0.0.1:1/shop?password={quoted}",
        f"postgresql+psycopg://shop@127.0.0.1:1/shop?no_such={quoted}&password={quoted}",
        f"postgresql+psycopg://shop:x@{secret}@127.0.0.1/shop",
        shop.replace("/postgres?", "/none?").replace("postgres:@", f"postgres:{quoted}@"),
    ):
        with pytest.raises(SourceError) as raised:
            gathering("sales", database=address)
        told = "".join(str(one) for one in (raised.value, raised.value.__cause__))
        assert secret not in told
        assert quoted not in told
        assert "\n" not in str(raised.value)
    for address, package in (
        ("mysql+mysqldb://shop@127.0.0.1/shop", "mysqlclient"),
        ("snowflake://shop@account/shop", "snowflake-sqlalchemy"),
        ("shopdb://shop@127.0.0.1/shop", "shopdb"),
    ):
        with pytest.raises(MissingExtraError, match=package):
            gathering("sales", database=address)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"psycopg\[binary\]"):
        gathering("sales", database="postgresql+psycopg://shop@127.0.0.1/shop")


def test_sqlite(gathering, sqlite):
    found = gathering("sales", database="shop.db")
    assert found.columns == {
        "id": "BIGINT", "isbn": "VARCHAR", "price": "DOUBLE", "at": "TIMESTAMP", "odd": "VARCHAR", "raw": "BLOB",
    }  # fmt: skip
    assert found.rows() == [
        (1, "007", 1.0, datetime(2024, 5, 1, 10), "x", b"\0"),
        (2, "7", 1.5, datetime(2024, 5, 2), None, None),
    ]
    assert gathering("SELECT id FROM sales WHERE id > 5", database=f"sqlite:///{sqlite}").rows() == []
    for source in ("none", "SELECT x FROM sales", "WITH x AS (SELECT 1) DELETE FROM sales", "SELECT 1; SELECT 2"):
        with pytest.raises(SourceError, match=r"shop\.db"):
            gathering(source, database="shop.db")
    assert len(gathering("sales", database="shop.db").rows()) == 2


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(), st.binary(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2), st.datetimes(), st.dates(), st.times(), st.uuids(),
    st.lists(st.integers(0, 9)), st.dictionaries(st.text(), st.integers(0, 9)),
)  # fmt: skip


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.lists(st.lists(st.tuples(VALUES, st.integers(-5, 5) | st.none()), min_size=1), min_size=1, max_size=3))
def test_a_column_widens_to_what_comes_and_loses_no_row(gathering, batches):
    gathering.connection.execute("DROP TABLE IF EXISTS gathered.rows")
    table = RowTable(gathering.connection, "rows", ["a", "A"])
    for batch in batches:
        table.append(batch)
    text, types = table.finish({})
    rows = gathering.connection.execute(f"SELECT * EXCLUDE _rs_line FROM {text} ORDER BY _rs_line").fetchall()
    expected = [row for batch in batches for row in batch]
    assert [row[1] for row in rows] == [row[1] for row in expected]
    assert [row[0] is None for row in rows] == [row[0] is None for row in expected]
    kinds = {type(row[0]) for row in expected} - {type(None)}
    if len(kinds) == 1 and kinds & {bool, str, bytes, datetime, date, UUID, float}:
        assert [row[0] for row in rows] == [row[0] for row in expected]
    assert list(types) == ["a", "A_1"]


def test_a_wrong_password_is_said_and_not_shown(gathering, shop):
    """The server of the tests trusts everybody but this one user."""
    secret = "Tr0ub:4dor/&3"
    plain = shop.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE ROLE shopkeeper LOGIN PASSWORD 'right'; GRANT SELECT ON kinds TO shopkeeper")
        (rules,) = connection.execute("SHOW hba_file").fetchone()
        text = Path(rules).read_text()
        Path(rules).write_text(f"local all shopkeeper scram-sha-256\n{text}")
        connection.execute("SELECT pg_reload_conf()")
    address = shop.replace("postgres:@", "shopkeeper:{}@")
    assert len(gathering("kinds", database=address.format("right")).rows()) == 2
    with pytest.raises(SourceError, match="password authentication failed") as raised:
        gathering("kinds", database=address.format(quote(secret, safe="")))
    assert secret not in f"{raised.value}{raised.value.__cause__}"
    with pytest.raises(SourceError, match="permission denied"):
        gathering('"My Shop"."Sales"', database=address.format("right"))
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("DROP OWNED BY shopkeeper; DROP ROLE shopkeeper")


def test_no_row_of_several_batches_is_lost(gathering, tmp_path):
    with sqlite3.connect(tmp_path / "many.db") as connection:
        connection.execute("CREATE TABLE many (id, code)")
        rows = ((number, number if number < 60_000 else f"x{number}") for number in range(120_000))
        connection.executemany("INSERT INTO many VALUES (?, ?)", rows)
    connection.close()
    found = gathering("many", database="many.db")
    assert found.columns == {"id": "BIGINT", "code": "VARCHAR"}
    asked = f"SELECT count(*), sum(id), min(code), max(code), max(_rs_line) FROM {found.relation.text}"
    assert gathering.connection.execute(asked).fetchall() == [(120_000, 7_199_940_000, "0", "x99999", 120_000)]
