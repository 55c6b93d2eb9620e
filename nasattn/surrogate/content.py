"""What stands at a site, and how alike two such things are."""

import functools
import math
from collections.abc import Sequence

import numpy as np

from nasattn.surrogate.arrays import Array

Scalar = bool | int | float | str
Content = tuple[str, tuple[tuple[str, Scalar], ...]] | None
"""A module with its hyperparameters, sorted by name; None where the site is as it was."""

# Of two modules of one name with nothing else in common.
_ALIKE = 0.5
# Numbers a factor of four apart are about as alike as not.
_LENGTH_OCTAVES = 2.0
# Numbers in the same quarter of an octave are one: the model need not tell them apart.
_PARTS_OF_OCTAVE = 4.0
_SMALLEST = 1e-6


def octaves(value: float) -> float:
    """Return a number on a scale on which equal factors are equal steps, and 0 is finite."""
    return math.copysign(math.log2(1 + abs(value) / _SMALLEST), value)


def coarse(content: Content) -> Content:
    """Return a content with every number brought to its quarter of an octave, as octaves."""
    if content is None:
        return None
    module, options = content
    return module, tuple((name, _coarse(value)) for name, value in options)


@functools.lru_cache(maxsize=2**14, typed=True)
def _coarse(value: Scalar) -> Scalar:
    if isinstance(value, bool | str):
        return str(value)
    return round(_PARTS_OF_OCTAVE * octaves(value)) / _PARTS_OF_OCTAVE


def similarity(contents: Sequence[Content]) -> Array:
    """Return how alike coarse contents are, from 0 to 1: a positive semi-definite matrix.

    Different modules, and a module and nothing, are 0 alike. Of one module it is
    a + (1 - a) Π_j k_j, over its hyperparameters j: for numbers k = exp(-d²/2l²) with d octaves
    between them, for words 1 where they are the same and 0 where not.

    Args:
        contents: As ``coarse`` returns them, V of them.

    Returns:
        (V, V).
    """
    found = np.zeros((len(contents), len(contents)))
    groups: dict[object, list[int]] = {}
    for place, content in enumerate(contents):
        kind = (content[0], tuple(name for name, _ in content[1])) if content else None
        groups.setdefault(kind, []).append(place)
    for places in groups.values():
        values = [_values(contents[place]) for place in places]
        found[np.ix_(places, places)] = _ALIKE + (1 - _ALIKE) * _of_options(values)
    return found


def _values(content: Content) -> list[Scalar]:
    return [value for _, value in content[1]] if content else []


def _of_options(values: Sequence[Sequence[Scalar]]) -> Array:
    """Return the product over hyperparameters, (V, V), for V modules of one name."""
    product = np.ones((len(values), len(values)))
    for column in zip(*values, strict=True):
        if all(isinstance(value, float) for value in column):
            numbers = np.array(column, dtype=float)
            distance = (numbers[:, None] - numbers[None, :]) / _LENGTH_OCTAVES
            product *= np.exp(-(distance**2) / 2)
        else:
            words = np.array([str(value) for value in column])
            product *= words[:, None] == words[None, :]
    return product
