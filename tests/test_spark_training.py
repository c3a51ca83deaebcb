"""What Spark trains is what one machine makes of the same sources, and a build that ended in the middle goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import duckdb
import numpy as np
import pytest
import runner
from spark_session import command

import recstore


@pytest.fixture(scope="module")
def both(trained, bookshop, tmp_path_factory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The store of one machine as `one`, and what Spark trained, brought into a store, as `many`."""
    store = tmp_path_factory.mktemp("trained") / "many.duckdb"
    recstore.build_from_tables(store, trained / "trained")
    assert recstore.first_fault(recstore.check(store)) is None
    with duckdb.connect() as connection:
        for name, path in {"one": bookshop / "shop.duckdb", "many": store}.items():
            connection.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
        yield connection


def test_spark_loads_what_one_machine_loads(both):
    for table in ("books", "books_interactions", "load_rejects"):
        for one, other in (("one", "many"), ("many", "one")):
            more = f"SELECT count(*) FROM (FROM {one}.{table} EXCEPT ALL FROM {other}.{table})"
            assert both.execute(more).fetchall() == [(0,)], (table, one)


@pytest.mark.parametrize("space", ["collaborative", "together", "content", "hybrid"])
def test_spark_makes_the_spaces_of_one_machine(space, both):
    """The same items have vectors, of which the products are the same, and the same neighbours where scores differ."""
    found = []
    for store in ("one", "many"):
        query = f"SELECT _rs_no, vector FROM {store}.books_vectors WHERE space = ? ORDER BY _rs_no"
        ids, vectors = zip(*both.execute(query, [space]).fetchall(), strict=True)
        found.append((ids, np.array(vectors)))
    (ids, ours), (others, theirs) = found
    assert ids == others
    assert len(ids) > 400
    np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-3)
    query = "SELECT count(*) FROM {}.books_neighbors AS a WHERE space = $space AND rank <= 10"
    alike = both.execute(f"{query.format('one')} AND (SELECT count(*) FROM many.books_neighbors AS b WHERE b.space = "
                         "a.space AND b._rs_no = a._rs_no AND b.neighbor_id = a.neighbor_id AND b.rank <= 10) = 1",
                         {"space": space}).fetchall()[0][0]  # fmt: skip
    assert alike >= 0.99 * both.execute(query.format("one"), {"space": space}).fetchall()[0][0]


def test_spark_makes_the_weights_of_one_machine(both):
    """Constants are found alike; so every weight is the same, and so is what is said of how they were made."""
    differ, many = both.execute(
        "SELECT count(*) FILTER (NOT coalesce(abs(a.taste - b.taste) < 1e-4 AND abs(a.next - b.next) < 1e-4, "
        "coalesce(a.taste + a.next, b.taste + b.next) < 0.01)), count(*) FROM one.books_weights AS a "
        "FULL JOIN many.books_weights AS b USING (_rs_no, neighbor_id)"
    ).fetchall()[0]
    assert differ == 0
    assert many > 50_000
    found = [
        dict(both.execute("SELECT m.what, m.value FROM (SELECT unnest(measured) AS m FROM "
                          f"{store}.builds) WHERE starts_with(m.what, 'setting: ')").fetchall())
        for store in ("one", "many")
    ]  # fmt: skip
    assert found[0] == found[1]
    # Weights of content are among what is compared.
    assert found[0]["setting: content"] > 0


WRONG = {
    "database = 'sqlite:///shop.db'": "Spark does not open by this declaration",
    "from = 'nowhere'": "nowhere is neither a file or folder (looked in ",
    "from = 'my-sales.csv'": "my-sales.csv is neither a file or folder (looked in ",
    "from = '~/no such/sales.csv'": "sales.csv is neither a file or folder (looked in ",
}


@pytest.mark.parametrize(("line", "sentence"), WRONG.items(), ids=WRONG)
def test_what_spark_does_not_read_is_said(line, sentence, spark, trained, tmp_path):
    shutil.copy(trained / "books.csv", tmp_path)
    text = (trained / "recstore.toml").read_text()
    instead = line if line.startswith("from") else f'from = "sales"\n{line}'
    (tmp_path / "recstore.toml").write_text(text.replace('from = "sales.csv"', instead))
    said = command(spark, "recstore spark build --to tables --master local[2] --quiet", tmp_path)
    assert sentence in said
    assert not (tmp_path / "tables").exists()


def test_an_address_is_no_folder_to_write(bookshop):
    """It is told before Spark is started, which takes a while."""
    code, _printed, said = runner.ask(
        "spark", "build", "--to", "s3://bucket/tables", "--declaration", bookshop / "recstore.toml", "--master", "no"
    )
    assert code != 0
    assert "Name a folder of this machine, copy it there afterwards, and say by --location" in said
