"""Which architecture is trained next."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Protocol

from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial

from nasattn.placement import Architecture
from nasattn.search.ledger.attempt import Attempt, Proposal
from nasattn.search.ledger.book import Book
from nasattn.search.proposing.choosers import (
    RandomChooser,
    SamplerChooser,
    bare_params,
    distributions_of,
)
from nasattn.search.proposing.cost_aware.telling import Observing
from nasattn.search.proposing.listing import list_architectures
from nasattn.search.proposing.mirror import mirror_of
from nasattn.search.proposing.problem import problem_of
from nasattn.search.proposing.samplers import kept_notes, learns, make_sampler
from nasattn.search.proposing.telling import Telling
from nasattn.search.storage import DIRECTIONS
from nasattn.search.study.catalogue import Catalogue
from nasattn.seeding import derive_seed
from nasattn.space import Space, decide

# After so many proposals in a row that are over budget or known, chance takes over; after so
# many draws, the architectures within the budget are gone through in a shuffled order.
_SAMPLER_TRIES = 10
_RANDOM_TRIES = 40


@dataclass(slots=True)
class Rejected:
    """Proposals of one trial that created none because they were over the budget."""

    over_budget: int = 0


class Proposer(Protocol):
    """Proposes the architecture of the next trial."""

    def first(self) -> Proposal:
        """Return trial 0: the bare backbone, but where the study is of one network alone."""
        ...

    def propose(
        self, number: int, attempts: Sequence[Attempt], rejected: Rejected
    ) -> Proposal | None:
        """Return an unseen architecture within the budget, or None where there is none left.

        Args:
            number: The trial's number.
            attempts: The latest attempt of every trial so far.
            rejected: Counts what was turned down on the way.
        """
        ...


def make_proposer(
    material: Catalogue,
    ledger: Book,
    check: Callable[[], None],
    wanted: Sequence[Proposal] = (),
) -> Proposer:
    """Return the proposer that a study asks for.

    Args:
        material: The study.
        ledger: Its trials.
        check: Called while a long listing goes on; what it raises ends it.
        wanted: What a person wants trained first.
    """
    usual = _usual_proposer(material, ledger, check)
    if not wanted:
        return usual
    return InTurn(ListProposer(material, bare_proposal(material), lambda: wanted), usual)


def _usual_proposer(material: Catalogue, ledger: Book, check: Callable[[], None]) -> Proposer:
    sampler, space = material.settings.search.sampler, material.space
    if sampler == "single":
        return ListProposer(material, _variants(material)[0], tuple)
    bare = bare_proposal(material)
    if space is None:
        return ListProposer(material, bare, lambda: _variants(material))
    if sampler == "grid":
        return ListProposer(material, bare, lambda: _listed(material, space, check, None))
    return SamplerProposer(material, space, ledger, check)


def bare_proposal(material: Catalogue) -> Proposal:
    """Return the bare backbone, with its parameters where the search space holds it."""
    bare = material.settings.bare
    if material.space is None:
        names = (name for name, a in material.variants.items() if a.digest == bare.digest)
        return Proposal(bare, {}, {}, {}, next(names, None))
    params = bare_params(material.space) or {}
    return Proposal(bare, params, distributions_of(material.space, params), {})


def _variants(material: Catalogue) -> list[Proposal]:
    domain = CategoricalDistribution(tuple(material.variants))
    return [
        Proposal(architecture, {"variant": name}, {"variant": domain}, {}, name)
        for name, architecture in material.variants.items()
    ]


def _listed(
    material: Catalogue, space: Space, check: Callable[[], None], seed: int | None
) -> Iterator[Proposal]:
    budget = material.settings.budget
    found = list_architectures(space, material.model, budget, check=check, seed=seed)
    for architecture, params in found:
        yield Proposal(architecture, params, distributions_of(space, params), {})


class _Filter:
    """Turns down what is over budget or known."""

    def __init__(
        self, material: Catalogue, attempts: Sequence[Attempt], rejected: Rejected
    ) -> None:
        self._material, self._rejected = material, rejected
        self._known = {a.record.digest for a in attempts if not a.is_set_aside}

    def accepts(self, architecture: Architecture) -> bool:
        if architecture.digest in self._known:
            return False
        if not self._material.allows(architecture):
            self._rejected.over_budget += 1
            return False
        return True


class ListProposer:
    """Goes through a list, in its order; at its end once more, for what was set aside since."""

    def __init__(
        self, material: Catalogue, first: Proposal, listed: Callable[[], Iterable[Proposal]]
    ) -> None:
        self._material, self._first, self._listed = material, first, listed
        self._left = iter(listed())

    def first(self) -> Proposal:
        """Return trial 0."""
        return self._first

    def propose(
        self, number: int, attempts: Sequence[Attempt], rejected: Rejected
    ) -> Proposal | None:
        """Return the next one of the list that is unseen and within the budget."""
        del number
        check = _Filter(self._material, attempts, rejected)
        found = next((p for p in self._left if check.accepts(p.architecture)), None)
        if found is None and any(attempt.is_set_aside for attempt in attempts):
            self._left = iter(self._listed())
            found = next((p for p in self._left if check.accepts(p.architecture)), None)
        return found


class InTurn:
    """Asks one proposer until it has nothing left, and then another."""

    def __init__(self, early: Proposer, late: Proposer) -> None:
        self._early, self._late = early, late

    def first(self) -> Proposal:
        """Return trial 0."""
        return self._late.first()

    def propose(
        self, number: int, attempts: Sequence[Attempt], rejected: Rejected
    ) -> Proposal | None:
        """Return what the first of them has that proposes anything."""
        found = self._early.propose(number, attempts, rejected)
        return found or self._late.propose(number, attempts, rejected)


class SamplerProposer:
    """Asks an Optuna sampler, on a copy of the study in memory.

    Optuna enters a trial into the storage as soon as it is asked, so proposals that are
    turned down would litter it; and a fresh sampler for each proposal, seeded from the study
    and the trial's number, makes a resumed study propose what an undisturbed one would.
    """

    def __init__(
        self, material: Catalogue, space: Space, ledger: Book, check: Callable[[], None]
    ) -> None:
        self._material, self._space, self._check = material, space, check
        self._problem = problem_of(space, material.model, material.settings)
        self._telling = Telling(material.settings, ledger.values)
        self._observing = Observing(material.settings.recipe.epochs)

    def propose(
        self, number: int, attempts: Sequence[Attempt], rejected: Rejected
    ) -> Proposal | None:
        """Return the sampler's proposal, else a random one, else what a listing still finds."""
        check = _Filter(self._material, attempts, rejected)
        notes: dict[str, Any] = {}
        candidates = chain(
            self._asked(number, attempts, notes), self._drawn(number), self._left(number)
        )
        found = next((p for p in candidates if check.accepts(p.architecture)), None)
        # What chance put in the sampler's place belongs to the generation that was asked for.
        return replace(found, notes=found.notes or notes) if found else None

    def first(self) -> Proposal:
        """Return the bare backbone with the notes that the sampler's first trial has."""
        notes: dict[str, Any] = {}
        next(self._asked(0, (), notes))
        return replace(bare_proposal(self._material), notes=notes)

    def _asked(
        self, number: int, attempts: Sequence[Attempt], notes: dict[str, Any]
    ) -> Iterator[Proposal]:
        settings = self._material.settings
        seed = derive_seed(settings.seed, "proposal", number)
        sampler = make_sampler(settings.search.sampler, seed, self._problem)
        directions = [DIRECTIONS[name] for name in settings.objectives]
        mirror = mirror_of(self._told(attempts), directions, sampler)
        for _ in range(_SAMPLER_TRIES):
            # What was turned down stays in the mirror as running, which steers samplers away.
            architecture = decide(self._space, SamplerChooser(mirror.ask()))
            asked = mirror.get_trials(deepcopy=False)[-1]
            kept = kept_notes(settings.search.sampler, asked.system_attrs)
            notes.update(kept)
            yield Proposal(architecture, asked.params, asked.distributions, kept)

    def _drawn(self, number: int) -> Iterator[Proposal]:
        for attempt in range(_RANDOM_TRIES):
            seed = derive_seed(self._material.settings.seed, "random", number, attempt)
            chance = RandomChooser(seed)
            architecture = decide(self._space, chance)
            params = dict(chance.params)
            yield Proposal(architecture, params, distributions_of(self._space, params), {})

    def _left(self, number: int) -> Iterator[Proposal]:
        seed = derive_seed(self._material.settings.seed, "listing", number)
        return _listed(self._material, self._space, self._check, seed)

    def _told(self, attempts: Sequence[Attempt]) -> Sequence[FrozenTrial]:
        """Return the trials so far as the sampler takes them."""
        settings = self._material.settings
        if settings.search.sampler == "cost-aware":
            return self._observing.trials(attempts)
        return self._telling.past(attempts) if learns(settings.search.sampler) else ()
