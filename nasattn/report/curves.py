"""What is drawn of a learning curve, in characters and in pictures alike."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nasattn.records import Study


class Line(NamedTuple):
    """One line of a drawing.

    Attributes:
        label: In the legend.
        is_training: Whether it is of the training images, else of those held out.
        points: Epoch and value.
    """

    label: str
    is_training: bool
    points: tuple[tuple[float, float], ...]


class Panel(NamedTuple):
    """Lines over the epochs on one axis; those without a point are left out.

    Attributes:
        axis: What it shows, with the unit.
        lines: The training's first.
    """

    axis: str
    lines: tuple[Line, ...]


def panels(study: Study, curve: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """Return accuracies and losses of a learning curve, each where it has a value."""
    part = study.evaluated
    accuracies = (
        _line("training accuracy", "train_accuracy", curve, scale=100.0),
        _line(f"{part} accuracy", "accuracy", curve, scale=100.0),
    )
    losses = (
        _line("training loss", "loss", curve),
        _line(f"{part} loss", "validation_loss", curve),
    )
    drawn = (("accuracy (%)", accuracies), ("loss (nats)", losses))
    found = (Panel(axis, tuple(line for line in lines if line.points)) for axis, lines in drawn)
    return [panel for panel in found if panel.lines]


def _line(label: str, key: str, curve: Sequence[Mapping[str, Any]], *, scale: float = 1.0) -> Line:
    values = ((epoch["epoch"], epoch.get(key)) for epoch in curve)
    points = tuple((float(x), scale * y) for x, y in values if y is not None)
    return Line(label, label.startswith("training"), points)
