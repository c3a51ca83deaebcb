"""Names of a user's that look like something else: ids like options, columns like those of our own statements."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from runner import ask
from runner import recstore as run

import recstore
from recstore.cli.console import explain
from recstore.errors import SourceError
from recstore.scratch import scratch_folder

IDS = ["-a", "--", "-", "-o", "--print", "-k5", "--help", "-1", "--space", "--output=x", "-k3xCGGDJeQ", "plain"]
SOURCES = sorted((Path(recstore.__file__).parent / "catalogs" / "declared").rglob("*.sql"))
#: What our statements about a user's own tables call their columns, and tables.
ALIASES = {name for file in SOURCES for name in re.findall(r"\bAS ([a-z]\w*)", file.read_text())} | {"rowid", "store"}
KEPT = {"rank", "score", "space", "because", "reason"}


@pytest.fixture(scope="module")
def odd_store(tmp_path_factory) -> Path:
    """A store whose ids look like options, and whose sources have all columns that our statements make."""
    store = tmp_path_factory.mktemp("odd") / "odd.duckdb"
    more = {name: "word" for name in sorted(ALIASES - KEPT) if not name.startswith("_rs_")}
    assert {"id", "rowid", "same", "given", "length"} <= {*more, "length"}
    things = pd.DataFrame({**more, "id": IDS, "about": [f"{('dogs', 'cats')[n % 2]} {n}" for n in range(len(IDS))]})
    things = things.assign(url=[f"https://example.org/{n}" for n in range(len(IDS))], rowid=1)
    had = pd.DataFrame({**more, "fault": [IDS[n * 5 % 12] for n in range(35)] + ["Plain"]})
    had = had.assign(id=["-u", "--u", "U", "u "] * 9, event=["buy", "look"] * 18, at="2024-03-01")
    interactions = recstore.Interactions(
        source=had, user="id", item="fault", at="at", event="lower(event)", weights={"buy": 1, "look": 0.5}
    )
    declared = recstore.Items(
        source=things, id="id", title="about", text="about", categories=("split_part(about, ' ', 1)",),
        interactions=interactions,
    )  # fmt: skip
    recstore.build(store, {"things": declared}, options=recstore.BuildOptions(tune_seconds=0, max_reject_rate=0.1))
    return store


def test_columns_may_be_called_as_ours_are(odd_store):
    with duckdb.connect(str(odd_store), read_only=True) as con:
        found = con.execute("SELECT id, _rs_categories FROM things ORDER BY about").fetchall()
    assert [row for row in found if row[0] in ("-a", "--")] == [("--", ["cats"]), ("-a", ["dogs"])]
    assert ask("check", odd_store)[0] == 0


@pytest.mark.parametrize("item", IDS)
def test_an_id_may_look_like_an_option(odd_store, item):
    code, out, said = ask("similar", odd_store, "things", "-k", 3, "--format", "csv", "--", item, "plain")
    assert (code, out.count("\n"), said) == (0, 4, "")
    number = IDS.index(item)
    assert ask("play", odd_store, "--print", "--", item) == (0, f"https://example.org/{number}\n", "")


def test_a_picture_of_ids_that_look_like_options(odd_store, tmp_path):
    picture = tmp_path / "h.png"
    assert ask("heatmap", odd_store, "things", "-o", picture, "--", *IDS)[0] == 0
    assert picture.stat().st_size > 1000


def test_the_address_of_a_stranger_is_printed_and_not_opened(odd_store, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda _url: pytest.fail("it was opened"))
    done = run("play", odd_store, "plain", "--untrusted")
    assert (done.returncode, done.stdout) == (0, "https://example.org/11\n"), done.stderr
    assert "is not opened" in done.stderr


def test_an_option_without_its_value_takes_no_other(odd_store):
    for words in (["similar", odd_store, "things", "plain", "--filter"], ["play", odd_store, "-a", "--catalog"]):
        code, _out, said = ask(*words)
        assert code == 2
        assert "requires an argument" in said


@pytest.mark.parametrize("words", [["plain", "nobody's"], ["plain", "--exclude", "nobody's"]])
def test_a_name_among_others_that_means_nothing_is_told(odd_store, words):
    code, out, said = ask("similar", odd_store, "things", *words, "--format", "csv")
    assert code == 0
    assert out
    assert 'There is no item "nobody\'s" in the store.' in said
    assert said.endswith("It is passed over.\n")


def test_each_of_several_frames_and_queries_has_a_name(tmp_path):
    books, sales = pd.DataFrame({"isbn": [1.5, 2]}), pd.DataFrame({"who": ["a"], "isbn": [2.5]})
    for items, history, says in (
        (books, sales, "a pandas DataFrame for the items of books"),
        ("SELECT 'a' AS isbn", sales[["who"]], "a pandas DataFrame for the interactions of books"),
        ("SELECT 1.5::DOUBLE AS isbn", sales, "a query for the items of books"),
        ("SELECT nothing", sales, "The query for the items of books"),
    ):
        sold = recstore.Interactions(source=history, user="who", item="isbn")
        with pytest.raises(recstore.RecstoreError, match=says):
            recstore.build(tmp_path / "s.duckdb", {"books": recstore.Items(source=items, id="isbn", interactions=sold)})


def test_each_of_several_files_has_a_name(gathering, write):
    write("id,n\n1,2\n", "items/data.csv")
    write("id,n\n1,2\n", "sales/data.csv")
    assert gathering("items/data.csv").relation.name == "items/data.csv"
    assert sorted(one.file for one in gathering("*/data.csv").relation.files) == ["items/data.csv", "sales/data.csv"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("isbn,title,price\nb1,One\nb2,Two\nb3,Three,4\n", "its header has 3 names, but its lines have 2 fields"),
        ("isbn,title\nb1\nb2\n", "its header has 2 names, but its lines have 1 field;"),
        ("isbn;title;price\nb1\n", "its header has 3 names, but its lines have 1 field;"),
    ],
)
def test_a_header_with_more_names_than_fields(gathering, write, tmp_path, text, says):
    file = write(text)
    with pytest.raises(SourceError, match=says):
        gathering("books.csv")
    for command in (["build", tmp_path / "s.duckdb", "--items", file], ["init", file, "-o", tmp_path / "a.toml"]):
        code, _out, said = ask(*command)
        assert code == 1
        assert says in said


def test_a_file_that_holds_no_interactions_is_not_passed_over(write, tmp_path):
    items = write("isbn,title\n" + "".join(f"b{n},Book {n} of dogs\n" for n in range(6)))
    sales = write("a,b\nx,1\ny,2\n", "sales.csv")
    done = run("build", tmp_path / "s.duckdb", "--items", items, "--interactions", sales)
    assert done.returncode == 2
    assert f"{sales} holds no interactions" in done.stderr
    assert not (tmp_path / "s.duckdb").exists()


def test_a_path_that_is_not_utf8_is_one_sentence(odd_store, tmp_path, monkeypatch):
    folder = tmp_path / os.fsdecode(b"in \xff")
    folder.mkdir()
    (folder / "store.duckdb").write_bytes(odd_store.read_bytes())
    (tmp_path / "items").mkdir()
    (tmp_path / "items" / os.fsdecode(b"x\xff.csv")).write_text("isbn,title\nb1,One dog\nb2,Two dogs\n")
    code, _out, said = ask("build", tmp_path / "new.duckdb", "--items", tmp_path / "items")
    assert (code, said.count("\n")) == (1, 1)
    assert "x\\xff.csv is not UTF-8; rename it." in said
    monkeypatch.chdir(folder)
    for words in (["info", "store.duckdb"], ["similar", "store.duckdb", "things", "plain"], ["check", "store.duckdb"]):
        code, _out, said = ask(*words)
        assert code
        assert "not UTF-8" in said
        assert "fault" not in said


def test_what_a_user_has_no_right_to_is_said_with_what_to_do(capsys):
    error = PermissionError(errno.EACCES, "Permission denied", "/srv/books.csv")
    assert explain(error, False, duckdb.Error) == 1
    said = capsys.readouterr().err
    assert said.startswith("recstore: /srv/books.csv cannot be used (Permission denied): give this user the right")


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def refused(self: Path, *_how: object, **_more: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refused)
    told = pytest.raises(recstore.RecstoreError, match=f"The folder {tmp_path} cannot be written")
    with told, scratch_folder(beside=tmp_path / "report.html"):
        pass


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://[", "neither a page nor a file that plays"),
        ("http://a\x1b]0;x\x07/", "neither a page nor a file that plays"),
        ("file://elsewhere/share/song.mp3", "neither a page nor a file that plays"),
        (f"file:///{'a' * 5000}.mp3", "is not there any more"),
        ("file:///a%00.mp3", "is not there any more"),
        (None, "has no address"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_sentence(odd_store, tmp_path, monkeypatch, url, says):
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    store = tmp_path / "store.duckdb"
    store.write_bytes(odd_store.read_bytes())
    with duckdb.connect(str(store)) as con:
        con.execute("UPDATE things SET url = ? WHERE id = 'plain'", [url])
    code, _out, said = ask("play", store, "plain")
    assert (code in (1, 2), said.count("\n"), opened) == (True, 1, [])
    assert says in said
    assert "fault" not in said
