"""`recstore heatmap`: how near a handful of items are to one another, as a picture."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import recstore
from recstore import OptionError, heatmap

pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install 'recstore[plot]'")


def test_a_picture_says_the_titles_and_the_cosines(sample_store, tmp_path):
    with recstore.connect(sample_store) as con:
        title = con.execute("SELECT title FROM movies WHERE movie_id = 1").fetchall()[0][0]
        other, name, score = con.execute(
            "SELECT movie_id, title, score FROM similar_movies(1, k := 1, space := 'hybrid')"
        ).fetchall()[0]
    picture = tmp_path / "heat.svg"
    heatmap(sample_store, "movies", [title, other, "3"], picture, space="hybrid")
    text = picture.read_text()
    ET.fromstring(text)
    # matplotlib writes the text of what it draws as a comment beside its outlines.
    assert f"<!-- {title} -->" in text
    assert f"<!-- {name} -->" in text
    assert text.count(f"<!-- {score:.2f} -->") == 2
    again = tmp_path / "again.svg"
    heatmap(sample_store, "movies", [title, other, "3"], again, space="hybrid")
    assert again.read_bytes() == picture.read_bytes()


def test_on_the_command_line(sample_store, tmp_path):
    picture = tmp_path / "heat.png"
    command = [Path(sys.executable).with_name("recstore"), "heatmap", sample_store, "movies", "1", "2", "-o", picture]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("items", "name", "options", "fault"),
    [
        (["1", "no such"], "x.png", {}, "There is no movie 'no such'"),
        (["1"], "x.png", {}, "2 to 60 items, not 1"),
        (["1", "2"], "x.gif", {}, "written as .png"),
        (["1", "2"], "nowhere/x.png", {}, "does not exist"),
        (["1", "2"], "x.png", {"space": "mean"}, "no space 'mean' of vectors; there is: collaborative"),
    ],
)
def test_what_cannot_be_drawn(sample_store, tmp_path, items, name, options, fault):
    with pytest.raises(OptionError, match=fault):
        heatmap(sample_store, "movies", items, tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OptionError, match="no catalogue 'films'"):
        heatmap(sample_store, "films", ["1", "2"], tmp_path / "x.png")
