"""What trials say together: dominance, the front, its hypervolume and knee; reads records."""

from nasattn.analysis.pareto import (
    CostRange,
    Front,
    Result,
    baseline,
    direction,
    dominators,
    filled,
    front,
)
from nasattn.analysis.promotion import Candidate, promising

__all__ = [
    "Candidate",
    "CostRange",
    "Front",
    "Result",
    "baseline",
    "direction",
    "dominators",
    "filled",
    "front",
    "promising",
]
