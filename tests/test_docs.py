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

import recstore
from recstore.cli.app import app

ROOT = Path(__file__).parents[1]
#: What a reader builds there, or what a test of its own runs: test_browser.py, test_audio_labels.py.
BEGIN_WITHOUT_A_STORE = {"README.md", "tutorial.md"}
RUN_ELSEWHERE = {"browser.md", "audio.md"}
#: Pages for which the sample does, since they show no answers; they work long.
STORES = {"howto-nightly.md": "sample_store"}


def pages_with_code() -> list[Path]:
    return [page for page in pages.PAGES if page.name not in RUN_ELSEWHERE and any(
        block.is_tested for block in pages.blocks(page))]  # fmt: skip


@pytest.mark.parametrize("page", pages_with_code(), ids=lambda page: page.stem)
def test_a_page_from_top_to_bottom(page, request, tmp_path):
    pages.need(page)
    store = STORES.get(page.name, "movie_store")
    pages.make_folder(tmp_path, None if page.name in BEGIN_WITHOUT_A_STORE else request.getfixturevalue(store))
    pages.check(page, tmp_path)


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.stem)
def test_every_block_is_run_or_said_not_to_be(page):
    tested = [block for block in pages.blocks(page) if block.is_tested]
    assert {block.language for block in tested} <= pages.LANGUAGES
    typed = " ".join(command for block in tested for command, *_ in block.commands())
    for block in tested:
        if block.language == "yaml":
            lines = [line.strip() for line in block.text.splitlines()]
            assert any(_stands_in(lines, example) for example in (ROOT / "examples").rglob("*.yml")), block.text
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


def test_links_between_pages():
    for page in pages.PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_page_stands_in_the_site():
    """What `make docs` would refuse, said early."""
    listed = re.findall(r"^```{toctree}\n(.*?)^```$", (ROOT / "docs" / "index.md").read_text(), re.M | re.S)
    names = {line for block in listed for line in block.splitlines() if not line.startswith(":")}
    there = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert names == there | {"reference/sql", "reference/cli"}


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


@pytest.fixture(scope="module")
def examples_folder(sample_folder, tmp_path_factory) -> Path:
    """What the examples name, made from the sample, which is quicker; its first movies get their titles."""
    folder = tmp_path_factory.mktemp("examples")
    release = tmp_path_factory.mktemp("release")
    shutil.copytree(sample_folder, release, dirs_exist_ok=True)
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
    return folder


@pytest.mark.parametrize("name", commands())
def test_the_example_in_every_help_runs(name, examples_folder, request):
    found = re.findall(r"Example: (.+)", commands()[name].epilog)
    assert len(found) == 1
    assert f"recstore {name} " in f"{found[0]} "
    if "music.duckdb" in found[0] and not (examples_folder / "music.duckdb").exists():
        (examples_folder / "music.duckdb").symlink_to(request.getfixturevalue("audio_store"))
    pages.run(found[0], examples_folder)
