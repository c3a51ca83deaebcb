"""What is wrong with a user's own data: each kind is told, counted and kept, through a file, a frame and a database."""

from __future__ import annotations

import os
from datetime import datetime

import duckdb
import psycopg
import pyarrow.parquet as pq
import pytest
from runner import ask, run
from shops import DOORS, FUTURE, LOOSE, STRICT, WAS, Heard, books, refused, sales, shop, through

import recstore
from recstore import Items, OptionError, SourceError, StoreError, TooManyRejectsError

pytestmark = pytest.mark.usefixtures("postgres")

DIRTY_BOOKS = books(
    (None, "no id", "[1, 1]"),
    ("", "empty id", "[1, 1]"),
    ("  ", "blank id", "[1, 1]"),
    ("b1", "Book 1 of cats", "[1, 0.5]"),
    ("b2", "another book of dogs", "[1, 1]"),
    ("B3", "Book of dogs in capitals", "[nan, 1]"),
    ("c1", "Book of cats without a cover", None),
    ("c2", "Book of cats with an empty cover", "[0, 0]"),
)
DIRTY_SALES = sales(
    ("u1", "w1", "z9", WAS, "buy", 1.0),
    ("u1", "w2", "b3 ", WAS, "buy", 1.0),
    ("u1", "w3", None, WAS, "buy", 1.0),
    ("u1", "w4", " ", WAS, "buy", 1.0),
    (None, "w5", "b1", WAS, "buy", 1.0),
    ("", "w6", "b1", WAS, "buy", 1.0),
    (None, None, "b1", WAS, "buy", 1.0),
    (" ", "", "b1", WAS, "buy", 1.0),
    ("u1", "w7", "b1", datetime(1970, 1, 1), "buy", 1.0),
    ("u1", "w8", "b1", FUTURE, "buy", 1.0),
    ("u1", "w9", "b1", None, "buy", 1.0),
    ("U1", "x1", "b1", WAS, "buy", 1.0),
    ("u9", "x2", "b1", WAS, "buy", 2.0),
    ("u9", "x3", "b1", WAS, "return", 2.0),
    ("u9", "x4", "b2", WAS, "buy", float("inf")),
)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory, postgres):
    """A store of one dirty shop, read through three doors, each a catalogue, and what was said of it."""
    folder = tmp_path_factory.mktemp("dirty")
    heard, sources = Heard(), {}
    for door in DOORS:
        (folder / door).mkdir()
        sources[f"by_{door}"] = shop(
            door, folder / door, DIRTY_BOOKS, DIRTY_SALES, vectors={"cover": "cover"}, i_session="visit", i_at="sold",
            i_event="kind", i_value="n", i_weights={"buy": 1, "return": -1}, i_most_per_user=3,
        )  # fmt: skip
    report = recstore.build(folder / "shop.duckdb", sources, options=LOOSE, progress=heard)
    with recstore.connect(folder / "shop.duckdb") as con:
        yield folder / "shop.duckdb", con, heard.notices, report


def rejected(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, int]:
    sources = {
        "by_file": "%.csv",
        "by_frame": "%DataFrame for the % of by_frame",
        "by_database": "postgresql%, table %",
    }
    query = "SELECT reason, count(*) FROM load_rejects WHERE source LIKE ? GROUP BY reason"
    return dict(con.execute(query, [sources[name]]).fetchall())


@pytest.mark.parametrize("door", DOORS)
def test_each_row_is_there_or_rejected_with_its_reason(dirty, door):
    _path, con, _notices, report = dirty
    assert rejected(con, f"by_{door}") == {
        "no id": 3,
        "another row has this id": 1,
        "no item has this id": 2,
        "no id of an item": 2,
        "no user": 2,
        "a time that cannot be": 2,
        "no number": 1,
    }
    assert con.sql(f"SELECT isbn FROM by_{door} WHERE isbn NOT LIKE 'b_' ORDER BY ALL").fetchall() == [
        ("B3",),
        ("c1",),
        ("c2",),
    ]
    assert con.sql(f"SELECT title FROM by_{door} WHERE isbn = 'b2'").fetchall() == [("Book 2 of dogs",)]
    load = report.loads[f"by_{door}"]
    # (One row is there twice, the same.)
    assert (load.rows, load.rejects, load.passed) == (11 + 36, 13, 1)


def test_a_value_that_is_no_number_is_rejected_and_one_that_is_missing_counts_once(tmp_path):
    """In a pandas frame the two are one: what is missing."""
    odd = "CASE visit WHEN 'v3' THEN 'nan' WHEN 'v4' THEN '-inf' WHEN 'v5' THEN NULL ELSE n END"
    typed = duckdb.from_df(sales()).project(f"who, visit, isbn, sold, kind, CAST({odd} AS DOUBLE) AS n")
    typed.write_parquet(str(tmp_path / "sales.parquet"))
    typed.write_csv(str(tmp_path / "sales.csv"))
    with psycopg.connect(os.environ["TESTS_DB"].replace("+psycopg", ""), autocommit=True) as con:
        con.execute("CREATE TABLE numbers (who text, visit text, isbn text, sold timestamp, kind text, n float8)")
        con.cursor().executemany("INSERT INTO numbers VALUES (%s, %s, %s, %s, %s, %s)", typed.fetchall())
    arrow = pq.read_table(tmp_path / "sales.parquet")
    sources = {
        "parquet": {"source": tmp_path / "sales.parquet"}, "csv": {"source": tmp_path / "sales.csv"},
        "arrow": {"source": arrow}, "server": {"source": "numbers", "database": "${TESTS_DB}"},
    }  # fmt: skip
    declared = {
        name: Items(source=books(), id="isbn", title="title", text="title", interactions=recstore.Interactions(
            **source, user="who", item="isbn", value="n"))
        for name, source in sources.items()
    }  # fmt: skip
    heard = Heard()
    recstore.build(tmp_path / "shop.duckdb", declared, options=LOOSE, progress=heard)
    assert sum(text.startswith("1 interactions of") and "have no n; each" in text for text in heard.notices) == 4
    with recstore.connect(tmp_path / "shop.duckdb") as con:
        assert con.sql("SELECT reason, count(*) FROM load_rejects GROUP BY ALL").fetchall() == [("no number", 8)]
        for name in sources:
            assert con.sql(f"SELECT count(*), count(n) FROM {name}_interactions").fetchall() == [(28, 27)]


@pytest.mark.parametrize("door", DOORS)
def test_what_stands_in_for_a_user_and_what_is_no_vector(dirty, door):
    _path, con, notices, _report = dirty
    standing = f"SELECT visit FROM by_{door}_interactions WHERE who IS NULL ORDER BY visit"
    assert con.sql(standing).fetchall() == [("w5",), ("w6",)]
    # A time that is missing is no fault: it was before all others.
    assert con.sql(f"SELECT count(*) FROM by_{door}_interactions WHERE sold IS NULL").fetchall() == [(1,)]
    with_cover = f"SELECT isbn FROM by_{door} JOIN by_{door}_embeddings USING (_rs_no)"
    without = f"isbn NOT IN ({with_cover})"
    assert con.sql(f"SELECT isbn FROM by_{door} WHERE {without} ORDER BY ALL").fetchall() == [("B3",), ("c1",), ("c2",)]
    assert sum("3 items" in text and "no vector in the space cover" in text for text in notices) == 3


def test_ids_that_differ_by_case_or_blanks_are_told(dirty):
    _path, _con, notices, _report = dirty
    for what in ("2 ids of", "1 interactions of", "2 users of"):
        told = [
            text for text in notices if text.startswith(what) and "by case or blanks alone" in text.replace("  ", " ")
        ]
        assert len(told) == 3, (what, notices)
    assert sum("there twice" in text for text in notices) == 3


@pytest.mark.parametrize("door", DOORS)
def test_the_build_records_what_counts_for_nothing(dirty, door):
    _path, con, notices, _report = dirty
    query = "SELECT m.what, m.value FROM builds, unnest(measured) AS _(m) WHERE m.catalog = ?"
    figures = dict(con.execute(query, [f"by_{door}"]).fetchall())
    counted = f"SELECT count(*) - 3 AS n FROM (SELECT DISTINCT who, isbn FROM by_{door}_interactions WHERE who IN " + (
        "('u0', 'u1', 'u2', 'u3', 'u4')) GROUP BY who HAVING n > 0"
    )
    over = con.sql(f"SELECT count(*), sum(n) FROM ({counted})").fetchall()[0]
    assert figures["pairs taken back"] == 1
    assert figures["most items of a user"] == 3
    assert (figures["users with more items"], figures["pairs of them left out"]) == over
    assert any("taken back" in text for text in notices)
    assert any("more than 3 items" in text for text in notices)
    assert con.sql(f"SELECT _rs_popularity FROM by_{door} WHERE isbn = 'b1'").fetchall()[0][0] >= 3


def test_a_dirty_store_is_sound_and_the_same_each_time(dirty, tmp_path):
    path, con, _notices, _report = dirty
    assert con.sql("FROM store_health WHERE NOT is_sound").fetchall() == []
    store = tmp_path / "shop.duckdb"
    store.write_bytes(path.read_bytes())
    recstore.rebuild(store)
    digest = "SELECT value FROM store_info WHERE key = 'content_digest'"
    with recstore.connect(store) as again:
        assert again.sql(digest).fetchall() == con.sql(digest).fetchall() != []


#: What stops a build, by name: how the shop is changed, and what is said of it.
STOPPED = {
    "mostly unknown items": (
        {"history": sales(*[("u1", "v", f"z{n}", WAS, "buy", 1.0) for n in range(40)])},
        SourceError,
        r"40 of the 70 interactions .* name 'z0'.* items have ids such as 'b0'.* Name the columns",
    ),
    "an event that is not listed": (
        {"history": sales(("u1", "v", "b1", WAS, "look", 1.0)), "i_event": "kind", "i_weights": {"buy": 1}},
        OptionError,
        r"'buy' \(30\), 'look' \(1\).*weights = \{ buy = 1, look = 1 \}",
    ),
    "vectors of two lengths": (
        {"items": books(("c1", "c", "[1]")), "vectors": {"cover": "cover"}},
        SourceError,
        "different lengths: most have 2 numbers, 1 have 1, such as that of c1",
    ),
    "no vectors at all": (
        {"vectors": {"cover": "title"}},
        OptionError,
        r"vectors.cover of .* is text and no list of numbers, such as 'Book",
    ),
    "a column called rank": (
        {"items": books().assign(Rank=1)},
        OptionError,
        r"has a column 'Rank'.*RENAME \(\"Rank\" AS item_rank\)",
    ),
    "more rejects than are allowed": (
        {"items": books((None, "none", "[1, 1]"))},
        TooManyRejectsError,
        "1 of 39 lines .* cannot be loaded.*no id.*--max-reject-rate",
    ),
    "a title that clashes with a column": (
        {"items": books().assign(TITLE="x").drop(columns="title"), "title": "upper(isbn)", "text": ("isbn",)},
        OptionError,
        "makes a column 'title', and .* has one of that name already. Rename",
    ),
    "an aggregate": ({"available": "count(*) > 1"}, OptionError, "one thing of all rows"),
    "no condition": ({"available": "title"}, OptionError, "is a VARCHAR and no condition"),
    "a condition on a parameter": (
        {"items": books().assign(store="x"), "available": "store = 'x'"},
        OptionError,
        "functions have a parameter of that name. Rename it",
    ),
    "two columns of one name": (
        {"history": sales().assign(user="x"), "i_user": "upper(who)", "i_session": "user"},
        OptionError,
        "would both be the column 'user'",
    ),
    "no time": ({"i_at": "who"}, OptionError, "text that is no time, such as 'u"),
}
MISSING = {
    **{key: {key: "titel"} for key in ("id", "title", "group", "available", "updated")},
    **{key: {key: ("titel",)} for key in ("text", "categories")},
    "vectors.cover": {"vectors": {"cover": "titel"}},
    **{f"interactions.{key}": {f"i_{key}": "isbm"} for key in ("user", "item", "at", "session", "rating", "value")},
    "interactions.updated": {"i_updated": "isbm"},
    "interactions.event": {"i_event": "isbm", "i_weights": {"buy": 1}},
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", STOPPED)
def test_what_stops_a_build_says_what_to_do_and_leaves_the_store(standing, tmp_path, case, door):
    changes, kind, says = STOPPED[case]
    given = {"items": books(), "history": sales(), **changes}
    items, history = given.pop("items"), given.pop("history")
    refused(standing, shop(door, tmp_path, items, history, **given), kind, says)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("key", MISSING)
def test_a_declared_column_that_is_not_there(standing, tmp_path, key, door):
    declared = shop(door, tmp_path, books(), sales(), **MISSING[key])
    refused(
        standing,
        declared,
        OptionError,
        rf"^{key} = '(titel|isbm)': .* has no such column; did you mean '(title|isbn)'\?",
    )


def test_a_database_that_is_away_tells_no_password(standing, tmp_path):
    address = "postgresql://shop:hu%40sh@127.0.0.1:9/books"
    away = Items(source="books", database=address, id="isbn", interactions=None)
    with pytest.raises(recstore.RecstoreError) as told:
        recstore.build(standing, {"books": away}, options=STRICT)
    seen = "".join(str(one) for one in (told.value, told.value.__cause__, told.value.__context__))
    assert "hu" + "@sh" not in seen
    assert "hu%40sh" not in seen
    assert "hu%40sh" not in away.recorded()
    broken = Items(
        **through("database", tmp_path, "books", books()) | {"source": "SELECT nothing FROM pg_class"}, id="isbn"
    )
    refused(
        standing,
        broken,
        SourceError,
        r"^postgresql\+psycopg://.*, a query for the items of books cannot be read: .*nothing",
    )


def test_a_password_is_nowhere_in_the_store_and_in_what_is_said(postgres, tmp_path):
    given = through("database", tmp_path, "books", books())
    secret, store, config = "Tr0ub4dor", tmp_path / "shop.duckdb", tmp_path / "recstore.toml"
    address = postgres.replace("postgres:@", f"postgres:{secret}%26pw@")
    assert secret in address
    said = ""
    for database in (address, address.replace("/postgres?", "/nothing?")):
        config.write_text(
            f'[books]\nitems = "{given["source"]}"\ndatabase = "{database}"\nid = "isbn"\ntext = ["title"]'
        )
        for options in (["--debug"], ["--debug", "--log-format", "json"]):
            for command in (["build", store, "--config", config], ["add", store, "--config", config]):
                code, out, err = ask(*options, *command)
                assert code == (0 if database == address else 1), err
                said += out + err
    for command in (["info", store], ["manifest", store], ["query", store, "builds"]):
        said += "".join(map(str, ask(*command)))
    with recstore.connect(store) as con:
        for (table,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall():
            said += str(con.execute(f'SELECT CAST(t AS VARCHAR) FROM "{table}" AS t').fetchall())
        assert "postgresql" in str(con.execute("SELECT CAST(sources AS VARCHAR) FROM builds").fetchall())
    assert "Traceback" in said
    assert secret not in said
    assert secret.encode() not in store.read_bytes()


@pytest.mark.parametrize(
    ("name", "says"),
    [("select", "word of SQL"), ("similar", "word of SQL"), ("main", "word of SQL"), ("spaces", "every store has")],
)
def test_names_that_no_catalogue_can_have(tmp_path, name, says):
    with pytest.raises(OptionError, match=f"{says}.*my_{name}"):
        recstore.build(tmp_path / "s.duckdb", {name: shop("frame", tmp_path, books())}, options=STRICT)
    both = {"books": shop("frame", tmp_path, books(), sales()), "books_interactions": shop("frame", tmp_path, books())}
    with pytest.raises(OptionError, match="would make books_interactions, which the catalogue books has already"):
        recstore.build(tmp_path / "s.duckdb", both, options=STRICT)
    assert not (tmp_path / "s.duckdb").exists()


def test_a_table_of_the_users_own_is_in_nobodys_way(standing, tmp_path):
    store = tmp_path / "s.duckdb"
    store.write_bytes(standing.read_bytes())
    with duckdb.connect(str(store)) as con:
        con.execute("CREATE TABLE wines_vectors AS SELECT 1 AS mine")
    with pytest.raises(OptionError, match=r"would make wines_vectors, which the store has already.*my_wines"):
        recstore.build(store, {"wines": shop("frame", tmp_path, books())}, options=STRICT)
    with duckdb.connect(str(store)) as con:
        assert con.sql("FROM wines_vectors").fetchall() == [(1,)]


def test_small_and_odd_catalogues_get_what_can_be_made(tmp_path):
    """One build of many: few items, few sales, weird names of columns; `builds` says what was not made, and why."""
    odd = books().rename(columns={"isbn": "select", "title": "Título del libro", "cover": 'my "genre"'})
    odd["in stock"] = [True] * 4 + [False] * 4
    given = {
        "empty": shop("frame", tmp_path, books().head(0)),
        "one": shop("frame", tmp_path, books().head(1)),
        "two": shop("frame", tmp_path, books().head(2).assign(title="the same dog")),
        "unsold": shop("frame", tmp_path, books(), sales().head(0)),
        "sold_once": shop("frame", tmp_path, books(), sales().head(1)),
        "sold_alone": shop("frame", tmp_path, books()[["isbn"]], sales().head(0), title=None, text=()),
        "one_of_all": shop("frame", tmp_path, books(), sales().assign(isbn="b1", sold=WAS), i_verb="d'occasion"),
        "odd": Items(
            source=odd, id="select", title="Título del libro", text=("Título del libro",), categories=('my "genre"',),
            available="in stock",
        ),
    }  # fmt: skip
    heard = Heard()
    recstore.build(tmp_path / "s.duckdb", given, options=STRICT, progress=heard)
    with recstore.connect(tmp_path / "s.duckdb") as con:
        assert con.sql("FROM store_health WHERE NOT is_sound").fetchall() == []
        query = (
            "SELECT m.space, m.what FROM builds, unnest(measured) AS _(m) "
            "WHERE m.catalog = ? AND m.what LIKE 'not made%'"
        )
        lacking = {name: dict(con.execute(query, [name]).fetchall()) for name in given}
        assert set(lacking["unsold"]) == {"collaborative", "together", "hybrid"}
        assert lacking["unsold"]["together"] == "not made: there are too few interactions"
        assert set(lacking["empty"]) == {"content"}
        assert "unsold has no space together: there are too few interactions." in heard.notices
        assert len(con.sql("FROM recommend_unsold('nobody')").fetchall()) == 8
        assert len(con.sql("FROM recommend_sold_alone('nobody')").fetchall()) == 8
        assert len(con.sql("FROM similar_one_of_all('b1')").fetchall()) == 7
        assert con.sql("SELECT isbn FROM similar_two('b0')").fetchall() == [("b1",)]
        assert con.sql("FROM similar_one('b0')").fetchall() == []
        assert con.sql("SELECT \"select\" FROM similar_odd('b0') ORDER BY ALL").fetchall() == [
            ("b1",),
            ("b2",),
            ("b3",),
        ]


def test_items_of_an_id_alone_are_refused_with_advice(tmp_path):
    declared = shop("frame", tmp_path, books()[["isbn"]], title=None, text=())
    with pytest.raises(StoreError, match="declare text, categories or vectors"):
        recstore.build(tmp_path / "s.duckdb", {"books": declared}, options=STRICT)


def test_a_dirty_store_is_kept_up_by_every_command(dirty, tmp_path):
    path, _con, _notices, _report = dirty
    store, copy, back = tmp_path / "shop.duckdb", tmp_path / "copy.duckdb", tmp_path / "back.duckdb"
    store.write_bytes(path.read_bytes())
    added = sales().head(2).rename(columns=str.upper).assign(WHO="u8", SOLD=WAS)
    recstore.add(store, interactions=added, catalog="by_frame")
    with recstore.connect(store) as con:
        assert con.sql("SELECT count(*) FROM by_frame_interactions WHERE who = 'u8'").fetchall() == [(2,)]
    for arguments in (
        ["check", store],
        ["diff", path, store],
        ["manifest", store],
        ["backup", store, copy],
        ["restore", back, copy],
        ["check", back],
        ["rollback", store],
        ["check", store],
    ):
        code, said = run(*arguments)
        assert code == 0, (arguments, said)
    with recstore.connect(store) as con:
        assert con.sql("SELECT count(*) FROM by_frame_interactions WHERE who = 'u8'").fetchall() == [(0,)]
