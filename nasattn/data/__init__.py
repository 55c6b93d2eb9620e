"""Data sets as tensors in memory, and their splits."""

from nasattn.data.images import Images, Splits
from nasattn.data.load import channel_statistics, load
from nasattn.data.spec import KINDS, DataSpec

__all__ = ["KINDS", "DataSpec", "Images", "Splits", "channel_statistics", "load"]
