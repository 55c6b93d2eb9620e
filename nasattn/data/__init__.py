"""Data sets as tensors in memory or as streams, and their splits."""

from nasattn.data.cifar import download
from nasattn.data.fit import grey_of
from nasattn.data.images import Images, ImageSet, Splits
from nasattn.data.load import channel_statistics, load
from nasattn.data.spec import KINDS, DataSpec

__all__ = [
    "KINDS",
    "DataSpec",
    "ImageSet",
    "Images",
    "Splits",
    "channel_statistics",
    "download",
    "grey_of",
    "load",
]
