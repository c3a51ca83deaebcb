"""Annoy indexes: what is stored is what was built, what is opened was verified, and a cache never gets in the way."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recstore
from recstore import BuildOptions, OptionError
from recstore.budget import BASE, GB, Budget
from recstore.models.space import Space
from recstore.pipeline import indexes as pipeline_indexes
from recstore.search import annoy_index
from recstore.search.annoy_index import Index, UnsoundIndexError, build_index, calibrate
from recstore.search.index_file import DamagedIndexError
from recstore.search.index_parts import with_vectors, without_vectors


def unit(rows, dimensions, seed=0):
    vectors = np.random.default_rng(seed).standard_normal((rows, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def exact(vectors, ids, vector, k, itself=None, among=None):
    """(id, score) of the k best, by NumPy alone."""
    score = np.rint(vectors.astype(np.float64) @ vector * 100_000).astype(np.int64)
    keep = (ids != itself) & (True if among is None else among)
    order = np.lexsort((ids[keep], -score[keep]))[:k]
    return list(zip(ids[keep][order].tolist(), score[keep][order].tolist(), strict=True))


def unpacked(keys):
    return [(2147483647 - int(key & 0xFFFFFFFF), int(key >> 32)) for key in keys]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.integers(1, 40), st.integers(1, 5), st.integers(0, 3))
def test_what_was_built_is_what_is_opened(tmp_path_factory, rows, dimensions, trees, seed):
    folder = tmp_path_factory.mktemp("index")
    vectors = unit(rows, dimensions, seed)
    ids = np.sort(np.random.default_rng(seed).choice(10_000, rows, replace=False)).astype(np.int32)
    build_index(vectors, trees, seed, folder / "a")
    build_index(vectors, trees, seed, folder / "b")
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
    index = Index(folder / "a", dimensions, ids, search_k=rows * trees)
    assert (index.vectors == vectors).all()
    for wanted in ((dimensions + 1, rows), (dimensions, rows + 1), (dimensions, rows - 1)):
        with pytest.raises(UnsoundIndexError):
            Index(folder / "a", wanted[0], np.arange(wanted[1], dtype=np.int32), 1)
    vector = vectors[rows // 2].astype(np.float64)
    among = np.random.default_rng(seed).random(rows) < 0.3
    for k in (1, 10, rows + 5):
        itself = int(ids[rows // 2])
        assert unpacked(index.nearest(vector, k)) == exact(vectors, ids, vector, k)
        assert unpacked(index.nearest(vector, k, itself)) == exact(vectors, ids, vector, k, itself)
        assert unpacked(index.nearest(vector, k, itself, among)) == exact(vectors, ids, vector, k, itself, among)


def test_recall_is_measured_and_filters_are_filled(tmp_path):
    """Blurred clusters, of which trees miss some; filters far from the question, and filters that leave little."""
    rng = np.random.default_rng(0)
    vectors = unit(30, 24)[rng.integers(0, 30, 30_000)] + 0.5 * unit(30_000, 24, 1)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ids = np.arange(0, 60_000, 2, dtype=np.int32)
    build_index(vectors, 5, 0, tmp_path / "a")
    index = Index(tmp_path / "a", 24, ids, search_k=1)
    recall = calibrate(index, 5, seed=0)
    assert recall >= 0.96
    assert index.search_k < len(ids)
    hits = 0
    for row in rng.choice(30_000, 100, replace=False):
        vector = vectors[row].astype(np.float64)
        tenth = exact(vectors, ids, vector, 10, ids[row])[-1][1]
        found = unpacked(index.nearest(vector, 10, int(ids[row])))
        assert len(found) == 10
        hits += sum(score >= tenth - 1 for _, score in found)
    assert hits >= 950
    vector = vectors[0].astype(np.float64)
    far = vectors @ vectors[0] < 0
    for among in (far, np.isin(ids, ids[[5, 6, 7]]), np.isin(ids, [0]), np.zeros(30_000, bool)):
        assert unpacked(index.nearest(vector, 10, 0, among)) == exact(vectors, ids, vector, 10, 0, among)
    most = rng.random(30_000) < 0.9
    found = unpacked(index.nearest(vector, 10, 0, most))
    assert len(found) == 10
    assert len({*found} & {*exact(vectors, ids, vector, 10, 0, most)}) >= 8
    assert len(index.nearest(vector, 40_000, 0)) == 29_999


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 255))
def test_no_byte_that_leads_out_of_the_file_is_opened(tmp_path_factory, place, byte):
    """Whatever byte of the trees is changed, opening refuses it, or every search stays inside."""
    folder = tmp_path_factory.mktemp("byte")
    vectors = unit(60, 4)
    build_index(vectors, 2, 0, folder / "a")
    content = bytearray((folder / "a").read_bytes())
    head = 60 * 28
    content[head + place % (len(content) - head)] = byte
    (folder / "a").write_bytes(content)
    try:
        index = Index(folder / "a", 4, np.arange(60, dtype=np.int32), 60)
    except UnsoundIndexError:
        return
    assert set(unpacked(index.nearest(vectors[3].astype(np.float64), 5))) <= {
        (i, s) for i, s in exact(vectors, np.arange(60), vectors[3].astype(np.float64), 60)
    }


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 90), st.integers(1, 9), st.integers(1, 700), st.integers(1, 90))
def test_an_index_without_its_vectors_is_made_whole_by_them(tmp_path_factory, rows, dimensions, piece, block):
    path = tmp_path_factory.mktemp("parts") / "a"
    vectors = unit(rows, dimensions)
    build_index(vectors, 2, 0, path)
    short = b"".join(without_vectors(path, rows, dimensions))
    assert len(short) == path.stat().st_size - vectors.nbytes
    parts = [short[start : start + piece] for start in range(0, len(short), piece)]
    blocks = [vectors[start : start + block] for start in range(0, rows, block)]
    assert b"".join(with_vectors(parts, rows, blocks)) == path.read_bytes()
    for wrong in ((parts[:1], rows * 9, blocks), (parts, rows, blocks[:-1]), ([b"", *parts], 0, blocks)):
        with pytest.raises(DamagedIndexError):
            b"".join(with_vectors(*wrong))


#: Annoy's own memory would count as data; a mapped file does not.
BOUNDED = """
import resource, sys
from pathlib import Path
import numpy as np
from recstore.search.annoy_index import build_index
vectors = np.load(sys.argv[1])
build_index(vectors[:100], 1, 0, Path(sys.argv[2] + ".warm"))
used = int(Path("/proc/self/status").read_text().split("VmData:")[1].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (used + (16 << 20), used + (16 << 20)))
build_index(vectors, 2, 0, Path(sys.argv[2]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Annoy builds in memory")
def test_an_index_is_built_on_the_disk_and_not_in_memory(tmp_path):
    vectors = unit(40_000, 128)
    np.save(tmp_path / "vectors.npy", vectors)
    subprocess.run([sys.executable, "-c", BOUNDED, tmp_path / "vectors.npy", tmp_path / "index"], check=True)
    assert (tmp_path / "index").stat().st_size > 20 << 20
    assert oct((tmp_path / "index").stat().st_mode)[-3:] == "600"


def test_an_index_that_is_built_in_memory_is_the_same(tmp_path, monkeypatch):
    vectors = unit(2_000, 8)
    build_index(vectors, 3, 1, tmp_path / "disk")
    monkeypatch.setattr(annoy_index, "reserve", lambda *_: False)
    build_index(vectors, 3, 1, tmp_path / "memory")
    assert (tmp_path / "disk").read_bytes() == (tmp_path / "memory").read_bytes()


@pytest.mark.parametrize(("rows", "dimensions"), [(3_000, 2), (3_000, 16), (3_000, 128), (40, 300)])
@pytest.mark.parametrize("kind", ["random", "one point", "a few points"])
def test_the_room_that_is_reserved_suffices(rows, dimensions, kind, tmp_path):
    vectors = unit(rows, dimensions)
    vectors = vectors[np.arange(rows) % {"random": rows, "one point": 1, "a few points": 7}[kind]]
    build_index(np.ascontiguousarray(vectors), 10, 0, tmp_path / "index")
    size = (tmp_path / "index").stat()
    assert size.st_size <= annoy_index._most_bytes(rows, dimensions, 10)
    # What was reserved beyond it is free again.
    assert size.st_blocks * 512 <= size.st_size + (1 << 20)


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is reserved elsewhere")
def test_an_index_without_room_is_an_error_and_no_crash(tmp_path):
    code = "import sys; from pathlib import Path; import resource, numpy as np\n"
    code += "from recstore.search.annoy_index import build_index\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
    code += "build_index(np.eye(900, dtype=np.float32), 9, 0, Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "index"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "File too large" in done.stderr


def test_an_index_is_the_same_beside_the_search_and_after_it(tmp_path, monkeypatch):
    """Where there is memory for both it is made beside the search, else when it is waited for."""
    monkeypatch.setattr(pipeline_indexes, "index_bytes", lambda *_: 10**6)
    space = Space("mean", np.arange(300, dtype=np.int32), unit(300, 8), "")
    staged = SimpleNamespace(folder=tmp_path)
    found = []
    for memory in (2 * GB, 0):
        with pipeline_indexes.building_index(staged, space, BuildOptions(), Budget(BASE + memory, 1)) as building:
            if not memory:
                assert list(tmp_path.glob("*.ann")) == []
            found.append(building())
        found[-1].path.unlink()
    assert found[0].sha256 == found[1].sha256


# In a store.


def test_each_space_has_an_index_bound_to_its_vectors(small_store, tmp_path, monkeypatch):
    with duckdb.connect(str(small_store), read_only=True) as con:
        indexes = con.execute(
            "SELECT index_name, space, dimensions, items, sha256, bytes FROM annoy_indexes"
        ).fetchall()
        assert sorted(space for _, space, *_ in indexes) == ["collaborative", "content", "hybrid", "together"]
        for name, space, dimensions, items, sha256, size in indexes:
            rows = con.execute("SELECT data, sha256 FROM annoy_chunks WHERE index_name = ? ORDER BY chunk", [name])
            stored = rows.fetchall()
            assert all(hashlib.sha256(data).hexdigest() == checksum for data, checksum in stored)
            rows = con.execute("SELECT vector FROM movie_vectors WHERE space = ? ORDER BY movie_id", [space])
            own = np.stack(rows.fetchnumpy()["vector"])
            # The vectors of the items are there once; of their nodes twelve bytes remain.
            assert sum(len(data) for data, _ in stored) == size - own.nbytes
            content = b"".join(with_vectors((data for data, _ in stored), items, [own[:7], own[7:]]))
            assert (len(content), hashlib.sha256(content).hexdigest()) == (size, sha256)
            (tmp_path / name).write_bytes(content)
            rows = con.execute("SELECT item, id FROM annoy_items WHERE index_name = ? ORDER BY item", [name])
            positions = rows.fetchnumpy()
            assert (positions["item"] == np.arange(items)).all()
            index = Index(tmp_path / name, dimensions, positions["id"], 1)
            rows = con.execute("SELECT movie_id, vector FROM movie_vectors WHERE space = ? ORDER BY 1", [space])
            vectors = rows.fetchnumpy()
            assert (vectors["movie_id"] == positions["id"]).all()
            assert (np.stack(vectors["vector"]) == index.vectors).all()
        query = "SELECT m.what, m.value FROM (SELECT unnest(measured) AS m FROM builds) WHERE m.space = 'hybrid'"
        measured = dict(con.execute(query).fetchall())
        assert measured["annoy recall@10"] >= 0.95
        assert measured["annoy search_k"] >= 1

    # Built again from the tables with other trees, and kept when the other catalogue is rebuilt.
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(small_store.read_bytes())
    facts = "SELECT trees, sha256 FROM annoy_indexes ORDER BY space"
    recstore.rebuild(copy)
    with duckdb.connect(str(copy), read_only=True) as con:
        first = con.execute(facts).fetchall()
    assert [s for _, s in first] == [entry[4] for entry in sorted(indexes, key=lambda entry: entry[1])]
    recstore.rebuild(copy, trees=3)
    recstore.rebuild(copy, only="audio")
    with duckdb.connect(str(copy), read_only=True) as con:
        assert [trees for trees, _ in con.execute(facts).fetchall()] == [3, 3, 3, 3]
        counts = (
            "SELECT count(DISTINCT index_name), (SELECT count(DISTINCT index_name) FROM annoy_items) FROM annoy_chunks"
        )
        assert con.execute(counts).fetchall() == [(4, 4)]
        figures = "SELECT count(*) FROM (SELECT unnest(measured) AS m FROM builds) WHERE m.catalog = 'movies' AND "
        # Four of each index; figures of spaces compared with those before stand beside them.
        assert con.execute(f"{figures} m.what LIKE 'annoy %'").fetchall() == [(16,)]
    # Where a catalogue is not small, it is measured whether asking the index is faster.
    monkeypatch.setattr("recstore.pipeline.indexes.SMALL", 50)
    recstore.rebuild(copy, only="movies")
    with duckdb.connect(str(copy), read_only=True) as con:
        measured = dict(
            con.execute(query.replace("builds)", "builds WHERE list_contains(catalogs, 'movies'))")).fetchall()
        )
    assert measured["annoy is faster"] == (measured["annoy seconds"] < measured["scan seconds"])
    with pytest.raises(OptionError, match="trees must not be negative"):
        BuildOptions(trees=-1)
