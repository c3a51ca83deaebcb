"""What the tests share: where the data is, and stores that are built once a session."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

import recstore
from recstore.samples.movies import write_sample

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
