"""From a network's outputs to classes with their probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a network says of one image.

    Args:
        top: Classes with their probabilities (0 to 1), the most probable first; at least one.
    """

    top: tuple[tuple[str, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        named = [{"class": name, "probability": probability} for name, probability in self.top]
        return {**named[0], "top": named}


def predictions(logits: Tensor, classes: Sequence[str], top: int) -> list[Prediction]:
    """Return the ``top`` most probable classes (all, if there are no more) of each image.

    Args:
        logits: ``(N, classes)``.
        classes: Their names.
        top: How many to name.
    """
    outputs = logits.cpu().double()
    # Sorted as they are, not as probabilities: these may tie where outputs do not.
    order = outputs.sort(dim=1, descending=True, stable=True).indices[:, :top]
    shares = outputs.softmax(1).gather(1, order)
    return [
        Prediction(tuple((classes[label], share) for label, share in zip(*row, strict=True)))
        for row in zip(order.tolist(), shares.tolist(), strict=True)
    ]
