"""Who is compared, by name."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType

from optuna.samplers import GPSampler, NSGAIISampler, TPESampler

from comparing import cells, peers
from comparing.bed import Bed
from comparing.course import Course, SpentError
from nasattn.records.replay import Replay
from nasattn.search.pruners import PRUNERS
from nasattn.search.replay import replaying
from nasattn.search.replay.tabled import Engine, read_pruner

RANDOM = "random, none"

PEERS: Mapping[str, Callable[[Course], None]] = MappingProxyType(
    {
        "Optuna TPE": partial(peers.optuna_sampler, make=lambda seed: TPESampler(seed=seed)),
        "Optuna NSGA-II": partial(peers.optuna_sampler, make=lambda seed: NSGAIISampler(seed=seed)),
        "Optuna GP": partial(peers.optuna_sampler, make=lambda seed: GPSampler(seed=seed)),
        "local search": peers.local_search,
        "accuracy-only ASHA": peers.optuna_asha,
        "Syne Tune MO-ASHA": peers.syne_tune_mo_asha,
    }
)
STOPPING_PEERS = ("accuracy-only ASHA", "Syne Tune MO-ASHA")
SLOW = ("Optuna GP",)
"""Of these there are fewer repeats."""

_OF_CELLS: Mapping[str, Callable[[Course], None]] = MappingProxyType(
    {RANDOM: peers.random, "cost-aware, none": cells.cost_aware}
)


def names(bed: Bed) -> list[str]:
    """Return the engines that can search a bed.

    Without curves these are those that stop nothing, and of a part of a space `replay`'s own.
    """
    if bed.catalogue is None:
        return [*_OF_CELLS, *(name for name in PEERS if name not in STOPPING_PEERS)]
    ours = [f"{sampler}, {pruner}" for sampler in ("random", "cost-aware") for pruner in PRUNERS]
    return [*ours, "tpe, none", "nsga2, none", *(PEERS if bed.is_whole else ())]


def can_search(bed: Bed, name: str) -> bool:
    """Tell whether an engine can search a bed; ours may have other settings than in ``names``."""
    return name in names(bed) or (bed.catalogue is not None and ", " in name)


def is_ours(name: str) -> bool:
    """Tell whether an engine has our sampler or a pruner of ours: all else are the others."""
    return name.startswith("cost-aware") or (name not in PEERS and not name.endswith(", none"))


def search(bed: Bed, name: str, seed: int) -> Replay:
    """Return what an engine comes to on a bed; ``SAMPLER, PRUNER`` is one of `nasattn replay`."""
    if bed.catalogue is not None and name not in PEERS:
        sampler, pruner = name.split(", ", 1)
        asked = Engine(sampler, read_pruner(pruner, bed.table.epochs), bed.budget, None, 1)
        return replaying.replay(bed.table, bed.catalogue, asked, seed, lambda: None)
    course = Course(bed, seed)
    with suppress(SpentError):
        {**PEERS, **_OF_CELLS}[name](course)
    return course.replay()
