"""What trials say together: dominance, the front, its hypervolume and knee; reads records."""

from nasattn.analysis.pareto import CostRange, Front, Result, baseline, direction, dominators, front

__all__ = ["CostRange", "Front", "Result", "baseline", "direction", "dominators", "front"]
