"""Views that a store's user made are bound when they are asked, never when the store is opened."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import shells
from repeated import repeated

import recstore
from recstore import attach_script

#: Nothing here takes nearly that long; what opens a FIFO waits for ever.
PATIENCE = 300
ASKED = "SELECT count(*) FROM {}similar_movies(1)"


@pytest.fixture
def store(sample_store, tmp_path) -> Path:
    """A store with views that nobody may bind: over a FIFO, over nothing, and one that doubles thirty times."""
    store, fifo, rows, other = (tmp_path / name for name in ("s.duckdb", "pipe.csv", "rows.csv", "other.duckdb"))
    shutil.copy(sample_store, store)
    for file in (fifo, rows):
        file.write_text("a,b\n1,hello\n")
    duckdb.connect(str(other)).execute("CREATE TABLE t AS SELECT 5 AS x").close()
    with duckdb.connect(str(store)) as con:
        con.execute(f"ATTACH '{other}' AS other")
        con.execute(f"CREATE VIEW waits AS FROM read_csv('{fifo}'); COMMENT ON COLUMN waits.a IS 'the number'")
        con.execute(
            f"CREATE VIEW gone AS FROM '{rows}'; CREATE VIEW rows AS FROM read_csv('{tmp_path}/there.csv')"
            if (tmp_path / "there.csv").write_text("n\n7\n")
            else ""
        )
        con.execute("CREATE VIEW elsewhere AS FROM other.t")
        con.execute("CREATE VIEW known AS SELECT title, year FROM movies WHERE year > 1990")
        con.execute(
            "CREATE VIEW kinds AS SELECT 1::DECIMAL(7, 2) AS \"odd \"\" name\", {'a': [1]} AS s, 'x'::ENUM('x') AS e"
        )
        for n in range(31):
            con.execute(f"CREATE VIEW double_{n} AS SELECT 1 AS x")
        for n in range(30, 0, -1):
            con.execute(f"CREATE OR REPLACE VIEW double_{n} AS FROM double_{n - 1} UNION ALL FROM double_{n - 1}")
    rows.unlink()
    fifo.unlink()
    os.mkfifo(fifo)
    return store


def test_every_door_opens_without_binding_them(store):
    script = (
        "import sys, duckdb, recstore\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "import runner\n"
        "for command in ('info', 'shell'):\n"
        "    done = runner.recstore(command, sys.argv[1], stdin='.tables\\n.functions\\n')\n"
        "    assert done.returncode == 0, done.stderr\n"
        "from recstore.cli.completion import Vocabulary\n"
        "from recstore.connection.sessions import attach_script\n"
        "store = sys.argv[1]\n"
        "with recstore.connect(store, untrusted=True) as con:\n"
        "    con.sql('FROM similar_movies(1)').fetchall()\n"
        "with recstore.connect(store) as con:\n"
        "    assert set(Vocabulary.read(con).columns['waits']) == {'a', 'b'}\n"
        "attach_script(store)\n"
        "recstore.check(store)\n"
        "con = duckdb.connect()\n"
        "recstore.attach(con, store)\n"
        "recstore.attach(con, store)\n"
        "print(con.sql('SELECT count(*) FROM rec.similar_movies(1)').fetchall())\n"
        "con.close()\n"
        "recstore.rebuild(store, seed=1)\n"
        "recstore.diff(store)\n"
    )
    command = [sys.executable, "-c", script, str(store), str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stdout == "[(10,)]\n", done.stderr


def test_reflection_binds_nothing(store):
    pytest.importorskip("duckdb_sqlalchemy")
    script = (
        "import sys, sqlalchemy as sa\n"
        "engine = sa.create_engine(f'recstore:///{sys.argv[1]}')\n"
        "inspector = sa.inspect(engine)\n"
        "assert 'waits' in inspector.get_view_names()\n"
        "sa.MetaData().reflect(engine)\n"
        "print([column['name'] for column in inspector.get_columns('waits')])\n"
        "engine.dispose()\n"
    )
    command = [sys.executable, "-c", script, str(store)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stdout == "['a', 'b']\n", done.stderr


def test_they_answer_when_they_are_asked(store, tmp_path):
    with recstore.connect(store) as con:
        assert con.execute("FROM rows").fetchall() == [(7,)]
        assert con.cursor().execute("SELECT n + 1 FROM rows").fetchall() == [(8,)]
        assert con.execute("SELECT count(*) FROM known").fetchall()[0][0] > 0
        assert con.execute("FROM kinds").fetchall()[0][1:] == ({"a": [1]}, "x")
        with pytest.raises(duckdb.IOException, match=r"rows\.csv"):
            con.execute("FROM gone").fetchall()
        with pytest.raises(duckdb.Error, match="other"):
            con.execute("FROM elsewhere").fetchall()
        con.execute(f"ATTACH '{tmp_path}/other.duckdb' AS other")
        assert con.execute("FROM elsewhere").fetchall() == [(5,)]
        # What the view reads may change its shape meanwhile.
        about = "SELECT comment FROM duckdb_columns() WHERE database_name = 'memory' AND table_name = 'waits'"
        assert con.execute(about).fetchall() == [("the number",), (None,)]
        (tmp_path / "pipe.csv").unlink()
        (tmp_path / "pipe.csv").write_text("a,b\n2,bye\n")
        assert con.execute("FROM waits").fetchall() == [(2, "bye")]
        assert con.execute("SELECT getvariable('recstore_stand_in')").fetchall() == [(None,)]


@pytest.mark.parametrize("client", repeated(["shell-1.4", "shell-1.5", "python-1.4", "python-1.5"]))
def test_from_the_script_in_other_versions(client, store, tmp_path):
    target = tmp_path / "answer.csv"
    asked = f'SELECT r.n, k."odd "" name", k.e, ({ASKED.format("rec.")}) AS similar FROM rec.rows AS r, rec.kinds AS k'
    statements = [attach_script(store).rstrip(";\n"), f"COPY ({asked}) TO '{target}'"]
    shells.run(client, ":memory:", statements, tmp_path)
    assert target.read_text().splitlines()[1] == "7,1.00,x,10"
