"""Settings found, not guessed: the hyper-parameters of a person's model, chosen on a validation cut of the data itself.

The latest thing that each user had to do with is held out, and the model, learnt from the rest and cut as a store holds
it, is asked for it. One setting after another is moved along its values, for as long as that helps by more than chance
would; what was counted once is used for all. Every decision follows from the data and the seed alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.baselines import seen_matrix
from recstore.models.cuts import Cut, cut_latest
from recstore.models.ease import Solver
from recstore.models.fading import FADING, Fading
from recstore.models.interactions import Interactions
from recstore.models.likeness import add_likeness, likeness
from recstore.models.person import (
    FACTORS_EVENED,
    Parts,
    Person,
    PersonSettings,
    evened,
    weighed_items,
    weights_of,
)
from recstore.models.pure_svd import Factors, item_factors
from recstore.models.transitions import Timeline, transition_counts

#: Below so many users whose latest item can be held out, chance decides, and the defaults stay.
FEWEST_QUESTIONS = 100
#: What a search looks at, at most: the most had items, whole users drawn by the seed, and some of these to ask about.
MOST_ITEMS, MOST_PAIRS, MOST_QUESTIONS = 4000, 2_000_000, 2000
#: A move counts if it helps by so many of its standard errors (of the paired difference).
_CERTAINTY = 0.5
#: λ where nothing else is known: so many times how often an item was had on average.
_REGULARIZATION = 4.0
#: How large what is alike is beside what was had together, where nothing else is known.
_CONTENT = 0.25
#: How long ago is late, where nothing else is known: this share of the time between the first and the last.
_LATE = 0.1
#: Multiplications a second that are reckoned with, where seconds are given. They bound a search, they never time it.
_SPEED = 1e9
_BLOCK = 4_000_000
#: Dense matrices of one float32 per pair of items that exist at one time: what several trials need is kept.
_KEPT = 3
_MATRICES = 2 * _KEPT + 9

#: The values of each setting, in the order in which they are moved along; λ and the days are multiples of the first.
GRIDS: dict[str, tuple[float, ...]] = {
    "again": (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0),
    "content": (0.0, 0.25, 0.5, 1.0, 2.0, 4.0),
    "trend_power": (0.0, 0.25, 0.5, 0.75, 1.0, 1.25),
    "mix": (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.5, 5.0),
    "taste_power": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.3),
    "regularization": (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 16.0),
    "history": (20, 50, 100, 200, 500),
    "user_power": (0.0, 0.25, 0.5, 0.75, 1.0),
    "latent": (0.0, 0.25, 0.5, 1.0, 1.5),
    "popularity_power": (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3),
    "trend_days": (0.125, 0.25, 0.5, 1.0, 2.0, 4.0),
    "next_decay": (0.3, 0.5, 0.7, 0.8, 0.87, 0.93, 0.97, 0.99),
    "in_power": (0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0),
    "out_power": (0.0, 0.2, 0.4, 0.6, 0.8),
    "damping": (0.35, 0.5, 0.65, 0.8, 1.0),
    "backward": (0.0, 0.15, 0.3, 0.5, 0.75, 1.0),
    "window": (3, 10, 30, 100),
    "low_share": (0.0, 0.25, 0.5, 0.75, 1.0),
    "min_ratings": (1, 2, 3, 5),
}
_RELATIVE = ("regularization", "trend_days")
_OF_TIME = ("trend_power", "mix", "taste_power", "history", "trend_days")
_OF_NEXT = ("next_decay", "in_power", "out_power", "damping", "backward", "window")


@dataclass(frozen=True)
class Trial:
    """One row of what was tried: the settings, and NDCG@10 and recall@10 of `n` questions."""

    settings: PersonSettings
    ndcg: float
    recall: float
    n: int


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    `settings` are those to compute weights with, `fading` those to ask with in SQL. `tried` holds the defaults first,
    then what was tried, in order; it is empty where there was nothing to ask. `why` is a sentence: what was chosen on
    what, or why the defaults stayed.
    """

    settings: PersonSettings
    fading: Fading
    tried: tuple[Trial, ...]
    why: str

    @property
    def defaults(self) -> Trial | None:
        """The defaults, and what they gave."""
        return self.tried[0] if self.tried else None

    @property
    def best(self) -> Trial | None:
        """The settings that were chosen, and what they gave."""
        return next((trial for trial in self.tried if trial.settings == self.settings), None)

    def rows(self) -> list[dict[str, float | int | None]]:
        """Return one flat row a trial: each setting by its name, `ndcg@10`, `recall@10`, `n`."""
        return [
            {**vars(trial.settings), "ndcg@10": trial.ndcg, "recall@10": trial.recall, "n": trial.n}
            for trial in self.tried
        ]


def default_settings(
    train: Interactions,
    seen: str = "exclude",
    fading: Fading = FADING,
    share: float = 1.0,
    *,
    has_vectors: bool = False,
) -> PersonSettings:
    """Return the settings to begin with: those of MovieLens for ratings; for the rest λ from how often items were had.

    `seen` is "include" where what a user had is recommended again. `train` is that of so large a `share` of the users.
    With `has_vectors` something is known of the items themselves.
    """
    again = 1.0 if seen == "include" else 0.0
    if train.ratings is not None:
        return PersonSettings(history=fading.history, again=again)
    had = np.bincount(train.items, minlength=1)
    mean = float(had[had > 0].mean()) if len(train) else 1.0
    return PersonSettings(
        regularization=_rounded(_REGULARIZATION * mean / share),
        min_ratings=2,
        latent=0.5,
        content=_CONTENT if has_vectors else 0.0,
        taste_power=0.2,
        mix=0.1,
        backward=0.5,
        trend_days=_rounded(_LATE * _days(train)),
        again=again,
        history=100,
    )


def find_settings(
    train: Interactions,
    *,
    trials: int = 60,
    seconds: float | None = None,
    seed: int = 0,
    kept: int = FADING.kept,
    seen: str = "exclude",
    fading: Fading = FADING,
    memory: int | None = None,
    vectors: NDArray[np.float32] | None = None,
    share: float = 1.0,
) -> Tuned:
    """Return the settings with which the model ranks best what users had last.

    `train` best holds events, one row each time that a user had an item (then `weights` are the events'): of pairs it
    cannot be told when an item was new to a user. At most
    `trials` settings are tried, fewer where `seconds` are given: as many as their multiplications, reckoned from the
    numbers of items, users and pairs at a billion a second, leave room for; no clock is looked at, so that the same
    data and seed give the same on every run. `kept` as the store holds it; `seen` says whether what a user had is to
    be recommended again ("include"). Ratings and times are used where they are there, and so are `vectors` (n_items, d)
    float32 of the items, of unit length or 0: what is alike then counts, too. With `memory`, in bytes, the
    search looks at as many items as that suffices for; 4,000 at most, which take 1 GB. Where `train` is that of a part
    of the users alone, `share` is how large a part: the settings are for all.
    """
    start = default_settings(train.once(), seen, fading, share, has_vectors=vectors is not None)
    fitting = MOST_ITEMS if memory is None else min(MOST_ITEMS, math.isqrt(memory // (4 * _MATRICES)))
    cut = cut_latest(_of_drawn_people(train, seed), seed, MOST_QUESTIONS, fitting, seen)
    if len(cut.users) < FEWEST_QUESTIONS:
        why = (
            f"The defaults stay: there are {len(cut.users)} users whose latest item can be held out, and fewer than "
            f"{FEWEST_QUESTIONS} tell nothing from chance."
        )
        return Tuned(start, start.fading(fading), (), why)
    of_users = share * min(1.0, MOST_PAIRS / max(1, len(train)))
    search = _Search(cut, start, kept, seed, of_users, None if vectors is None else vectors[cut.items])
    budget = trials if seconds is None else max(1, min(trials, int(seconds * _SPEED / search.cost())))
    best = search.run(budget)
    tried = tuple(search.tried)
    told = f"{len(tried)} settings were tried on what {len(cut.users)} users had last, held out"
    gave = f"NDCG@10 is {best.ndcg:.4f}, with the defaults {tried[0].ndcg:.4f}"
    why = (
        f"The defaults stay: {told}, and none was better by more than chance."
        if best is tried[0]
        else f"{told}; {gave}."
    )
    return Tuned(best.settings, best.settings.fading(fading), tried, why)


def _of_drawn_people(train: Interactions, seed: int) -> Interactions:
    """Return all interactions, or of very many those of whole users drawn by the seed."""
    if len(train) <= MOST_PAIRS:
        return train
    order = np.random.default_rng(seed).permutation(train.n_users)
    within = np.cumsum(np.bincount(train.users, minlength=train.n_users)[order]) <= MOST_PAIRS
    drawn = np.zeros(train.n_users, np.bool_)
    drawn[order[within]] = True
    return train.take(drawn[train.users])


class _Search:
    """Moves along the settings; what several trials need is computed once."""

    def __init__(
        self,
        cut: Cut,
        start: PersonSettings,
        kept: int,
        seed: int,
        share: float,
        vectors: NDArray[np.float32] | None,
    ) -> None:
        self._vectors = vectors
        self._cut, self._kept, self._seed = cut, kept, seed
        # With a share of the users λ is that share, too.
        self._share = share
        self._start = start
        asked = np.zeros(cut.train.n_users, np.bool_)
        asked[cut.users] = True
        self._timeline = Timeline.of(cut.train, seed)
        self._histories = Timeline.of(cut.train.take(asked[cut.train.users]), seed)
        self._solvers: dict[tuple[int, float], Solver] = {}
        self._tastes: dict[tuple[int, float, float], NDArray[np.float32]] = {}
        self._alike: dict[int, NDArray[np.float32]] = {}
        self._factors: dict[int, Factors] = {}
        self._counts: dict[tuple[int, int, float], NDArray[np.float32]] = {}
        self._known: dict[PersonSettings, tuple[Trial, NDArray[np.float64]]] = {}
        self.tried: list[Trial] = []

    def cost(self) -> float:
        """Return about how many multiplications a trial takes: products with histories, and now and then a solution."""
        n, users = float(self._cut.train.n_items), float(len(self._cut.users))
        return 2 * len(self._histories.users) * n + 20 * users * n + 50 * n**2 + n**3 / 100

    def run(self, trials: int) -> Trial:
        """Move along all settings, again and again, until nothing helps or so many were tried; return the best."""
        best = self._start
        self._try(best)
        plain = replace(best, mix=0.0, taste_power=0.0, user_power=0.0, latent=0.0, trend_power=0.0)
        if self._start.mix or self._start.taste_power:
            best = self._better(best, replace(plain, history=max(int(h) for h in GRIDS["history"])), trials)
        while True:
            begun = best
            for name in self._moved():
                if (name in _OF_NEXT and not best.mix) or (name == "trend_days" and not best.trend_power):
                    continue
                best = self._along(name, best, trials)
            if best == begun or len(self.tried) >= trials:
                return self._try(best)[0]

    def _moved(self) -> Iterator[str]:
        """Yield the settings that can make a difference."""
        for name in GRIDS:
            needs_time = name in _OF_TIME or name in _OF_NEXT
            if needs_time and self._cut.train.times is None:
                continue
            if name == "content" and self._vectors is None:
                continue
            if (name == "again" and not self._start.again) or (name == "low_share" and self._cut.train.ratings is None):
                continue
            yield name

    def _along(self, name: str, best: PersonSettings, trials: int) -> PersonSettings:
        """Move one setting along its values, both ways, for as long as that helps."""
        values = self._values(name)
        for direction in (1, -1):
            while True:
                now = float(getattr(best, name) or 0)
                ahead = [value for value in values if (value - now) * direction > 1e-9 * abs(now)]
                if not ahead:
                    break
                found = self._better(best, replace(best, **{name: min(ahead, key=lambda v: abs(v - now))}), trials)
                if found is best:
                    break
                best = found
        return best

    def _values(self, name: str) -> list[Any]:
        values = GRIDS[name]
        if name in _RELATIVE:
            return [_rounded(value * getattr(self._start, name)) for value in values]
        return list(values)

    def _better(self, best: PersonSettings, other: PersonSettings, trials: int) -> PersonSettings:
        """Return `other` if it is better by more than half the standard error of the difference, else `best`."""
        if other not in self._known and len(self.tried) >= trials:
            return best
        gain = self._try(other)[1] - self._try(best)[1]
        return other if gain.mean() > _CERTAINTY * gain.std() / np.sqrt(len(gain)) else best

    def _try(self, settings: PersonSettings) -> tuple[Trial, NDArray[np.float64]]:
        if settings not in self._known:
            ndcg, recall = self._measure(settings)
            trial = Trial(settings, float(ndcg.mean()), float(recall.mean()), len(ndcg))
            self.tried.append(trial)
            self._known[settings] = trial, ndcg
        return self._known[settings]

    def _measure(self, settings: PersonSettings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return NDCG@10 and recall@10 of each question."""
        train = self._cut.train
        items = weighed_items(train, settings.min_ratings)
        if len(items) == 0:
            return np.zeros(len(self._cut.users)), np.zeros(len(self._cut.users))
        taste = self._taste(items, settings).copy()
        if self._vectors is not None and settings.content:
            add_likeness(taste, self._likeness(items, self._vectors, settings), settings.content)
        counts = self._transitions(items, settings) if train.times is not None and settings.mix > 0 else None
        factors = self._item_factors(items, settings) if settings.latent else None
        weights = weights_of(train, items, Parts(taste, factors, counts), settings)
        model = Person(settings, self._kept, self._seed)
        model.take(train, weights, self._histories)
        step = max(1, _BLOCK // max(1, train.n_items))
        found = [
            self._cut.judge(slice(start, start + step), model.scores(self._cut.users[start : start + step]))
            for start in range(0, len(self._cut.users), step)
        ]
        return np.concatenate([ndcg for ndcg, _ in found]), np.concatenate([recall for _, recall in found])

    def _taste(self, items: NDArray[np.intp], settings: PersonSettings) -> NDArray[np.float32]:
        solver = settings.min_ratings, settings.user_power
        key = *solver, settings.regularization
        if key not in self._tastes:
            if solver not in self._solvers:
                self._solvers.clear()
                seen = scipy.sparse.csr_matrix(seen_matrix(self._cut.train)[:, items])
                self._solvers[solver] = Solver(evened(seen, settings.user_power))
            _make_room(self._tastes)
            self._tastes[key] = self._solvers[solver].weights(settings.regularization * self._share)
        return self._tastes[key]

    def _likeness(
        self, items: NDArray[np.intp], vectors: NDArray[np.float32], settings: PersonSettings
    ) -> NDArray[np.float32]:
        if settings.min_ratings not in self._alike:
            _make_room(self._alike, 1)
            self._alike[settings.min_ratings] = likeness(vectors[items])
        return self._alike[settings.min_ratings]

    def _item_factors(self, items: NDArray[np.intp], settings: PersonSettings) -> Factors:
        if settings.min_ratings not in self._factors:
            seen = scipy.sparse.csr_matrix(seen_matrix(self._cut.train)[:, items])
            self._factors[settings.min_ratings] = item_factors(evened(seen, FACTORS_EVENED), self._seed)
        return self._factors[settings.min_ratings]

    def _transitions(self, items: NDArray[np.intp], settings: PersonSettings) -> NDArray[np.float32]:
        key = settings.min_ratings, settings.window, settings.reach
        if key not in self._counts:
            position = np.full(self._cut.train.n_items, -1, np.intp)
            position[items] = np.arange(len(items))
            _make_room(self._counts)
            self._counts[key] = transition_counts(self._timeline, position, len(items), settings.window, settings.reach)
        return self._counts[key]


def _make_room(cache: dict[Any, NDArray[np.float32]], most: int = _KEPT) -> None:
    """Forget what was computed longest ago."""
    while len(cache) >= most:
        del cache[next(iter(cache))]


def _days(train: Interactions) -> float:
    """Return the days between the first and the last."""
    if train.times is None or len(train) == 0:
        return 300.0
    return max(float(np.ptp(train.times)) / 86_400, 0.01)


def _rounded(value: float) -> float:
    """Return three digits of a number: more would say more than is known."""
    return float(f"{value:.3g}")
