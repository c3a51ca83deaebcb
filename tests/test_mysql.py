"""MySQL and MariaDB as relations: from a real server, where this machine has one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pymysql
import pytest

import recstore
from recstore.errors import SourceError

#: Where Debian keeps servers; it is not on everybody's PATH.
_PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
#: A column of each type, with what it becomes.
KINDS = {
    "tinyint(1)": ("BIGINT", "1", 1),
    "bigint unsigned": ("DECIMAL(20, 0)", "18446744073709551615", Decimal(2**64 - 1)),
    "bigint": ("BIGINT", "-9223372036854775808", -(2**63)),
    "double": ("DOUBLE", "1.5", 1.5),
    "decimal(10,2)": ("DECIMAL(4, 2)", "12.50", Decimal("12.50")),
    "varchar(20)": ("VARCHAR", "'a\"b,\\n;é😀'", 'a"b,\n;é😀'),
    "char(5)": ("VARCHAR", "'ab'", "ab"),
    "enum('x','y')": ("VARCHAR", "'y'", "y"),
    "set('x','y')": ("VARCHAR", "'x,y'", "x,y"),
    "date": ("DATE", "'2024-05-01'", date(2024, 5, 1)),
    "datetime(6)": ("TIMESTAMP", "'2024-05-01 10:00:00.25'", datetime(2024, 5, 1, 10, 0, 0, 250000)),
    "timestamp": ("TIMESTAMP", "'2024-05-01 10:00:00'", datetime(2024, 5, 1, 10)),
    "time": ("INTERVAL", "'10:30:00'", timedelta(hours=10, minutes=30)),
    "year": ("BIGINT", "2024", 2024),
    "varbinary(4)": ("BLOB", "x'00ff'", b"\0\xff"),
    "json": ("VARCHAR", """'{"a": 1}'""", '{"a": 1}'),
}
_SECRET = "Tr0ub:4dor/&3"


@pytest.fixture(scope="module")
def mysql() -> Iterator[str]:
    """The address of a server that ends with these tests, on a socket in a folder of its own."""
    server = next((found for name in ("mariadbd", "mysqld") if (found := shutil.which(name, path=_PLACES))), None)
    if server is None:
        pytest.skip(
            "there is no server of MySQL's or MariaDB's here: apt-get install mariadb-server-core mariadb-client-core"
        )
    with tempfile.TemporaryDirectory(prefix="recstore-tests-") as folder:
        files, socket = Path(folder) / "data", Path(folder) / "socket"
        user = ["--user=root"] if os.geteuid() == 0 else []
        install = shutil.which("mariadb-install-db", path=_PLACES)
        made = (
            [install, "--no-defaults", f"--datadir={files}", "--auth-root-authentication-method=normal"]
            if install
            else [server, "--no-defaults", f"--datadir={files}", "--initialize-insecure"]
        )
        subprocess.run([*made, *user], check=True, capture_output=True)
        command = [server, "--no-defaults", f"--datadir={files}", f"--socket={socket}", "--skip-networking", *user]
        with (Path(folder) / "log").open("w") as log:
            running = subprocess.Popen([*command, "--innodb-buffer-pool-size=16M"], stdout=log, stderr=log)
        try:
            _wait_for(running, socket, Path(folder) / "log")
            yield f"mysql+pymysql://reader:{quote(_SECRET, safe='')}@/shop?unix_socket={socket}&charset=utf8mb4"
        finally:
            running.terminate()
            running.wait(60)


def _wait_for(running: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    """Fill the server as soon as it answers."""
    until = clock.monotonic() + 120
    while not socket.exists() or "ready for connections" not in log.read_text():
        assert running.poll() is None, log.read_text()
        assert clock.monotonic() < until, log.read_text()
        clock.sleep(0.1)
    connection = pymysql.connect(user="root", unix_socket=str(socket), charset="utf8mb4", autocommit=True)
    columns = ", ".join(f"`c {place}` {kind} NULL" for place, kind in enumerate(KINDS))
    with connection, connection.cursor() as cursor:
        for statement in (
            "CREATE DATABASE shop CHARACTER SET utf8mb4",
            "USE shop",
            "SET time_zone = '+00:00'",
            f"CREATE TABLE kinds ({columns})",
            f"INSERT INTO kinds VALUES ({', '.join(literal for _, literal, _ in KINDS.values())})",
            f"INSERT INTO kinds VALUES ({', '.join('NULL' for _ in KINDS)})",
            "CREATE TABLE `Books` (isbn varchar(20) PRIMARY KEY, title varchar(99))",
            "INSERT INTO `Books` VALUES " + ", ".join(f"('00{n}', 'Book of the {n}th day')" for n in range(30)),
            "CREATE TABLE sales (customer int, isbn varchar(20), sold_at datetime)",
            "INSERT INTO sales VALUES "
            + ", ".join(f"({n % 40}, '00{n * 7 % 30}', '2024-05-01 00:00:00' + INTERVAL {n} HOUR)" for n in range(400)),
            f"CREATE USER reader@localhost IDENTIFIED BY '{_SECRET}'",
            "GRANT ALL ON shop.* TO reader@localhost",
        ):
            cursor.execute(statement)


def test_every_type_of_mysql(gathering, mysql):
    for source in ("kinds", "shop.kinds", "SELECT * FROM kinds -- all\n;"):
        found = gathering(source, database=mysql)
        assert list(found.columns.values()) == [kind for kind, _, _ in KINDS.values()]
        assert found.rows() == [tuple(value for _, _, value in KINDS.values()), (None,) * len(KINDS)]
        assert found.lines() == [1, 2]


def test_rows_come_in_batches_and_none_is_lost(gathering, mysql, monkeypatch):
    monkeypatch.setattr("recstore.sources.rows._BATCH", 1000)
    query = "SELECT isbn, sold_at FROM (SELECT isbn AS one FROM Books) AS b CROSS JOIN sales ORDER BY one, sold_at"
    sold = gathering("SELECT isbn, sold_at FROM sales ORDER BY sold_at", database=mysql).rows()
    assert [row[1] for row in sold] == [datetime(2024, 5, 1) + timedelta(hours=n) for n in range(400)]
    assert gathering(query, database=mysql).rows() == 30 * sold


def test_only_new_rows_are_asked_for(gathering, mysql):
    found = gathering("sales", database=mysql, since=("sold_at", datetime(2024, 5, 17, 12, tzinfo=UTC)))
    assert [row[2].hour for row in found.rows()] == [13, 14, 15]
    query = "SELECT *, '100%' AS `a:b` FROM sales WHERE isbn LIKE '0%'"
    found = gathering(query, database=mysql, since=("sold_at", "2024-05-17 12:00:00"))
    assert [row[3] for row in found.rows()] == ["100%"] * 3


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("SELECT nothing FROM kinds", "nothing"),
        ("SELECT 1 FROM", "syntax"),
        ("kind", "did you mean 'kinds'"),
        ("SELECT 1; DROP TABLE kinds", "syntax"),
        ("WITH x AS (SELECT 1) DELETE FROM kinds", "syntax"),
    ],
)
def test_a_query_that_fails_is_one_sentence(gathering, mysql, source, said):
    with pytest.raises(SourceError, match=said) as raised:
        gathering(source, database=mysql)
    assert "\n" not in str(raised.value)
    assert len(gathering("kinds", database=mysql).rows()) == 2


def test_a_password_is_never_shown(gathering, mysql):
    for address in (mysql.replace("Tr0ub", "Tr0ug"), mysql.replace("/shop?", "/none?")):
        with pytest.raises(SourceError) as raised:
            gathering("sales", database=address)
        assert "4dor" not in f"{raised.value}{raised.value.__cause__}"
        assert "\n" not in str(raised.value)


def test_a_catalogue_from_guess_to_answer(mysql, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_DB", mysql)
    guess = recstore.init("Books", "sales", database=mysql)
    assert _SECRET not in guess.text
    assert "4dor" not in guess.text
    Path("recstore.toml").write_text(guess.text)
    options = recstore.BuildOptions(tune=False, content_dimensions=8, collaborative_dimensions=8)
    report = recstore.build("shop.duckdb", recstore.read_config(Path("recstore.toml")), options=options)
    [load] = report.loads.values()
    assert (load.rows, load.rejects) == (430, 0)
    with recstore.connect("shop.duckdb") as con:
        assert con.sql(f"SELECT count(*) FROM recommend_{guess.name}(7)").fetchall() == [(10,)]
