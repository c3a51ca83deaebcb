"""`recstore report`: one file of HTML with how good a store is and example lists, that runs and fetches nothing."""

from __future__ import annotations

import re
import shutil
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from runner import run
from test_explore import NASTY

import recstore
from recstore.explore import report_html


class Read(HTMLParser):
    """What a page is made of: its elements with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data.strip())


def test_the_lists_are_those_that_sql_gives(small_store, tmp_path):
    target = tmp_path / "report.html"
    code, said = run("report", small_store, "-o", target, "--lists", 2)
    assert (code, said.strip()) == (0, f"{target} shows how good {small_store} is.")
    sections = target.read_text().split('<section class="rs-card">')
    with recstore.connect(small_store) as con:
        first = con.execute("SELECT movie_id, title FROM movies ORDER BY n_ratings DESC, movie_id LIMIT 3").fetchall()
        for item, title in first[:2]:
            similar = con.execute(f"SELECT title FROM similar_movies({item}) ORDER BY rank").fetchall()
            [section] = [one for one in sections if f'<div class="rs-title">{escape(title)}</div>' in one]
            assert [(word,) for word in Read(section).words if (word,) in similar] == similar
    assert target.read_text().count("what is like it in hybrid") == 2
    assert "Nothing was measured yet" in target.read_text()
    assert "Every line of the sources was loaded." in target.read_text()


def test_the_figures_are_those_of_the_table(small_store, tmp_path):
    store = Path(shutil.copy(small_store, tmp_path / "store.duckdb"))
    recstore.evaluate(store)
    page = report_html(store, lists=0)
    with duckdb.connect(str(store), read_only=True) as con:
        rows = con.execute("SELECT value, low, high FROM evaluations WHERE metric = 'ndcg@10'").fetchall()
    assert rows
    for value, low, high in rows:
        assert f"{value:.3f}" in page
        assert f"{low:.3f} – {high:.3f}" in page
    assert page.count("<svg") == len(set(re.findall(r'aria-label="([^"]+)"', page)))


def test_it_needs_nothing_and_runs_nothing(small_store, tmp_path):
    store = Path(shutil.copy(small_store, tmp_path / "store.duckdb"))
    with duckdb.connect(str(store)) as con:
        for number, title in enumerate(NASTY, 1):
            con.execute("UPDATE movies SET title = ?, n_ratings = 9999 WHERE movie_id = ?", [title, number])
    text = report_html(store)
    page = Read(text)
    assert not {tag for tag, _attributes in page.elements} & {"script", "img", "link", "iframe", "object", "a", "form"}
    attributes = {name for _tag, found in page.elements for name in found}
    assert not {name for name in attributes if name.startswith("on") or name in ("src", "href")}
    assert "@import" not in text
    assert "url(" not in text
    for title in NASTY:
        assert title in page.words or unescape(title) in page.words


def test_what_cannot_be_written_is_said(small_store, tmp_path):
    store = Path(shutil.copy(small_store, tmp_path / "store.duckdb"))
    before = store.read_bytes()
    for target, words in ((store, "store"), (tmp_path / "none" / "report.html", "none")):
        code, said = run("report", store, "-o", target)
        assert code in (1, 2)
        assert words in said
    assert store.read_bytes() == before
    code, said = run("report", tmp_path / "none.duckdb", "-o", tmp_path / "report.html")
    assert code == 1
    assert "There is no store at" in said
    with pytest.raises(recstore.StoreError):
        report_html(tmp_path / "none.duckdb")


def test_a_source_of_the_store_is_not_overwritten(small_store, small_folder):
    before = (small_folder / "ratings.csv").read_bytes()
    code, said = run("report", small_store, "-o", small_folder / "ratings.csv")
    assert (code, "is a source of the store" in said, said.count("\n")) == (2, True, 1), said
    assert (small_folder / "ratings.csv").read_bytes() == before
