"""One catalogue under every protocol: its spaces by what was chosen next, its recommender by what people had later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recstore.budget import Budget
from recstore.evaluation import protocols
from recstore.evaluation.metrics import accuracy
from recstore.evaluation.models import ALTERNATIVES, DEFAULT_RECOMMENDER, SpaceLists
from recstore.evaluation.protocols import HeldOut, NextChosen
from recstore.evaluation.results import Evaluation, Panel
from recstore.models.interactions import Interactions, Recommender
from recstore.models.space import Space
from recstore.progress import Stages

_DEPTH = 20
#: What the other recommenders are compared with, question by question.
_PLAIN_RECOMMENDER = "ease"


@dataclass(frozen=True)
class Trial:
    """What a catalogue brings to its evaluation.

    `ids` (n_items,) int32 are the keys of the items by position, ascending; `features` (n_items, d) float32 are vectors
    by which lists are varied or not. `fit` makes the spaces from interactions that may be learnt from. `recommenders`
    are made from a seed, by name.
    """

    catalog: str
    default_space: str
    ids: NDArray[np.int32]
    features: NDArray[np.float32]
    fit: Callable[[Interactions], list[Space]]
    recommenders: Mapping[str, Callable[[int], Recommender]]
    budget: Budget
    seed: int
    stages: Stages

    def of_alike(self, protocol: str, questions: NextChosen) -> Iterator[Evaluation]:
        """Yield how often what came next is among what is alike, for each space and each plain alternative."""
        if len(questions.asked) == 0:
            self.stages.progress.notice(f"{protocol} was not measured: it needs more interactions.")
            return
        around = protocols.surroundings(questions.train, self.features, questions.candidates)
        panel = Panel(self.catalog, protocol, around, self.seed)
        with self.stages.stage(f"{protocol}: spaces from what came first"):
            spaces = {space.name: space for space in self.fit(questions.train)}
        one = np.ones(len(questions.asked), np.int64)
        per_question = {}
        with self.stages.stage(protocol, len(spaces) + len(ALTERNATIVES)):
            for name in [*spaces, *ALTERNATIVES]:
                model: protocols.Similarity
                if name in spaces:
                    places = positions(self.ids, spaces[name].ids)
                    model = SpaceLists.of(spaces[name], places, questions.candidates, _DEPTH, self.budget)
                else:
                    model = ALTERNATIVES[name](questions.train, questions.candidates, self.seed)
                hits, lists, which = questions.ask(model, _DEPTH)
                values = accuracy(hits, one, 10) | {"recall@20": accuracy(hits, one, 20)["recall@20"]}
                yield from panel.summary(name, name == self.default_space, values, lists, which)
                per_question[name] = values
                self.stages.progress.advanced()
        yield from panel.advantages(per_question, self.default_space, "recall@10")

    def of_people(self, protocol: str, questions: HeldOut) -> Iterator[Evaluation]:
        """Yield how high each recommender ranks what was held out."""
        if len(questions.users) == 0:
            self.stages.progress.notice(
                f"{protocol} was not measured: nobody has interactions both before and after the cut."
            )
            return
        panel = Panel(self.catalog, protocol, protocols.surroundings(questions.train, self.features), self.seed)
        per_question = {}
        with self.stages.stage(protocol, len(self.recommenders)):
            for name, make in self.recommenders.items():
                model = make(self.seed)
                model.fit(questions.train)
                hits, lists = questions.ask(model, 10)
                values = accuracy(hits, questions.relevant, 10)
                yield from panel.summary(name, name == DEFAULT_RECOMMENDER, values, lists)
                per_question[name] = values
                self.stages.progress.advanced()
        yield from panel.advantages(per_question, _PLAIN_RECOMMENDER, "ndcg@10")


def positions(ids: NDArray[np.int32], some: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the positions in `ids`, which are sorted, of `some`; those that are not there have -1."""
    if len(ids) == 0:
        return np.full(len(some), -1, np.int32)
    place = np.minimum(np.searchsorted(ids, some), len(ids) - 1)
    return np.where(ids[place] == some, place, -1).astype(np.int32)
