"""Reads a declaration for a build on Spark: the items whole, of the interactions so much as tells their types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recstore.budget import Budget
from recstore.catalogs.declared.declaration import Interactions, Items, described
from recstore.catalogs.declared.reading import Read, read_sources
from recstore.errors import SourceError, first_line
from recstore.progress import Progress
from recstore.sources.dialect import Dialect
from recstore.spark.failing import meaning
from recstore.spark.quoting import identifier
from recstore.spark.sources import frame_of, is_of_driver

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: So many interactions tell what all are, and so many of each kind that may tell otherwise.
_LOOKED_AT, _ODD = 100_000, 1000


@contextmanager
def read_on_spark(
    spark: SparkSession, name: str, declared: Items, budget: Budget, progress: Progress
) -> Iterator[tuple[Read, DataFrame | None]]:
    """Yield what the sources of a catalogue hold, and the interactions as Spark has them."""
    folder, history = Path(declared.folder), declared.interactions
    here: Any = declared
    if declared.source is not None and not is_of_driver(declared):
        items = frame_of(spark, declared, folder, "The items")
        here = replace(declared, source=_fetched(items, declared.source), database=None, dialect=Dialect())
    frame = None
    if history is not None:
        frame = frame_of(spark, history, folder, "The interactions")
        looked_at = _fetched(_telling(frame, history), history.source)
        if not looked_at.num_rows:
            raise SourceError(f"{described(history.source)} holds no interactions.")
        here = replace(here, interactions=replace(history, source=looked_at, database=None, dialect=Dialect()))
    with read_sources(name, here, budget, progress) as read:
        catalog = replace(read.catalog, declaration=declared.recorded())
        changed: dict[str, Any] = {"catalog": catalog}
        for what, source in (("items", declared.source), ("interactions", history and history.source)):
            relation = getattr(read, what)
            if relation is not None and not relation.files:
                changed[what] = replace(relation, name=_named(source))
        yield replace(read, **changed), frame


def _named(source: object) -> str:
    return described(source) or "the source"


def _fetched(frame: DataFrame, source: object) -> Any:  # noqa: ANN401 - PyArrow is not typed
    try:
        return frame.toArrow()
    except Exception as error:
        if meaning(error):
            raise
        raise SourceError(f"Spark cannot read {_named(source)}: {first_line(error)}") from error


def _telling(frame: DataFrame, history: Interactions) -> DataFrame:
    """Return some interactions, and of the others such as decide how a column is read.

    These are ids of blanks, text that is no time or no number, and the largest number of a time.
    """
    kinds = {name.lower(): kind for name, kind in frame.dtypes}

    def is_text(name: str | None) -> bool:
        return name is not None and kinds.get(name.lower()) == "string"

    some = frame.limit(_LOOKED_AT)
    if some.count() < _LOOKED_AT:
        return frame
    odd = [some]
    for name in (history.user, history.item, history.session):
        if name and is_text(name):
            odd.append(frame.where(f"{identifier(name)} RLIKE r'^[\\t\\n\\r \\u00A0]*$'").limit(_ODD))
    for name in (history.rating, history.value):
        if name and is_text(name):
            no_number = f"try_cast({identifier(name)} AS double) IS NULL AND {identifier(name)} IS NOT NULL"
            odd.append(frame.where(no_number).limit(_ODD))
    at = history.at
    if at and is_text(at):
        odd.append(frame.where(f"try_cast({identifier(at)} AS timestamp) IS NULL").limit(_ODD))
    elif at and at.lower() in kinds and not kinds[at.lower()].startswith(("timestamp", "date")):
        odd.append(frame.where(f"{identifier(at)} IS NOT NULL").orderBy(frame[identifier(at)].desc()).limit(1))
    return reduce(lambda one, other: one.unionByName(other), odd)
