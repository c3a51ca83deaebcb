"""Rebuilds a store again and again while others read it, and shows that nobody notices.

    python benchmarks/readers.py [--rebuilds 50] [--shell /path/to/duckdb]

Eight readers, Python and the `duckdb` shell where it is there, open, join and close in a loop; two hold the store open;
one process calls `recstore.connect` again and again while it keeps an old connection. Each answer must come from one
whole build: the build's id, its options, and the neighbours must belong together.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import recstore
from recstore.samples.movies import write_sample

#: One answer: the build, and a digest of what it computed, joined over all movies.
QUERY = (
    "SELECT (SELECT value FROM {}store_info WHERE key = 'build_id') AS build, "
    "CAST((SELECT sum(hash(v.space, v.movie_id, v.vector)) FROM {}movie_vectors AS v) AS VARCHAR) AS vectors, "
    "count(*) AS n, CAST(sum(hash(m.movie_id, s.movie_id, s.score)) AS VARCHAR) AS neighbors "
    "FROM {}movies AS m, {}similar_movies(m.movie_id) AS s"
)
_PYTHON = """
import json, sys, duckdb, recstore
store, query, kind, stop = sys.argv[1:]
from pathlib import Path
def ask(con):
    return con.execute(query.replace("{}", "")).fetchall()[0]
held = recstore.connect(store) if kind != "loop" else None
first = ask(held) if held else None
while not Path(stop).exists():
    if kind == "held":
        assert ask(held) == first
        print(json.dumps(first), flush=True)
        continue
    if kind == "connect":
        with recstore.connect(store) as con:
            print(json.dumps(ask(con)), flush=True)
        assert ask(held) == first
        continue
    con = duckdb.connect(store, read_only=True)
    print(json.dumps(ask(con)), flush=True)
    con.close()
"""
_SHELL = 'while [ ! -e "$4" ]; do "$1" -readonly -init /dev/null -jsonlines "$2" -c "$3" || exit 1; done'


def run(rebuilds: int, shell: str | None, loops: int = 5) -> dict[str, int]:
    """Rebuild so many times and return how many answers were given, and from how many builds.

    `loops` readers open, join and close again and again, and half as many hold the store open, or are shells.
    """
    with tempfile.TemporaryDirectory() as name, ExitStack() as files:
        folder = Path(name)
        write_sample(folder / "source", movies=200, users=120)
        store, stop = folder / "store.duckdb", folder / "stop"
        recstore.build(store, {"movielens": folder / "source"})
        built = dict([_answer(store)])
        few = (loops + 1) // 2
        kinds = ["loop"] * (loops if shell else loops + few) + ["held"] * min(few, 2) + ["connect"]
        readers = [[sys.executable, "-c", _PYTHON, str(store), QUERY, kind, str(stop)] for kind in kinds]
        if shell:
            readers += [["sh", "-c", _SHELL, "sh", shell, str(store), QUERY.replace("{}", ""), str(stop)]] * few
        outputs = [files.enter_context((folder / f"reader-{number}").open("w+")) for number in range(len(readers))]
        errors = [files.enter_context((folder / f"errors-{number}").open("w+")) for number in range(len(readers))]
        running = [
            subprocess.Popen(command, stdout=output, stderr=error)
            for command, output, error in zip(readers, outputs, errors, strict=True)
        ]
        for number in range(rebuilds):
            recstore.rebuild(store, content_dimensions=20 + number % 50)
            build, answer = _answer(store)
            assert build not in built, "the build before is seen by one who connects after the next"
            built[build] = answer
        stop.touch()
        codes = [process.wait() for process in running]
        answers, seen = 0, set()
        for code, output, error in zip(codes, outputs, errors, strict=True):
            error.seek(0)
            assert code == 0, error.read()
            output.seek(0)
            for line in output:
                found = json.loads(line)
                build, *answer = found.values() if isinstance(found, dict) else found
                assert built[build] == [str(value) for value in answer], f"a mixture: {line}"
                seen.add(build)
                answers += 1
    return {"rebuilds": rebuilds, "readers": len(readers), "answers": answers, "builds seen": len(seen), "errors": 0}


def _answer(store: Path) -> tuple[str, list[str]]:
    """Return the build that a new connection sees, and its answer."""
    with recstore.connect(store) as connection:
        build, *answer = connection.execute(QUERY.replace("{}", "")).fetchall()[0]
    return build, [str(value) for value in answer]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Rebuild a store while others read it, and show that nobody notices.")
    parser.add_argument("--rebuilds", type=int, default=50, help="how many rebuilds")
    parser.add_argument("--shell", default=shutil.which("duckdb"), help="the DuckDB shell, if there is one")
    given = parser.parse_args()
    print(run(given.rebuilds, given.shell))
