"""What a study's trials let one believe about every architecture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nasattn.surrogate.arrays import Array, Indices
from nasattn.surrogate.content import Content
from nasattn.surrogate.curves import Curve, Curves
from nasattn.surrogate.encoding import Encoding, Slot
from nasattn.surrogate.gaussian_process import GaussianProcess
from nasattn.surrogate.kernel import Points, own_terms, terms, weighted
from nasattn.surrogate.targets import Targets
from nasattn.surrogate.weights import Weights, likeliest

FEWEST_RESULTS = 4
"""So many trainings must be at their end before anything is believed."""

_LEAST_EXPLAINED = 0.1

MOST_ROWS = 400
"""The latest so many observations make a proposal: of as many results no other is looked at."""

MANY_ROWS = 1500
"""So many are looked at where a person waits for one answer."""

_MOST_FITTED = 150


class Observation(NamedTuple):
    """One trial as the model sees it; several of one architecture are several observations.

    Attributes:
        number: Of the trial: where there are too many, the latest are kept.
        contents: What stands at each slot.
        costs: Scaled, one for each.
        curve: Accuracy after each epoch, possibly none.
    """

    number: int
    contents: tuple[Content, ...]
    costs: tuple[float, ...]
    curve: Curve


class _Row(NamedTuple):
    observation: Observation
    accuracy: float
    variance: float


@dataclass(frozen=True, slots=True)
class Fit:
    """How the model was fitted.

    Attributes:
        num_results: Observations that are at their end.
        num_partial: Learning curves that are not, and still say something.
        noise_sd: Standard deviation of one training about its architecture's mean, as accuracy.
        explained: Share of the results' variance that the model predicts, each left out in turn;
            0 or less where it tells nothing apart.
        weights: Of the kernel's terms.
    """

    num_results: int
    num_partial: int
    noise_sd: float
    explained: float
    weights: Array

    @property
    def tells_apart(self) -> bool:
        """Whether it predicts left-out results better than their mean does."""
        return self.explained >= _LEAST_EXPLAINED


class Belief:
    """The model, fitted.

    The latest ``most`` rows predict, results before learning curves, and 150 spread over them give
    the weights (of largest posterior density): a proposal takes no longer in a long study.

    Args:
        slots: Of every architecture.
        observations: In any order, ``FEWEST_RESULTS`` of them or more at their end.
        epochs: Of a whole training.
        most: Rows.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        observations: Sequence[Observation],
        epochs: int,
        most: int = MOST_ROWS,
    ) -> None:
        rows = _rows(observations, epochs, most)
        self._targets = Targets.of([row.accuracy for row in rows if not row.variance])
        self._encoding = Encoding(slots)
        kept = rows[:most]
        self._points = self.points(
            [row.observation.contents for row in kept],
            np.array([row.observation.costs for row in kept]).reshape(len(kept), -1),
        )
        extra = np.array([row.variance for row in kept]) / self._targets.sd**2
        values = self._targets.standardised(np.array([row.accuracy for row in kept]))
        parts = terms(self._encoding, self._points, self._points)
        few = slice(None, None, -(-len(kept) // _MOST_FITTED))
        fitted = np.stack([part[few, few] for part in parts])
        self._weights = likeliest(fitted, extra[few], values[few])
        self._process = GaussianProcess.fit(
            weighted(self._weights.terms, parts), extra + self._weights.noise, values
        )
        self._is_result = extra == 0

    def points(self, architectures: Sequence[Sequence[Content]], costs: Array) -> Points:
        """Return architectures as ``predict`` takes them.

        Args:
            architectures: N of them, a content for each slot.
            costs: Scaled, (N, C).
        """
        codes: Indices = self._encoding.encode(architectures)
        return Points(codes, costs)

    def predict(self, points: Points) -> tuple[Array, Array]:
        """Return the mean accuracy to be expected of each architecture, and its uncertainty.

        Returns:
            Mean and standard deviation, (N,) each. They are of the mean over seeds: the noise of
            a single training is not in them.
        """
        cross = weighted(self._weights.terms, terms(self._encoding, points, self._points))
        prior = weighted(self._weights.terms, own_terms(self._encoding, points))
        mean, variance = self._process.predict(cross, prior)
        return self._targets.mean + self._targets.sd * mean, self._targets.sd * np.sqrt(variance)

    @property
    def fit(self) -> Fit:
        """How it was fitted."""
        predicted, _ = self._process.left_out()
        values = self._process.targets[self._is_result]
        errors = values - predicted[self._is_result]
        # Left out, the mean itself is off by n / (n - 1).
        size = len(values)
        usual = (values - values.mean()) * size / (size - 1)
        spread = float(usual @ usual)
        return Fit(
            num_results=int(self._is_result.sum()),
            num_partial=int((~self._is_result).sum()),
            noise_sd=self._targets.sd * self._weights.noise**0.5,
            explained=1 - float(errors @ errors) / spread if spread else 0.0,
            weights=self._weights.terms,
        )


def _rows(observations: Sequence[Observation], epochs: int, most: int) -> list[_Row]:
    """Return what is learned from, results first, in both the latest first.

    Where there are results enough, what curves say of others is not looked at.
    """
    latest = sorted(observations, key=lambda one: -one.number)
    results = [_Row(one, one.curve[epochs - 1], 0.0) for one in latest if len(one.curve) >= epochs]
    if len(results) >= most:
        return results
    curves = Curves([observation.curve for observation in observations], epochs)
    outlooks = ((one, curves.outlook(one.curve)) for one in latest if len(one.curve) < epochs)
    return results + [_Row(one, *outlook) for one, outlook in outlooks if outlook is not None]


__all__ = ["FEWEST_RESULTS", "MANY_ROWS", "MOST_ROWS", "Belief", "Fit", "Observation", "Weights"]
