"""Draws what an evaluation found.

For each protocol: how accurate each model is against how much of all it shows. And for the spaces that a singular value
decomposition gives: how much of the variance is explained by how many dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recstore.errors import MissingExtraError, OptionError
from recstore.evaluation.results import Evaluation

_ENDINGS = (".png", ".svg", ".pdf")
#: What stands for accuracy, by protocol where it is not NDCG.
_ACCURACY = {"label-retrieval": "precision@10"}


def check_plot(path: Path) -> None:
    """Raise `OptionError` where `path` ends in none of .png, .svg, .pdf, `MissingExtraError` without matplotlib."""
    if path.suffix.lower() not in _ENDINGS:
        raise OptionError(
            f"A plot is written as {', '.join(_ENDINGS)}, and {path.name!r} ends in none of them: rename it."
        )
    _figure_class()


def draw_evaluation(evaluations: list[Evaluation], path: Path, explained: dict[str, Sequence[float]]) -> None:
    """Draw an evaluation to `path`: a panel for each protocol, in it a point for each model, with its interval.

    A point lies at the coverage (across) and the accuracy (up) of its model. `explained` maps spaces to the shares of
    the variance, 0 to 1, that their first n dimensions explain; they make a panel more. Raises as `check_plot` does.
    """
    panels = sorted({(row.catalog, row.protocol) for row in evaluations}, reverse=True)
    drawn = len(panels) + bool(explained)
    across = min(2, max(1, drawn))
    down = max(1, -(-drawn // across))
    figure = _figure_class()(figsize=(6 * across, 4.5 * down), layout="constrained")
    names = sorted({row.model for row in evaluations} | set(explained))
    colors = {name: f"C{number % 10}" for number, name in enumerate(names)}
    for number, (catalog, protocol) in enumerate(panels):
        rows = [row for row in evaluations if (row.catalog, row.protocol) == (catalog, protocol)]
        metric = _ACCURACY.get(protocol, "ndcg@10")
        coverage = {row.model: row.value for row in rows if row.metric == "coverage@10"}
        axes = figure.add_subplot(down, across, number + 1)
        for row in rows:
            if row.metric == metric and row.low is not None and row.high is not None:
                x = coverage[row.model]
                ends = [[max(0.0, row.value - row.low)], [max(0.0, row.high - row.value)]]
                mark = "D" if row.is_default else "o"
                axes.errorbar(x, row.value, yerr=ends, fmt=mark, color=colors[row.model], capsize=3, label=row.model)
        axes.legend(fontsize="small")
        axes.set(title=f"{catalog}: {protocol}", xlabel="coverage@10", ylabel=metric)
        axes.margins(0.15)
    if explained:
        axes = figure.add_subplot(down, across, drawn)
        for space, shares in explained.items():
            axes.plot(range(1, len(shares) + 1), shares, color=colors[space], label=space)
        axes.legend(fontsize="small")
        axes.set(title="explained variance", xlabel="dimensions", ylabel="share of the variance", ylim=(0, 1))
    # Neither a date nor random names: the same figures give the same file.
    extra = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower(), {})
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "recstore"}):
        figure.savefig(path, metadata=extra, dpi=120)


def _figure_class() -> Any:  # noqa: ANN401 - matplotlib need not be there
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("Plots need matplotlib. Install it with: pip install 'recstore[plot]'") from error
    return Figure
