"""What tells whether two samples are of one distribution."""

import math

from torch import Tensor, cat, searchsorted

ERROR_RATE = 1e-5  # of each comparison, were its seed not fixed


def same_distribution(one: Tensor, two: Tensor) -> bool:
    """Tell whether the Kolmogorov-Smirnov test keeps the hypothesis, at ``ERROR_RATE``."""
    points = cat([one, two]).double().sort().values
    shares = [
        searchsorted(sample.double().sort().values, points, right=True) / len(sample)
        for sample in (one, two)
    ]
    limit = math.sqrt(-math.log(ERROR_RATE / 2) / 2 * (1 / len(one) + 1 / len(two)))
    return (shares[0] - shares[1]).abs().max().item() < limit
