"""`--memory` and `--threads` bound all of the work and, but for one thing that is documented, change nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tracemalloc
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
import scipy.sparse
from repeated import repeated
from runner import run

import recstore
from recstore import budget
from recstore.budget import BASE, GB, Budget, Needs, cgroup_limits
from recstore.catalogs.movies.model import Movies
from recstore.catalogs.needs import Sizes
from recstore.models import svd
from recstore.models.interactions import Interactions
from recstore.models.person import PersonSettings, person_weights
from recstore.models.svd import unit_rows
from recstore.models.together import together_vectors
from recstore.models.transitions import Timeline
from recstore.options import BuildOptions
from recstore.pipeline import add, build, compute
from recstore.search.exact import nearest_neighbors
from recstore.store import room
from recstore.store.proof import prove

RECSTORE = str(Path(sys.executable).parent / "recstore")
CHANGES = ["build", "rebuild", "add", "evaluate", "tune"]


def told(command: str, store: Path, source: Path) -> list[object]:
    """Return the arguments of a command that makes `store` anew."""
    ratings = ["--ratings", source / "ratings.csv"]
    given = {"build": ["--movielens", source], "add": ratings, "tune": ["--trials", 3]}
    return [command, store, *given.get(command, []), "--quiet"]


@pytest.mark.thorough
def test_a_build_stays_within_its_memory(bounded_store):
    assert int(bounded_store.with_name("peak.txt").read_text()) < 1 * GB


@pytest.mark.parametrize("command", repeated(["rebuild", "evaluate", "add", "tune"]))
def test_the_whole_process_stays_within_its_memory(command, sample_store, sample_folder, peak_of, tmp_path):
    store = shutil.copy(sample_store, tmp_path / "s.duckdb")
    arguments = told(command, store, sample_folder)
    assert peak_of(RECSTORE, *arguments, "--memory", 0.6) < 0.6 * GB


@pytest.mark.parametrize("command", CHANGES)
def test_what_does_not_fit_is_refused_before_the_work_with_what_it_would_need(
    command, small_store, small_folder, tmp_path, monkeypatch
):
    store = Path(shutil.copy(small_store, tmp_path / "s.duckdb"))
    before = store.read_bytes()
    for name in ("needs", "needs_of_evaluation"):
        monkeypatch.setattr(Movies, name, lambda *_: Needs(9 * GB, "20,000,000 interactions"))
    monkeypatch.setattr(compute, "compute", None)
    if command in ("rebuild", "add"):
        # What the store's own rows need is known before any is copied.
        for module in (build, add):
            monkeypatch.setattr(module, "copy_catalog", None)
    code, said = run(*told(command, store, small_folder), "--memory", "4")
    assert code == 1
    work = "Evaluating" if command == "evaluate" else "Building"
    assert said == (
        f"recstore: {work} movies needs about 9.6 GB of memory (20,000,000 interactions), and --memory allows 4 GB. "
        "Nothing was changed. Give it more with --memory 9.6, on a machine that has as much; fewer dimensions and "
        "fewer rows need less.\n"
    )
    assert store.read_bytes() == before
    assert list(tmp_path.iterdir()) == [store]


def test_a_real_catalogue_is_refused_by_its_rows(movielens, tmp_path):
    code, said = run("build", tmp_path / "s.duckdb", "--movielens", movielens, "--memory", "0.6", "--quiet")
    assert code == 1
    assert "(9,742 movies, 100,836 rows of ratings), and --memory allows 0.6 GB" in said
    assert not list(tmp_path.iterdir())


def test_where_nobody_names_the_memory_it_grows_with_what_is_needed(monkeypatch):
    monkeypatch.setattr(budget, "machine_memory", lambda: 10 * GB)
    assert Budget.of().holding(Needs(6 * GB), "building books").memory == 8 * GB
    with pytest.raises(recstore.CapacityError, match=r"needs about 8\.6 GB .* 80% of this machine's memory are 8 GB"):
        Budget.of().holding(Needs(8 * GB), "building books")


def test_what_is_reckoned_with_is_not_less_than_what_is_held():
    n, users, items, dimensions = 200_000, 1000, 1000, 20
    rng = np.random.default_rng(0)
    # Each a day after the one before: a stretch for every rating and way of cutting.
    data = Interactions(
        np.sort(rng.integers(0, users, n, np.int32)), rng.integers(0, items, n, np.int32), np.ones(n, np.float32),
        np.arange(n) * 86400.0, users, items,
    )  # fmt: skip
    sizes = Sizes(items, "books", (dimensions,), n, "sales", columns=items, dimensions=dimensions)
    blocks = 30 * 10**6

    def peak(work: Callable[[], object]) -> int:
        tracemalloc.start()
        try:
            work()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    whole = sizes.of_build(BuildOptions()).size - 20 * n + blocks
    assert peak(lambda: together_vectors(data, dimensions, 0)) < whole
    assert peak(data.once) < whole
    assert peak(lambda: Timeline.of(data, 0)) < whole
    # The weights' squares are not among what is held whole.
    assert peak(lambda: person_weights(data, PersonSettings())) < whole + 6 * 4 * items**2
    vectors = unit_rows(rng.standard_normal((items, dimensions)))[0]
    one = Budget(budget.BASE + GB, 1)
    searched = Sizes(items, "books", (dimensions,)).of_build(BuildOptions()).size
    assert peak(lambda: list(nearest_neighbors(vectors, 10, budget=one))) < searched + 2 * blocks


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
    assert "at least 0.6" in done.stderr


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


def test_blocks_of_rows_decide_nothing_but_rounding(monkeypatch):
    matrix = scipy.sparse.random(1000, 80, 0.1, "csr", np.float32, rng=np.random.default_rng(0))
    whole = svd.right_singular_vectors(matrix, 5, 0)
    monkeypatch.setattr(svd, "_BLOCK", 64)
    np.testing.assert_allclose(np.abs(svd.right_singular_vectors(matrix, 5, 0)), np.abs(whole), atol=2e-3)
    found = svd.decompose(matrix, 5, 0)
    shares = svd.explained_by(matrix, found)
    np.testing.assert_allclose(shares, svd.explained_variance(matrix, matrix @ whole), rtol=1e-5)


def test_duckdb_has_no_more_threads_than_can_work_with_its_memory():
    with duckdb.connect() as connection:
        Budget(BASE + 600 * 10**6, 16).bound(connection)
        assert connection.execute("SELECT current_setting('threads')").fetchone() == (4,)


def test_too_little_memory_for_the_check_is_no_fault_of_the_store(sample_store, monkeypatch):
    monkeypatch.setattr(budget, "_LEAST_DUCKDB", 2 * 10**6)
    with pytest.raises(duckdb.OutOfMemoryException):
        prove(sample_store, Budget(BASE + 4 * 10**6, 1))
