"""From a search space and somebody who chooses to an architecture."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from nasattn.placement import Architecture, Placement
from nasattn.space.decision import Decision, place
from nasattn.space.domains import Domain, Interval, Scalar
from nasattn.space.space import Space


class Chooser(Protocol):
    """Picks values for named parameters: Optuna's trial, chance, or fixed answers."""

    def categorical(self, name: str, values: Sequence[Scalar]) -> Scalar:
        """Return one of ``values``."""
        ...

    def number(self, name: str, interval: Interval) -> float:
        """Return a number of ``interval``, a whole one where it says so."""
        ...


def decide(space: Space, chooser: Chooser) -> Architecture:
    """Return the canonical architecture that ``chooser`` picks.

    The chooser is asked for each decision's option, then for the free hyperparameters of
    that option, in a fixed order; what has one possible value is not asked.
    """
    placements: list[Placement] = []
    for decision in space.decisions:
        placements += _decided(decision, chooser)
    return space.architecture(placements)


def parameters(space: Space) -> dict[str, Domain]:
    """Return every parameter that a chooser may be asked for, with its domain."""
    return dict(named for decision in space.decisions for named in _named_domains(decision))


def _named_domains(decision: Decision) -> Iterator[tuple[str, Domain]]:
    if decision.domain.is_free:
        yield decision.name, decision.domain
    for option in decision.options:
        for name, domain in option.hyperparameters:
            if domain.is_free:
                yield decision.parameter(option, name), domain


def _decided(decision: Decision, chooser: Chooser) -> tuple[Placement, ...]:
    option = decision.option(_chosen(decision.name, decision.domain, chooser))
    values = {
        name: _chosen(decision.parameter(option, name), domain, chooser)
        for name, domain in option.hyperparameters
    }
    return place(option, values, decision.sites)


def _chosen(name: str, domain: Domain, chooser: Chooser) -> Scalar:
    if isinstance(domain, Interval):
        number = chooser.number(name, domain)
        return int(number) if domain.integer else float(number)
    return chooser.categorical(name, domain.values) if domain.is_free else domain.values[0]
