"""The conformance suites of a loader and of a catalogue: subclass them in your tests, and pytest runs them on yours.

    from recstore.testing import CatalogSuite, LoaderSuite

    class TestHerbarium(LoaderSuite):
        loader = "herbarium"

        @pytest.fixture(scope="class")
        def source(self, tmp_path_factory):
            ...  # return the path of a small source

    class TestPlants(CatalogSuite):
        catalog = "plants"
        loader = "herbarium"

        @pytest.fixture(scope="class")
        def source(self, tmp_path_factory): ...

They need pytest and NumPy, and what the package itself is to be found by: install it, an editable install will do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import numpy as np
import pytest

import recstore
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.model import CatalogModel
from recstore.catalogs.registry import installed, to_be_stored
from recstore.catalogs.render import function_kinds, function_name, render_tables
from recstore.errors import RecstoreError, SourceError
from recstore.opening import open_connection
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.search.ranking import pack, unpack
from recstore.sources.loader import Appender, Extender, Loader, LoadReport, Shown, get_loader


class LoaderSuite:
    """What every loader promises. Set `loader` to its name, and give a fixture `source`, the path of a small source."""

    loader: ClassVar[str]

    @pytest.fixture(scope="class")
    def source(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Return the path of a small source; override it."""
        raise NotImplementedError

    def load(self, source: Path) -> tuple[duckdb.DuckDBPyConnection, LoadReport]:
        """Load a source into the tables of a new store in memory."""
        loader = get_loader(self.loader)
        connection = open_connection()
        connection.execute(render_tables(to_be_stored((), [installed()[loader.catalog].catalog])))
        return connection, loader.load(connection, str(source), BuildOptions(), Progress())

    def contents(self, connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
        """Return the rows of every source table of the loader's catalogue, in a fixed order."""
        tables = installed()[get_loader(self.loader).catalog].catalog.source_tables
        return {table: connection.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in tables}

    def test_it_is_a_loader_of_an_installed_catalogue(self) -> None:
        """The entry point leads to a loader of that name."""
        loader = get_loader(self.loader)
        assert isinstance(loader, Loader)
        assert loader.name == self.loader
        assert loader.catalog in installed()

    def test_it_says_what_it_reads(self) -> None:
        """What a source is, and a file of rows, stands in the command line's help, under names of their own."""
        loader = get_loader(self.loader)
        assert isinstance(loader, Shown)
        assert loader.about
        if isinstance(loader, Appender):
            tables = installed()[loader.catalog].catalog.source_tables
            assert all(file.about and file.table in tables for file in loader.row_files)
            assert len({file.name for file in loader.row_files}) == len(loader.row_files)
        if isinstance(loader, Extender):
            assert loader.adds

    def test_it_fills_its_tables_alike_each_time(self, source: Path) -> None:
        """There are items, and a second load gives the same rows."""
        first, _ = self.load(source)
        again, _ = self.load(source)
        with first, again:
            contents = self.contents(first)
            assert contents[installed()[get_loader(self.loader).catalog].catalog.items]
            assert contents == self.contents(again)

    def test_its_keys_are_unique_and_lead_somewhere(self, source: Path) -> None:
        """No key comes twice, and what a table refers to is there."""
        connection, _ = self.load(source)
        with connection:
            for table in installed()[get_loader(self.loader).catalog].catalog.sources:
                if table.key:
                    keys = ", ".join(table.key)
                    repeated = f"SELECT {keys} FROM {table.name} GROUP BY {keys} HAVING count(*) > 1"
                    assert connection.execute(repeated).fetchall() == []
                for column, target, key in table.refers:
                    dangling = f"FROM {table.name} AS a ANTI JOIN {target} AS b ON b.{key} = a.{column}"
                    assert connection.execute(dangling).fetchall() == []

    def test_what_it_says_is_what_is_there(self, source: Path) -> None:
        """Each file has its size and digest, and each reject a row that says why."""
        connection, report = self.load(source)
        with connection:
            assert report.files
            assert all(len(file.sha256) == 64 and file.bytes >= 0 and file.rows >= 0 for file in report.files)
            rejects = connection.execute("SELECT source, reason FROM load_rejects").fetchall()
            assert len(rejects) == report.rejects
            assert all(file and reason for file, reason in rejects)

    def test_a_source_that_is_not_there_is_an_error_that_names_it(self, tmp_path: Path) -> None:
        """A `SourceError`, with the name."""
        with pytest.raises(SourceError, match="nowhere"):
            self.load(tmp_path / "nowhere")


class CatalogSuite:
    """What every catalogue promises, from its value to the answers of a store that is built with it.

    Set `catalog` and `loader` to their names, and give a fixture `source`, the path of a small source of at least three
    items that have vectors.
    """

    catalog: ClassVar[str]
    loader: ClassVar[str]
    options: ClassVar[dict[str, Any]] = {}
    """Options that the build of so small a source needs."""

    @pytest.fixture(scope="class")
    def source(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Return the path of a small source; override it."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    def store(self, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Return the path of a store built from the source."""
        path = tmp_path_factory.mktemp("store") / "store.duckdb"
        recstore.build(path, {self.loader: source}, options=BuildOptions(**self.options))
        return path

    @pytest.fixture(scope="class")
    def con(self, store: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection to the store."""
        with recstore.connect(store) as connection:
            yield connection

    @property
    def value(self) -> Catalog:
        """The catalogue's value, as it is installed."""
        return installed()[self.catalog].catalog

    def spaces(self, con: duckdb.DuckDBPyConnection) -> list[str]:
        """Return the names of the spaces that the store has."""
        query = "SELECT space FROM spaces WHERE catalog = ? AND kind = 'vectors' ORDER BY space ASC"
        return [space for (space,) in con.execute(query, [self.catalog]).fetchall()]

    def some(self, con: duckdb.DuckDBPyConnection, space: str, n: int = 5) -> list[int]:
        """Return some items of a space."""
        value = self.value
        query = f"SELECT {value.key} FROM {value.vectors} WHERE space = ? ORDER BY hash({value.key}) ASC LIMIT ?"
        return [key for (key,) in con.execute(query, [space, n]).fetchall()]

    def exact(self, con: duckdb.DuckDBPyConnection, space: str, item: int, k: int) -> list[tuple[int, float]]:
        """Rank all other items of a space by the cosine, in NumPy: ids and scores."""
        value = self.value
        query = f"SELECT {value.key} AS id, vector FROM {value.vectors} WHERE space = ? ORDER BY {value.key} ASC"
        rows = con.execute(query, [space]).fetchall()
        ids = np.array([key for key, _ in rows])
        vectors = np.array([vector for _, vector in rows], np.float64)
        others = ids != item
        keys = np.sort(pack(vectors[others] @ vectors[~others][0], ids[others]))[::-1][:k]
        return [(int(key), round(float(score), 5)) for key, score in zip(*unpack(keys), strict=True)]

    def test_the_value_survives_the_table(self) -> None:
        """What a store writes down is read back as it was."""
        assert isinstance(installed()[self.catalog], CatalogModel)
        assert Catalog.as_recorded(self.value.recorded()) == self.value

    def test_the_store_says_that_it_has_it(self, con: duckdb.DuckDBPyConnection) -> None:
        """It stands in `catalogs`, and its tables are those that the value names."""
        assert (self.catalog,) in con.execute("SELECT catalog FROM catalogs").fetchall()
        tables = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert set(self.value.tables) <= tables

    def test_every_function_is_there_with_a_comment(self, con: duckdb.DuckDBPyConnection) -> None:
        """Those of every catalogue, and its own."""
        comments = dict(
            con.execute("SELECT function_name, comment FROM duckdb_functions() WHERE comment IS NOT NULL").fetchall()
        )
        names = [function_name(kind, self.value) for kind in function_kinds(self.value)]
        assert all(comments.get(name) for name in [*names, *(own.name for own in self.value.functions)])

    def test_similar_items_are_those_of_an_exact_search(self, con: duckdb.DuckDBPyConnection) -> None:
        """In every space, in rank order, as many as there are up to k, stored or not."""
        value = self.value
        for space in self.spaces(con):
            items = con.execute(f"SELECT count(*) FROM {value.vectors} WHERE space = ?", [space]).fetchall()[0][0]
            for item in self.some(con, space):
                for k in (1, 3, value.depth + 5):
                    query = f"SELECT {value.key}, score, rank FROM similar_{value.name}(?, k := ?, space := ?)"
                    found = con.execute(query, [item, k, space]).fetchall()
                    assert [rank for *_, rank in found] == list(range(1, min(k, items - 1) + 1))
                    right = self.exact(con, space, item, k)
                    assert [(key, round(score, 5)) for key, score, _ in found] == right

    def test_a_filter_holds_before_the_ranking(self, con: duckdb.DuckDBPyConnection) -> None:
        """Every candidate that passes is found, and no other."""
        value = self.value
        space = self.spaces(con)[0]
        for item in self.some(con, space, 2):
            query = (
                f"SELECT {value.key} FROM similar_{value.name}(?, k := 1000, space := ?, filter := {value.key} % 2 = 0)"
            )
            found = [key for (key,) in con.execute(query, [item, space]).fetchall()]
            assert found == [key for key, _ in self.exact(con, space, item, 1_000_000) if key % 2 == 0]

    def test_a_join_answers_row_by_row(self, con: duckdb.DuckDBPyConnection) -> None:
        """Whatever the caller's names are."""
        value = self.value
        space = self.spaces(con)[0]
        items = self.some(con, space)
        asked, call = "(SELECT unnest(?) AS rank)", f"similar_{value.name}(vector.rank, k := 2, space := '{space}')"
        columns, order = f"{value.key}, s.rank, s.score", "vector.rank ASC, s.rank ASC"
        query = f"SELECT {columns} FROM {asked} AS vector, {call} AS s ORDER BY {order}"
        found = [(key, round(score, 5)) for key, _, score in con.execute(query, [items]).fetchall()]
        assert found == [pair for item in sorted(items) for pair in self.exact(con, space, item, 2)]

    def test_the_vector_of_an_item_finds_the_item(self, con: duckdb.DuckDBPyConnection) -> None:
        """With a cosine of 1."""
        value = self.value
        for space in self.spaces(con):
            item = self.some(con, space, 1)[0]
            query = f"SELECT vector FROM {value.vectors} WHERE space = ? AND {value.key} = ?"
            [(vector,)] = con.execute(query, [space, item]).fetchall()
            found = con.execute(f"SELECT score FROM nearest_{value.name}(?, k := 1, space := ?)", [vector, space])
            assert found.fetchall()[0][0] == pytest.approx(1, abs=1e-5)

    def test_nothing_and_wrong(self, con: duckdb.DuckDBPyConnection) -> None:
        """An item that is not there gives no rows, a wrong argument an error that says what is allowed."""
        name = self.catalog
        assert con.execute(f"FROM similar_{name}('no such thing at all')").fetchall() == []
        assert con.execute(f"FROM similar_{name}(NULL)").fetchall() == []
        for call in (f"similar_{name}(1, space := 'nowhere')", f"nearest_{name}([1.0], space := 'nowhere')"):
            with pytest.raises(duckdb.Error, match="space must be one of"):
                con.execute(f"FROM {call}").fetchall()
        with pytest.raises(duckdb.Error, match="k must be a whole number"):
            con.execute(f"FROM similar_{name}(1, k := 0)").fetchall()

    def test_items_are_found_by_their_words(self, con: duckdb.DuckDBPyConnection) -> None:
        """A whole title finds its item."""
        value = self.value
        [(title,)] = con.execute(f"SELECT {value.title} FROM {value.items} ORDER BY {value.key} ASC LIMIT 1").fetchall()
        found = con.execute(f"SELECT {value.title} FROM find_{value.name}(?)", [title]).fetchall()
        assert (title,) in found

    def test_a_plain_client_gives_the_same_rows(self, con: duckdb.DuckDBPyConnection, store: Path) -> None:
        """The functions are in the file, and answer there and attached."""
        value = self.value
        item = self.some(con, self.spaces(con)[0], 1)[0]
        here = con.execute(f"FROM similar_{value.name}({item})").fetchall()
        with open_connection(str(store), {"access_mode": "READ_ONLY"}) as plain:
            assert plain.execute(f"FROM similar_{value.name}({item})").fetchall() == here
        with open_connection() as other:
            other.execute(f"ATTACH '{store}' AS shop (READ_ONLY)")
            assert other.execute(f"FROM shop.similar_{value.name}({item}, store := 'shop')").fetchall() == here

    def test_the_store_is_sound_and_stays_what_it_is(self, store: Path, tmp_path: Path) -> None:
        """`check` finds nothing, and a rebuild from the tables alone gives the same vectors and neighbours."""
        import shutil

        copy = Path(shutil.copy(store, tmp_path / "copy.duckdb"))
        assert [finding for finding in recstore.check(copy) if finding.fault] == []
        recstore.rebuild(copy, only=self.catalog)
        _tables, spaces = recstore.diff(copy)
        assert {space.changed for space in spaces if space.catalog == self.catalog} == {0}

    def test_an_option_that_makes_no_sense_is_refused_by_name(self) -> None:
        """An `OptionError` names it."""
        with pytest.raises(RecstoreError, match="no_such_option"):
            BuildOptions(no_such_option=1)
