"""The architectures of a space as the model takes them: what stands where, and what it costs."""

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from random import Random

from nasattn.cost.totals import sum_of
from nasattn.placement import Site
from nasattn.search.proposing.choosers import number_between, params_of
from nasattn.search.proposing.problem import Problem
from nasattn.space import COSTS, Decision, Interval, Option, Scalar
from nasattn.space.decision import Outcome, outcomes, place
from nasattn.surrogate.content import Content
from nasattn.surrogate.encoding import Slot

Values = tuple[tuple[str, Scalar], ...]

# Values from intervals are drawn anew again and again: each draw would be kept.
_MOST_KEPT = 2**14
# So many are looked at one by one rather than drawn.
_FEW = 1000
# Options without effect can be drawn for ever.
_MOST_DRAWS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One outcome of one decision.

    Attributes:
        params: The parameters that denote it, by the names that a sampler knows them by.
        number: Among those of the decision; of two that hold the same it is the same.
        contents: What stands at each of the decision's slots.
        adds: What it adds to each of ``COSTS``.
    """

    params: tuple[tuple[str, Scalar], ...]
    number: int
    contents: tuple[Content, ...]
    adds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An architecture; equal ones hold the same everywhere, however their parameters denote it.

    Attributes:
        numbers: Of its parts, its identity: none in a bare backbone that the space does not hold.
        parts: The outcome of each decision, or none.
        totals: Each of ``COSTS``, exact.
    """

    numbers: tuple[int, ...]
    parts: tuple[Part, ...] = field(compare=False)
    totals: tuple[int, ...] = field(compare=False)

    @property
    def params(self) -> dict[str, Scalar]:
        """The parameters that denote it."""
        return dict(chain.from_iterable(part.params for part in self.parts))


class Candidates:
    """All that can be chosen in a space.

    Args:
        problem: The space with its costs and budget.

    Attributes:
        slots: Of every architecture.
    """

    def __init__(self, problem: Problem) -> None:
        self._model, self._budget = problem.model, problem.budget
        self._base = tuple(getattr(problem.model.base, cost) for cost in COSTS)
        self._decisions = problem.space.decisions
        self._sites = [_alike(decision) for decision in self._decisions]
        self.slots = tuple(
            Slot(str(sites[0].slot), len(sites)) for groups in self._sites for sites in groups
        )
        self._outcomes = [
            outcomes(decision, lambda domain: domain.representatives)
            for decision in self._decisions
        ]
        self._free = [
            number
            for number, found in enumerate(self._outcomes)
            if len(found) > 1 or any(_intervals(outcome) for outcome in found)
        ]
        self._numbers: list[dict[tuple[Content, ...], int]] = [{} for _ in self._decisions]
        self._known: dict[Values, Candidate] = {}
        self._contents: dict[tuple[int, ...], tuple[Content, ...]] = {}
        self._parts: dict[tuple[int, str, tuple[tuple[str, Scalar], ...]], Part] = {}

    def bare(self) -> Candidate:
        """Return the bare backbone, whether the space holds it or not."""
        return Candidate((), (), self._base)

    def contents(self, one: Candidate) -> tuple[Content, ...]:
        """Return what stands at each slot of an architecture."""
        if not one.parts:
            return (None,) * len(self.slots)
        if one.numbers not in self._contents:
            if len(self._contents) > _MOST_KEPT:
                self._contents.clear()
            held = tuple(chain.from_iterable(part.contents for part in one.parts))
            self._contents[one.numbers] = held
        return self._contents[one.numbers]

    def all(self) -> Iterator[Candidate]:
        """Go through all architectures, those over the budget too; an interval has one value."""
        options = (
            [self._part(number, outcome.option, outcome.values) for outcome in found]
            for number, found in enumerate(self._outcomes)
        )
        return map(self._joined, product(*options))

    @functools.cached_property
    def few(self) -> tuple[Candidate, ...] | None:
        """All architectures where they are few and no interval is among the choices."""
        count = math.prod(map(len, self._outcomes))
        found = chain.from_iterable(self._outcomes)
        if count > _FEW or any(map(_intervals, found)):
            return None
        return tuple(dict.fromkeys(self.all()))

    def read(self, params: Mapping[str, Scalar]) -> Candidate:
        """Return the architecture that parameters denote: without any, the bare backbone."""
        if not params and self._free:
            return self.bare()
        key = tuple(params.items())
        if key not in self._known:
            if len(self._known) > _MOST_KEPT:
                self._known.clear()
            numbers = range(len(self._decisions))
            self._known[key] = self._joined([self._read(number, params) for number in numbers])
        return self._known[key]

    def draw(self, chance: Random) -> Candidate:
        """Return a random architecture; one over the budget is made cheaper until it is within."""
        parts = [self._drawn(number, chance) for number in range(len(self._decisions))]
        found = self._joined(parts)
        for number in chance.sample(range(len(parts)), len(parts)):
            if self.is_affordable(found):
                break
            parts[number] = self._cheapest(number)
            found = self._joined(parts)
        return found

    def mutate(self, one: Candidate, chance: Random) -> Candidate:
        """Return an architecture that differs from ``one`` in one decision, where any can."""
        if not self._free or not one.parts:
            return self.draw(chance)
        number = self._free[chance.randrange(len(self._free))]
        old = one.parts[number]
        new = self._drawn(number, chance)
        for _ in range(_MOST_DRAWS):
            if new.number != old.number:
                break
            new = self._drawn(number, chance)
        return _exchanged(one, number, new)

    def is_affordable(self, one: Candidate) -> bool:
        """Tell whether it is within the budget."""
        totals = dict(zip(COSTS, one.totals, strict=True))
        return all(totals[cost] <= bound for cost, bound in self._budget.items())

    def _joined(self, parts: Sequence[Part]) -> Candidate:
        added = zip(self._base, *(part.adds for part in parts), strict=True)
        return Candidate(tuple(p.number for p in parts), tuple(parts), tuple(map(sum, added)))

    def _drawn(self, number: int, chance: Random) -> Part:
        found = self._outcomes[number]
        outcome = found[chance.randrange(len(found))]
        intervals = _intervals(outcome)
        if not intervals:
            return self._part(number, outcome.option, outcome.values)
        values = tuple(
            (name, _between(intervals[name], chance) if name in intervals else value)
            for name, value in outcome.values
        )
        return self._part(number, outcome.option, values)

    def _cheapest(self, number: int) -> Part:
        """Return the cheapest outcome of a decision by the costs of the budget."""

        def share(part: Part) -> float:
            adds = dict(zip(COSTS, part.adds, strict=True))
            return sum(adds[cost] / bound for cost, bound in self._budget.items())

        parts = (self._part(number, o.option, o.values) for o in self._outcomes[number])
        return min(parts, key=share)

    def _read(self, number: int, params: Mapping[str, Scalar]) -> Part:
        decision = self._decisions[number]
        option = decision.option(params.get(decision.name, decision.domain.values[0]))
        values = tuple(
            (name, params[decision.parameter(option, name)] if domain.is_free else domain.probes[0])
            for name, domain in option.hyperparameters
        )
        return self._part(number, option, values)

    def _part(self, number: int, option: Option, values: Values) -> Part:
        key = (number, option.word, values)
        if key not in self._parts:
            if len(self._parts) > _MOST_KEPT:
                self._parts.clear()
            self._parts[key] = self._made(number, option, values)
        return self._parts[key]

    def _made(self, number: int, option: Option, values: Values) -> Part:
        decision = self._decisions[number]
        firsts = place(option, dict(values), [sites[0] for sites in self._sites[number]])
        held: tuple[Content, ...] = tuple((p.module, p.options) for p in firsts)
        contents = held or (None,) * len(self._sites[number])
        totals = sum_of(map(self._model.placement, place(option, dict(values), decision.sites)))
        return Part(
            tuple(params_of(decision, option, values)),
            self._numbers[number].setdefault(contents, len(self._numbers[number])),
            contents,
            tuple(getattr(totals, cost) for cost in COSTS),
        )


def _exchanged(one: Candidate, number: int, new: Part) -> Candidate:
    """Return an architecture with another outcome of one decision."""
    changes = zip(one.totals, one.parts[number].adds, new.adds, strict=True)
    return Candidate(
        (*one.numbers[:number], new.number, *one.numbers[number + 1 :]),
        (*one.parts[:number], new, *one.parts[number + 1 :]),
        tuple(total - less + more for total, less, more in changes),
    )


@functools.lru_cache(maxsize=2)
def candidates_of(problem: Problem) -> Candidates:
    """Return what can be chosen; samplers are made anew for every proposal, this is kept."""
    return Candidates(problem)


def _alike(decision: Decision) -> list[tuple[Site, ...]]:
    """Return the sites of a decision, those together that always hold the very same."""
    groups: dict[object, list[Site]] = {}
    for site in decision.sites:
        groups.setdefault((site.slot, site.channels, site.size), []).append(site)
    return list(map(tuple, groups.values()))


def _intervals(outcome: Outcome) -> dict[str, Interval]:
    domains = outcome.option.hyperparameters
    return {name: domain for name, domain in domains if isinstance(domain, Interval)}


def _between(interval: Interval, chance: Random) -> Scalar:
    number = number_between(interval, chance.uniform)
    return int(number) if interval.integer else number
