"""One decision of a search space, and the placements that its outcomes stand for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from nasattn.attention import SlotKind, resolve_options
from nasattn.errors import UserError
from nasattn.placement import Placement, Site
from nasattn.space.domains import Categorical, Domain, Scalar
from nasattn.space.options import Option


@dataclass(frozen=True, slots=True)
class Decision:
    """One option for a group of sites.

    Attributes:
        name: Its parameter's name: ``gate``, ``gate.stage2``, ``gate.layer1.0`` or
            ``gate.layer1.0.conv1``, by scope.
        choice: Name of the choice that it belongs to.
        slot: The slot kind that the choice names.
        sites: The sites that it governs.
        options: What may stand there; all sites get the same.
    """

    name: str
    choice: str
    slot: SlotKind
    sites: tuple[Site, ...]
    options: tuple[Option, ...]

    @property
    def domain(self) -> Categorical:
        """The words of the options."""
        return Categorical(tuple(option.word for option in self.options))

    def option(self, word: Scalar) -> Option:
        """Return the option that its parameter calls ``word``."""
        return next(option for option in self.options if option.word == word)

    def parameter(self, option: Option, hyperparameter: str) -> str:
        """Return the parameter's name of a hyperparameter of one option."""
        return f"{self.name}.{option.module}.{hyperparameter}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One option with one value for each of its hyperparameters.

    Attributes:
        option: The option.
        values: Name and value of each hyperparameter that the file mentions.
        placements: What that means at the decision's sites, in canonical form.
    """

    option: Option
    values: tuple[tuple[str, Scalar], ...]
    placements: tuple[Placement, ...]


def outcomes(
    decision: Decision, values: Callable[[Domain], Iterable[Scalar]]
) -> tuple[Outcome, ...]:
    """List the outcomes that differ in their placements, the first of equal ones.

    Args:
        decision: The decision.
        values: Which values of a domain to go through.
    """
    distinct: dict[tuple[Placement, ...], Outcome] = {}
    for option in decision.options:
        for chosen in combinations(option, values):
            placements = place(option, dict(chosen), decision.sites)
            distinct.setdefault(placements, Outcome(option, chosen, placements))
    return tuple(distinct.values())


def combinations(
    option: Option, values: Callable[[Domain], Iterable[Scalar]]
) -> Iterable[tuple[tuple[str, Scalar], ...]]:
    """Go through all combinations of values of an option's hyperparameters."""
    names = [name for name, _ in option.hyperparameters]
    for chosen in product(*(values(domain) for _, domain in option.hyperparameters)):
        yield tuple(zip(names, chosen, strict=True))


def place(
    option: Option, values: Mapping[str, Scalar], sites: Iterable[Site]
) -> tuple[Placement, ...]:
    """Return the canonical placements of an option at ``sites``; none where it has no module."""
    if option.module is None:
        return ()
    return tuple(_placement(option.module, values, site) for site in sites)


def check_option(option: Option, sites: Iterable[Site], where: str) -> None:
    """Check every combination of values at every site.

    Args:
        option: What may be placed.
        sites: Where it may be placed.
        where: File and choice, for errors.

    Raises:
        UserError: naming file, choice, site, value and rule.
    """
    for site in _first_of_each_shape(sites):
        for chosen in combinations(option, lambda domain: domain.probes):
            try:
                place(option, dict(chosen), [site])
            except UserError as error:
                raise UserError(f"{where} at {site.name}: {error}") from None


def _first_of_each_shape(sites: Iterable[Site]) -> Iterable[Site]:
    """Leave out sites of the same channels and size as an earlier one: they obey equal rules."""
    first: dict[tuple[int, tuple[int, int]], Site] = {}
    for site in sites:
        first.setdefault((site.channels, site.size), site)
    return first.values()


def _placement(module: str, values: Mapping[str, Scalar], site: Site) -> Placement:
    options = resolve_options(module, values, site.channels, site.size)
    return Placement(site.slot, site.at, module, tuple(sorted(options.items())))
