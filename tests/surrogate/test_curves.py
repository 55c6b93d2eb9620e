"""What unfinished learning curves say: by the regression written out, nothing where they cannot."""

import numpy as np
import pytest

from nasattn.surrogate.curves import Curves, fit_line

EPOCHS = 9


def curves(size: int, noise: float, seed: int = 0) -> list[list[float]]:
    """Make curves that end at 0.7 to 0.9, with noise in every epoch but the last."""
    chance = np.random.default_rng(seed)
    finals = np.linspace(0.7, 0.9, size)
    rise = np.linspace(-0.3, 0, EPOCHS)
    found = finals[:, None] + rise + noise * chance.normal(size=(size, EPOCHS))
    found[:, -1] = finals
    return found.tolist()


def test_a_whole_curve_says_its_last_accuracy() -> None:
    (whole,) = curves(1, 0.0)
    assert Curves([whole], EPOCHS).outlook(whole) == (whole[-1], 0.0)
    assert Curves([whole], EPOCHS).outlook([*whole, 0.1]) == (whole[-1], 0.0)


def test_curves_that_rise_alike_say_where_they_end() -> None:
    known = curves(40, 0.001)
    part = curves(5, 0.0)[3][:4]
    outlook = Curves([*known, part], EPOCHS).outlook(part)
    assert outlook is not None
    assert outlook.accuracy == pytest.approx(np.linspace(0.7, 0.9, 5)[3], abs=0.01)
    assert 0 < outlook.variance < np.var(np.linspace(0.7, 0.9, 40)) / 4


def test_curves_without_relation_to_the_end_say_nothing() -> None:
    known = curves(40, 5.0)
    part = known[3][:4]
    outlook = Curves([*known, part], EPOCHS).outlook(part)
    assert outlook is None or outlook.variance > np.var([c[-1] for c in known])


def test_too_few_say_nothing() -> None:
    known = curves(3, 0.01)
    assert Curves(known, EPOCHS).outlook(known[0][:4]) is None
    assert Curves(curves(9, 0.01), EPOCHS).outlook([]) is None


def test_the_line_is_drawn_towards_a_correlation_of_one_half() -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(size=6)
    y = 2 * x + 0.1 * chance.normal(size=6)
    line = fit_line(x, y)
    assert line is not None
    r = np.corrcoef(x, y)[0, 1]
    slope = (6 * r + 2 * 0.5) / 8 * y.std() / x.std()
    residuals = y - y.mean() - slope * (x - x.mean())
    assert line.slope == pytest.approx(slope)
    assert line.variance == pytest.approx(
        (np.sum(residuals**2) + 0.7 * y.var()) / 5.7 * (1 + 2 / 6)
    )
    falling = fit_line(x, -50 * x)
    assert falling is not None
    assert falling.slope == 0.0
    assert fit_line(np.ones(6), y) is None


def test_as_an_observation_it_gives_the_regression_back() -> None:
    # Under the prior of all trainings, an observation with mean z and variance w must have the
    # regression's prediction and error variance as its posterior.
    known = curves(30, 0.02, seed=4)
    asked = known[7][:6]
    everyone = Curves(known, EPOCHS)
    outlook = everyone.outlook(asked)
    line = everyone._to_the_end(6)
    assert outlook is not None
    assert line is not None
    levels = np.array([np.mean(c[4:6]) for c in known])
    predictions = line.predicted(levels)
    prior = predictions.var() + line.variance
    posterior = 1 / (1 / prior + 1 / outlook.variance)
    mean = posterior * (predictions.mean() / prior + outlook.accuracy / outlook.variance)
    assert posterior == pytest.approx(line.variance)
    assert mean == pytest.approx(predictions[7])
