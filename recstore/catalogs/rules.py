"""What values must hold: one rule each, for files and for rows alike. Each catalogue states those of its own tables.

What a loader rejects, `rebuild`, `add` and `check` find in a table, too, whoever put it there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recstore import sql

if TYPE_CHECKING:
    import numpy.typing as npt

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


def required(column: str) -> Rule:
    """Return the rule of a column of ids."""
    return Rule(column, f"{column} IS NOT NULL", "no whole number")


def in_time(column: str) -> Rule:
    """Return the rule of a column of times."""
    return Rule(column, _TIME.format(column), _NO_TIME)


def faults(rules: Sequence[Rule | Within]) -> str:
    """Return the branches of a CASE over the columns of a table: for each rule that does not hold, what is wrong."""
    return "\n".join(f"WHEN NOT coalesce({rule.holds}, false) THEN {sql.literal(said(rule))}" for rule in rules)


def said(rule: Rule | Within) -> str:
    """Say that a rule does not hold."""
    is_named = re.search(rf"\b{re.escape(rule.column)}\b", rule.reason)
    return rule.reason if is_named else f"{rule.column} is {rule.reason}"


def broken(rules: Sequence[Rule | Within]) -> str:
    """Return the condition that any of some rules does not hold."""
    return f"NOT coalesce({' AND '.join(f'({rule.holds})' for rule in rules) or 'true'}, false)"
