"""What is searched: trainings that were recorded, and how its architectures are asked for."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import optuna

from nasattn.analysis.yardstick import Yardstick
from nasattn.placement import Architecture
from nasattn.records.table import Table
from nasattn.records.trial import Trial
from nasattn.search.proposing.choosers import GivenChooser, SamplerChooser
from nasattn.search.proposing.cost_aware.candidates import Candidate, Candidates
from nasattn.search.proposing.problem import problem_of
from nasattn.search.replay.tabled import searchable
from nasattn.search.study.catalogue import Catalogue
from nasattn.space import Scalar, Space, decide, parameters

Params = Mapping[str, Scalar]


@dataclass(frozen=True)
class Domain:
    """All architectures of a bed, as peers ask for them.

    Attributes:
        parameters: The values of every parameter, those that not all architectures have too.
        bare: The architecture with which every search begins.
        params: What denotes each architecture, by digest.
        ask: Returns the digest that an Optuna trial is asked for.
        read: Returns the digest that values of all parameters denote.
        neighbours: Returns what differs from an architecture in one decision.
    """

    parameters: Mapping[str, Sequence[Scalar]]
    bare: str
    params: Mapping[str, Params]
    ask: Callable[[optuna.Trial], str]
    read: Callable[[Params], str]
    neighbours: Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Bed:
    """Recorded trainings to search on.

    Attributes:
        name: What it is.
        table: The trainings.
        domain: How peers ask for them.
        catalogue: How the engines of `nasattn replay` do; None where they cannot.
        trainings: The budget of a search, in whole trainings.
        is_whole: Whether every architecture that a peer may propose was trained.
    """

    name: str
    table: Table
    domain: Domain
    catalogue: Catalogue | None
    trainings: int = 60
    is_whole: bool = True

    @property
    def budget(self) -> int:
        """The budget in epochs."""
        return self.trainings * self.table.epochs

    @cached_property
    def recorded(self) -> Mapping[str, tuple[Trial, ...]]:
        """The trainings of each architecture, by digest."""
        return self.table.by_digest()

    @cached_property
    def repeats(self) -> int:
        """How many trainings an architecture has at most."""
        return 1 + max(trial.repeat for trial in self.table.trials)

    @cached_property
    def mark(self) -> str:
        """A mark of the trainings."""
        told = ((t.digest, t.repeat, t.curve[-1]["accuracy"]) for t in self.table.trials)
        return hashlib.sha256(repr(list(told)).encode()).hexdigest()[:8]

    @cached_property
    def yardstick(self) -> Yardstick:
        """What searches are measured by."""
        return Yardstick(self.table)


def table_bed(name: str, table: Table) -> Bed:
    """Return the bed of a recorded table.

    Raises:
        UserError: it cannot be searched.
    """
    catalogue = searchable(table)
    space = catalogue.space
    if space is None:  # searchable has refused it
        raise AssertionError
    candidates = Candidates(problem_of(space, catalogue.model, catalogue.settings))
    of = {one: _read(space, one.params) for one in candidates.all()}
    known = table.by_digest().keys()
    digests = {one: digest for one, digest in of.items() if digest in known}
    domain = _domain(space, digests, catalogue.settings.bare)
    is_whole = len(digests) == len(of) and domain.bare in domain.params
    return Bed(name, table, domain, catalogue, is_whole=is_whole)


def _domain(space: Space, digests: Mapping[Candidate, str], bare: Architecture) -> Domain:
    candidates = {digest: one for one, digest in digests.items()}

    def neighbours(digest: str) -> list[str]:
        own = candidates[digest].numbers
        return [
            other
            for one, other in digests.items()
            if sum(a != b for a, b in zip(own, one.numbers, strict=True)) == 1
        ]

    return Domain(
        parameters={name: tuple(d.representatives) for name, d in parameters(space).items()},
        bare=bare.digest,
        params={digest: one.params for one, digest in digests.items()},
        ask=lambda trial: decide(space, SamplerChooser(trial)).digest,
        read=lambda params: _read(space, params),
        neighbours=neighbours,
    )


def _read(space: Space, params: Params) -> str:
    return decide(space, GivenChooser(params)).digest
