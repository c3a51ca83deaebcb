"""Every command and every block of code in README and docs is run, and what the README shows is what comes out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import shells
from conftest import data

ROOT = Path(__file__).parents[1]


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / name).read_text(), re.M | re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where a reader would stand: the release lies there under its name, recstore and duckdb are on the PATH."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "ml-latest-small").symlink_to(data("ml-latest-small"))
    commands = folder / ".bin"
    commands.mkdir()
    (commands / "recstore").symlink_to(Path(sys.executable).parent / "recstore")
    (commands / "duckdb").symlink_to(shells.CLIENTS / "shell-1.5" / "duckdb_cli" / "duckdb")
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{folder / '.bin'}{os.pathsep}{os.environ['PATH']}"
    where = ROOT if command.startswith("make ") else folder
    # As a reader's shell has it, also where the tests themselves were started by make.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | {"PATH": path}
    return subprocess.run(command, shell=True, cwd=where, env=environment, capture_output=True, text=True, timeout=600)


def words(lines: list[str]) -> list[str | float]:
    return [float(word) if re.fullmatch(r"\d+\.\d+", word) else word for line in lines for word in line.split()]


def nearly(shown: list[str | float]) -> list[object]:
    """The last decimals of a score depend on the processor."""
    return [pytest.approx(word, abs=1e-3) if isinstance(word, float) else word for word in shown]


def test_the_readme_from_top_to_bottom(folder):
    if not (shells.CLIENTS / "shell-1.5").exists():
        pytest.skip("the DuckDB shell is not installed; run: make clients")
    text = (ROOT / "README.md").read_text()
    steps = re.findall(r"^```(console|python)\n(.*?)^```$", text, re.M | re.S)
    assert len(steps) > 5
    for language, block in steps:
        if language == "python":
            code = [sys.executable, "-W", "error", "-c", block]
            done = subprocess.run(code, cwd=folder, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            assert "Bug's Life" in done.stdout
            continue
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M):
            done = run(command, folder)
            assert done.returncode == 0, done.stderr
            printed = done.stdout + "".join(line for line in done.stderr.splitlines(True) if "rows loaded" in line)
            lines = [line for line in printed.splitlines() if not line.startswith(".venv/bin/")]
            assert words(lines) == nearly(words(shown.splitlines())), command


@pytest.mark.parametrize("page", ["sqlalchemy", "queries", "shell"])
def test_a_page_from_top_to_bottom(page, movie_store, folder, tmp_path):
    """The commands of a page show what stands below them; its Python is one program."""
    (tmp_path / ".bin").symlink_to(folder / ".bin")
    shutil.copy(movie_store, tmp_path / "movies.duckdb")
    steps = re.findall(r"^```(console|python)\n(.*?)^```$", (ROOT / "docs" / f"{page}.md").read_text(), re.M | re.S)
    for block in (block for language, block in steps if language == "console"):
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M):
            done = run(command, tmp_path)
            assert [line.rstrip() for line in done.stdout.splitlines()] == shown.splitlines(), done.stderr
    program = "\n".join(block for language, block in steps if language == "python")
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_sql_of_the_docs(movie_store):
    with duckdb.connect(str(movie_store), read_only=True) as con:
        for block in blocks("docs/sql.md", "sql"):
            for statement in block.strip().split(";\n"):
                assert con.execute(statement).fetchall(), statement
    with duckdb.connect(str(movie_store), read_only=True) as con:
        con.execute("CREATE TEMP TABLE watchlist AS SELECT 'Heat (1995)' AS title")
        for block in blocks("README.md", "sql"):
            assert con.execute(block).fetchall()


def test_the_docs_name_every_table_and_function(movie_store):
    text = (ROOT / "docs" / "sql.md").read_text()
    with duckdb.connect(str(movie_store), read_only=True) as con:
        names = con.execute(
            "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() WHERE NOT internal "
            "UNION SELECT function_name FROM duckdb_functions() WHERE function_type = 'table_macro' AND NOT internal"
        ).fetchall()
    assert [name for (name,) in names if f"`{name}" not in text] == []


def test_links_between_pages():
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
