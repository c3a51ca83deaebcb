"""The charts of the page, as ECharts' options: colours that can be read on light and on dark."""

from __future__ import annotations

from typing import Any

from recstore.explore.answers import Row

Options = dict[str, Any]
GREY = "#8b95a1"
COLORS = ["#3f6be0", "#e07b39", "#3a9d6e", "#b6478f", "#8a6fd1", "#c4a116", "#4ba3c7", "#d1495b", "#7b8aa0", "#7d9c2f"]


def color_of(number: int) -> str:
    """Return the colour of the model, or whatever it is, in a place from 0."""
    return COLORS[number % len(COLORS)]


def axis(**more: object) -> Options:
    """Return an axis of numbers."""
    line = {"lineStyle": {"color": GREY, "opacity": 0.35}}
    split = {"lineStyle": {"color": GREY, "opacity": 0.15}}
    label = {"color": GREY, "hideOverlap": True}
    return {"type": "value", "axisLabel": label, "axisLine": line, "splitLine": split, **more}


def evaluation(rows: list[Row]) -> Options:
    """Return accuracy (up, with intervals) against coverage (across), a point for each model, in `color_of` its place.

    No point has its name beside it: those of models that do alike would lie on each other.
    """
    series: list[Options] = []
    for number, row in enumerate(rows):
        color = color_of(number)
        x, y = row["coverage"] or 0.0, row["value"]
        low, high = (y, y) if row["low"] is None else (row["low"], row["high"])
        line: Options = {"type": "line", "name": row["model"], "data": [[x, low], [x, high]], "showSymbol": False}
        point: Options = {"type": "scatter", "name": row["model"], "data": [[x, y]]}
        line |= {"lineStyle": {"color": color, "width": 2}, "silent": True}
        point |= {"symbol": "diamond" if row["is_default"] else "circle", "symbolSize": 13 if row["is_default"] else 8}
        point["itemStyle"] = {"color": color}
        series += [line, point]
    grid = {"left": 8, "right": 20, "top": 16, "bottom": 8, "containLabel": True}
    across, up = axis(min=0, max=1), axis(min=0)
    tip = {"trigger": "item", "formatter": "{a}"}
    return {"animation": False, "grid": grid, "tooltip": tip, "xAxis": across, "yAxis": up, "series": series}


def explained(rows: list[Row]) -> Options:
    """Return the share of the variance (up) that so many dimensions (across) explain, a line for each space."""
    lines: list[Options] = []
    for row in rows:
        shares = [[place, round(share, 4)] for place, share in enumerate(row["explained"], 1)]
        lines.append({"type": "line", "name": row["space"], "showSymbol": False, "data": shares})
    return {
        "animation": False,
        "color": COLORS,
        "grid": {"left": 8, "right": 20, "top": 34, "bottom": 8, "containLabel": True},
        "legend": {"top": 0, "left": 0, "textStyle": {"color": GREY}},
        "tooltip": {"trigger": "axis"},
        "xAxis": axis(),
        "yAxis": axis(min=0, max=1),
        "series": lines,
    }
