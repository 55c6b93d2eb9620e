"""Attention modules, one paper per file, and their registry.

Every module maps (N, C, H, W) to the same shape and knows nothing of backbones. ``create``
makes one by name; ``ENTRIES`` says which there are. Importing this package registers those
below; a module of your own is added with ``register``. ``timm:NAME`` is one of timm's.
"""

from nasattn.attention.atac import AttentionalActivation
from nasattn.attention.cbam import ConvBlockAttention
from nasattn.attention.eca import EfficientChannelAttention, adaptive_kernel_size
from nasattn.attention.entry import Entry
from nasattn.attention.gct import GatedChannelTransformation
from nasattn.attention.hyperparameter import Hyperparameter, Rule, Scalar, Size
from nasattn.attention.nam import NormalizationAttention
from nasattn.attention.ortho import OrthogonalAttention, orthonormal_filters
from nasattn.attention.registry import ENTRIES, create, get, register, resolve_options
from nasattn.attention.se import SqueezeExcitation
from nasattn.attention.slot_kind import SlotKind

__all__ = [
    "ENTRIES",
    "AttentionalActivation",
    "ConvBlockAttention",
    "EfficientChannelAttention",
    "Entry",
    "GatedChannelTransformation",
    "Hyperparameter",
    "NormalizationAttention",
    "OrthogonalAttention",
    "Rule",
    "Scalar",
    "Size",
    "SlotKind",
    "SqueezeExcitation",
    "adaptive_kernel_size",
    "create",
    "get",
    "orthonormal_filters",
    "register",
    "resolve_options",
]
