# ruff: noqa: D102 - what each method is asked stands in peers.py
"""How each of recstore and its peers is loaded and asked, for `peers.py`: as its own documentation says to.

Each method that asks is as short as it is to be written, since its lines are counted.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

#: One of a hundred values of the column `bucket`, which the filter asks for.
BUCKET = 7
K = 10


def lines_of(method: Callable[..., object]) -> int:
    """Return how many lines a method has, without its head and docstring."""
    return len([line for line in inspect.getsource(method).splitlines()[1:] if line.strip()])


class Recstore:
    """A store with the vectors as a space of its own, asked through `recstore.connect`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, items: pa.Table, _vectors: np.ndarray) -> None:
        import recstore

        things = recstore.Items(source=items, id="id", title="title", vectors={"given": "v"})
        recstore.build(self.folder / "things.duckdb", {"things": things})
        self.con = recstore.connect(self.folder / "things.duckdb")

    def like(self, item: int) -> list[int]:
        return [one for (one,) in self.con.execute("SELECT id FROM similar_things(?)", [item]).fetchall()]

    def like_where(self, item: int) -> list[int]:
        asked = "SELECT id FROM similar_things(?, filter := bucket = 7)"
        return [one for (one,) in self.con.execute(asked, [item]).fetchall()]

    def near(self, vector: np.ndarray) -> list[int]:
        return [one for (one,) in self.con.execute("SELECT id FROM nearest_things(?)", [vector]).fetchall()]

    def many(self, ids: list[int]) -> dict[int, list[int]]:
        asked = "SELECT a.id, list(s.id) FROM (SELECT unnest(?) AS id) AS a, similar_things(a.id) AS s GROUP BY a.id"
        return dict(self.con.execute(asked, [ids]).fetchall())

    def close(self) -> None:
        self.con.close()


class Pgvector:
    """PostgreSQL with pgvector, and its index HNSW as it comes."""

    def __init__(self, folder: Path) -> None:
        import pgserver
        import psycopg

        self.server = pgserver.get_server(folder / "pg", cleanup_mode="stop")
        self.con = psycopg.connect(self.server.get_uri(), autocommit=True)

    def load(self, items: pa.Table, vectors: np.ndarray) -> None:
        self.con.execute("CREATE EXTENSION vector")
        self.con.execute(f"CREATE TABLE t (id INT PRIMARY KEY, bucket INT, v vector({vectors.shape[1]}))")
        with self.con.cursor() as cursor, cursor.copy("COPY t FROM STDIN") as copy:
            for number, (bucket, vector) in enumerate(zip(items["bucket"].to_pylist(), vectors, strict=True)):
                copy.write_row((number, bucket, "[" + ",".join(map(str, vector.tolist())) + "]"))
        self.con.execute("SET maintenance_work_mem = '1GB'")
        self.con.execute("CREATE INDEX ON t USING hnsw (v vector_cosine_ops)")
        self.con.execute("CREATE INDEX ON t (bucket)")
        self.con.execute("ANALYZE t")

    def like(self, item: int) -> list[int]:
        asked = """SELECT id FROM t WHERE id <> %(id)s
            ORDER BY v <=> (SELECT v FROM t WHERE id = %(id)s) LIMIT 10"""
        return [one for (one,) in self.con.execute(asked, {"id": item}).fetchall()]

    def like_where(self, item: int) -> list[int]:
        asked = """SELECT id FROM t WHERE id <> %(id)s AND bucket = 7
            ORDER BY v <=> (SELECT v FROM t WHERE id = %(id)s) LIMIT 10"""
        return [one for (one,) in self.con.execute(asked, {"id": item}).fetchall()]

    def near(self, vector: np.ndarray) -> list[int]:
        asked = "SELECT id FROM t ORDER BY v <=> %s::vector LIMIT 10"
        return [one for (one,) in self.con.execute(asked, [str(vector.tolist())]).fetchall()]

    def many(self, ids: list[int]) -> dict[int, list[int]]:
        asked = """SELECT a.id, array_agg(s.id) FROM t AS a, LATERAL (SELECT b.id FROM t AS b WHERE b.id <> a.id
            ORDER BY b.v <=> a.v LIMIT 10) AS s WHERE a.id = ANY(%s) GROUP BY a.id"""
        return dict(self.con.execute(asked, [ids]).fetchall())

    def close(self) -> None:
        self.con.close()
        self.server.cleanup()


class Lance:
    """LanceDB with the index that its documentation begins with, which is refined by whole vectors."""

    def __init__(self, folder: Path) -> None:
        import lancedb

        self.db = lancedb.connect(folder / "lance")

    def load(self, items: pa.Table, vectors: np.ndarray) -> None:
        self.table = self.db.create_table("t", items)
        self.table.create_index(metric="cosine", vector_column_name="v", index_type="IVF_HNSW_SQ")
        self.table.create_scalar_index("id")
        self.table.create_scalar_index("bucket")

    def like(self, item: int) -> list[int]:
        [mine] = self.table.search().where(f"id = {item}").select(["v"]).to_list()
        found = (
            self.table.search(mine["v"]).where(f"id <> {item}").refine_factor(5).limit(10).select(["id", "_distance"])
        )
        return found.to_arrow()["id"].to_pylist()

    def like_where(self, item: int) -> list[int]:
        [mine] = self.table.search().where(f"id = {item}").select(["v"]).to_list()
        wanted = f"id <> {item} AND bucket = 7"
        found = self.table.search(mine["v"]).where(wanted).refine_factor(5).limit(10).select(["id", "_distance"])
        return found.to_arrow()["id"].to_pylist()

    def near(self, vector: np.ndarray) -> list[int]:
        return (
            self.table.search(vector)
            .refine_factor(5)
            .limit(10)
            .select(["id", "_distance"])
            .to_arrow()["id"]
            .to_pylist()
        )

    def many(self, ids: list[int]) -> dict[int, list[int]]:
        wanted = f"id IN ({', '.join(map(str, ids))})"
        mine = self.table.search().where(wanted).select(["id", "v"]).limit(len(ids)).to_list()
        found: dict[int, list[int]] = {}
        for one in mine:
            near = (
                self.table.search(one["v"])
                .refine_factor(5)
                .limit(11)
                .select(["id", "_distance"])
                .to_arrow()["id"]
                .to_pylist()
            )
            found[one["id"]] = [other for other in near if other != one["id"]][:10]
        return found

    def close(self) -> None:
        pass


class SqliteVec:
    """SQLite with sqlite-vec, which compares with every vector."""

    def __init__(self, folder: Path) -> None:
        import pysqlite3
        import sqlite_vec

        # Python's own sqlite3 often comes without extensions.
        self.con = pysqlite3.connect(str(folder / "t.sqlite"))
        self.con.enable_load_extension(True)
        sqlite_vec.load(self.con)

    def load(self, items: pa.Table, vectors: np.ndarray) -> None:
        width = vectors.shape[1]
        self.con.execute(
            f"CREATE VIRTUAL TABLE t USING vec0(id INTEGER PRIMARY KEY, bucket INTEGER, "
            f"v FLOAT[{width}] distance_metric=cosine)"
        )
        rows = zip(items["id"].to_pylist(), items["bucket"].to_pylist(), map(bytes, vectors), strict=True)
        self.con.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        self.con.commit()

    def like(self, item: int) -> list[int]:
        asked = "SELECT id FROM t WHERE v MATCH (SELECT v FROM t WHERE id = ?) AND k = 11 ORDER BY distance"
        return [one for (one,) in self.con.execute(asked, [item]) if one != item][:10]

    def like_where(self, item: int) -> list[int]:
        asked = "SELECT id FROM t WHERE v MATCH (SELECT v FROM t WHERE id = ?) AND k = 11 AND bucket = 7"
        return [one for (one,) in self.con.execute(asked, [item]) if one != item][:10]

    def near(self, vector: np.ndarray) -> list[int]:
        asked = "SELECT id FROM t WHERE v MATCH ? AND k = 10 ORDER BY distance"
        return [one for (one,) in self.con.execute(asked, [vector.tobytes()])]

    def many(self, ids: list[int]) -> dict[int, list[int]]:
        asked = "SELECT id FROM t WHERE v MATCH (SELECT v FROM t WHERE id = ?) AND k = 11 ORDER BY distance"
        return {one: [other for (other,) in self.con.execute(asked, [one]) if other != one][:10] for one in ids}

    def close(self) -> None:
        self.con.close()


class _BesideDuckDB:
    """A library for vectors alone: ids, columns and joins are DuckDB's, beside it."""

    def __init__(self, folder: Path) -> None:
        import duckdb

        self.con = duckdb.connect(str(folder / "t.duckdb"))
        self.index: Any = None

    def load(self, items: pa.Table, vectors: np.ndarray) -> None:
        self.con.register("items", items.drop_columns(["v"]))
        self.con.execute("CREATE TABLE t AS FROM items ORDER BY id")
        self.vectors = vectors
        self.fill(vectors)

    def fill(self, vectors: np.ndarray) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.con.close()


class Faiss(_BesideDuckDB):
    """faiss's HNSW."""

    def fill(self, vectors: np.ndarray) -> None:
        import faiss

        self.index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efSearch = 64
        self.index.add(vectors)

    def like(self, item: int) -> list[int]:
        _scores, found = self.index.search(self.vectors[item : item + 1], 11)
        near = [one for one in found[0].tolist() if one != item][:10]
        asked = "SELECT t.id FROM (SELECT unnest(?) AS id) AS f JOIN t USING (id)"
        return [one for (one,) in self.con.execute(asked, [near]).fetchall()]

    def like_where(self, item: int) -> list[int]:
        import faiss

        passing = self.con.execute("SELECT id FROM t WHERE bucket = 7").fetchnumpy()["id"]
        chosen = faiss.SearchParametersHNSW(sel=faiss.IDSelectorBatch(passing), efSearch=64)
        _scores, found = self.index.search(self.vectors[item : item + 1], 11, params=chosen)
        return [one for one in found[0].tolist() if one not in (item, -1)][:10]

    def near(self, vector: np.ndarray) -> list[int]:
        _scores, found = self.index.search(vector[None], 10)
        asked = "SELECT t.id FROM (SELECT unnest(?) AS id) AS f JOIN t USING (id)"
        return [one for (one,) in self.con.execute(asked, [found[0].tolist()]).fetchall()]

    def many(self, ids: list[int]) -> dict[int, list[int]]:
        _scores, found = self.index.search(self.vectors[ids], 11)
        self.con.register("pairs", pa.table({"id": np.repeat(ids, 11), "other": found.reshape(-1)}))
        near = defaultdict(list)
        for one, other in self.con.execute("SELECT p.id, t.id FROM pairs AS p JOIN t ON t.id = p.other").fetchall():
            near[one] += [other] if other != one and len(near[one]) < 10 else []
        return near


class Usearch(_BesideDuckDB):
    """usearch's HNSW; where a filter is asked for, the passing vectors are compared one by one."""

    def fill(self, vectors: np.ndarray) -> None:
        from usearch.index import Index

        self.index = Index(ndim=vectors.shape[1], metric="cos")
        self.index.add(np.arange(len(vectors)), vectors)

    def like(self, item: int) -> list[int]:
        found = self.index.search(self.vectors[item], 11).keys.tolist()
        near = [one for one in found if one != item][:10]
        asked = "SELECT t.id FROM (SELECT unnest(?) AS id) AS f JOIN t USING (id)"
        return [one for (one,) in self.con.execute(asked, [near]).fetchall()]

    def like_where(self, item: int) -> list[int]:
        passing = self.con.execute("SELECT id FROM t WHERE bucket = 7 AND id <> ?", [item]).fetchnumpy()["id"]
        scores = self.vectors[passing] @ self.vectors[item]
        return passing[np.argsort(-scores)[:10]].tolist()

    def near(self, vector: np.ndarray) -> list[int]:
        found = self.index.search(vector, 10).keys.tolist()
        asked = "SELECT t.id FROM (SELECT unnest(?) AS id) AS f JOIN t USING (id)"
        return [one for (one,) in self.con.execute(asked, [found]).fetchall()]

    def many(self, ids: list[int]) -> dict[int, list[int]]:
        found = self.index.search(self.vectors[ids], 11).keys
        self.con.register("pairs", pa.table({"id": np.repeat(ids, 11), "other": found.reshape(-1)}))
        near = defaultdict(list)
        for one, other in self.con.execute("SELECT p.id, t.id FROM pairs AS p JOIN t ON t.id = p.other").fetchall():
            near[one] += [other] if other != one and len(near[one]) < 10 else []
        return near


PEERS: dict[str, Any] = {
    "recstore": Recstore,
    "pgvector": Pgvector,
    "lancedb": Lance,
    "sqlite-vec": SqliteVec,
    "faiss": Faiss,
    "usearch": Usearch,
}
