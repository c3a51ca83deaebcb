"""PostgreSQL's rows as it copies them: text that goes to columns without a row of it being taken apart in Python."""

from __future__ import annotations

import selectors
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

import duckdb

from recstore import sql
from recstore.errors import SourceError, first_line
from recstore.sources.since import Since
from recstore.sources.streams import numbered, place_of, registered, unique_names

#: So many bytes of text become columns at once.
_BLOCK = 16 << 20
_MOST_DIGITS = 38
_AS = "CAST({c} AS %s)"
_OLD = "CAST(CASE WHEN ends_with({c}, 'BC') THEN replace({c}, 'BC', '(BC)') ELSE {c} END AS %s)"
#: PostgreSQL's types by name: DuckDB's, and what makes a value of the text of it. All others stay text.
_TYPES = {
    "bool": ("BOOLEAN", "{c} = 't'"),
    "int2": ("SMALLINT", _AS % "SMALLINT"),
    "int4": ("INTEGER", _AS % "INTEGER"),
    "int8": ("BIGINT", _AS % "BIGINT"),
    "oid": ("BIGINT", _AS % "BIGINT"),
    "float4": ("FLOAT", _AS % "FLOAT"),
    "float8": ("DOUBLE", _AS % "DOUBLE"),
    "uuid": ("UUID", _AS % "UUID"),
    "date": ("DATE", _OLD % "DATE"),
    "timestamp": ("TIMESTAMP", _OLD % "TIMESTAMP"),
    "timestamptz": ("TIMESTAMP", _OLD % "TIMESTAMP"),
    "time": ("TIME", _AS % "TIME"),
    "bytea": ("BLOB", "unhex(substr({c}, 3))"),
    # Blanks at the end of a char(n) mean nothing.
    "bpchar": ("VARCHAR", "rtrim({c}, ' ')"),
    # Embeddings, as the extension pgvector has them.
    "vector": ("FLOAT[]", _AS % "FLOAT[]"),
    "halfvec": ("FLOAT[]", _AS % "FLOAT[]"),
}


def copy_postgres(
    connection: duckdb.DuckDBPyConnection,
    driver: Any,  # noqa: ANN401 - psycopg is not there for everybody
    query: str,
    since: Since | None,
    table: str,
    named: str,
) -> tuple[str, dict[str, str]]:
    """Copy a query of an open connection of psycopg's to a table; memory does not grow with the rows.

    Returns what stands in FROM, and the types of its columns. Raises `SourceError` where the server breaks off.
    """
    import psycopg

    relation = f"({query}\n) AS _rs_source"
    values: list[Any] = []
    if since:
        column = sql.identifier(since.column)
        relation = f"(SELECT * FROM {relation.replace('%', '%%')} WHERE {column.replace('%', '%%')} > %s) AS _rs_source"
        values = [since.value]
    try:
        return _Copy(connection, driver, relation, values, table, named).run()
    except psycopg.Error as error:
        raise SourceError(f"{named} cannot be read: {first_line(error)}.") from error


class _Copy:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        driver: Any,  # noqa: ANN401 - psycopg is not there for everybody
        relation: str,
        values: list[Any],
        table: str,
        named: str,
    ) -> None:
        self.connection = connection
        self.driver = driver
        self.relation = relation
        self.values = values or None
        self.place = place_of(table)
        self.named = named

    def run(self) -> tuple[str, dict[str, str]]:
        with self.driver.cursor() as cursor:
            cursor.execute("SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL extra_float_digits = 1")
            cursor.execute("SET LOCAL bytea_output = 'hex'; SET LOCAL intervalstyle = 'postgres'")
            cursor.execute(f"SELECT * FROM {self.relation} LIMIT 0", self.values)
            described = cursor.description or []
            names = unique_names([column.name for column in described])
            kinds = self._kinds(cursor, [(column.type_code, column.precision, column.scale) for column in described])
            self._fill(names, kinds)
        types = {name: kind[0] for name, kind in zip(names, kinds, strict=True)}
        for name, type_ in types.items():
            if type_ == "NUMERIC":
                types[name] = self._narrow(name)
        return numbered(self.place, types), types

    def _kinds(self, cursor: Any, described: list[tuple[int, Any, Any]]) -> list[tuple[str, str, str]]:  # noqa: ANN401
        """Return of each column its type, what makes a value of its text, and how PostgreSQL writes that text."""
        cursor.execute(sql.read("recstore.sources.sql", "postgres_types"), [[code for code, _, _ in described]])
        named = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
        kinds = []
        for code, precision, scale in described:
            name, element = named.get(code, ("text", None))
            if element is not None:
                type_ = {"numeric": "DOUBLE"}.get(element, _TYPES.get(element, ("VARCHAR", ""))[0])
                type_ = "VARCHAR" if element == "bytea" else type_
                kinds.append((f"{type_}[]", f"CAST(CAST({{c}} AS JSON) AS {type_}[])", "to_json({c})"))
            elif name == "numeric" and precision is not None and precision <= _MOST_DIGITS and 0 <= scale <= precision:
                kinds.append((f"DECIMAL({precision},{scale})", f"CAST({{c}} AS DECIMAL({precision},{scale}))", "{c}"))
            elif name == "numeric":
                kinds.append(("NUMERIC", "{c}", "{c}"))
            else:
                kinds.append((*_TYPES.get(name, ("VARCHAR", "{c}")), "{c}"))
        return kinds

    def _fill(self, names: Sequence[str], kinds: list[tuple[str, str, str]]) -> None:
        """Make the table, and copy the rows to it, block by block.

        (Were DuckDB to pull them, each line would have to wait for Python's lock.)
        """
        import psycopg
        import pyarrow as pa

        selected = ", ".join(
            f"{value.replace('{c}', f'c{place}')} AS {sql.identifier(name)}"
            for place, (name, (_, value, _)) in enumerate(zip(names, kinds, strict=True))
        )
        texts = [f"c{place}" for place in range(len(names))]
        written = ", ".join(kind[2].replace("{c}", text) for text, kind in zip(texts, kinds, strict=True))
        relation = f"{self.relation.removesuffix('_rs_source')}_rs_source({', '.join(texts)})"
        statement = f"COPY (SELECT {written} FROM {relation}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')"
        sent = psycopg.ClientCursor(self.driver).mogrify(statement, self.values).encode(self.driver.info.encoding)
        nothing = pa.table({text: pa.array([], pa.string()) for text in texts})
        with registered(self.connection, nothing) as view, closing(_blocks(self.driver, sent)) as blocks:
            self.connection.execute(f"CREATE TABLE {self.place} AS SELECT {selected} FROM {view}")
            try:
                for block in blocks:
                    self.connection.register(view, _parsed(block, texts))
                    # (Each by itself: what a transaction has inserted is held in memory until its end.)
                    self.connection.execute(f"INSERT INTO {self.place} SELECT {selected} FROM {view}")
            except BaseException as error:
                self.connection.execute(f"DROP TABLE {self.place}")
                if isinstance(error, duckdb.ConversionException):
                    raise SourceError(
                        f"A value of {self.named} has no place in DuckDB: {first_line(error)}."
                    ) from error
                raise

    def _narrow(self, name: str) -> str:
        """Give a column of exact numbers of any length the narrowest exact type that holds them, or DOUBLE."""
        column = sql.identifier(name)
        whole, scale, is_odd = self.connection.execute(
            sql.render("recstore.sources.sql", "digits", column=column, table=self.place)
        ).fetchall()[0]
        type_ = "DOUBLE" if is_odd or whole + scale > _MOST_DIGITS else f"DECIMAL({max(whole + scale, 18)},{scale})"
        self.connection.execute(f"ALTER TABLE {self.place} ALTER COLUMN {column} SET DATA TYPE {type_}")
        return type_


def _blocks(driver: Any, statement: bytes) -> Generator[bytearray]:  # noqa: ANN401 - psycopg is not there for everybody
    """Give the lines that a COPY … TO STDOUT writes, many at once.

    They are taken from libpq itself: what a cursor of psycopg's does for each line takes longer than all the rest.
    """
    import psycopg
    from psycopg import pq

    server = driver.pgconn
    result = None
    try:
        server.send_query(statement)
        while server.flush():
            _wait(server, selectors.EVENT_WRITE)
        result = _result(server)
        block = bytearray()
        while result.status == pq.ExecStatus.COPY_OUT:
            size, line = server.get_copy_data(1)
            if size > 0:
                block += line
            elif size == 0:
                _wait(server, selectors.EVENT_READ)
                server.consume_input()
            else:
                result = _result(server)
            if block and (len(block) > _BLOCK or size < 0):
                yield block
                block = bytearray()
        if result.status != pq.ExecStatus.COMMAND_OK:
            text = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"no reason is given"
            raise psycopg.DatabaseError(text.decode(driver.info.encoding, "replace"))
    finally:
        _end(driver, result)


def _end(driver: Any, result: Any) -> None:  # noqa: ANN401
    """Leave the connection fit for the next statement, whether or not all lines were taken."""
    from psycopg import pq

    server = driver.pgconn
    if result is None or result.status == pq.ExecStatus.COPY_OUT:
        driver.cancel()
    if result is not None and result.status == pq.ExecStatus.COPY_OUT:
        while server.get_copy_data(0)[0] > 0:
            pass
    while server.get_result():
        pass


def _result(server: Any) -> Any:  # noqa: ANN401
    """Return the server's answer, as soon as it is there."""
    while server.is_busy():
        _wait(server, selectors.EVENT_READ)
        server.consume_input()
    return server.get_result()


def _wait(server: Any, event: int) -> None:  # noqa: ANN401
    with selectors.DefaultSelector() as selector:
        selector.register(server.socket, event)
        selector.select()


def _parsed(block: bytearray, texts: list[str]) -> Any:  # noqa: ANN401 - PyArrow is not typed
    """Return whole lines of CSV as columns: nothing between two commas is NULL, and quotes around nothing are ''."""
    import pyarrow as pa
    from pyarrow import csv

    return csv.read_csv(
        pa.BufferReader(block),
        csv.ReadOptions(column_names=texts, block_size=max(len(block), 1 << 20)),
        csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=dict.fromkeys(texts, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
