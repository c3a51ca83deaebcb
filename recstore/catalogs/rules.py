"""Which values the tables may hold that all else is computed from: one rule each, for files and for rows alike.

What a loader rejects, `rebuild`, `add` and `check` find in a table, too, whoever put it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from recstore import sql

#: Up to here a FLOAT tells one second from the next.
_LAST_SECOND = 16_777_216
_TIME = "{} BETWEEN TIMESTAMP '1970-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59'"
_NO_TIME = "no time between 1970 and 9999"


@dataclass(frozen=True)
class Rule:
    """What must hold of a `column`, as SQL over the columns of its table, and what is wrong where it does not."""

    column: str
    holds: str
    reason: str


@dataclass(frozen=True)
class Within:
    """A column of numbers lies between two bounds, each a number or the name of another column."""

    column: str
    low: float | str
    high: float | str
    reason: str

    @property
    def holds(self) -> str:
        """The rule as SQL. (DuckDB sorts NaN above all numbers.)"""
        return f"{self.column} BETWEEN {self.low} AND {self.high}"

    def holds_of(self, columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Return for each row (n,) whether the rule holds; `columns` are (n,) numbers each."""
        low = columns[self.low] if isinstance(self.low, str) else self.low
        high = columns[self.high] if isinstance(self.high, str) else self.high
        values = columns[self.column]
        return (values >= low) & (values <= high)


def _id(column: str) -> Rule:
    return Rule(column, f"{column} IS NOT NULL", "no whole number")


CLIP_TIMES = (
    Within("start_seconds", 0, _LAST_SECOND, f"no time from 0 to {_LAST_SECOND} seconds"),
    Within("end_seconds", "start_seconds", _LAST_SECOND, f"no time from the start to {_LAST_SECOND} seconds"),
)

#: The rules of each table, in the order in which a row is held against them.
RULES: Mapping[str, tuple[Rule | Within, ...]] = {
    "movies": (
        _id("movie_id"),
        Rule("title", "trim(title) <> ''", "no title"),
        Rule("year", "year IS NULL OR year BETWEEN 0 AND 9999", "no year from 0 to 9999"),
        Rule("genres", "len(genres) = list_count(genres)", "no list of names"),
    ),
    "links": (_id("movie_id"),),
    "ratings": (
        _id("user_id"),
        _id("movie_id"),
        Rule("rating", "NOT isnan(rating)", "no number"),
        Within("rating", 0.5, 5, "outside 0.5 to 5"),
        Rule("rated_at", _TIME.format("rated_at"), _NO_TIME),
    ),
    "tags": (_id("user_id"), _id("movie_id"), Rule("tagged_at", _TIME.format("tagged_at"), _NO_TIME)),
    "audio_clips": (
        Rule("video_id", "video_id <> ''", "video_id is missing"),
        *CLIP_TIMES,
        Rule("labels", "len(labels) = list_count(labels)", "no list of names"),
    ),
    "audio_frames": (
        Rule("frames", "len(frames) = 1280 AND list_count(frames) = 1280", "not 10 seconds of 128 bytes"),
    ),
}


def faults(table: str) -> str:
    """Return the branches of a CASE over the columns of a table: for each rule that does not hold, what is wrong."""
    return "\n".join(f"WHEN NOT coalesce({rule.holds}, false) THEN {sql.literal(said(rule))}" for rule in RULES[table])


def said(rule: Rule | Within) -> str:
    """Say that a rule does not hold."""
    return rule.reason if rule.column in rule.reason else f"{rule.column} is {rule.reason}"


def broken(table: str) -> str:
    """Return the condition that any of the rules of a table does not hold."""
    return f"NOT coalesce({' AND '.join(f'({rule.holds})' for rule in RULES[table])}, false)"
