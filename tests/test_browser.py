"""A store in a browser page: the page that the documentation shows, in a real browser, from a server of plain files."""

from __future__ import annotations

import browser_page
import client_recipes
import duckdb
from test_client_recipes import IN_A_BROWSER, RENEW


def test_the_page_answers_in_a_browser(movie_store, tmp_path):
    shown = browser_page.ask(movie_store, tmp_path)
    with duckdb.connect(str(movie_store), read_only=True) as con:
        rows = con.execute("SELECT rank, title, score FROM similar_movies('Toy Story (1995)')").fetchall()
    expected = [row[:2] for row in rows]
    assert len(rows) == 10
    assert shown.rows == expected
    assert shown.scores == [f"{score:.5f}" for *_, score in rows]
    # From this server alone, and of the store only what the question needs.
    assert shown.strange == []
    assert 0 < shown.sent["/movies.duckdb"] < movie_store.stat().st_size / 2
    client = client_recipes.BY_NAME[IN_A_BROWSER]
    assert client_recipes.row(client, shown.rows, expected) in client_recipes.rows_of_page(), RENEW
