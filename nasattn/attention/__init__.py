"""Attention modules, one paper per file, and their registry.

Every module maps (N, C, H, W) to the same shape and knows nothing of backbones. ``create``
makes one by name; ``ENTRIES`` says which there are. Importing this package registers those
below; a module of your own is added with ``register``; ``timm:NAME`` is one of timm's,
``package.module:Class`` your own. A module
that computes its formula by other steps than the paper has those of the paper in ``formula``:
FLOPs are counted there.
"""

from nasattn.attention.atac import AttentionalActivation
from nasattn.attention.bam import BottleneckAttention
from nasattn.attention.cbam import ConvBlockAttention
from nasattn.attention.coord import CoordinateAttention
from nasattn.attention.eca import EfficientChannelAttention, adaptive_kernel_size
from nasattn.attention.entry import Entry
from nasattn.attention.fca import FrequencyAttention, frequency_filters
from nasattn.attention.gct import GatedChannelTransformation
from nasattn.attention.hyperparameter import Hyperparameter, Rule, Scalar, Size
from nasattn.attention.nam import NormalizationAttention
from nasattn.attention.ortho import OrthogonalAttention, orthonormal_filters
from nasattn.attention.registry import (
    ENTRIES,
    create,
    get,
    known_names,
    register,
    resolve_options,
)
from nasattn.attention.se import SqueezeExcitation
from nasattn.attention.simam import SimpleAttention
from nasattn.attention.slot_kind import SlotKind
from nasattn.attention.triplet import TripletAttention

__all__ = [
    "ENTRIES",
    "AttentionalActivation",
    "BottleneckAttention",
    "ConvBlockAttention",
    "CoordinateAttention",
    "EfficientChannelAttention",
    "Entry",
    "FrequencyAttention",
    "GatedChannelTransformation",
    "Hyperparameter",
    "NormalizationAttention",
    "OrthogonalAttention",
    "Rule",
    "Scalar",
    "SimpleAttention",
    "Size",
    "SlotKind",
    "SqueezeExcitation",
    "TripletAttention",
    "adaptive_kernel_size",
    "create",
    "frequency_filters",
    "get",
    "known_names",
    "orthonormal_filters",
    "register",
    "resolve_options",
]
