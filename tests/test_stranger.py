"""A third catalogue, installed as a stranger would install one, is asked, checked, rebuilt and compared like ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RECSTORE = str(Path(sys.executable).parent / "recstore")
PLANTS = "id,name,colours,height\n1,Rose,red|white,120\n2,Tulip,red|yellow,40\n3,Daisy,white,20\n4,Iris,purple,60\n"


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    """Install the package `garden` into a folder of its own, and return an environment in which it is found."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
               "--disable-pip-version-check", "--target", str(target)]  # fmt: skip
    source = tmp_path_factory.mktemp("garden")
    subprocess.run(["cp", "-r", f"{HERE / 'stranger'}/.", str(source)], check=True)
    subprocess.run([*command, str(source)], check=True, stderr=subprocess.DEVNULL)
    return {**os.environ, "PYTHONPATH": str(target)}


@pytest.fixture
def run(garden, tmp_path):
    (tmp_path / "plants.csv").write_text(PLANTS)

    def command(*arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [RECSTORE, *arguments], capture_output=True, text=True, check=False, env=garden, cwd=tmp_path
        )
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    return command


def test_it_passes_the_suites_that_recstore_ships(garden):
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-c", os.devnull]
    done = subprocess.run(
        [*command, "--rootdir", str(HERE / "stranger"), str(HERE / "stranger" / "test_garden.py")],
        capture_output=True, text=True, check=False, env=garden,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_the_command_line_knows_it(run):
    run("build", "store.duckdb", "--source", "herbarium=plants.csv", "--quiet")
    assert "Daisy" in run("similar", "store.duckdb", "plants", "Rose", "-k", "2", "--format", "csv")
    assert run("sql", "store.duckdb", "SELECT catalog FROM catalogs WHERE catalog = 'plants'", "--format", "csv") == (
        "catalog\nplants\n"
    )
    run("rebuild", "store.duckdb", "--only", "plants", "--quiet")
    assert "plants" in run("diff", "store.duckdb")
    assert "sound" in run("check", "store.duckdb")
    assert "shared-colour" in run("evaluate", "store.duckdb", "--format", "csv", "--quiet")
    assert "plants" in run("similar", "store.duckdb", "flowers", "Rose", status=2)


#: The same question, from a function that is imported by its name and from those that the store describes.
ASK_SQLALCHEMY = """
import sqlalchemy as sa
import recstore.sqlalchemy as store
engine = sa.create_engine("recstore:///store.duckdb")
plants = sa.table("plants", sa.column("height"))
asked = {"k": 2, "filter": plants.c.height < 100}
made = [store.functions("plants", engine).similar("Rose", **asked)]
if %r:
    made += [store.similar_plants("Rose", **asked), store.functions("plants").similar("Rose", **asked)]
    made += [store.similar_plants(plant=1, **asked)]
with engine.connect() as con:
    for one in made:
        print(con.execute(sa.select(one.c.name, one.c.colours, one.c.height, one.c.tall)).all())
print([str(column.type) for column in made[0].c][:6])
"""


def test_sqlalchemy_knows_it(run, garden, tmp_path):
    run("build", "store.duckdb", "--source", "herbarium=plants.csv", "--quiet")
    printed = {}
    for is_installed, environment in ((True, garden), (False, None)):
        command = [sys.executable, "-c", ASK_SQLALCHEMY % is_installed]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        printed[is_installed] = done.stdout.splitlines()
    *rows, types = printed[True]
    assert rows == ["[('Daisy', ['white'], 20.0, False), ('Tulip', ['red', 'yellow'], 40.0, False)]"] * 4
    assert types == "['SMALLINT', 'INTEGER', 'VARCHAR', 'ARRAY', 'REAL', 'BOOLEAN']"
    assert printed[False] == [rows[0], types]


def test_a_store_answers_where_its_catalogue_is_not_installed(run, tmp_path):
    run("build", "store.duckdb", "--source", "herbarium=plants.csv", "--quiet")

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([RECSTORE, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert "Daisy" in command("similar", "store.duckdb", "plants", "Rose", "-k", "2").stdout
    refused = command("rebuild", "store.duckdb")
    assert refused.returncode != 0
    assert "plants" in refused.stderr
    assert "not installed" in refused.stderr
