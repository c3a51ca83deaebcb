"""The recipes of docs/clients.md give the same ten rows in every client, and the page says what was tested."""

from __future__ import annotations

import client_recipes
import pytest

import recstore


@pytest.mark.parametrize("client", client_recipes.PACKAGES)
def test_a_recipe_gives_the_same_ten_rows(client, movie_store):
    tested, rows = client_recipes.run(client, movie_store)
    with recstore.connect(movie_store) as con:
        right = con.execute("SELECT rank, title FROM similar_movies('Toy Story (1995)') ORDER BY rank").fetchall()
    assert len(right) == 10
    assert rows == [[str(rank), title] for rank, title in right]
    row = client_recipes.table_row(client, tested)
    assert row in client_recipes.PAGE.read_text().splitlines(), "to renew: python tests/client_recipes.py STORE"
