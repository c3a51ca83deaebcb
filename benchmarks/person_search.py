"""Finds the hyper-parameters of recstore's model of a person on a validation cut of what it may learn from.

One setting after another is moved along its values, in a fixed order and from the defaults, for as long as that
helps, the others as they are; twice around. What is slow, the weights of each item, is computed once for all ways of
weighing the histories.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.catalog import FADING
from recstore.interactions import Interactions
from recstore.models.baselines import seen_matrix
from recstore.models.ease import ease_weights
from recstore.models.person import PersonSettings, relative_transitions, weighed_items
from recstore.models.transitions import Timeline, transition_counts

Positions = NDArray[np.int32]
Scores = NDArray[np.float32]

NEGATIVES = 99
#: About how many questions a validation cut asks, and how many at most of one person.
QUESTIONS = 6_000
DEEPEST = 4

TASTE_POWERS = (0.0, 0.25, 0.4, 0.5, 0.65, 0.8, 1.0)
NEXT_DECAYS = (0.5, 0.6, 0.7, 0.8, 0.87, 0.93)
MIXES = (0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 4.0)
LOW_SHARES = (0.25, 0.5, 0.75, 1.0)
REGULARIZATIONS = (100.0, 200.0, 300.0, 500.0, 800.0, 1300.0)
#: What decides the transitions themselves, in the order in which it is tried.
TRANSITIONS: dict[str, tuple[float, ...]] = {
    "in_power": (0.2, 0.4, 0.5, 0.6, 0.7, 0.8),
    "out_power": (0.2, 0.4, 0.5, 0.6, 0.7, 0.8),
    "damping": (0.5, 0.65, 0.8, 1.0),
    "backward": (0.0, 0.1, 0.2, 0.3, 0.5),
    "reach": (0.0, 1.0, 3.0, 10.0),
    "window": (5, 10, 20, 40),
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

    Without `depth` it is what gives about `QUESTIONS` questions. The negatives are drawn from what the person has not
    rated in `everything`, each once unless there are too few.
    """
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
        np.array(users, np.int32),
        np.array(candidates, np.int32).reshape(-1, NEGATIVES + 1),
        history,
        np.arange(len(users)) % depth == 0,
    )


def hit_rate_and_ndcg(scores: Scores, k: int = 10) -> tuple[float, float]:
    """Return HR@k and NDCG@k of questions whose right answer stands first, (n, m); ties rank it last of its equals."""
    ahead = (scores[:, 1:] >= scores[:, :1]).sum(axis=1)
    gains = np.where(ahead < k, 1 / np.log2(ahead + 2), 0)
    return float((ahead < k).mean()), float(gains.mean())


class _Questions:
    """The questions of a cut, ready to be scored by any weights under several ways of weighing the history at once."""

    def __init__(self, cut: Cut, items: NDArray[np.intp]) -> None:
        position = np.full(cut.train.n_items, -1, np.intp)
        position[items] = np.arange(len(items))
        self._columns = position[cut.candidates]
        self._rows, self._back, self._is_low = [], [], []
        for rows in cut.history:
            place = cut.timeline.place[rows]
            # Places are averaged over moments of the whole history; only their distance from the end matters here.
            back = place.max() + 1 - place if len(place) else place
            at = position[cut.timeline.items[rows]]
            known = at >= 0
            self._rows.append(at[known])
            self._back.append(back[known])
            low = np.zeros(len(rows), np.bool_)
            if cut.timeline.ratings is not None:
                low = cut.timeline.ratings[rows] < FADING.low_rating
            self._is_low.append(low[known])
        popularity = np.bincount(cut.train.items, minlength=cut.train.n_items)
        self.popularity = (1e-9 * popularity / max(1, popularity.max()))[cut.candidates].astype(np.float32)

    def scores(self, weights: Scores, is_taste: bool, values: tuple[float, ...], low: tuple[float, ...]) -> Scores:
        """Return (len(low), len(values), n, 100) float32."""
        found = np.zeros((len(low), len(values), *self._columns.shape), np.float32)
        parameters = np.array(values, np.float32)[:, None]
        for question, (rows, back, is_low) in enumerate(zip(self._rows, self._back, self._is_low, strict=True)):
            columns = self._columns[question]
            block = weights[rows[:, None], np.maximum(columns, 0)]
            fades = back**-parameters if is_taste else parameters**back
            for which, share in enumerate(low):
                answer = (fades * np.where(is_low, np.float32(share), np.float32(1))) @ block
                found[which, :, question] = np.where(columns >= 0, answer, 0)
        return found


def search_settings(cut: Cut) -> PersonSettings:
    """Return the settings with the highest NDCG@10 on the questions of `cut`."""
    settings = PersonSettings()
    items = weighed_items(cut.train, settings.min_ratings, None)
    questions = _Questions(cut, items)
    seen = scipy.sparse.csr_matrix(seen_matrix(cut.train)[:, items])
    low = LOW_SHARES if cut.timeline.ratings is not None else (1.0,)
    powers = TASTE_POWERS if cut.train.times is not None else (0.0,)
    found = []
    for regularization in REGULARIZATIONS:
        scores = questions.scores(ease_weights(seen, regularization), True, powers, low)
        for a, b in itertools.product(range(len(low)), range(len(powers))):
            ndcg = hit_rate_and_ndcg(scores[a, b] + questions.popularity)[1]
            found.append((ndcg, regularization, low[a], powers[b]))
    _ndcg, regularization, share, power = max(found)
    settings = replace(settings, regularization=regularization, low_share=share, taste_power=power)
    if cut.train.times is None:
        return settings
    return _search_transitions(cut, questions, items, seen, settings)


def _search_transitions(
    cut: Cut, questions: _Questions, items: NDArray[np.intp], seen: scipy.sparse.csr_matrix, settings: PersonSettings
) -> PersonSettings:
    position = np.full(cut.train.n_items, -1, np.intp)
    position[items] = np.arange(len(items))
    timeline = Timeline.of(cut.train)
    rated = np.bincount(seen.indices, minlength=len(items))
    tastes: dict[tuple[float, float], tuple[float, Scores]] = {}
    counts: dict[tuple[int, float], Scores] = {}

    def taste(settings: PersonSettings) -> tuple[float, Scores]:
        key = settings.regularization, settings.low_share
        if key not in tastes:
            weights = ease_weights(seen, settings.regularization)
            found = questions.scores(weights, True, TASTE_POWERS, (settings.low_share,))
            tastes[key] = float(np.linalg.norm(weights)), found[0]
        return tastes[key]

    def best(settings: PersonSettings, powers: tuple[float, ...]) -> tuple[float, PersonSettings]:
        """Compute the transitions of these settings and choose the rest of what goes with them."""
        key = settings.window, settings.reach
        if key not in counts:
            counts.clear()
            counts[key] = transition_counts(timeline, position, len(items), *key)
        after = relative_transitions(counts[key], rated, settings)
        norm, by_power = taste(settings)
        size = norm / max(float(np.linalg.norm(after)), 1e-12)
        by_decay = questions.scores(after, False, NEXT_DECAYS, (settings.low_share,))[0]
        tried = []
        for power, (decay, after_scores), mix in itertools.product(
            powers, zip(NEXT_DECAYS, by_decay, strict=True), MIXES
        ):
            base = by_power[TASTE_POWERS.index(power)] + questions.popularity
            ndcg = hit_rate_and_ndcg(base + np.float32(mix * size) * after_scores)[1]
            tried.append((ndcg, replace(settings, taste_power=power, next_decay=decay, mix=mix)))
        return max(tried, key=lambda pair: pair[0])

    reached, settings = best(settings, TASTE_POWERS)
    for _round in range(2):
        for name, values in {**TRANSITIONS, "regularization": REGULARIZATIONS, "low_share": LOW_SHARES}.items():
            for direction in (1, -1):
                while 0 <= (there := values.index(getattr(settings, name)) + direction) < len(values):
                    ndcg, found = best(replace(settings, **{name: values[there]}), (settings.taste_power,))
                    if ndcg <= reached:
                        break
                    reached, settings = ndcg, found
        reached, settings = best(settings, TASTE_POWERS)
    return settings
