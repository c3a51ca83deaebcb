"""A bar that a figure must reach: `ndcg@10=0.3`, for a rebuild that nobody watches."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recstore.errors import BelowBarError, OptionError
from recstore.evaluation.results import Evaluation

#: The protocols, in the order in which a metric is looked for where none is named.
PROTOCOLS = ("leave-one-out", "temporal-hold-out", "next-watched", "next-watched-temporal", "label-retrieval")
METRICS = (
    "hr@10", "recall@10", "recall@20", "ndcg@10", "map@10", "precision@10",
    "coverage@10", "popularity_percentile@10", "novelty@10", "diversity@10",
)  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """The least that a metric may be, under a protocol and of a model, or else of the first and the default."""

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
        protocol = next((part for part in before if part in PROTOCOLS), None)
        models = [part for part in before if part != protocol]
        if len(models) > 1:
            raise OptionError(f"There is no protocol {before[0]!r}; there are: {', '.join(PROTOCOLS)}.")
        return Bar(metric, least, protocol, models[0] if models else None)

    def check(self, evaluations: list[Evaluation]) -> None:
        """Raise a `BelowBarError` if the figure is below the bar, or was not measured."""
        of_metric = [row for row in evaluations if row.metric == self.metric]
        protocols = (
            [self.protocol] if self.protocol else [p for p in PROTOCOLS if any(r.protocol == p for r in of_metric)]
        )
        rows = [row for row in of_metric if row.protocol in protocols[:1]]
        figures = [row for row in rows if (row.model == self.model if self.model else row.is_default)]
        if not figures:
            known = sorted({f"{row.protocol}/{row.model}" for row in of_metric})
            raise BelowBarError(
                f"{self._name(protocols)} was not measured, so it cannot be {self.least:g} or more. "
                + (f"{self.metric} was measured of: {', '.join(known)}." if known else "Nothing has that metric here.")
            )
        figure = figures[0]
        if not figure.value >= self.least:
            raise BelowBarError(
                f"{figure.metric} of {figure.model} ({figure.protocol}) is {figure.value:.4f}, below {self.least:g}."
            )

    def _name(self, protocols: list[str]) -> str:
        return f"{self.metric} of {self.model or 'the default'}" + (f" ({protocols[0]})" if protocols else "")
