"""What is said where a build on Spark fails: one sentence on what happened and what to do, and where it goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recstore.errors import FullError, RecstoreError, StoreError, is_full

#: What Spark says, and what that means to whoever runs the build; the first that is found counts.
_MEANT = {
    r"Java heap space|OutOfMemoryError": "Spark's Java has too little memory. Give it more: --setting "
    "spark.driver.memory=8g, on a cluster also spark.executor.memory",
    r"Python worker exited unexpectedly|Python worker.* crashed|ExecutorLostFailure|exit code 137": "A worker of "
    "Spark's was killed again and again, most often for want of memory. Give Spark fewer cores (--master 'local[1]', "
    "spark.executor.cores), or the machine more memory",
    r"No module named .?recstore": "recstore is not installed where Spark's workers run, or "
    "in another version. Install it there as it is here: pip install 'recstore[spark]'",
    r"FileNotFoundException|FileNotFoundError|PATH_NOT_FOUND|FILE_NOT_EXIST": "Not all workers see the files of the "
    "build, or somebody removed them while it ran. Name a folder that driver and workers see under one name",
}


@contextmanager
def told_in_one_sentence(beside: Path) -> Iterator[None]:
    """Raise what fails in Spark as a `StoreError`, where a disk is full as a `FullError`; `beside` holds the stages."""
    on = f"Then give the same command again: it goes on behind the stages that ended, which are in {beside}."
    try:
        yield
    except FullError as error:
        raise FullError(f"{error} {on}") from error
    except RecstoreError:
        raise
    except Exception as error:
        if is_full(error):
            raise FullError(f"{meaning(error)}. {on}") from error
        if meant := meaning(error):
            raise StoreError(f"{meant}. {on}") from error
        if not is_of_spark(error):
            raise
        raise StoreError(
            f"Spark failed: {_sentence(error)}. The stages that ended are in {beside}, and the same build goes on "
            "behind them."
        ) from error


def meaning(error: Exception) -> str:
    """Return what a failure means and what to do, without the full stop; nothing where Spark's own words say it."""
    if is_full(error):
        return (
            f"A disk is full, or a file larger than this user may write ({_sentence(error)}). Make room where the "
            "folder is and where Spark keeps what it sorts, or name another folder for that: --setting "
            "spark.local.dir=FOLDER"
        )
    if _is_gone(error):
        return (
            "Spark itself ended in the middle: its Java was killed, most often for want of memory, or cannot be "
            "reached any more. See how much memory is free, or change --setting spark.driver.memory=4g"
        )
    if not is_of_spark(error):
        return ""
    return next((meant for said, meant in _MEANT.items() if re.search(said, str(error))), "")


def is_of_spark(error: BaseException) -> bool:
    """Tell whether an error is one of PySpark's, or of what it speaks to Spark by."""
    return type(error).__module__.partition(".")[0] in ("pyspark", "py4j", "grpc")


def _is_gone(error: Exception) -> bool:
    """Tell whether Spark's Java does not answer any more."""
    # PySpark lets a refused connection through as Python raises it, and nothing else of a build connects. Py4J says
    # that a call failed, and no more, where its Java ended in the middle of it.
    if isinstance(error, ConnectionError) or type(error).__name__ == "Py4JNetworkError":
        return True
    if type(error).__name__ == "Py4JError" and "Trace:" not in str(error):
        return True
    lost = ("Answer from Java side is empty", "SparkContext was shut down", "stopped SparkContext", "UNAVAILABLE")
    return is_of_spark(error) and any(said in str(error) for said in lost)


def _sentence(error: Exception) -> str:
    """Return what went wrong in one sentence: of a worker's traceback what its exception says."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    raised = [line for line in lines if re.match(r"[\w.]+(Error|Exception|Exit|Interrupt)\b.*: ", line)]
    said = raised[-1] if "Traceback (most recent call last):" in lines and raised else lines[0]
    return said.rstrip(".: ")
