"""Proves a store sound: its format, tables, keys and references, vectors, neighbours, functions, and every block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from recstore import sql
from recstore.arrow import numbers
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.checks import Check, render_checks, render_checks_of_builds
from recstore.catalogs.registry import stored_catalogs
from recstore.catalogs.render import attached_relation
from recstore.errors import StoreError, first_line, is_full
from recstore.models.space import NEIGHBORS_RECALL
from recstore.opening import open_connection
from recstore.search.ranking import pack, unpack
from recstore.store.comparison import lacking, other_columns, other_comments, other_definitions, shadowing
from recstore.store.definition import Definition, definition, read_objects
from recstore.store.digest import LINES, content_lines, content_tables, otherwise
from recstore.store.file import FORMAT_VERSION, NO_EXTENSIONS, attach_store, close_off, info, name_tables_of, restrain

_SQL = "recstore.store.sql"
_STORE = "checked_store"
_REMEDY = "recstore rebuild makes it anew"
#: What must hold before anything else can be asked.
_DEFINITIONS = ("format", "tables", "functions and views")
#: What the user may have meant, and does no harm where recstore computes.
SHADOWING = "macros"
#: How many items of a space have their neighbours recomputed.
_SAMPLE = 20
#: The recall of a sample of approximate neighbours is this much lower than measured only where something is wrong.
_RECALL_MARGIN = 0.2
#: How many vectors are in memory at once.
_BLOCK = 5_000
#: What such a block takes in all its forms, of vectors of some hundred dimensions.
_QUESTION_BYTES = 60 << 20


@dataclass(frozen=True)
class Finding:
    """What one check found: its name, what it `means`, and the `fault`, in words; None where nothing is wrong."""

    check: str
    means: str
    fault: str | None


def check_file(path: Path, untrusted: bool = False, budget: Budget | None = None) -> list[Finding]:
    """Check the store at `path`; DuckDB's access to anything but the file is off, and nothing stored in it is called.

    A file that is no store that can be read, or a store of a newer format, is a `StoreError`.
    """
    budget = budget or Budget.of()
    with _opened(path, untrusted, budget) as connection:
        return check_attached(connection, _STORE, budget)


def check_form(path: Path, untrusted: bool = False) -> list[Finding]:
    """Check how the store at `path` is defined, and what it says of its builds; a large store takes no longer."""
    with _opened(path, untrusted, Budget.of()) as connection:
        try:
            catalogs = stored_catalogs(connection, _STORE)
        except (StoreError, duckdb.Error) as error:
            return [_unknown_catalogs(error)]
        findings = list(_definitions(connection, _STORE, catalogs))
        if not any(finding.fault for finding in findings):
            findings += [_ask(connection, one) for one in render_checks_of_builds(attached_relation(_STORE))]
    # The user may mean what shadows.
    return [finding for finding in findings if finding.check != SHADOWING]


@contextmanager
def _opened(path: Path, untrusted: bool, budget: Budget) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_connection(config=NO_EXTENSIONS) as connection:
        if untrusted:
            restrain(connection)
        else:
            budget.bound(connection)
        attach_store(connection, path, _STORE)
        close_off(connection)
        # DuckDB binds the constraints that it lists, and these may name macros of the user's.
        name_tables_of(connection, _STORE)
        yield connection


def check_attached(connection: duckdb.DuckDBPyConnection, database: str, budget: Budget) -> list[Finding]:
    """Check a store that is attached to a connection as `database`."""
    try:
        catalogs = stored_catalogs(connection, database)
    except (StoreError, duckdb.Error) as error:
        return [_unknown_catalogs(error)]
    findings = list(_definitions(connection, database, catalogs))
    if any(finding.fault and finding.check in _DEFINITIONS for finding in findings):
        return findings
    checks = render_checks(catalogs, attached_relation(database))
    questions: list[Callable[[duckdb.DuckDBPyConnection], Finding]] = [partial(_ask, one=one) for one in checks]
    questions += [partial(_recompute, database=database, catalog=catalog) for catalog in catalogs]
    questions.append(partial(_compare_digest, database=database, catalogs=catalogs))
    questions.append(partial(_read_others, database=database, catalogs=catalogs))
    # Some checks keep one core busy, others all.
    with ThreadPoolExecutor(min(2, budget.workers(_QUESTION_BYTES))) as pool:
        return findings + list(pool.map(lambda question: question(_cursor(connection, database)), questions))


def _unknown_catalogs(error: Exception) -> Finding:
    return Finding("tables", "The store says which catalogues it has.", _first_line(error))


def _cursor(connection: duckdb.DuckDBPyConnection, database: str) -> duckdb.DuckDBPyConnection:
    """Return a cursor in which the computed columns of the user's tables find the macros that they name."""
    cursor = connection.cursor()
    name_tables_of(cursor, database)
    return cursor


def first_fault(findings: list[Finding]) -> str | None:
    """Return what is wrong first, in one line, or None."""
    return next((f"{finding.check}: {finding.fault}" for finding in findings if finding.fault), None)


def _definitions(
    connection: duckdb.DuckDBPyConnection, database: str, catalogs: tuple[Catalog, ...]
) -> Iterator[Finding]:
    """Compare the tables, views and functions with those of an empty store."""
    try:
        there = read_objects(connection, database)
        facts = info(connection, database)
    except duckdb.Error as error:
        yield Finding("tables", "The definitions can be read.", _first_line(error))
        return
    older = facts.get("format_version") != str(FORMAT_VERSION)
    try:
        own = definition(catalogs)
    except duckdb.Error:
        means = "What it says of its catalogues leads to tables, views and functions."
        yield Finding("tables", means, "its table catalogs holds a description of which nothing can be made")
        return
    lacks = lacking(own, there)
    fault: str | None
    if older:
        fault = f"it has the older format {facts.get('format_version')}; recstore rebuild converts it"
        yield Finding("format", f"It has format {FORMAT_VERSION}, which this recstore writes.", fault)
        if lacks:
            yield Finding("tables", "Every table and column of this format is there.", f"there is no {lacks} yet")
        return
    yield Finding("format", f"It has format {FORMAT_VERSION}, which this recstore writes.", None)
    fault = f"there is no {lacks}; {_REMEDY}" if lacks else next(other_columns(own, there), None)
    yield Finding("tables", "Every table and column of this format is there, and as it defines them.", fault)
    others = list(other_definitions(connection, database, own, there))
    fault = _unlike(others, facts) if others else None
    yield Finding("functions and views", "They are as this format defines them.", fault)
    if not others:
        said = next(other_comments(connection, database, own, there), None)
        fault = f"{said} is said to be something else; {_REMEDY}" if said else None
        yield Finding("comments", "Tables, views, functions and columns are said to be what they are.", fault)
    yield Finding(
        SHADOWING, "No macro of the store takes the place of a function that recstore calls.", _hides(there, catalogs)
    )


def _hides(there: Definition, catalogs: tuple[Catalog, ...]) -> str | None:
    """Say which macro takes the place of a function of DuckDB's, and what to do, or return None."""
    names = shadowing(there, catalogs)
    if not names:
        return None
    name = sql.identifier(names[0])
    return (
        f"the macro {names[0]} takes the place of DuckDB's own, which recstore's functions call: give it another name, "
        f"or a schema of its own (CREATE SCHEMA mine; CREATE MACRO mine.{name} ...), and drop it in main"
    )


def _unlike(names: list[str], facts: dict[str, str]) -> str:
    """Say that a function or view is another: an older recstore's, or somebody else's."""
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    written, own = facts.get("recstore_version"), version("recstore")
    if written == own:
        return f"{names[0]}{others}: not as this recstore defines it; {_REMEDY}"
    return (
        f"{names[0]}{others}: not as recstore {own} defines it, and the store says that {written} wrote it; {_REMEDY}"
    )


def _ask(connection: duckdb.DuckDBPyConnection, one: Check) -> Finding:
    try:
        faults, example = connection.execute(one.query).fetchall()[0]
    except duckdb.Error as error:
        return Finding(one.name, one.means, _first_line(error))
    return Finding(one.name, one.means, f"{faults:,} faults, such as: {example}" if faults else None)


def _read_others(connection: duckdb.DuckDBPyConnection, database: str, catalogs: tuple[Catalog, ...]) -> Finding:
    """Read every value that the digest is not of, whoever's: then each block is read, and its checksum verified."""
    fault = None
    is_recorded = info(connection, database).get(LINES) is not None
    own = definition(catalogs)
    read = {table: set(own.columns(table)) for table in content_tables(catalogs)} if is_recorded else {}
    for schema, table, columns in connection.execute(sql.read(_SQL, "columns_by_table"), [database]).fetchall():
        if schema == "main" and set(columns) <= read.get(table, set()):
            continue
        name = f"{sql.identifier(schema)}.{sql.identifier(table)}"
        try:
            connection.execute(f"SELECT max(hash(t)) FROM {sql.identifier(database)}.{name} AS t").fetchall()
        except duckdb.Error as error:
            fault = f"{schema}.{table} cannot be read: {_first_line(error)}"
            break
    return Finding("every block", "All data can be read, and its checksums agree.", fault)


def _compare_digest(connection: duckdb.DuckDBPyConnection, database: str, catalogs: tuple[Catalog, ...]) -> Finding:
    """Compare what a build computed with what it recorded of it; rows of sources are their user's to change."""
    recorded = info(connection, database).get(LINES)
    fault = None
    if recorded is not None:
        try:
            changed = otherwise(recorded, content_lines(connection, database), catalogs)
            fault = f"{changed[0]} holds something else than the build put there; {_REMEDY}" if changed else None
        except duckdb.Error as error:
            fault = _first_line(error)
    return Finding("content", "What was computed is what the build recorded the digest of.", fault)


def _recompute(connection: duckdb.DuckDBPyConnection, database: str, catalog: Catalog) -> Finding:
    """Recompute the neighbours of a sample of items from all vectors, and compare them with the stored ones."""
    name, means = f"{catalog.name}: neighbors of a sample", "The neighbours of a sample of items, recomputed exactly."
    relation = attached_relation(database)
    try:
        spaces = connection.execute(
            f"SELECT space, neighbors FROM {relation('spaces')} WHERE catalog = ? AND kind = 'vectors'", [catalog.name]
        ).fetchall()
        for space, depth in spaces:
            least = _recall(connection, relation("builds"), catalog.name, space)
            ids, near, scores = _nearest_of_sample(connection, relation(catalog.vectors), catalog.key, space, depth)
            query = sql.render(
                _SQL,
                "sampled_neighbors",
                key=catalog.key,
                neighbors=relation(catalog.neighbors),
                ids=", ".join(map(str, ids.tolist())),
            )
            stored: dict[str, Any] = connection.execute(query, [space]).fetchnumpy()
            right: dict[str, npt.NDArray[Any]] = {
                catalog.key: np.repeat(ids, near.shape[1]),
                "neighbor_id": near.ravel(),
                "score": scores.ravel(),
            }
            if not _agree(right, stored, catalog.key, least):
                return Finding(name, means, f"in {space}, of the {len(ids)} some differ from what vectors give")
    except (duckdb.Error, ValueError) as error:
        return Finding(name, means, _first_line(error))
    return Finding(name, means, None)


def _recall(connection: duckdb.DuckDBPyConnection, builds: str, catalog: str, space: str) -> float | None:
    """Return the recall that the build of a space measured, or None where its neighbours are exact."""
    query = sql.render(_SQL, "measured", builds=builds)
    rows = connection.execute(query, [catalog, space, NEIGHBORS_RECALL]).fetchall()
    return rows[0][0] if rows else None


def _agree(
    right: dict[str, npt.NDArray[Any]], stored: dict[str, npt.NDArray[Any]], key: str, recall: float | None
) -> bool:
    """Say whether stored neighbours are the right ones: all and in order, or with a `recall`, about that share."""
    if recall is None:
        return all(np.array_equal(values, stored[column]) for column, values in right.items())
    wanted, given = (table[key].astype(np.int64) << 32 | table["neighbor_id"] for table in (right, stored))
    _common, there, here = np.intersect1d(wanted, given, return_indices=True)
    same_scores = np.array_equal(right["score"][there], stored["score"][here])
    return same_scores and len(there) >= (recall - _RECALL_MARGIN) * len(wanted)


def _nearest_of_sample(
    connection: duckdb.DuckDBPyConnection, vectors: str, key: str, space: str, depth: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the ids of a sample (s,), their nearest items' ids (s, m) in rank order, and the scores (s, m) float32.

    All vectors are read once, block by block, so memory does not grow with their size.
    """
    where = f"FROM {vectors} WHERE space = {sql.literal(space)} AND {key}"
    query = f"SELECT {key} FROM {vectors} WHERE space = {sql.literal(space)} ORDER BY {key}"
    every = connection.execute(query).fetchnumpy()[key].astype(np.int64)
    sample = every[:: max(1, len(every) // _SAMPLE)]
    _ids, asked = _matrix(connection, key, f"{where} IN ({', '.join(map(str, sample.tolist()))})")
    m = min(depth, len(every) - 1)
    # The best of each block are kept.
    best = np.empty((len(sample), 0), np.int64)
    for start in range(0, len(every), _BLOCK):
        block = every[start : start + _BLOCK]
        ids, part = _matrix(connection, key, f"{where} BETWEEN {block[0]} AND {block[-1]}")
        with np.errstate(invalid="ignore"):  # a vector that is not finite is another check's fault
            keys = np.where(ids == sample[:, None], np.iinfo(np.int64).min, pack(asked @ part.T, ids))
        best = np.concatenate([best, keys], axis=1)
        if best.shape[1] > m:
            best = np.partition(best, best.shape[1] - m - 1, axis=1)[:, best.shape[1] - m :]
    best.sort(axis=1)
    near, scores = unpack(best[:, ::-1])
    return sample, near, scores


def _matrix(
    connection: duckdb.DuckDBPyConnection, key: str, where: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return ids (n,), ascending, and vectors (n, d) of what a condition picks."""
    # Sorted here: a large table answers a list of ids in any order, and to sort vectors in SQL takes longer.
    rows = connection.sql(f"SELECT {key}, vector {where}").to_arrow_table()
    ids, flat = numbers(rows.column(0)).astype(np.int64), numbers(rows.column(1))
    vectors = np.asarray(flat, np.float64).reshape(len(ids), -1)
    if (ids[1:] > ids[:-1]).all():
        return ids, vectors
    order = np.argsort(ids, kind="stable")
    return ids[order], vectors[order]


def _first_line(error: Exception) -> str:
    """Return what an error says of the store; one of a disk that is full says nothing of it, and is raised."""
    if is_full(error):
        raise error
    return first_line(error)


def prove(path: Path, budget: Budget, before: Path | None = None) -> None:
    """Raise a `StoreError` if the store at `path` is not sound: for one that has just been made.

    `before` is the store of which it may have kept something.
    `duckdb.OutOfMemoryException` is raised where the budget is too little to tell.
    """
    # The user's macros came along, and stay the user's: `check` names those that shadow, and no build is stopped.
    if fault := first_fault([finding for finding in check_file(path, budget=budget) if finding.check != SHADOWING]):
        if "Out of Memory Error" in fault:  # says nothing of the store
            raise duckdb.OutOfMemoryException(fault)
        told = "recstore check tells, and recstore rebuild computes it anew"
        kept = f" What it keeps of {before.name} may be at fault: {told}." if before else ""
        raise StoreError(f"The new store did not pass its check ({fault}), and was not put in place.{kept}")
