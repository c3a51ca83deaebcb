"""Every command and every block of code in README and docs is run, and what a page shows is what comes out."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import duckdb
import pages
import pytest
import typer
from repeated import repeated
from runner import ask

import recstore
from recstore.cli.app import app

ROOT = Path(__file__).parents[1]
#: What a reader builds there, or what a test of its own runs: test_browser.py, test_client_recipes.py,
#: test_audio_labels.py, test_spark.py.
BEGIN_WITHOUT_A_STORE = {"tutorial.md"}
RUN_ELSEWHERE = {"browser.md", "clients.md", "audio.md", "spark.md", "dbt.md"}
#: Pages for which the sample does, since they show no answers; they work long.
STORES = {"howto-nightly.md": "small_store"}
LONG = {"explore.md", "howto-nightly.md"}


def pages_with_code() -> list[Path]:
    return [page for page in pages.PAGES if page.name not in RUN_ELSEWHERE and any(
        block.is_tested for block in pages.blocks(page))]  # fmt: skip


def one_of_each_kind() -> list:
    """Return the pages with code; what the two that work longest show is shown by others, and by tests of their own."""
    return repeated(pages_with_code(), *(page for page in pages_with_code() if page.name not in LONG))


@pytest.mark.parametrize("page", one_of_each_kind(), ids=lambda page: page.stem)
def test_a_page_from_top_to_bottom(page, request, tmp_path):
    pages.need(page)
    built = {}
    if page.name in pages.OF_THE_SHOP:
        pages.make_shop(tmp_path)
        built[pages.BUILD_SHOP] = request.getfixturevalue("bookshop")
    if page.name != "own-catalogue.md":
        store = request.getfixturevalue(STORES.get(page.name, "movie_store"))
        built[pages.BUILD] = store.parent
        if page.name not in pages.OF_THE_SHOP:
            pages.make_folder(tmp_path, None if page.name in BEGIN_WITHOUT_A_STORE else store)
    pages.check(page, tmp_path, built=built)


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.stem)
def test_every_block_is_run_or_said_not_to_be(page, tmp_path):
    tested = [block for block in pages.blocks(page) if block.is_tested]
    assert {block.language for block in tested} <= pages.LANGUAGES
    typed = " ".join(command for block in tested for command, *_ in block.commands())
    for block in tested:
        if block.language == "yaml":
            lines = [line.strip() for line in block.text.splitlines()]
            assert any(_stands_in(lines, example) for example in (ROOT / "examples").rglob("*.yml")), block.text
        if block.language == "toml":
            (tmp_path / "recstore.toml").write_text(block.text)
            assert recstore.read_config(tmp_path / "recstore.toml")
        if block.language == "console":
            assert re.match(r"\$ ", block.text), block.text
        if block.language in ("javascript", "html") or block.file:
            assert block.file, f"say in the first line what the file is called: {block.text}"
            assert block.file in typed or page.name in RUN_ELSEWHERE


def _stands_in(lines: list[str], example: Path) -> bool:
    """Tell whether an example, which a test runs, holds these lines one after the other."""
    there = [line.strip() for line in example.read_text().splitlines() if not line.strip().startswith("#")]
    return any(there[start : start + len(lines)] == lines for start in range(len(there)))


def test_a_page_that_shows_what_is_not_so_fails(tmp_path, movie_store):
    page = tmp_path / "page.md"
    pages.make_folder(tmp_path, movie_store)
    page.write_text("```console\n$ echo hello\nhello\n```\n")
    pages.check(page, tmp_path)
    page.write_text("```console\n$ echo hello\nfarewell\n```\n")
    with pytest.raises(AssertionError):
        pages.check(page, tmp_path)
    page.write_text("```console\n$ false\n```\n\n## Not tested here\n\n```console\n$ rm -rf /\n```\n")
    assert [block.is_tested for block in pages.blocks(page)] == [True, False]
    with pytest.raises(AssertionError):
        pages.check(page, tmp_path)


def test_the_sql_of_the_docs_gives_rows(movie_store):
    with duckdb.connect(str(movie_store), read_only=True) as con:
        for question in pages.questions("sql.md"):
            for statement in question.strip().split(";\n"):
                assert con.execute(statement).fetchall(), statement


def test_the_docs_name_every_table_and_function(movie_store):
    text = (ROOT / "docs" / "sql.md").read_text()
    with duckdb.connect(str(movie_store), read_only=True) as con:
        names = con.execute(
            "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() WHERE NOT internal "
            "UNION SELECT function_name FROM duckdb_functions() WHERE function_type = 'table_macro' AND NOT internal"
        ).fetchall()
    assert [name for (name,) in names if f"`{name}" not in text] == []


def tables(page: Path) -> list[list[str]]:
    """Return the rows of each table of a page, without its head; what follows a blank line is another table."""
    found = re.findall(r"(?:^\|.*\n)+", page.read_text(), re.M)
    for table in found:
        assert re.match(r"\|.*\n\|[-:| ]+\|\n", table), f"{page.name}: rows without a head: {table}"
    return [table.splitlines()[2:] for table in found]


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.stem)
def test_no_table_names_a_thing_twice_or_is_cut(page):
    for rows in tables(page):
        named = [found[1] for row in rows if (found := re.match(r"\| `(\w[\w-]*)[^`]*` \|", row))]
        assert len(named) == len(set(named)), named


def parameters(call: str) -> list[tuple[str, str]]:
    """Return the parameters of a call as written, each with its default: `f(a, k := 10)`."""
    inner = re.sub(r"\[[^]]*\]", lambda found: found[0].replace(",", ";"), call[call.index("(") + 1 : -1])
    return [(name, default) for name, _, default in (part.strip().partition(" := ") for part in inner.split(","))]


def test_comment_docs_and_reference_agree_on_each_function(references, movie_store):
    """In what a function answers, in its parameters and their order, and in the defaults that they say."""
    reference = references.sql_reference()
    [rows, *_] = tables(ROOT / "docs" / "sql.md")
    docs = {re.match(r"\| `(\w+)", row)[1]: re.match(r"\| `([^`]*)` \| (.*) \|", row).groups() for row in rows}
    nouns = {"audio": ("clip", "clips"), "movies": ("movie", "movies")}
    with duckdb.connect(str(movie_store), read_only=True) as con:
        functions = dict(
            con.execute(
                "SELECT DISTINCT function_name, comment FROM duckdb_functions() "
                "WHERE function_type = 'table_macro' AND NOT internal"
            ).fetchall()
        )
    assert functions.keys() == docs.keys()
    for name, comment in functions.items():
        answers, _, call = comment.rpartition(f": {name}")
        section = reference.split(f"### {name}\n")[1].split("\n#")[0]
        signature, said = section.strip().split("\n\n")[:2]
        assert said == f"{answers}."
        real = parameters(signature.strip("`"))
        for written in (parameters(f"{name}{call}"), parameters(docs[name][0])):
            assert [parameter for parameter, _ in written] == [parameter for parameter, _ in real], name
            assert all(default in ("", dict(real)[parameter]) for parameter, default in written), name
        one, many = nouns["audio" if "audio" in name else "movies"]
        in_words = re.sub(r"\bitem\b", one, re.sub(r"\bitems\b", many, answers))
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", docs[name][1])
        assert plain.partition(":")[0] == in_words[0].lower() + in_words[1:], name


def test_links_between_pages():
    for page in pages.PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_page_stands_in_the_site():
    """What `make docs` would refuse, said early."""
    listed = re.findall(r"^```{toctree}\n(.*?)^```$", (ROOT / "docs" / "index.md").read_text(), re.M | re.S)
    names = {line for block in listed for line in block.splitlines() if not line.startswith(":")}
    there = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert names == there | {"reference/sql", "reference/cli", "reference/python"}


@pytest.fixture(scope="module")
def references():
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import references

        return references
    finally:
        sys.path.pop(0)


def test_the_sql_reference_holds_everything(references, movie_store):
    text = references.sql_reference()
    with duckdb.connect(str(movie_store), read_only=True) as con:
        functions = con.execute(
            "SELECT function_name, parameters FROM duckdb_functions() "
            "WHERE function_type = 'table_macro' AND NOT internal"
        ).fetchall()
        columns = con.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
        for name, parameters in functions:
            section = text.split(f"### {name}\n")[1].split("\n#")[0]
            signature = re.search(rf"`{name}\((.*)\)`", section)[1]
            assert all(parameter in signature for parameter in parameters)
            arguments = ", ".join("NULL" for part in re.split(r", (?=\w+(?: :=|,|$))", signature) if ":=" not in part)
            rows = con.execute(f"DESCRIBE FROM {name}({arguments})").fetchall()
            assert all(f"| `{column}` | `{kind}` |" in section for column, kind, *_ in rows)
    for table, column, comment in columns:
        section = text.split(f"### {table}\n")[1].split("\n#")[0]
        assert comment, f"{table}.{column}"
        assert f"| `{column}` |" in section
        assert comment.replace("|", "\\|") in section


def commands():
    return typer.main.get_command(app).commands


def test_the_cli_reference_holds_everything(references):
    text = references.cli_reference()
    for name, command in commands().items():
        section = text.split(f"## `recstore {name}`\n")[1].split("\n## ")[0]
        assert command.help
        for parameter in command.params:
            assert all(option in section for option in parameter.opts if option.startswith("--"))


def test_the_python_reference_holds_everything(references):
    text = references.python_reference()
    for name in recstore.__all__:
        if name == "cache":
            continue
        section = text.split(f".{name}\n")[1].split("\n#")[0]
        assert len(section.split("```")[2].strip()) > 20, f"{name} says nothing of itself"


@pytest.fixture(scope="module")
def examples_folder(small_folder, tmp_path_factory) -> Path:
    """What the examples name, made from a small release, which is quicker; its first movies get their titles."""
    folder = tmp_path_factory.mktemp("examples")
    release = tmp_path_factory.mktemp("release")
    shutil.copytree(small_folder, release, dirs_exist_ok=True)
    examples = " ".join(command.epilog for command in commands().values())
    titles = sorted(set(re.findall(r"[\"'](\w[^\"']* \(\d{4}\))", examples)))
    lines = (release / "movies.csv").read_text().splitlines()
    for number, title in enumerate(titles, 1):
        lines[number] = re.sub(r",.*,", f",{title},", lines[number])
    (release / "movies.csv").write_text("\n".join(lines) + "\n")
    pages.make_folder(folder, None, release)
    recstore.build(folder / "movies.duckdb", {"movielens": release})
    recstore.rebuild(folder / "movies.duckdb")
    recstore.backup(folder / "movies.duckdb", folder / "saved.duckdb")
    (folder / "new-ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,5.0,1700000000\n")
    (folder / "books.csv").write_text("isbn,title\n" + "".join(f"97800{n},The Book {n}\n" for n in range(9)))
    (folder / "sales.csv").write_text("customer,isbn\n" + "".join(f"c{n % 4},97800{n % 9}\n" for n in range(30)))
    return folder


@pytest.mark.parametrize("name", commands())
def test_the_example_in_every_help_runs(name, examples_folder, request):
    found = re.findall(r"Example: (.+)", commands()[name].epilog)
    assert len(found) == 1
    assert f"recstore {name} " in f"{found[0]} "
    code, shown, _said = ask(name, "--help")
    assert (code, " ".join(commands()[name].epilog.split()) in " ".join(shown.split())) == (0, True)
    if found[0] == "recstore demo":
        return  # test_cli.py runs it, in an empty folder
    if name == "explore":
        return  # it serves until it is ended: test_explore_browser.py
    if name == "spark":
        return  # it needs Spark: test_spark.py
    if "music.duckdb" in found[0] and not (examples_folder / "music.duckdb").exists():
        (examples_folder / "music.duckdb").symlink_to(request.getfixturevalue("audio_store"))
    pages.run(found[0], examples_folder)
