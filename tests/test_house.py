"""The house stays in order: directions of imports, packaging, sizes, and what an import costs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib import import_module, resources
from importlib.metadata import entry_points
from pathlib import Path

import duckdb
import pytest

from recstore import attach_script, sql
from recstore.catalogs import render
from recstore.catalogs.audio.catalog import AUDIO
from recstore.catalogs.movies.catalog import MOVIES
from recstore.sources.loader import Loader, get_loader, loader_names

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

#: From the top of the house down: a room imports only from rooms that stand after its own. `recstore` is the package.
FLOORS = [
    ["cli", "sqlalchemy", "dbt", "testing"],
    ["explore"],
    ["recstore", "samples", "tools", "installed"],
    ["spark"],
    ["reports"],
    ["pipeline", "connection"],
    ["catalogs.declared.guessing"],
    ["catalogs.movies", "catalogs.audio", "catalogs.declared"],
    ["store"],
    ["catalogs"],
    ["evaluation"],
    ["search", "models"],
    ["sound"],
    ["sources"],
    ["cache"],
    ["options", "progress", "budget", "arrow", "scratch", "reserved", "text", "paths", "sql"],
    ["errors", "opening", "plugins"],
]


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / "recstore").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def room(module: str) -> str:
    """Return the folder of a module, or the module itself on the ground floor; a catalogue's folder is a room."""
    parts = module.split(".")[1:]
    if parts[:3] == ["catalogs", "declared", "guessing"]:
        return ".".join(parts[:3])
    if parts[:1] == ["catalogs"] and (ROOT / "recstore" / "catalogs" / "/".join(parts[1:2])).is_dir() and parts[1:]:
        return ".".join(parts[:2])
    return parts[0] if parts else "recstore"


def floor(module: str) -> int:
    found = [number for number, rooms in enumerate(FLOORS) if room(module) in rooms]
    assert found, f"{module} stands on no floor"
    return found[0]


@cache
def imported(path: Path) -> frozenset[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names} & set(modules())
            found |= below or {node.module}
    return frozenset(name for name in found if name.split(".")[0] == "recstore")


def test_imports_run_downward_only():
    for module, path in modules().items():
        for other in imported(path):
            same = room(other) == room(module)
            assert same or floor(other) > floor(module), f"{module} imports {other}"


#: What the command line may import besides the names of `recstore` itself; docs/references.py lists what these hold.
PUBLIC = {"explore", "errors", "progress", "options", "cache", "installed", "paths", "spark", "sql", "text", "tools"}


def test_the_command_line_uses_the_public_api_alone():
    import recstore

    names = {f"recstore.{name}" for name in recstore.__all__}
    allowed = {"recstore", *(f"recstore.{module}" for module in PUBLIC), *names}
    for module, path in modules().items():
        if room(module) == "cli":
            # The demo plays the samples that are shipped.
            may = {"recstore.samples.movies", "recstore.samples.audio"} if module.endswith(".demo") else set()
            others = {name for name in imported(path) if room(name) != "cli"}
            assert others <= allowed | may, f"{module} imports {others - allowed - may}"


#: What tests may import that is not public, and why: all else is tried as its users use it. "Extends recstore" stands
#: where those import it who add a loader or a catalogue.
TESTED_INSIDE = {
    "budget": "extends recstore",
    "catalogs.catalog": "extends recstore",
    "catalogs.needs": "what a build is said to need is compared with what its models hold",
    "catalogs.registry": "extends recstore; a loader is tried on the tables of a catalogue alone",
    "catalogs.render": "extends recstore; the golden files, and the tables that a loader is tried on",
    "catalogs.rules": "a rule is tried on the rows that break it",
    "evaluation": "metrics and protocols are compared with other libraries' and with their definitions",
    "models": "what a model computes is compared with other libraries', NumPy's and its formula",
    "search": "clusters, exact search and Annoy's files are tried on vectors and on damaged bytes",
    "sound": "the front end and the network are compared with their definitions in NumPy, the release with the weights",
    "sources.dialect": "a dialect that is said, not found",
    "sources.download": "a server that breaks off, lies and comes back",
    "sources.files": "archives that are no archives",
    "sources.loader": "extends recstore",
    "sources.relations": "each kind of source is gathered before it is a catalogue's",
    "sources.rows": "rows of a database in batches of any size",
    "scratch": "what is left behind in temporary folders",
    "samples": "the data that the tests build from",
    "catalogs.audio.catalog": "the golden files",
    "catalogs.audio.frames": "reads the frames of clips in any order, as the models ask for them",
    "catalogs.movies": "the golden files; what the model learns from, and the rules of the rows",
    "catalogs.declared.guessing.words": "no word that a user may choose means two things",
    "pipeline": "a step of a build is stopped, or fails",
    "store": "locks, publication and proofs under faults; comparison of definitions, which takes any text of SQL",
    "cli": "the application, run in this process; parts of the shell that take a line at a time",
    "connection.saved_queries": "the parser of a saved query's header",
    "reports.output_files": "a file that cannot be written whole",
}


def test_tests_reach_inside_only_where_it_is_said_why():
    public = {"recstore", "testing", "sqlalchemy", "dbt", *PUBLIC}
    used = set()
    for path in (ROOT / "tests").glob("*.py"):
        for module in imported(path):
            if room(module) in public:
                continue
            inner = module.removeprefix("recstore.")
            found = [name for name in TESTED_INSIDE if f"{inner}.".startswith(f"{name}.")]
            assert found, f"{path.name} imports {module}: use the public name, or say in TESTED_INSIDE why not"
            used |= set(found)
    assert used == set(TESTED_INSIDE)


def test_what_tests_import_is_there():
    for path in (ROOT / "tests").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "recstore":
                module = import_module(node.module)
                for alias in node.names:
                    there = hasattr(module, alias.name) or f"{node.module}.{alias.name}" in modules()
                    assert there, f"{path.name} imports {alias.name} from {node.module}, which has none"


def test_neither_the_command_line_nor_the_pipeline_names_a_catalogue_or_a_loader():
    named = re.compile(r"(?i)movie|audio|\bclips?\b")
    for place in ("cli", "pipeline"):
        for path in (ROOT / "recstore" / place).rglob("*"):
            if path.suffix in (".py", ".sql") and path.name != "demo.py":
                found = [line for line in path.read_text().splitlines() if named.search(line)]
                assert not found, f"{path}: {found}"


def test_no_modules_import_each_other_in_a_circle():
    below = {module: imported(path) & set(modules()) - {module} for module, path in modules().items()}
    # The package itself is lazy: it imports what is asked of it.
    below["recstore"] = set()
    while leaves := [module for module, others in below.items() if not others]:
        for leaf in leaves:
            del below[leaf]
        below = {module: others - set(leaves) for module, others in below.items()}
    assert not below


def test_the_core_imports_no_loader_and_loaders_are_entry_points():
    assert not any(name.startswith("recstore.loaders") for path in modules().values() for name in imported(path))
    declared = PYPROJECT["project"]["entry-points"]["recstore.loaders"]
    assert {entry.name: entry.value for entry in entry_points(group="recstore.loaders")} == declared
    assert loader_names() == sorted(declared)
    for name in loader_names():
        assert isinstance(get_loader(name), Loader)


def test_every_folder_of_python_is_packaged():
    places = PYPROJECT["tool"]["setuptools"]["package-dir"]
    found = set()
    for package, folder in places.items():
        for marker in (ROOT / folder).rglob("__init__.py"):
            inner = marker.parent.relative_to(ROOT / folder).parts
            found.add(".".join([package, *inner]))
    assert found == set(PYPROJECT["tool"]["setuptools"]["packages"])


def test_every_data_file_is_packaged():
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]
    for folder, package in (("schema", "recstore.schema"), ("queries", "recstore.queries"),
                            ("loaders", "recstore.loaders"), ("recstore", "recstore")):  # fmt: skip
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in (".sql", ".txt"):
                owner = ".".join([package, *path.parent.relative_to(ROOT / folder).parts])
                assert f"*{path.suffix}" in patterns[owner], path
                assert resources.files(owner).joinpath(path.name).is_file()


def test_no_module_is_too_long():
    for path in [*ROOT.glob("recstore/**/*.py"), *ROOT.glob("loaders/**/*.py"), *ROOT.glob("tests/*.py")]:
        assert len(path.read_text().splitlines()) <= 400, path


#: What a statement begins with.
STATEMENT = re.compile(
    r"\s*(--[^\n]*\n\s*)*(SELECT|INSERT|WITH|FROM|CREATE|DELETE|UPDATE|COPY|ATTACH|ALTER|UNION|JOIN|WHERE|SET|DROP)\s"
)


def long_sql(text: str) -> set[int]:
    """Return the lines of a module where a string of more than one line begins that is SQL."""
    found = set()
    tree = ast.parse(text)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in docstrings or not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            continue
        first = node
        while isinstance(first, ast.BinOp | ast.JoinedStr):
            first = first.left if isinstance(first, ast.BinOp) else first.values[0]
        begins = isinstance(first, ast.Constant) and isinstance(first.value, str) and STATEMENT.match(first.value)
        if begins and (node.end_lineno > node.lineno or "\n" in str(first.value).strip()):
            found.add(node.lineno)
    return found


def test_sql_of_more_than_a_line_stands_in_files_of_its_own():
    for folder in ("recstore", "loaders"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not long_sql(path.read_text()), f"{path}: {long_sql(path.read_text())}"
    assert long_sql('x = (\n    "SELECT 1 "\n    f"FROM {y}"\n)') == {2}
    assert long_sql('x = "FROM a " + (\n    "WHERE b"\n)') == {1}
    assert long_sql('x = """\n-- why\nSELECT 1"""') == {1}
    assert long_sql('def f():\n    """\n    Select one\n    """') == set()


#: Words for things that have names of the field's, by which a newcomer looks for them.
JARGON = {"face", "soundness", "blueprint", "upkeep", "carry", "carrier", "carried"}


def test_words_that_only_the_house_knows_stay_away():
    pages = [ROOT / "README.md", *ROOT.glob("docs/*.md")]
    for folder in ("recstore", "loaders", "schema", "queries", "benchmarks", "examples"):
        pages += [path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".sql", ".yml")]
    word = re.compile(r"(?i)\b(faces?|soundness|blueprint|upkeep|carriers?|carr(y|ied) over)\b")
    assert [(path.name, found[0]) for path in pages if (found := word.search(path.read_text()))] == []


def test_names_are_the_fields():
    for folder in ("recstore", "loaders", "benchmarks", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not {*JARGON, "latent", "shared", "care", "asking"} & set(path.stem.split("_")), path
            tree = ast.walk(ast.parse(path.read_text()))
            for name in [node.name for node in tree if isinstance(node, ast.ClassDef | ast.FunctionDef)]:
                parts = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().split("_")
                assert not JARGON & set(parts), f"{path}: {name}"


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("code", ["import recstore", "import recstore.cli.app", "import recstore; recstore.connect"])
def test_what_an_import_brings_in(code):
    heavy = ("sklearn", "pandas", "tensorflow", "scipy", "pyarrow", "annoy", "matplotlib",
             "sqlalchemy", "prompt_toolkit", "pygments", "soundfile", "mutagen", "nicegui", "openTSNE",
             "pyspark")  # fmt: skip
    loaded = run_python(f"{code}\nimport sys\nprint([name for name in {heavy} if name in sys.modules])")
    assert loaded == "[]"


def test_the_public_names_are_there():
    assert run_python("import recstore; print(all(getattr(recstore, name) for name in recstore.__all__))") == "True"
    # Whichever module was imported first, the name is the function.
    assert run_python("import recstore.pipeline.build, recstore; print(callable(recstore.build))") == "True"


def test_quoting():
    assert sql.identifier('a"b') == '"a""b"'
    assert sql.literal("a'b") == "'a''b'"


@pytest.mark.parametrize("kind", ["store", "views"])
def test_golden_functions(kind):
    """What a store will contain, for a reader to see. To renew: python tests/golden/renew.py"""
    both = (MOVIES, AUDIO)
    text = {
        "store": render.render_views(both) + render.render_functions(both),
        "views": render.render_functions(both, render.attached_relation("rec_store"), '"rec".main.'),
    }[kind]
    assert (ROOT / "tests" / "golden" / f"{kind}.sql").read_text() == text


def test_the_script_of_attach_quotes_its_names(sample_store, tmp_path):
    odd = tmp_path / 'it\'s "odd".duckdb'
    odd.write_bytes(sample_store.read_bytes())
    with duckdb.connect() as con:
        con.execute(attach_script(odd, 'my "rec"'))
        assert con.execute('SELECT rank FROM "my ""rec""".similar_movies(1, k := 1)').fetchall() == [(1,)]
