"""Where not one line of a source can be loaded, the commonest reasons are told, whatever the source is."""

from __future__ import annotations

import json
import sqlite3

import pandas as pd
import pytest
from runner import ask
from shops import Heard

import recstore
from recstore.errors import SourceError, TooManyRejectsError

ALL = recstore.BuildOptions(max_reject_rate=1.0, tune=False)


def table(door: str, folder, rows: pd.DataFrame) -> dict:
    if door == "frame":
        return {"source": rows}
    if door == "file":
        rows.to_csv(folder / "books.csv", index=False)
        return {"source": str(folder / "books.csv")}
    with sqlite3.connect(folder / "shop.sqlite") as connection:
        rows.to_sql("books", connection, index=False)
    connection.close()
    return {"source": "books", "database": str(folder / "shop.sqlite")}


@pytest.mark.parametrize("door", ["frame", "file", "database"])
def test_items(door, tmp_path):
    books = table(door, tmp_path, pd.DataFrame({"isbn": [None] * 9 + [" "], "title": list("abcdefghij")}))
    declared = {"books": recstore.Items(**books, id="isbn", text="title")}
    says = r"line \d+: no id, isbn \((9|10) such\)"
    with pytest.raises(TooManyRejectsError, match=f"10 of 10 lines .*{says}"):
        recstore.build(tmp_path / "s.duckdb", declared)
    with pytest.raises(SourceError, match=rf"has no line that can be loaded \(10 rejected: .*{says}"):
        recstore.build(tmp_path / "s.duckdb", declared, options=ALL)
    assert not (tmp_path / "s.duckdb").exists()


def test_interactions(tmp_path):
    books = pd.DataFrame({"isbn": range(8), "title": [f"{word} story" for word in "abababab"]})
    sales = pd.DataFrame({"who": [None] * 8, "isbn": range(8)})
    sales = recstore.Interactions(source=sales, user="who", item="isbn")
    declared = {"books": recstore.Items(source=books, id="isbn", text="title", interactions=sales)}
    recstore.build(tmp_path / "s.duckdb", declared, options=ALL, progress=(heard := Heard()))
    [told] = [text for text in heard.notices if "not one of its" in text]
    assert "interactions of books: not one of its 8 lines can be loaded: " in told
    assert "line 1: no user, who (8 such)" in told


def test_clips_of_audioset_as_json(tmp_path):
    clip = {"video_id": "x", "start_time": 0, "end_time": 10, "labels": [0], "data": [[1.5] * 128] * 10}
    (tmp_path / "clips.json").write_text(json.dumps([clip] * 4))
    (tmp_path / "class_labels_indices.csv").write_text("index,mid,display_name\n0,/m/04rlf,Music\n")
    (tmp_path / "ontology.json").write_text(json.dumps([{"id": "/m/04rlf", "name": "Music", "child_ids": []}]))
    code, _out, said = ask(
        "build", tmp_path / "s.duckdb", "--audioset", tmp_path / "clips.json", "--max-reject-rate", 1
    )
    assert code == 1
    assert "clips.json line 1: " in said.splitlines()[-1]
    assert "(4 such)" in said.splitlines()[-1]


def test_sound_files(vggish_here, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.wav").write_bytes(b"RIFF, and nothing more")
    code, _out, said = ask("build", tmp_path / "s.duckdb", "--audio", tmp_path)
    assert code == 1
    assert "gave no clip of 10 seconds (" in said.splitlines()[-1]
    assert "(3 such)" in said.splitlines()[-1]


def test_what_is_built_without_a_declaration_drops_nothing_silently(tmp_path):
    rows = [f"b{n},{word} of {('dogs', 'cats')[n % 2]}\n" for n, word in enumerate(("Book", "Song", "Tale", "Ode"))]
    (tmp_path / "books.csv").write_text("isbn,title\n" + "".join([*rows, "b1,Another of dogs\n"]))
    (tmp_path / "sales.csv").write_text("who,isbn\n" + "".join(f"u{n % 3},b{n % 5}\n" for n in range(15)))
    line = ["build", tmp_path / "s.duckdb", "--items", tmp_path / "books.csv", "--interactions", tmp_path / "sales.csv"]
    code, _out, said = ask(*line)
    assert code == 2
    assert "books.csv holds no items that can be told from its columns" in said.splitlines()[-1]
    (tmp_path / "books.csv").write_text("isbn,title\n" + "".join(rows))
    code, _out, said = ask(*line, "--quiet", "--no-tune")
    assert code == 0, said
    assert "sales.csv: 3 of 15 rows name items that are not in " in said
    assert "They are left out." in said
