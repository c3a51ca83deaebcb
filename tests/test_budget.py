"""`--memory` and `--threads` bound all of the work and, but for one thing that is documented, change nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tracemalloc
from collections import namedtuple
from pathlib import Path

import duckdb
import numpy as np
import pytest
import scipy.sparse

import recstore
from recstore import budget
from recstore.budget import BASE, GB, Budget, cgroup_limits
from recstore.models import svd
from recstore.models.interactions import Interactions
from recstore.models.together import together_vectors
from recstore.store import room
from recstore.store.proof import prove

RECSTORE = str(Path(sys.executable).parent / "recstore")


def test_a_build_stays_within_its_memory(bounded_store):
    assert int(bounded_store.with_name("peak.txt").read_text()) < 1 * GB + BASE


def test_threads_change_nothing(small_folder, tmp_path):
    stores = [tmp_path / "one.duckdb", tmp_path / "two.duckdb"]
    for threads, store in enumerate(stores, 1):
        recstore.build(store, {"movielens": small_folder}, threads=threads)
    digests = {recstore.manifest(store)["content_digest"] for store in stores}
    assert len(digests) == 1


@pytest.mark.parametrize("command", ["build", "evaluate"])
def test_what_is_no_budget_is_refused(command, sample_store, movielens, tmp_path):
    store = shutil.copy(sample_store, tmp_path / "s.duckdb")
    source = ["--movielens", str(movielens)] if command == "build" else []
    done = subprocess.run(
        [RECSTORE, command, str(store), *source, "--memory", "0.01"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "at least 0.2" in done.stderr


def test_the_default_is_half_of_what_there_is_and_all_cores_of_the_process(monkeypatch):
    monkeypatch.setattr(budget, "machine_memory", lambda: 10 * GB)
    assert Budget.of().memory == 5 * GB
    assert Budget.of().threads == budget.cores()
    assert Budget.of(3).memory == 3 * GB


@pytest.mark.parametrize(
    ("membership", "file"),
    [("0::/a/b\n", "a/memory.max"), ("0::/a\n", "memory.max"), ("7:memory:/x\n", "memory/memory.limit_in_bytes")],
)
def test_the_limit_of_a_cgroup_and_of_those_around_it_counts(membership, file, tmp_path):
    (tmp_path / "membership").write_text(membership)
    (tmp_path / "root" / file).parent.mkdir(parents=True)
    (tmp_path / "root" / file).write_text("2000000000\n")
    assert list(cgroup_limits(tmp_path / "membership", tmp_path / "root")) == [2 * GB]


def test_a_disk_with_certainly_no_room_is_told_before_the_work(sample_store, tmp_path, monkeypatch):
    store = Path(shutil.copy(sample_store, tmp_path / "s.duckdb"))
    before = store.read_bytes()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _path: usage(0, 0, 1000))
    with pytest.raises(recstore.StoreError, match=r"takes at least .* MB, and in .* 0\.0 MB are free: make room in"):
        recstore.rebuild(store)
    assert store.read_bytes() == before


def test_stretches_of_single_ratings_are_never_dense_all_at_once():
    n, movies = 100_000, 500
    rng = np.random.default_rng(0)
    # Each a day after the one before: a row for every rating and way of cutting.
    data = Interactions(
        np.sort(rng.integers(0, 1000, n, np.int32)), rng.integers(0, movies, n, np.int32), None,
        np.arange(n) * 86400.0, 1000, movies,
    )  # fmt: skip
    tracemalloc.start()
    try:
        together_vectors(data, 40, 0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * n * 50 * 8


def test_blocks_of_rows_decide_nothing_but_rounding(monkeypatch):
    matrix = scipy.sparse.random(1000, 80, 0.1, "csr", np.float32, rng=np.random.default_rng(0))
    whole = svd.right_singular_vectors(matrix, 5, 0)
    monkeypatch.setattr(svd, "_BLOCK", 64)
    np.testing.assert_allclose(np.abs(svd.right_singular_vectors(matrix, 5, 0)), np.abs(whole), atol=2e-3)
    shares = svd.explained_by_sums(matrix, *svd.sums_of_reduced(matrix, whole))
    np.testing.assert_allclose(shares, svd.explained_variance(matrix, matrix @ whole), rtol=1e-5)


def test_too_little_memory_for_the_check_is_no_fault_of_the_store(sample_store):
    with pytest.raises(duckdb.OutOfMemoryException):
        prove(sample_store, Budget(4 * 10**6, 1))
