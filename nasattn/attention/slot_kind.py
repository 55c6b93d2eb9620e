"""The four kinds of place that an attention module can take in a backbone."""

from enum import StrEnum


class SlotKind(StrEnum):
    """Where a module sits relative to the backbone's own layers."""

    BEFORE_CONV = "before_conv"
    """On a convolution's input."""
    ACTIVATION = "activation"
    """In place of one call of an activation."""
    AFTER_CONV = "after_conv"
    """After a convolution and, where one directly consumes it, its norm."""
    BLOCK_END = "block_end"
    """At the end of a residual branch, before the addition."""
