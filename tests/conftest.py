"""What the tests share: where the data is, and stores that are built once a session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import recstore
from recstore.sample import write_sample

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
    assert (report.loads["audioset"].rows, report.rejects) == (22160, 0)
    return path
