"""Fills the weights of a declared catalogue: from who had what and when to what each item adds to every other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb

from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.features import item_features
from recstore.catalogs.declared.tables import left_out, read_interactions
from recstore.catalogs.figures import latest_figures
from recstore.catalogs.weight_rows import insert_weights
from recstore.models.fading import FADING
from recstore.models.space import Measured
from recstore.options import BuildOptions
from recstore.progress import Progress

if TYPE_CHECKING:
    from recstore.models.person import PersonSettings
    from recstore.models.tuning import Tuned
    from recstore.models.weighing import Weighed

#: What `builds.measured` calls a constant that was chosen, before its name.
SETTING = "setting: "
#: What `builds.measured` calls the factor of what comes next, which what is added later is weighed by as well.
SCALE = "scale of what comes next"


def store_weights(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    options: BuildOptions,
    budget: Budget,
    progress: Progress,
    known: Mapping[str, float] | None = None,
) -> tuple[Catalog, list[Measured]]:
    """Compute the weights; content neighbours stand in for those of items with none. Vectors and neighbours are there.

    `known` are constants that a build found before, by name, to be kept. Returns the catalogue with the constants,
    what was tried to find them, and how the weights were made.
    """
    from recstore.models.weighing import weigh

    measured = left_out(connection, catalog, progress)
    found, figures = settings_of(connection, catalog, options, budget, progress, known or {})
    train, ids = read_interactions(connection, catalog)
    vectors = item_features(connection, catalog, ids)
    settings = replace(found.settings, history=found.fading.history)
    weighed = weigh(train, settings, found.fading.kept, budget.weights, options.seed, vectors)
    insert_weights(connection, catalog, weighed.weights, ids)
    return replace(catalog, fading=found.fading), [*measured, *figures, *how_weighed(catalog, weighed)]


def how_weighed(catalog: Catalog, weighed: Weighed) -> list[Measured]:
    """Return how weights were made, as figures of the build."""
    figures = {**weighed.figures, SCALE: weighed.weights.scale}
    return [Measured(catalog.name, None, what, value) for what, value in figures.items()]


def settings_of(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    options: BuildOptions,
    budget: Budget,
    progress: Progress,
    known: Mapping[str, float],
    share: float = 1.0,
) -> tuple[Tuned, list[Measured]]:
    """Return the constants to weigh by: found on a cut of the data itself, or the defaults where nobody wants that.

    What is in the database is the data, or that of so large a share of the users.
    """
    from recstore.models.person import PersonSettings
    from recstore.models.tuning import Tuned, default_settings, find_settings
    from recstore.models.weighing import counts_likeness

    history = catalog.interactions
    assert history is not None
    seen = "include" if history.keeps_seen else "exclude"
    start = replace(FADING, low_rating=catalog.fading.low_rating)
    if known:
        settings = as_known(known)
        kept = Tuned(settings, settings.fading(start), (), "The constants are those that a build found before.")
        return kept, kept_constants(catalog, known)
    events, ids = read_interactions(connection, catalog, of_each=True)
    # What would not count is not looked for.
    is_whole = counts_likeness(events.once(), PersonSettings().min_ratings, budget.weights)
    vectors = item_features(connection, catalog, ids) if is_whole else None
    if not options.tune:
        settings = default_settings(events.once(), seen, start, share, has_vectors=vectors is not None)
        usual = Tuned(settings, settings.fading(start), (), "The defaults stay: nothing was to be tried.")
        return usual, _chosen(catalog, settings)
    found = find_settings(
        events,
        trials=options.tune_trials,
        seconds=options.tune_seconds,
        seed=options.seed,
        seen=seen,
        fading=start,
        memory=budget.weights,
        vectors=vectors,
        share=share,
    )
    progress.notice(f"Recommendations of {catalog.name}: {found.why}")
    return found, [*_chosen(catalog, found.settings), *_tried(catalog, found)]


def chosen_constants(connection: duckdb.DuckDBPyConnection, catalog: Catalog, builds: str) -> dict[str, float]:
    """Return the constants that the latest build of a catalogue chose, by name; `builds` is the table, as SQL."""
    figures = latest_figures(connection, catalog, builds)
    return {what.removeprefix(SETTING): value for (_space, what), value in figures.items() if what.startswith(SETTING)}


def as_known(known: Mapping[str, float]) -> PersonSettings:
    """Return settings from the figures of a build: whole numbers where they are such."""
    from recstore.models.person import PersonSettings

    usual = vars(PersonSettings())
    whole = {name for name, value in usual.items() if isinstance(value, int) or value is None}
    found: dict[str, Any] = {
        name: int(known[name]) if name in whole else known[name] for name in usual if name in known
    }
    return PersonSettings(**found)


def kept_constants(catalog: Catalog, known: Mapping[str, float]) -> list[Measured]:
    """Return constants that a build found before as figures of this one."""
    return _chosen(catalog, as_known(known))


def _chosen(catalog: Catalog, settings: PersonSettings) -> list[Measured]:
    """Return the constants that were chosen, as figures of the build."""
    return [
        Measured(catalog.name, None, f"{SETTING}{name}", float(value))
        for name, value in vars(settings).items()
        if value is not None
    ]


def _tried(catalog: Catalog, found: Tuned) -> list[Measured]:
    """Return what was tried, and what each gave: the settings in which it differs from the defaults, in words."""
    measured = []
    for number, trial in enumerate(found.tried):
        usual = vars(found.tried[0].settings)
        changed = ", ".join(f"{name} {value:g}" for name, value in vars(trial.settings).items() if value != usual[name])
        what = f"tried {number}: {changed or 'the defaults'}"
        measured += [
            Measured(catalog.name, None, f"{what}: ndcg@10", trial.ndcg),
            Measured(catalog.name, None, f"{what}: recall@10", trial.recall),
        ]
    return measured
