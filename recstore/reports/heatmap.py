"""Draws how near a handful of items are to one another: the matrix of their cosines in a space."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog, Column
from recstore.catalogs.registry import catalog_named, stored_catalogs
from recstore.connection.sessions import STORE, connect
from recstore.errors import OptionError
from recstore.paths import typed
from recstore.reports.items import meant_items
from recstore.reports.output_files import check_target, whole_file
from recstore.reports.plots import check_plot
from recstore.store.damage import told_when_damaged

_SQL = "recstore.reports.sql"
_MOST = 60


def heatmap(
    path: str | os.PathLike[str],
    catalog: str,
    items: Sequence[str | int],
    output: str | os.PathLike[str],
    *,
    space: str | None = None,
    untrusted: bool = False,
) -> None:
    """Draw the cosines of some items of the store at `path` to `output`, a .png, .svg or .pdf.

    `items` are ids, titles or video ids, as `similar_movies` and `similar_audio` take them; `space` is one of vectors,
    by default that in which the catalogue's items are compared; `untrusted` is as in `connect`. Raises `OptionError`
    for what is not there, and `MissingExtraError` without matplotlib.
    """
    if not 2 <= len(items) <= _MOST:
        raise OptionError(f"A heatmap shows 2 to {_MOST} items, not {len(items)}.")
    target = typed(output)
    check_plot(target)
    with told_when_damaged(path, untrusted=untrusted), connect(path, untrusted=untrusted) as connection:
        check_target(target, connection)
        drawn = catalog_named(catalog, stored_catalogs(connection, STORE, trusted=not untrusted))
        chosen = _space(connection, drawn, space)
        names, cosines = _cosines(connection, drawn, [str(item) for item in items], chosen)
        with whole_file(target, connection) as file:
            _draw(names, cosines, f"cosine in {chosen}", file)


def _space(connection: duckdb.DuckDBPyConnection, catalog: Catalog, space: str | None) -> str:
    values = {"catalog": catalog.name, "nearest": catalog.nearest_space}
    known = connection.execute(sql.read(_SQL, "spaces_of_vectors"), values).fetchall()
    names = [name for (name,) in known]
    if space is not None and space not in names:
        raise OptionError(f"There is no space {space!r} of vectors; there is: {', '.join(sorted(names)) or 'none'}.")
    if not names:
        raise OptionError(f"The store holds no {catalog.name}.")
    return space or str(names[0])


def _cosines(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, items: list[str], space: str
) -> tuple[list[str], list[list[float]]]:
    """Return the names of the items and the matrix of their cosines; an item that cannot be compared is an error."""
    query = sql.render(
        _SQL,
        "compared_items",
        key=catalog.key,
        items=catalog.items,
        vectors=catalog.vectors,
        meant=meant_items(catalog),
        label=Column("drawn", "VARCHAR", catalog.drawn).over("i"),
    )
    rows = connection.execute(query, {"asked": items, "space": space}).fetchall()
    for asked, (name, cosines) in zip(items, rows, strict=True):
        if name is None:
            raise OptionError(f"There is no {catalog.item} {asked!r}; look for it with find_{catalog.name}.")
        if cosines is None:
            raise OptionError(f"{asked} has no vector in the space {space}, so it cannot be compared there.")
    return [name for name, _ in rows], [cosines for _, cosines in rows]


def _draw(names: list[str], cosines: list[list[float]], title: str, target: Path) -> None:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    n = len(names)
    side = 3 + 0.45 * n
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(cosines, vmin=min(0, *(min(row) for row in cosines)), vmax=1, cmap="viridis")
    # What a stranger named is text, never a formula.
    shown = [name.replace("$", r"\$") for name in names]
    axes.set_xticks(range(n), shown, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(n), shown)
    axes.set_title(title)
    if n <= 20:
        for row in range(n):
            for column in range(n):
                value = cosines[row][column]
                color = "black" if value > 0.6 else "white"
                axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=color, fontsize=7)
    figure.colorbar(image, ax=axes, shrink=0.8)
    # Neither a date nor random names: the same cosines give the same file.
    extra = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(target.suffix.lower(), {})
    with rc_context({"svg.hashsalt": "recstore"}):
        figure.savefig(target, metadata=extra, dpi=120)
