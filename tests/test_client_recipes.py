"""The recipes of the documentation give the same ten rows in every client, and the page says what was tested."""

from __future__ import annotations

import client_recipes
import pytest
from repeated import repeated

RENEW = "to renew the table of docs/clients.md: python tests/client_recipes.py STORE"
#: It takes the longest: test_browser.py asks it once, and looks at what its server sent.
IN_A_BROWSER = "A page in the browser (WASM)"


@pytest.fixture(scope="module")
def expected(movie_store) -> client_recipes.Rows:
    return client_recipes.right(movie_store)


@pytest.mark.parametrize("name", repeated(name for name in client_recipes.BY_NAME if name != IN_A_BROWSER))
def test_a_recipe_gives_the_same_ten_rows(name, movie_store, expected):
    client = client_recipes.BY_NAME[name]
    rows = client_recipes.run(client, movie_store)
    assert len(expected) == 10
    assert rows == expected
    assert client_recipes.row(client, rows, expected) in client_recipes.rows_of_page(), RENEW


def test_the_table_names_these_clients_and_no_others():
    named = [row.split("](")[0].removeprefix("| [") for row in client_recipes.rows_of_page()]
    assert named == list(client_recipes.BY_NAME), RENEW
