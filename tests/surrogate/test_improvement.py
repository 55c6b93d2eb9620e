"""Exact expected improvement: equal to brute force, to Monte Carlo, and to a plain formula."""

import math
from itertools import product

import numpy as np
import pytest
from scipy.stats import norm

from nasattn.analysis.hypervolume import hypervolume
from nasattn.surrogate.front import Front, front_of, nondominated
from nasattn.surrogate.improvement import REFERENCE_COST, expected_improvement
from nasattn.surrogate.volume import uncovered

REFERENCE = 0.1


def draw_front(num: int, num_costs: int, seed: int) -> Front:
    chance = np.random.default_rng(seed)
    return front_of(chance.random(num), chance.random((num, num_costs)))


def gain(accuracy: float, costs: np.ndarray, front: Front) -> float:
    """Return by how much one more point enlarges the hypervolume."""
    reference = (-REFERENCE, *[REFERENCE_COST] * len(costs))
    points = [(-a, *c) for a, c in zip(front.accuracies, front.costs, strict=True)]
    return hypervolume([*points, (-accuracy, *costs)], reference) - hypervolume(points, reference)


def expected(mean: float, sd: float, costs: np.ndarray, front: Front) -> float:
    """Integrate the gain over the accuracy numerically: between corners it is a straight line."""
    corners = sorted({REFERENCE, *front.accuracies[front.accuracies > REFERENCE]})
    far = max(corners[-1], mean + 12 * sd) + 1
    total = 0.0
    for low, high in zip(corners, [*corners[1:], far], strict=True):
        slope = (gain(high, costs, front) - gain(low, costs, front)) / (high - low)
        # E[min(a, high) - min(a, low)] above low
        total += slope * (
            math.fsum(_excess(mean, sd, level) * sign for level, sign in ((low, 1), (high, -1)))
        )
    return total


def _excess(mean: float, sd: float, level: float) -> float:
    u = (mean - level) / sd
    return sd * float(u * norm.cdf(u) + norm.pdf(u))


@pytest.mark.parametrize(("num_costs", "size"), [(0, 6), (1, 12), (2, 25), (3, 12)])
def test_it_is_the_integral_of_the_hypervolume_gained(num_costs: int, size: int) -> None:
    chance = np.random.default_rng(num_costs)
    for seed in range(2):
        front = draw_front(size, num_costs, seed)
        mean, sd = chance.random(5), 0.02 + 0.3 * chance.random(5)
        costs = 1.1 * chance.random((5, num_costs))
        found = expected_improvement(mean, sd, costs, front, REFERENCE)
        wanted = [expected(*one, front) for one in zip(mean, sd, costs, strict=True)]
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("num_costs", [1, 2])
def test_it_is_what_sampling_comes_to(num_costs: int) -> None:
    front, chance = draw_front(10, num_costs, 3), np.random.default_rng(0)
    mean, sd, costs = 0.7, 0.2, np.full(num_costs, 0.3)
    gains = [gain(accuracy, costs, front) for accuracy in chance.normal(mean, sd, 800)]
    (found,) = expected_improvement(
        np.array([mean]), np.array([sd]), costs[None, :], front, REFERENCE
    )
    assert found == pytest.approx(np.mean(gains), abs=4 * np.std(gains) / math.sqrt(len(gains)))


def test_without_uncertainty_it_is_the_gain() -> None:
    front = draw_front(8, 2, 1)
    costs = np.array([[0.2, 0.1], [0.9, 0.9]])
    mean = np.array([0.95, 0.2])
    found = expected_improvement(mean, np.zeros(2), costs, front, REFERENCE)
    wanted = [gain(a, c, front) for a, c in zip(mean, costs, strict=True)]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize("num_costs", [0, 1, 2, 3])
def test_what_members_leave_of_a_box_is_what_a_fine_grid_counts(num_costs: int) -> None:
    chance = np.random.default_rng(5)
    # Corners at multiples of 1/8 below a reference of 1: a grid counts such boxes exactly.
    corners, members = (chance.integers(0, 9, (n, num_costs)) / 8 for n in (6, 5))
    cells = np.array(list(product((np.arange(8) + 0.5) / 8, repeat=num_costs)))
    free = ~(members[:, None, :] <= cells[None, :, :]).all(axis=2).any(axis=0)
    inside = (corners[:, None, :] <= cells[None, :, :]).all(axis=2)
    wanted = (inside & free).sum(axis=1) / 8**num_costs
    np.testing.assert_allclose(uncovered(corners, members, 1.0), wanted, atol=1e-12)


def test_the_order_of_the_front_and_dominated_members_change_nothing() -> None:
    chance = np.random.default_rng(0)
    accuracies, costs = chance.random(30), chance.random((30, 2))
    mean, sd, at = chance.random(9), np.full(9, 0.1), chance.random((9, 2))
    found = expected_improvement(mean, sd, at, front_of(accuracies, costs), REFERENCE)
    everyone = Front(accuracies[::-1], costs[::-1])
    np.testing.assert_allclose(
        expected_improvement(mean, sd, at, everyone, REFERENCE), found, atol=1e-12
    )


def test_nondominated_is_its_definition() -> None:
    chance = np.random.default_rng(0)
    accuracies, costs = chance.integers(0, 5, 60) / 5, chance.integers(0, 5, (60, 2)) / 5
    points = np.column_stack((-accuracies, costs))
    wanted = [
        not any((other <= point).all() and (other < point).any() for other in points)
        for point in points
    ]
    assert nondominated(accuracies, costs).tolist() == wanted
