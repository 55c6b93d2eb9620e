"""Search spaces: the TOML file, its size, its costs, and from a chooser to an architecture."""

from nasattn.space.budget import Budget, parse_budget
from nasattn.space.costs import COSTS, Extremes, OptionCost, cost_extremes, cost_range, option_costs
from nasattn.space.counting import enumerate_architectures, intervals, size
from nasattn.space.deciding import Chooser, decide, parameters
from nasattn.space.decision import Decision
from nasattn.space.describing import describe
from nasattn.space.domains import Categorical, Domain, Interval, Scalar
from nasattn.space.options import Option
from nasattn.space.requests import parse_requests
from nasattn.space.schema import Choice, Scope, SpaceFile, read_space_file
from nasattn.space.space import Space, load_space
from nasattn.space.writing import parse_backbone, write_space

__all__ = [
    "COSTS",
    "Budget",
    "Categorical",
    "Choice",
    "Chooser",
    "Decision",
    "Domain",
    "Extremes",
    "Interval",
    "Option",
    "OptionCost",
    "Scalar",
    "Scope",
    "Space",
    "SpaceFile",
    "cost_extremes",
    "cost_range",
    "decide",
    "describe",
    "enumerate_architectures",
    "intervals",
    "load_space",
    "option_costs",
    "parameters",
    "parse_backbone",
    "parse_budget",
    "parse_requests",
    "read_space_file",
    "size",
    "write_space",
]
