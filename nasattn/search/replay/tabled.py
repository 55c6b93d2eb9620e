"""A table as something to be searched."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from nasattn.errors import UnknownNameError, UserError
from nasattn.placement import Architecture
from nasattn.records import Trial
from nasattn.records.table import Table
from nasattn.schema import validate
from nasattn.search.proposing.listing import list_architectures
from nasattn.search.proposing.samplers import SAMPLERS
from nasattn.search.pruners.key import read_key
from nasattn.search.pruners.pruner import Pruner
from nasattn.search.study.catalogue import Catalogue, catalogue_of
from nasattn.search.study.settings import FrozenSearch, Settings
from nasattn.seeding import derive_seed
from nasattn.space import Space, size

REPLAYED = (*SAMPLERS, "grid")
# One architecture in so many must be in the table: of a smaller part most proposals are chance's.
_LEAST_KNOWN = 4


@dataclass(frozen=True, slots=True)
class Tabled(Catalogue):
    """What a replay may train: the architectures of a table.

    Attributes:
        recorded: Their trials, by digest and then by repeat.
        repeats: How many there are.
    """

    recorded: Mapping[str, tuple[Trial, ...]]
    repeats: int

    def allows(self, architecture: Architecture) -> bool:
        """Tell whether an architecture may become a trial."""
        trials = self.recorded.get(architecture.digest)
        bounds = self.settings.budget.items()
        return trials is not None and all(getattr(trials[0], c) <= bound for c, bound in bounds)

    def training(self, digest: str) -> Trial:
        """Return the recorded training of an architecture, see ``drawn``."""
        return drawn(self.recorded[digest], self.repeats, self.settings.seed)


def drawn(trials: Sequence[Trial], repeats: int, seed: int) -> Trial:
    """Return an architecture's training in the replay of a seed, which draws the repeat.

    All of a replay are of one repeat, as all of a search are: they share initial weights and
    the order of images. An architecture that lacks it has another.

    Args:
        trials: Its trainings.
        repeats: Of the table.
        seed: Of the replay.
    """
    wanted = derive_seed(seed, "replay") % repeats
    return next((trial for trial in trials if trial.repeat == wanted), trials[0])


@dataclass(frozen=True, slots=True)
class Engine:
    """What is replayed.

    Attributes:
        sampler: A name out of ``REPLAYED``.
        pruner: With its settings.
        budget: Epochs that may be begun, by all workers together.
        trials: The study's total, at which it ends too and to which samplers scale their start
            and populations; None is no total, and a scale of as many whole trainings as the
            budget has.
        workers: So many train side by side.
        exempt: The share of trials that is trained to its end whatever the pruner says.
    """

    sampler: str
    pruner: Pruner
    budget: int
    trials: int | None
    workers: int
    exempt: float = 0.0


def searchable(table: Table) -> Catalogue:
    """Return what a table's study may train.

    Raises:
        UserError: it lists variants, a module of it is not there, or its architectures are not
            those that this code makes of its search space, trial 0 among them.
    """
    place = str(table.study.path)
    settings = validate(Settings, table.study.settings, f"{place}: its study")
    found = catalogue_of(settings)
    if found.space is None:
        raise UserError(f"{place}: its study lists variants: there is no space to be searched")
    known = table.by_digest()
    if settings.bare.digest not in known:
        raise UserError(
            f"{place}: trial 0 of every search, the bare {settings.backbone}, is not in the table "
            "as this version would train it"
        )
    _check_covered(found, found.space, len(known), place)
    return found


def _check_covered(catalogue: Catalogue, space: Space, known: int, place: str) -> None:
    """Refuse a table of a small part of its space."""
    most = _LEAST_KNOWN * known
    if size(space) <= most:
        return
    budget = catalogue.settings.budget
    within = list_architectures(space, catalogue.model, budget, check=lambda: None)
    if sum(1 for _ in islice(within, most + 1)) > most:
        raise UserError(
            f"{place}: has {known:,} of {size(space):,} architectures of its search space: hardly "
            "any that a sampler proposes is in it; a grid study trains all within a budget"
        )


def tabled(table: Table, catalogue: Catalogue, engine: Engine, seed: int) -> Tabled:
    """Return the study of one replay: that of the table with another sampler, pruner and seed."""
    settings = catalogue.settings
    trials = engine.trials or max(engine.budget // settings.recipe.epochs, 1)
    changed = {
        "seed": seed,
        "trials": trials,
        "repeats": 1,
        "search": FrozenSearch(sampler=engine.sampler, pruner=engine.pruner, exempt=engine.exempt),
    }
    return Tabled(
        settings.model_copy(update=changed),
        catalogue.model,
        catalogue.space,
        catalogue.variants,
        table.by_digest(),
        1 + max(trial.repeat for trial in table.trials),
    )


def read_pruner(text: str, epochs: int) -> Pruner:
    """Return the pruner of a name, or of a table as a study has it (``{ name = … }``).

    Raises:
        UserError: there is no such pruner, or it would first look when all is over.
    """
    try:
        value = tomllib.loads(f"pruner = {text}")["pruner"] if text.startswith("{") else text
        return read_key(value).resolved(epochs)
    except ValueError as error:
        raise UserError(f"--pruner {text}: {error}") from None


def check_sampler(name: str) -> None:
    """Refuse a sampler that searches no space.

    Raises:
        UnknownNameError: it is none of ``REPLAYED``.
    """
    if name not in REPLAYED:
        raise UnknownNameError("sampler", name, REPLAYED, "--sampler")
