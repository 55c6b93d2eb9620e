"""Data sets as tensors in memory or as streams, and their splits."""

from nasattn.data.cifar import download
from nasattn.data.fit import grey_of
from nasattn.data.images import Images, ImageSet, Splits
from nasattn.data.load import load, normalisation
from nasattn.data.pictures import decode
from nasattn.data.spec import KINDS, DataSpec
from nasattn.data.split import stratified_order

__all__ = [
    "KINDS",
    "DataSpec",
    "ImageSet",
    "Images",
    "Splits",
    "decode",
    "download",
    "grey_of",
    "load",
    "normalisation",
    "stratified_order",
]
