"""Real catalogues by short declarations: what was loaded, merged, dropped and rejected, by SQL over their files."""

from __future__ import annotations

import duckdb
import pytest
from conftest import DATA

import recstore
from recstore.progress import Progress

OWN = DATA / "own"
pytestmark = pytest.mark.skipif(not OWN.exists(), reason="the test data folder has no own catalogues")
OPTIONS = {"tune": False, "content_dimensions": 16, "collaborative_dimensions": 16}

GIFTS = '''
[gifts]
items = """SELECT StockCode, mode(Description) AS Description FROM 'online_retail.parquet' GROUP BY StockCode"""
id = "StockCode"
title = "Description"
text = "Description"

[gifts.interactions]
from = "online_retail.parquet"
user = "CustomerID"
session = "InvoiceNo"
item = "StockCode"
at = "InvoiceDate"
value = "Quantity"
verb = "bought"
most_per_user = 100000
'''
PAPERS = '''
[papers]
items = "info.csv"
columns = ["doc", "author", "lang", "title", "keywords_eng", "keywords", "series", "year", "abstract", "rest"]
id = "doc"
title = "title"
text = ["title", "abstract", "keywords_eng"]

[papers.interactions]
from = """SELECT visit, doc, "at" FROM read_csv('epub.dat', delim=';', header=false, names=['visit', 'doc'])
JOIN (FROM read_csv('epub.time', delim=';', header=false, names=['visit', 'at'])
SELECT visit, min("at") AS "at" GROUP BY ALL) USING (visit)"""
session = "visit"
item = "doc"
at = "at"
'''
BOOKS = """
[books]
items = "books.csv"
id = "{id}"
title = "title"
text = ["title", "authors"]
"""


class Told(Progress):
    def __init__(self) -> None:
        self.said: list[str] = []

    def notice(self, text: str) -> None:
        self.said.append(text)


def build(tmp_path, folder: str, text: str, **changes):
    assert len(text.strip().splitlines()) <= 15
    name = text.strip().splitlines()[0].strip("[]")
    declared = tmp_path / "recstore.toml"
    declared.write_text(text)
    items = recstore.read_config(declared)[name]
    object.__setattr__(items, "folder", str(OWN / folder))
    told, store = Told(), tmp_path / f"{name}.duckdb"
    report = recstore.build(store, {name: items}, options=recstore.BuildOptions(**OPTIONS, **changes), progress=told)
    return store, report.loads[name], told.said


def by_hand(folder: str, query: str):
    with duckdb.connect() as con:
        con.execute(f"SET file_search_path = '{OWN / folder}'")
        return con.sql(query).fetchall()


@pytest.mark.thorough
def test_a_gift_shop_of_one_file(tmp_path):
    store, load, _said = build(tmp_path, "online_retail", GIFTS)
    [(lines, codes)] = by_hand(
        "online_retail", "SELECT count(*), count(DISTINCT StockCode) FROM 'online_retail.parquet'"
    )
    assert (load.rows, load.rejects) == (lines + codes, 0)
    taken = by_hand(
        "online_retail",
        """SELECT StockCode, count(*) FROM (
            SELECT StockCode, CustomerID, CASE WHEN CustomerID IS NULL THEN InvoiceNo END
            FROM 'online_retail.parquet' GROUP BY ALL HAVING sum(Quantity) > 0
        ) GROUP BY ALL ORDER BY ALL""",
    )
    with recstore.connect(store) as con:
        assert (
            con.sql("SELECT StockCode, _rs_popularity FROM gifts WHERE _rs_popularity > 0 ORDER BY ALL").fetchall()
            == taken
        )
        assert con.sql("SELECT typeof(CustomerID), count(*) FROM gifts_interactions GROUP BY ALL").fetchall() == [
            ("BIGINT", lines)
        ]
        assert con.sql("SELECT count(*) FROM recommend_gifts(17850)").fetchall() == [(10,)]
        assert con.sql("SELECT count(DISTINCT lower(StockCode)) < count(*) FROM gifts").fetchall() == [(True,)]


@pytest.mark.thorough
def test_papers_of_sessions(tmp_path):
    store, load, _said = build(tmp_path, "epub", PAPERS, max_reject_rate=0.1)
    lines = "read_csv('info.csv', delim='\x01', quote='', header=false, columns={'line': 'VARCHAR'}, strict_mode=false)"
    papers = f"(SELECT regexp_extract(line, '^(doc_[0-9a-f]+);', 1) AS doc FROM {lines})"
    [(rows,)] = by_hand("epub", f"SELECT count(DISTINCT doc) FROM {papers} WHERE doc <> ''")
    visits = "read_csv('epub.dat', delim=';', header=false, names=['visit', 'doc'])"
    known = f"SELECT count(*) FROM {visits} WHERE doc NOT IN (SELECT doc FROM {papers})"
    [(visited,)], [(unknown,)] = by_hand("epub", f"SELECT count(*) FROM {visits}"), by_hand("epub", known)
    assert (load.rows, load.rejects) == (rows + visited - unknown, unknown)
    with recstore.connect(store) as con:
        rejected = con.sql("SELECT count(*), count(DISTINCT reason) FROM load_rejects").fetchall()
        assert rejected == [(unknown, 1)]
        assert con.sql("SELECT count(*) FROM papers_about('arbitrage pricing')").fetchall() == [(10,)]
        began = f"read_csv('{OWN}/epub/epub.time', delim=';', header=false, names=['visit', 'said'])"
        told = f"SELECT visit, strptime(regexp_replace(said, ' +', ' ', 'g'), '%a %b %d %H:%M:%S %Y') FROM {began}"
        assert con.sql(f'SELECT visit, "at" FROM papers_interactions EXCEPT {told}').fetchall() == []


def test_books_whose_numbers_are_ruined_are_refused(tmp_path):
    with pytest.raises(recstore.SourceError, match=r"lost digits: 9\.78\d*[eE]\+12 stands for .* and for "):
        build(tmp_path, "goodbooks", BOOKS.format(id="isbn13"))


def test_books_by_isbn_as_text(tmp_path):
    store, load, _said = build(tmp_path, "goodbooks", BOOKS.format(id="isbn"), max_reject_rate=0.1)
    books = "read_csv('books.csv', all_varchar=true)"
    [(named, unnamed)] = by_hand(
        "goodbooks", f"SELECT count(DISTINCT isbn), count(*) FILTER (isbn IS NULL) FROM {books}"
    )
    assert (load.rows, load.rejects) == (named, unnamed)
    with recstore.connect(store) as con:
        assert con.sql("SELECT isbn FROM books EXCEPT SELECT DISTINCT isbn FROM "
                       f"read_csv('{OWN}/goodbooks/books.csv', all_varchar=true)").fetchall() == []  # fmt: skip
        assert con.sql("SELECT title FROM similar_books('439023483', k := 1)").fetchall() != []
