"""Early stopping with several objectives: one pruner a file, all functions of the trials so far.

A search asks them of its storage, a replay of recorded trials; they know neither.
"""

from collections.abc import Mapping
from types import MappingProxyType

from nasattn.search.pruners.calibration import calibrate
from nasattn.search.pruners.dominance import DominancePruner
from nasattn.search.pruners.freeze_thaw import FreezeThawPruner
from nasattn.search.pruners.median import MedianPruner
from nasattn.search.pruners.mo_asha import MoAshaPruner
from nasattn.search.pruners.mo_asha_promotion import MoAshaPromotionPruner
from nasattn.search.pruners.none import NonePruner
from nasattn.search.pruners.pruner import Pause, Pruner, Stop, Verdict
from nasattn.search.pruners.race import Contender, Race

PRUNERS: Mapping[str, type[Pruner]] = MappingProxyType(
    {
        "none": NonePruner,
        "median": MedianPruner,
        "mo-asha": MoAshaPruner,
        "mo-asha-promotion": MoAshaPromotionPruner,
        "dominance": DominancePruner,
        "freeze-thaw": FreezeThawPruner,
    }
)

__all__ = [
    "PRUNERS",
    "Contender",
    "DominancePruner",
    "FreezeThawPruner",
    "MedianPruner",
    "MoAshaPromotionPruner",
    "MoAshaPruner",
    "NonePruner",
    "Pause",
    "Pruner",
    "Race",
    "Stop",
    "Verdict",
    "calibrate",
]
