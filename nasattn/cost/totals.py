"""Cost as a value that adds up."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Totals:
    """What a network, or a part of it, costs for one image in evaluation.

    Attributes:
        params: Trainable parameters.
        norm_statistics: Running means and variances of batch norms, which published tables
            often count among the parameters.
        flops: fvcore's count (one multiply-add is 1), plus 1 per output element of every
            elementwise operation and 1 per input element of every reduction.
        flops_stock: fvcore's count alone.
    """

    params: int = 0
    norm_statistics: int = 0
    flops: int = 0
    flops_stock: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.params + other.params,
            self.norm_statistics + other.norm_statistics,
            self.flops + other.flops,
            self.flops_stock + other.flops_stock,
        )

    def __sub__(self, other: "Totals") -> "Totals":
        return Totals(
            self.params - other.params,
            self.norm_statistics - other.norm_statistics,
            self.flops - other.flops,
            self.flops_stock - other.flops_stock,
        )


def sum_of(parts: Iterable[Totals]) -> Totals:
    """Return the sum of ``parts`` without making a value for each partial sum."""
    params = statistics = flops = stock = 0
    for part in parts:
        params += part.params
        statistics += part.norm_statistics
        flops += part.flops
        stock += part.flops_stock
    return Totals(params, statistics, flops, stock)
