"""Cost before training: parameters and FLOPs with no operator left out."""

from nasattn.cost.additive import CostModel, cost_model, module_cost
from nasattn.cost.count import Cost, measure_cost
from nasattn.cost.totals import Totals

__all__ = ["Cost", "CostModel", "Totals", "cost_model", "measure_cost", "module_cost"]
