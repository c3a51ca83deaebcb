"""A bar that a figure must reach: `ndcg@10=0.3`, for a rebuild that nobody watches."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recstore.errors import BelowBarError, OptionError
from recstore.evaluation.results import Evaluation

#: The protocols, in the order in which a metric is looked for where none is named.
PROTOCOLS = (
    "leave-one-out", "temporal-hold-out", "next-chosen", "next-chosen-temporal", "label-retrieval",
    "label-retrieval-held-out",
)  # fmt: skip
#: What a protocol is called where movies are measured: either name finds the figures of both.
_SAME = {"next-watched": "next-chosen", "next-watched-temporal": "next-chosen-temporal"}
METRICS = (
    "hr@10", "recall@10", "recall@20", "ndcg@10", "map@10", "precision@10",
    "coverage@10", "popularity_percentile@10", "novelty@10", "diversity@10",
)  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """The least value that a metric may have.

    `metric` is one of those that `recstore evaluate` prints, such as "ndcg@10". `protocol` None means the first one in
    which the metric was measured, and `model` None the model behind the SQL functions.
    """

    metric: str
    least: float
    protocol: str | None = None
    model: str | None = None

    @staticmethod
    def parse(text: str) -> Bar:
        """Read `[PROTOCOL/][MODEL/]METRIC=VALUE`; raises `OptionError`."""
        name, _equals, value = text.rpartition("=")
        *before, metric = name.split("/")
        try:
            least = float(value)
        except ValueError:
            least = float("nan")
        if math.isnan(least) or len(before) > 2:
            raise OptionError(f"--fail-under takes METRIC=VALUE or PROTOCOL/MODEL/METRIC=VALUE, not {text!r}.")
        if metric not in METRICS:
            raise OptionError(f"There is no metric {metric!r}; there are: {', '.join(METRICS)}.")
        protocol = next((part for part in before if part in PROTOCOLS or part in _SAME), None)
        models = [part for part in before if part != protocol]
        if len(models) > 1:
            raise OptionError(f"There is no protocol {before[0]!r}; there are: {', '.join(PROTOCOLS)}.")
        return Bar(metric, least, protocol, models[0] if models else None)

    def check(self, evaluations: list[Evaluation]) -> None:
        """Raise a `BelowBarError` if the figure is lower than `least`, or was not measured."""
        of_metric = [row for row in evaluations if row.metric == self.metric]
        measured = {_neutral(row.protocol) for row in of_metric}
        asked = self.protocol or next((one for one in PROTOCOLS if one in measured), None)
        rows = [row for row in of_metric if asked and _neutral(row.protocol) == _neutral(asked)]
        figures = [row for row in rows if (row.model == self.model if self.model else row.is_default)]
        if not figures:
            known = sorted({f"{row.protocol}/{row.model}" for row in of_metric})
            raise BelowBarError(
                f"{self._name(asked)} was not measured, so it cannot be {self.least:g} or more. "
                + (f"{self.metric} was measured of: {', '.join(known)}." if known else "Nothing has that metric here.")
            )
        figure = figures[0]
        if not figure.value >= self.least:
            raise BelowBarError(
                f"{figure.metric} of {figure.model} ({figure.protocol}) is {figure.value:.4f}, below {self.least:g}."
            )

    def _name(self, protocol: str | None) -> str:
        return f"{self.metric} of {self.model or 'the default'}" + (f" ({protocol})" if protocol else "")


def _neutral(protocol: str) -> str:
    return _SAME.get(protocol, protocol)
