"""Which architecture is trained next, from all that is known of those before."""

import math
from collections.abc import Sequence
from random import Random

import numpy as np

from nasattn.search.proposing.cost_aware.candidates import Candidate
from nasattn.search.proposing.cost_aware.past import Past
from nasattn.search.proposing.cost_aware.start import num_start, start
from nasattn.surrogate.arrays import Array
from nasattn.surrogate.belief import FEWEST_RESULTS, MOST_ROWS, Belief
from nasattn.surrogate.front import Front, attained, front_of, nondominated
from nasattn.surrogate.kernel import Points
from nasattn.surrogate.picking import Known, gains, pick
from nasattn.surrogate.targets import reference_accuracy

_NUM_OPEN_PARENTS = 3
_MOST_MEMBERS = 400


def choose(past: Past, chance: Random) -> Candidate | None:
    """Return the next architecture; None where no unseen one within the budget is found."""
    is_start = len(past.begun) <= num_start(past.problem.trials)
    if is_start or len(past.results) < FEWEST_RESULTS:
        return start(past, chance)
    outlook = Outlook(past)
    near = Unseen(past)
    return pick(near, outlook, outlook.parents, chance)


class Outlook:
    """The model of a study with the front that it believes in.

    On the front are trials that have come to their end or still may, each at the mean that is
    expected of it: what was observed is too high where it was lucky.

    Args:
        past: The study, with ``FEWEST_RESULTS`` results or more.
        most: Rows of the model.

    Attributes:
        known: What candidates are compared with.
        parents: Whose mutants are good candidates: the front, and the best that still go on.
    """

    def __init__(self, past: Past, most: int = MOST_ROWS) -> None:
        self._past = past
        epochs = past.problem.epochs
        belief = Belief(past.candidates.slots, past.observations(most), epochs, most)
        self._belief = belief
        members = _plausible(past)
        points = self.points(members)
        mean, _ = belief.predict(points)
        best = nondominated(mean, points.costs)
        reference = reference_accuracy(self._first_accuracies())
        self.known = Known(belief, Front(mean[best], points.costs[best]), reference)
        ended = {tried.candidate for tried in past.results}
        waiting = [place for place in np.argsort(-mean) if members[place] not in ended]
        chosen = {*np.flatnonzero(best).tolist(), *map(int, waiting[:_NUM_OPEN_PARENTS])}
        self.parents = [members[place] for place in sorted(chosen)]

    def _first_accuracies(self) -> list[float]:
        """Return what the first trials came to, or what is expected of them that were stopped."""
        first = self._past.begun[: num_start(self._past.problem.trials) + 1]
        expected, _ = self._belief.predict(self.points([tried.candidate for tried in first]))
        last = self._past.problem.epochs - 1
        curves = [tried.observed.accuracies for tried in first]
        return [
            curve[last] if len(curve) > last else float(mean)
            for curve, mean in zip(curves, expected, strict=True)
        ]

    def points(self, candidates: Sequence[Candidate]) -> Points:
        """Return candidates as the model takes them."""
        past = self._past
        return self._belief.points(past.contents(candidates), past.costs(candidates))

    def gains(self, candidates: Sequence[Candidate]) -> Array:
        """Return the expected hypervolume improvement of each candidate, (N,)."""
        return gains(self.points(candidates), self.known)


def _plausible(past: Past) -> list[Candidate]:
    """Return those that may be on the front, in the order in which they were begun.

    They have come to their end, or still may. Of more than ``_MOST_MEMBERS`` these are the ones
    whose observed accuracy is least behind the best that costs no more: one that is far behind was
    hardly unlucky by so much.
    """
    epochs = past.problem.epochs
    reached: dict[tuple[int, ...], float] = {}
    members: dict[tuple[int, ...], Candidate] = {}
    for _, candidate, (accuracies, is_open, _) in past.begun:
        key = candidate.numbers
        # What was begun and has no accuracy yet may become any.
        accuracy = accuracies[-1] if accuracies else math.inf
        reached[key] = max(accuracy, reached.get(key, accuracy))
        if is_open or len(accuracies) >= epochs:
            members.setdefault(key, candidate)
    found = list(members.values())
    if len(found) <= _MOST_MEMBERS:
        return found
    best, costs = np.array([reached[key] for key in members]), past.costs(found)
    known = np.isfinite(best)
    behind = best - attained(costs, front_of(best[known], costs[known]))
    return [found[place] for place in np.sort(np.argsort(-behind, kind="stable")[:_MOST_MEMBERS])]


class Unseen:
    """The architectures that may be proposed: a neighbourhood for candidates."""

    def __init__(self, past: Past) -> None:
        self._candidates = past.candidates
        self._seen = {tried.candidate for tried in past.trials}

    def draw(self, chance: Random) -> Candidate:
        """Return any architecture."""
        return self._candidates.draw(chance)

    def mutate(self, one: Candidate, chance: Random) -> Candidate:
        """Return an architecture that differs from ``one`` in one decision."""
        return self._candidates.mutate(one, chance)

    def may_be(self, one: Candidate) -> bool:
        """Tell whether it is within the budget and was never proposed."""
        return one not in self._seen and self._candidates.is_affordable(one)

    def few(self) -> Sequence[Candidate] | None:
        """Return all architectures where they are few."""
        return self._candidates.few
