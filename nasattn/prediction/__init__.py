"""What trained networks say of pictures, and how often they are right."""

from nasattn.prediction.classes import Prediction
from nasattn.prediction.held_out import HeldOut, Seen, held_out, judge
from nasattn.prediction.network import KeptNetwork, check_kept, load_network
from nasattn.prediction.pictures import classify

__all__ = [
    "HeldOut",
    "KeptNetwork",
    "Prediction",
    "Seen",
    "check_kept",
    "classify",
    "held_out",
    "judge",
    "load_network",
]
