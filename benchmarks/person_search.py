"""Finds the hyper-parameters of recstore's model of a person on a validation cut of what it may learn from.

One setting of the transitions after another is moved along its values, in a fixed order and from the defaults, for as
long as that helps, the others as they are; twice around. Only what the questions touch is computed: the weights between
each history and its 100 candidates are picked out of the matrices once, so that everything that weighs a history, or
divides by how often a candidate was rated, or mixes the two kinds of weights, is tried on these in every combination.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.baselines import seen_matrix
from recstore.models.ease import Solver
from recstore.models.fading import FADING
from recstore.models.interactions import Interactions
from recstore.models.person import PersonSettings, relative_transitions, weighed_items
from recstore.models.transitions import Timeline, transition_counts

Positions = NDArray[np.int32]
Scores = NDArray[np.float32]

NEGATIVES = 99
#: About how many questions a validation cut asks, and how many at most of one person.
QUESTIONS = 3_000
DEEPEST = 4
#: How many steps back transitions are looked at.
STEPS = 40

REGULARIZATIONS = (50.0, 100.0, 200.0, 300.0, 500.0, 1000.0)
LOW_SHARES = (0.25, 0.5, 0.75, 1.0)
TASTE_POWERS = (0.0, 0.25, 0.4, 0.5, 0.65, 0.8, 1.0, 1.3)
NEXT_DECAYS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.87, 0.93, 0.98)
IN_POWERS = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
#: Relative to the spread of the candidates' scores.
MIXES = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 10.0)
#: What decides the transitions themselves, in the order in which it is tried.
TRANSITIONS: dict[str, tuple[float, ...]] = {
    "damping": (0.35, 0.5, 0.65, 0.8, 1.0),
    "out_power": (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0),
    "backward": (0.0, 0.1, 0.2, 0.3, 0.5, 0.7),
    "reach": (0.0, 1.0, 3.0, 10.0),
    "window": (1, 3, 5, 10, 20, 30),
}


@dataclass(frozen=True)
class Cut:
    """A train set without the last few ratings of each person, which are the questions, the earliest first.

    `users` (n,); `candidates` (n, 100), the rated item first. `history` lists for each question the rows of `timeline`,
    which is of everything, that come before it; `is_first` says which questions follow on the train set at once.
    """

    train: Interactions
    timeline: Timeline
    users: Positions
    candidates: Positions
    history: list[NDArray[np.intp]]
    is_first: NDArray[np.bool_]


def cut_last(everything: Interactions, depth: int | None, seed: int) -> Cut:
    """Cut off the last `depth` ratings of everybody who has more; of equal times, or without any, the order is drawn.

    Without `depth` it is what gives about `QUESTIONS` questions, and of more so many are drawn. The negatives are drawn
    from what the person has not rated in `everything`, each once unless there are too few.
    """
    most = QUESTIONS if depth is None else None
    if depth is None:
        depth = min(DEEPEST, max(1, round(QUESTIONS / max(1, len(np.unique(everything.users))))))
    timeline = Timeline.of(everything, seed)
    bounds = np.searchsorted(timeline.users, np.arange(everything.n_users + 1)).tolist()
    rng = np.random.default_rng(seed)
    rated = np.unique(everything.items)
    users, candidates, history = [], [], []
    held = np.zeros(len(everything), np.bool_)
    for user, (begin, end) in enumerate(itertools.pairwise(bounds)):
        unseen = np.setdiff1d(rated, timeline.items[begin:end])
        if end - begin <= depth or not len(unseen):
            continue
        for row in range(end - depth, end):
            others = rng.choice(unseen, NEGATIVES, replace=len(unseen) < NEGATIVES)
            users.append(user)
            candidates.append(np.append(timeline.items[row], others))
            history.append(np.arange(begin, row))
        held[end - depth : end] = True
    asked = np.arange(len(users))
    if most is not None and len(asked) > most:
        asked = np.sort(rng.choice(asked, most, replace=False))
    kept = np.sort(timeline.row[~held])
    train = Interactions(
        everything.users[kept],
        everything.items[kept],
        None if everything.ratings is None else everything.ratings[kept],
        None if everything.times is None else everything.times[kept],
        everything.n_users,
        everything.n_items,
    )
    return Cut(
        train,
        timeline,
        np.array(users, np.int32)[asked],
        np.array(candidates, np.int32).reshape(-1, NEGATIVES + 1)[asked],
        [history[question] for question in asked],
        asked % depth == 0,
    )


def hit_rate_and_ndcg(scores: Scores, k: int = 10) -> tuple[float, float]:
    """Return HR@k and NDCG@k of questions whose right answer stands first, (n, m); ties rank it last of its equals."""
    ahead = (scores[:, 1:] >= scores[:, :1]).sum(axis=1)
    gains = np.where(ahead < k, 1 / np.log2(ahead + 2), 0)
    return float((ahead < k).mean()), float(gains.mean())


class _Questions:
    """The questions of a cut: where each history and its candidates stand among the items that have weights."""

    def __init__(self, cut: Cut, items: NDArray[np.intp]) -> None:
        position = np.full(cut.train.n_items, -1, np.intp)
        position[items] = np.arange(len(items))
        columns = position[cut.candidates]
        self.is_there = columns >= 0
        self.columns = np.maximum(columns, 0)
        popularity = np.bincount(cut.train.items, minlength=cut.train.n_items)
        self.popularity = (1e-9 * popularity / max(1, popularity.max()))[cut.candidates].astype(np.float32)
        self.histories = []
        for rows in cut.history:
            place, at = cut.timeline.place[rows], position[cut.timeline.items[rows]]
            # Places are averaged over moments of the whole history; only their distance from the end matters here.
            back = place.max(initial=0) + 1 - place
            low = np.zeros(len(rows), np.bool_)
            if cut.timeline.ratings is not None:
                low = cut.timeline.ratings[rows] < FADING.low_rating
            self.histories.append((at[at >= 0], back[at >= 0], low[at >= 0]))

    def tastes(self, weights: Scores, powers: tuple[float, ...], low: tuple[float, ...]) -> Scores:
        """Return the scores of all candidates, (len(low), len(powers), n, 100) float32."""
        found = np.empty((len(low), len(powers), *self.columns.shape), np.float32)
        exponents = -np.array(powers, np.float32)[:, None]
        for question, (rows, back, is_low) in enumerate(self.histories):
            block = weights[rows[:, None], self.columns[question]]
            fades = back**exponents
            counts = np.where(is_low, np.array(low, np.float32)[:, None, None], np.float32(1))
            found[:, :, question] = (counts * fades) @ block
        return np.where(self.is_there, found, 0)


class _Steps:
    """The last steps before each question: their transitions towards the candidates, forward and backward."""

    def __init__(self, questions: _Questions, rated: NDArray[np.intp]) -> None:
        n = len(questions.histories)
        self._rows = np.zeros((n, STEPS), np.intp)
        self._back = np.ones((n, STEPS), np.float32)
        self._is_low, self._is_there = np.zeros((n, STEPS), np.bool_), np.zeros((n, STEPS), np.bool_)
        for question, (rows, back, is_low) in enumerate(questions.histories):
            last = min(STEPS, len(rows))
            if last:
                self._rows[question, :last], self._back[question, :last] = rows[-last:], back[-last:]
                self._is_low[question, :last], self._is_there[question, :last] = is_low[-last:], True
        self._questions = questions
        self._often = (rated + 1).astype(np.float32)

    def take(self, counts: Scores) -> None:
        """Pick out what lies between the steps and the candidates, (n, STEPS, 100) each way."""
        rows, columns = self._rows[:, :, None], self._questions.columns[:, None, :]
        self._forward, self._backward = counts[rows, columns], counts[columns, rows]

    def scores(self, settings: PersonSettings) -> Scores:
        """Return the scores by every decay and every power of popularity, (decays, powers, n, 100) float32.

        As `relative_transitions` computes them, without the size of all together.
        """
        counts = np.where(self._is_low, np.float32(settings.low_share), 1) * self._is_there
        counts = counts * self._often[self._rows] ** np.float32(-settings.out_power)
        fades = np.array(NEXT_DECAYS, np.float32)[:, None] ** self._back[:, None, :] * counts[:, None, :]
        found = np.empty((len(NEXT_DECAYS), *self._questions.columns.shape), np.float32)
        for start in range(0, len(counts), 100):
            block = slice(start, start + 100)
            after = self._forward[block] + np.float32(settings.backward) * self._backward[block]
            np.power(after, np.float32(settings.damping), out=after, where=after > 0)
            found[:, block] = np.moveaxis(fades[block] @ after, 1, 0)
        often = self._often[self._questions.columns] ** -np.array(IN_POWERS, np.float32)[:, None, None]
        return found[:, None] * (often * self._questions.is_there)


class _Found(NamedTuple):
    """The best so far; `factor` is what transitions are multiplied by, instead of `mix`."""

    ndcg: float
    settings: PersonSettings
    factor: float


def search_settings(cut: Cut) -> PersonSettings:
    """Return the settings with the highest NDCG@10 on the questions of `cut`."""
    search = _Search(cut)
    return search.tastes_alone() if cut.train.times is None else search.with_transitions()


class _Search:
    """Everything that is computed once for a cut."""

    def __init__(self, cut: Cut) -> None:
        self._start = PersonSettings()
        self._cut = cut
        self._items = weighed_items(cut.train, self._start.min_ratings)
        self._seen = scipy.sparse.csr_matrix(seen_matrix(cut.train)[:, self._items])
        self._rated = np.bincount(self._seen.indices, minlength=len(self._items))
        self._questions = _Questions(cut, self._items)
        self._low = LOW_SHARES if cut.timeline.ratings is not None else (1.0,)
        self._powers = TASTE_POWERS if cut.train.times is not None else (0.0,)
        self._solver = Solver(self._seen)
        #: The taste's scores by λ, low share and power.
        self._tastes: dict[tuple[float, float, float], Scores] = {}
        for regularization in REGULARIZATIONS:
            found = self._questions.tastes(self._solver.weights(regularization), self._powers, self._low)
            for (a, low), (b, power) in itertools.product(enumerate(self._low), enumerate(self._powers)):
                self._tastes[regularization, low, power] = found[a, b] + self._questions.popularity

    def tastes_alone(self) -> PersonSettings:
        """Choose what decides the weights of taste."""
        ndcg = {key: hit_rate_and_ndcg(scores)[1] for key, scores in self._tastes.items()}
        regularization, low, power = max(ndcg, key=lambda key: ndcg[key])
        return replace(self._start, regularization=regularization, low_share=low, taste_power=power)

    def with_transitions(self) -> PersonSettings:
        """Choose all settings, those of taste again once it is known what goes with them."""
        self._steps = _Steps(self._questions, self._rated)
        self._timeline = Timeline.of(self._cut.train)
        self._counts: dict[tuple[int, float], Scores] = {}
        best = self._mixed(self.tastes_alone())
        for _round in range(2):
            begun = best.ndcg
            for name, values in TRANSITIONS.items():
                best = self._along(name, values, best)
            for low in self._low:
                best = max(best, self._other_tastes(replace(best.settings, low_share=low)), key=lambda one: one.ndcg)
            if best.ndcg == begun:
                break
        # From the size of the scores to that of the matrices, which is how the settings have it.
        self._take(best.settings)
        after = relative_transitions(
            self._counts[best.settings.window, best.settings.reach], self._rated, best.settings
        )
        taste = self._solver.weights(best.settings.regularization)
        return replace(best.settings, mix=best.factor * float(np.linalg.norm(after) / np.linalg.norm(taste)))

    def _along(self, name: str, values: tuple[float, ...], best: _Found) -> _Found:
        """Move one setting along its values, both ways, for as long as that helps."""
        for direction in (1, -1):
            while 0 <= (there := values.index(getattr(best.settings, name)) + direction) < len(values):
                found = self._mixed(replace(best.settings, **{name: values[there]}))
                if found.ndcg <= best.ndcg:
                    break
                best = found
        return best

    def _take(self, settings: PersonSettings) -> None:
        key = settings.window, settings.reach
        if key not in self._counts:
            position = np.full(self._cut.train.n_items, -1, np.intp)
            position[self._items] = np.arange(len(self._items))
            self._counts.clear()
            self._counts[key] = transition_counts(self._timeline, position, len(self._items), *key)
            self._steps.take(self._counts[key])

    def _mixed(self, settings: PersonSettings) -> _Found:
        """Compute these transitions, and choose how they fade, what they are divided by, and how much they count."""
        self._take(settings)
        base = self._tastes[settings.regularization, settings.low_share, settings.taste_power]
        scores, spread = self._steps.scores(settings), float(base.std())
        found = []
        for (a, decay), (b, power) in itertools.product(enumerate(NEXT_DECAYS), enumerate(IN_POWERS)):
            unit = spread / max(float(scores[a, b].std()), 1e-12)
            for mix in MIXES:
                ndcg = hit_rate_and_ndcg(base + np.float32(mix * unit) * scores[a, b])[1]
                found.append((ndcg, decay, power, mix * unit))
        ndcg, decay, power, factor = max(found)
        return _Found(ndcg, replace(settings, next_decay=decay, in_power=power), factor)

    def _other_tastes(self, settings: PersonSettings) -> _Found:
        """Choose the weights of taste that go best with these transitions, and how much the latter count."""
        self._take(settings)
        which = NEXT_DECAYS.index(settings.next_decay), IN_POWERS.index(settings.in_power)
        scores = self._steps.scores(settings)[which]
        found = []
        for (regularization, low, power), base in self._tastes.items():
            if low == settings.low_share:
                unit = float(base.std()) / max(float(scores.std()), 1e-12)
                for mix in MIXES:
                    ndcg = hit_rate_and_ndcg(base + np.float32(mix * unit) * scores)[1]
                    found.append((ndcg, regularization, power, mix * unit))
        ndcg, regularization, power, factor = max(found)
        return _Found(ndcg, replace(settings, regularization=regularization, taste_power=power), factor)
