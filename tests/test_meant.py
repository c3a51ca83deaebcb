"""Which item a text means is one rule: in every function, in the heat map, and in what the command line says."""

from __future__ import annotations

import pytest

import recstore
from recstore import heatmap
from recstore.errors import OptionError

NAME = "Ninth Horizon (1979)"
FIRST = ["1", "+1", " 1 ", "1.0", "1.", "+1.00", "01", NAME, f"  {NAME} "]
NOTHING = ["1e0", "1_0", "0x1", "-1", "+", "1.5", "--1", "１", "", "99999999999", "ninth horizon (1979)"]


@pytest.fixture(scope="module")
def con(sample_store):
    with recstore.connect(sample_store) as connection:
        yield connection


def answers(con, text):
    """Return what each way to name an item gives for a text: whether it means an item, and which."""
    similar = con.execute("SELECT movie_id FROM similar_movies(?, k := 3)", [text]).fetchall()
    why = con.execute("SELECT movie_a FROM why_similar(?, 2)", [text]).fetchall()
    seen = con.execute("SELECT because FROM recommend_for([?::VARCHAR], k := 3)", [text]).fetchall()
    both = con.execute("SELECT movie_id FROM recommend_for([2], disliked := [?::VARCHAR], k := 3)", [text]).fetchall()
    return similar, why, seen, both


@pytest.mark.parametrize("text", FIRST)
def test_it_is_meant(con, text):
    asked = answers(con, "1")
    assert asked[0]
    assert asked[1] == [(1,)]
    assert answers(con, text) == asked
    [catalog] = [one for one in recstore.catalogs_of(con) if one.name == "movies"]
    assert "has no vector in any space; it has one in" in recstore.why_nothing_is_similar(con, catalog, text)


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_is_meant(con, text):
    assert answers(con, text) == answers(con, "no such movie")
    [catalog] = [one for one in recstore.catalogs_of(con) if one.name == "movies"]
    assert "There is no movie" in recstore.why_nothing_is_similar(con, catalog, text)


def test_a_picture_goes_by_it(sample_store, tmp_path):
    pytest.importorskip("matplotlib")
    heatmap(sample_store, "movies", FIRST, tmp_path / "a.svg")
    heatmap(sample_store, "movies", ["1"] * len(FIRST), tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    for text in NOTHING:
        with pytest.raises(OptionError, match="There is no movie"):
            heatmap(sample_store, "movies", ["1", text], tmp_path / "c.svg")
