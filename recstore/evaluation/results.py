"""What an evaluation yields: one figure with its interval for each metric of each model under each protocol."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recstore.evaluation.metrics import Surroundings, intervals, paired_advantage


@dataclass(frozen=True)
class Evaluation:
    """One figure of an evaluation, as in a row of the table `evaluations`.

    `value` is the mean over `n` questions, and `low` to `high` its 95 % interval, from 1,000 bootstrap resamples; None
    where a metric has none. `is_default` tells whether `model` is the one behind the SQL functions.
    """

    catalog: str
    protocol: str
    model: str
    is_default: bool
    metric: str
    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Panel:
    """One protocol of one catalogue, whose models are all measured alike."""

    catalog: str
    protocol: str
    around: Surroundings
    seed: int

    def summary(
        self,
        model: str,
        is_default: bool,
        values: dict[str, NDArray[np.float64]],
        lists: NDArray[np.int32],
        which: NDArray[np.intp] | None = None,
        k: int = 10,
    ) -> list[Evaluation]:
        """Return the figures of one model: its `values` per question, and what its `lists` are like beside.

        `which` (n,) says which list each question was answered with, where several share one.
        """
        n = len(next(iter(values.values())))
        if n == 0:
            return []
        beside = self.around.beyond_accuracy(lists, k)
        if which is not None:
            beside = {metric: column[which] for metric, column in beside.items()}
        columns = {metric: column for metric, column in (values | beside).items() if not np.isnan(column).all()}
        ends = intervals(np.column_stack(list(columns.values())), self.seed)
        coverage = self.around.coverage(lists, k)
        return [
            Evaluation(self.catalog, self.protocol, model, is_default, metric, float(mean), float(low), float(high), n)
            for metric, mean, low, high in zip(columns, *ends, strict=True)
        ] + [Evaluation(self.catalog, self.protocol, model, is_default, f"coverage@{k}", coverage, None, None, n)]

    def advantages(self, values: dict[str, dict[str, NDArray[np.float64]]], base: str, metric: str) -> list[Evaluation]:
        """Return by how much each model but `base` exceeds it in a metric, with the interval of the paired bootstrap.

        `values` holds, for each model, its values per question; all models answered the same questions.
        """
        if base not in values:
            return []
        found = []
        for model, columns in values.items():
            if model != base:
                more = paired_advantage(columns[metric], values[base][metric], self.seed)
                name, n = f"{metric} above {base}", len(columns[metric])
                found.append(Evaluation(self.catalog, self.protocol, model, False, name, *more, n))
        return found
