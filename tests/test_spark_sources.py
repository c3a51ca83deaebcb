"""What a build on Spark reads: files in their forms and under their names, tables of the session, Delta, JDBC."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from shells import installed


def test_spark_reads_csv_as_one_machine_does_also_in_a_folder_with_a_blank(spark, tmp_path):
    """Doubled quotes, several lines in a field, ids with zeros before them, names that differ by case."""
    folder = tmp_path / "my books, Büch%20er"
    folder.mkdir()
    (folder / "new sales.csv").write_text('u,I,note,n\n1,007,"say ""hi"", you",7\n2,08,"two\nlines",8\n')
    program = """
from pathlib import Path
from pyspark.sql import SparkSession
from recstore import Interactions
from recstore.spark.quoting import address
from recstore.spark.sources import frame_of

spark = SparkSession.getActiveSession()
sales = Interactions(source=Path("new sales.csv"), user="U", item="i")
frame = frame_of(spark, sales, Path(), "The interactions")
frame.write.parquet(address(Path("a b")))
rows = spark.read.parquet(address(Path("a b"))).orderBy("n").collect()
print([list(row) for row in rows], Path("a b/_SUCCESS").exists())
"""
    rows = [[1, "007", 'say "hi", you', 7], [2, "08", "two\nlines", 8]]
    assert spark.call("run", program, str(folder)).strip() == f"{rows} True"


#: Each source holds the same three rows.
READS = """
import json, sys
from pathlib import Path
from pyspark.sql import SparkSession
from recstore import Interactions
from recstore.spark.sources import frame_of

spark = SparkSession.getActiveSession()
rows = spark.createDataFrame([(1, "007", 2.5), (2, "08", 1.0), (2, "9", 0.5)], "u long, i string, n double")
rows.createOrReplaceTempView("sold_of_session")
rows.write.mode("overwrite").saveAsTable("spark_catalog.default.sold_of_catalog")
kept = {"url": "jdbc:derby:memory:shop;create=true", "dbtable": "sold"}
rows.write.format("jdbc").options(**kept).save()
spark.read.format("jdbc").options(**kept).load().createOrReplaceTempView("sold_by_jdbc")
packages = "DELTA"
sys.path.append(packages)
import pyarrow as pa
from deltalake import write_deltalake
for part in range(2):
    write_deltalake("delta_table", pa.table({"u": [[1], [2, 2]][part], "i": [["007"], ["08", "9"]][part],
                                             "n": [[2.5], [1.0, 0.5]][part]}), mode="append")
sys.path.remove(packages)
found = {}
for source in json.loads(Path("sources.json").read_text()):
    frame = frame_of(spark, Interactions(source=source, user="u", item="i"), Path(), "The interactions")
    found[source] = sorted([row["u"], row["i"], float(row["n"])] for row in frame.collect())
print(json.dumps(found))
"""
ROWS = [[1, "007", 2.5], [2, "08", 1.0], [2, "9", 0.5]]


def test_spark_reads_every_form_of_the_same_rows(spark, tmp_path):
    """Also where a name holds what Spark takes for a pattern, and by patterns that only Python knows."""
    lines = [json.dumps(dict(zip("uin", row, strict=True))) for row in ROWS]
    files = {
        "lines.jsonl": "\n".join(lines),
        "array.json": "[\n" + ",\n".join(lines) + "\n]\n",
        "a[1] {x}*?.json": "\n".join(lines),
        "deep/er/one.csv": "u,i,n\n1,007,2.5\n",
        "deep/er/still/two.csv": "u,i,n\n2,08,1\n2,9,0.5\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    named = ["lines.jsonl", "array.json", "a[1] {x}*?.json", "deep/**/*.csv", "deep", "delta_table",
             "sold_of_session", "spark_catalog.default.sold_of_catalog", "sold_by_jdbc",
             "SELECT * FROM sold_of_session WHERE n > 0"]  # fmt: skip
    (tmp_path / "sources.json").write_text(json.dumps(named))
    found = json.loads(spark.call("run", READS.replace("DELTA", str(installed("delta"))), str(tmp_path)))
    assert found == dict.fromkeys(named, ROWS)


#: A session of Spark Connect trains, makes the tables known and answers.
CONNECTED = """
import sys
import pyarrow as pa
import recstore, recstore.spark

spark = recstore.spark.session(sys.argv[1])
items = pa.table({"id": [f"b{n}" for n in range(40)], "title": [f"Book {n} {n % 4}" for n in range(40)]})
sales = pa.table({"who": [n % 50 for n in range(1500)], "what": [f"b{n * n * 7 % 41 % 40}" for n in range(1500)]})
sold = recstore.Interactions(source=spark.createDataFrame(sales), user="who", item="what")
books = recstore.Items(source=items, id="id", title="title", interactions=sold)
options = recstore.BuildOptions(tune=False, collaborative_dimensions=4)
recstore.spark.build(spark, {"books": books}, "tables", options=options)
recstore.spark.install(spark, "tables", schema="connected")
recstore.build_from_tables("books.duckdb", "tables")
answer = "similar_books('b3', k => 3)"
print([(row["rank"], row["id"]) for row in spark.sql(f"FROM connected.{answer}").collect()])
with recstore.connect("books.duckdb", exact=True) as store:
    print(store.execute(f"SELECT rank, id FROM {answer}").fetchall())
"""


def test_spark_connect_trains_and_answers(spark, tmp_path):
    [row] = spark.rows("SET spark.connect.grpc.binding.port")
    folders = [str(installed(name)) for name in ("connect", "spark")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    program = [sys.executable, "-c", CONNECTED, f"sc://127.0.0.1:{row['value']}"]
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    theirs, ours = done.stdout.splitlines()
    assert theirs == ours != "[]"
