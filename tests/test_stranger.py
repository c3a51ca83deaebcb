"""A third catalogue, installed as a stranger would install one, is asked, checked, rebuilt and compared like ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from runner import elsewhere, recstore

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


@pytest.fixture(scope="module")
def gardener(garden):
    """Runs the commands of one who has the package."""
    with elsewhere(garden) as commands:
        yield commands


@pytest.fixture
def run(gardener, tmp_path):
    (tmp_path / "plants.csv").write_text(PLANTS)

    def command(*arguments: str, status: int = 0) -> str:
        done = gardener.recstore(*arguments, cwd=tmp_path)
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
    run("build", "store.duckdb", "--herbarium", "plants.csv", "--height-matters", "0.5", "--quiet")
    assert "0.5" in run("sql", "store.duckdb", "SELECT configuration['height_matters'] FROM builds")
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


def test_its_options_stand_in_the_help(run):
    helps = {name: " ".join(run(name, "--help").replace("│", " ").split()) for name in ("build", "rebuild", "add")}
    assert "--herbarium SOURCE" in helps["build"]
    assert "--height-matters" in helps["build"]
    assert "How much the height of a plant counts" in helps["rebuild"]
    assert "--plants FILE" in helps["add"]


def test_plants_are_added(run, tmp_path):
    run("build", "store.duckdb", "--herbarium", "plants.csv", "--quiet")
    (tmp_path / "more.csv").write_text(
        "id,name,colours,height\n4,Iris,purple,61\n5,Lily,white,90\n3,Daisy,white,20\n5,Lily,white|red,95\nx,,,\n"
    )
    command = ["add", "store.duckdb", "--plants", "more.csv", "--max-reject-rate", "0.5"]
    run(*command)
    query = "SELECT plant_id, name, height FROM plants ORDER BY plant_id"
    after = "plant_id,name,height\n1,Rose,120.0\n2,Tulip,40.0\n3,Daisy,20.0\n4,Iris,61.0\n5,Lily,95.0\n"
    assert run("sql", "store.duckdb", query, "--format", "csv") == after
    run(*command)
    assert run("sql", "store.duckdb", query, "--format", "csv") == after
    counted = (
        "SELECT list_sort(list_transform(sources, lambda s: s.rows)) AS rows FROM builds WHERE catalogs = ['plants']"
    )
    assert run("sql", "store.duckdb", counted, "--format", "csv") == 'rows\n"[0, 1, 4]"\n'
    assert "Lily" in run("similar", "store.duckdb", "plants", "Rose")
    assert "sound" in run("check", "store.duckdb")
    assert "--plants FILE" in run("add", "store.duckdb", status=2)
    assert "--herbarium SOURCE" in run("rebuild", "none.duckdb", status=2)


def test_completion_goes_by_the_store(run, gardener, tmp_path):
    run("build", "store.duckdb", "--herbarium", "plants.csv", "--quiet")

    def completed(words: str) -> list[str]:
        return gardener.completions(f"recstore {words}", tmp_path)

    assert "plants" in completed("similar store.duckdb ")
    assert completed("similar store.duckdb p") == ["plants"]
    assert completed("similar store.duckdb plants T") == ["Tulip"]
    assert completed("similar store.duckdb plants Rose --space ") == ["looks"]
    assert completed("heatmap store.duckdb plants Rose D") == ["Daisy"]
    assert completed("rebuild store.duckdb --only p") == ["plants"]
    assert completed("build store.duckdb --herb") == ["--herbarium"]
    assert completed("similar none.duckdb ") == []


def test_a_broken_package_is_in_nobodys_way(garden, tmp_path):
    def run(*arguments: str, status: int = 0) -> str:
        # In a process of its own, which has not imported it yet.
        command = [RECSTORE, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=garden, cwd=tmp_path)
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    package = next(Path(garden["PYTHONPATH"]).glob("garden/loader.py"))
    sound = package.read_text()
    package.write_text("raise ImportError('no such library')")
    try:
        assert "no such library" in " ".join(run("build", "--help").replace("│", " ").split())
        refused = run("build", "store.duckdb", "--herbarium", "plants.csv", status=2)
        assert "The loader herbarium cannot be used" in refused
        assert "Traceback" not in refused
        assert "--ratings FILE" in run("add", "store.duckdb", status=2)
    finally:
        package.write_text(sound)


def test_a_store_answers_where_its_catalogue_is_not_installed(run, tmp_path):
    run("build", "store.duckdb", "--source", "herbarium=plants.csv", "--quiet")

    assert "Daisy" in recstore("similar", "store.duckdb", "plants", "Rose", "-k", "2", cwd=tmp_path).stdout
    refused = recstore("rebuild", "store.duckdb", cwd=tmp_path)
    assert refused.returncode != 0
    assert "plants" in refused.stderr
    assert "not installed" in refused.stderr
