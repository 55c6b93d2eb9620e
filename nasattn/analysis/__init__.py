"""What trials say together: dominance, the front, its hypervolume and knee; reads records."""

from nasattn.analysis.comparison import (
    Condition,
    SiteRow,
    different_conditions,
    site_rows,
)
from nasattn.analysis.growth import Moment, growth
from nasattn.analysis.limits import Limits, read_limits
from nasattn.analysis.noise import Noise, Paired, paired_difference, seed_noise
from nasattn.analysis.pareto import CostRange, Front, Result, baseline, direction, dominators, front
from nasattn.analysis.promotion import Candidate, promising
from nasattn.analysis.steadiness import Steadiness, steadiness

__all__ = [
    "Candidate",
    "Condition",
    "CostRange",
    "Front",
    "Limits",
    "Moment",
    "Noise",
    "Paired",
    "Result",
    "SiteRow",
    "Steadiness",
    "baseline",
    "different_conditions",
    "direction",
    "dominators",
    "front",
    "growth",
    "paired_difference",
    "promising",
    "read_limits",
    "seed_noise",
    "site_rows",
    "steadiness",
]
