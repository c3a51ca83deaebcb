"""Histories that lie in files of Spark's: what a model adds up over them is added up by workers, block by block."""

from __future__ import annotations

import math
import pickle
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from recstore.arrow import numbers
from recstore.catalogs.declared.tables import as_interactions
from recstore.models.blocks import Add, lone_rows_merged, scaled_columns
from recstore.models.interactions import Interactions
from recstore.spark.quoting import address, to_read

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Sums travel in pieces of so many numbers, and up to so many bytes straight to the driver, beyond that by files.
_PIECE, _STRAIGHT = 1 << 16, 64 << 20
#: A file up to so many bytes is read by one task.
_SPLIT = 32 << 20
_PIECES = "piece int, task int, data binary"


@dataclass(frozen=True)
class SparkHistories:
    """The histories in Parquet files below `files`, a row a person: `Histories` of models.

    `ids` (n_items,) are the keys of the items by position, `often` (n_items,) how many pairs each has. `scratch` is a
    folder that driver and workers see.
    """

    spark: SparkSession
    files: Path
    scratch: Path
    ids: NDArray[np.int32]
    often: NDArray[np.int64]
    n_users: int
    has_ratings: bool
    has_times: bool
    latest: float

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return len(self.ids)

    def __len__(self) -> int:
        """Return the number of pairs."""
        return int(self.often.sum())

    def how_often(self) -> NDArray[np.int64]:
        """Return how many pairs each item has, (n_items,)."""
        return self.often

    def total(
        self, add: Add, shape: int | tuple[int, ...], *arguments: object, dtype: npt.DTypeLike = np.float64
    ) -> NDArray[Any]:
        """Return zeros of a shape to which `add(sums, block, *arguments)` added each block, `Interactions`."""
        return self._added(_Work.of(add, shape, arguments, dtype))

    def matrix(self, make: Callable[..., tuple[Any, ...]], *arguments: object) -> SparkMatrix:
        """Return the matrix whose rows are those of all that `make(block, *arguments)` gives."""
        return SparkMatrix(self, make, arguments)

    def _added(self, work: _Work) -> NDArray[Any]:
        """Let workers do the work on each block, and add up what they bring."""
        name = uuid.uuid4().hex
        told, brought = self.scratch / f"{name}.work", self.scratch / f"{name}.sums"
        task = _Task(str(told), self.ids, self.has_ratings, self.has_times)
        try:
            with told.open("wb") as file:
                pickle.dump(work, file, protocol=5)
            found = self.spark.read.parquet(to_read(self.files)).where("size(item) > 0").mapInArrow(task.run, _PIECES)
            if not self._is_one_block():
                found = found.groupBy("piece").applyInArrow(_summing(work.dtype), _PIECES)
            if math.prod(work.shape) * np.dtype(work.dtype).itemsize <= _STRAIGHT:
                return work.assembled(found.toArrow())
            found.write.parquet(address(brought))
            from pyarrow.parquet import read_table

            return work.assembled(read_table(brought))
        finally:
            told.unlink(missing_ok=True)
            shutil.rmtree(brought, ignore_errors=True)

    def _is_one_block(self) -> bool:
        """Tell whether one worker reads all: then nothing is left to add up."""
        sizes = [file.stat().st_size for file in self.files.glob("*.parquet")]
        return len(sizes) <= 1 and sum(sizes) < _SPLIT


@dataclass(frozen=True)
class SparkMatrix:
    """The rows that `make` gives of each block of histories, made anew wherever they are needed: a `Matrix`."""

    histories: SparkHistories
    make: Callable[..., tuple[Any, ...]]
    made_with: tuple[object, ...]
    scale: NDArray[np.float32] | None = None

    @cached_property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        rows, columns, parts = self.total(_add_shape, 3, dtype=np.int64)
        return int(rows), int(columns) // max(1, int(parts))

    def total(
        self, add: Add, shape: int | tuple[int, ...], *arguments: object, dtype: npt.DTypeLike = np.float64
    ) -> NDArray[Any]:
        """Return zeros of a shape to which `add(sums, block, *arguments)` added each block, SciPy CSR of some rows."""
        work = _Work.of(add, shape, arguments, dtype)
        return self.histories._added(replace(work, make=self.make, made_with=self.made_with, scale=self.scale))

    def scaled(self, scale: NDArray[np.float32]) -> SparkMatrix:
        """Return the matrix with each column multiplied by `scale` (n_columns,)."""
        made = replace(self, scale=scale if self.scale is None else self.scale * scale)
        # What is cached of a matrix holds for one with other numbers in it.
        made.__dict__["shape"] = self.shape
        return made

    def merged(self) -> SparkMatrix:
        """Return the matrix M with fewer rows but the same MᵀM; it is scaled afterwards."""
        assert self.scale is None
        return replace(self, make=_merged, made_with=(self.make, *self.made_with))


def _merged(block: Interactions, make: Callable[..., tuple[Any, ...]], *arguments: object) -> tuple[Any, ...]:
    return lone_rows_merged(make(block, *arguments))


def _add_shape(sums: NDArray[np.int64], part: Any) -> None:  # noqa: ANN401 - SciPy is not typed
    sums += *part.shape, 1


@dataclass(frozen=True)
class _Work:
    """What is to be added up, in an array of `shape` and `dtype`; without `make` the blocks are the histories."""

    add: Add
    arguments: tuple[object, ...]
    shape: tuple[int, ...]
    dtype: str
    make: Callable[..., tuple[Any, ...]] | None = None
    made_with: tuple[object, ...] = ()
    scale: NDArray[np.float32] | None = None

    @staticmethod
    def of(add: Add, shape: int | tuple[int, ...], arguments: tuple[object, ...], dtype: npt.DTypeLike) -> _Work:
        """Return the work on histories; `shape` may be a length."""
        return _Work(add, arguments, shape if isinstance(shape, tuple) else (shape,), np.dtype(dtype).str)

    def nothing(self) -> NDArray[Any]:
        return np.zeros(self.shape, self.dtype)

    def on(self, sums: NDArray[Any], block: Interactions) -> None:
        """Add what a block says."""
        if self.make is None:
            self.add(sums, block, *self.arguments)
            return
        for part in self.make(block, *self.made_with):
            self.add(sums, part if self.scale is None else scaled_columns(part, self.scale), *self.arguments)

    def assembled(self, table: Any) -> NDArray[Any]:  # noqa: ANN401 - PyArrow is not typed
        """Return the sums from the pieces that workers brought, of whichever there are."""
        sums = self.nothing()
        flat = sums.reshape(-1)
        for piece, data in zip(table["piece"], table["data"], strict=True):
            begin = piece.as_py() * _PIECE
            some = np.frombuffer(data.as_buffer(), self.dtype)
            flat[begin : begin + len(some)] += some
        return sums


@dataclass(frozen=True)
class _Task:
    """What a worker does with its blocks; the work lies in the file `told`."""

    told: str
    ids: NDArray[np.int32]
    has_ratings: bool
    has_times: bool

    def run(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Add up all blocks of a task, and yield the sums in pieces."""
        import pyarrow as pa
        from pyspark import TaskContext

        with Path(self.told).open("rb") as file:
            work: _Work = pickle.load(file)
        sums, is_empty = work.nothing(), True
        for batch in batches:
            if batch.num_rows:
                work.on(sums, self.interactions(batch))
                is_empty = False
        # Parts of a file in which no row begins have nothing to add.
        if is_empty:
            return
        context, flat = TaskContext.get(), sums.reshape(-1)
        number = context.partitionId() if context else 0
        for piece, begin in enumerate(range(0, len(flat), _PIECE)):
            data = flat[begin : begin + _PIECE].tobytes()
            columns = [pa.array([piece], pa.int32()), pa.array([number], pa.int32()), pa.array([data], pa.binary())]
            yield pa.RecordBatch.from_arrays(columns, names=["piece", "task", "data"])

    def interactions(self, batch: Any) -> Interactions:  # noqa: ANN401 - PyArrow is not typed
        """Return a batch of people as interactions, the people numbered from 0."""
        lengths = np.diff(numbers(batch.column("item").offsets))
        rows: dict[str, NDArray[Any]] = {"person": np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)}
        wanted = {"item": np.int32, "amount": np.float64}
        wanted |= {"rating": np.float32} if self.has_ratings else {}
        wanted |= {"moment": np.float64} if self.has_times else {}
        for name, kind in wanted.items():
            rows[name] = np.array(numbers(batch.column(name)), kind)
        return as_interactions(rows, self.ids)


def _summing(dtype: str) -> Callable[[Any], Any]:
    """Return what adds up pieces of one number, in the order of their tasks: so they are rounded alike each time."""

    def add_up(table: Any) -> Any:  # noqa: ANN401 - PyArrow is not typed
        import pyarrow as pa

        # The data itself is not sorted: Arrow would copy it into one array, of 2 GB at most.
        order, pieces = np.argsort(numbers(table["task"]), kind="stable"), table["data"]
        sums = sum(np.frombuffer(pieces[int(row)].as_buffer(), dtype) for row in order)
        assert not isinstance(sums, int)
        first = table.slice(0, 1)
        return first.set_column(2, "data", pa.array([sums.tobytes()], pa.binary()))

    return add_up
