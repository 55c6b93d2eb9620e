"""The Gaussian process against the textbook, and against scikit-learn's."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from nasattn.surrogate.gaussian_process import GaussianProcess
from nasattn.surrogate.weights import PRIOR, likeliest, negative_log_posterior


def problem(size: int = 12, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Return positions, kernel, noise and targets."""
    chance = np.random.default_rng(seed)
    x = chance.random((size, 2))
    return x, RBF(0.4)(x), 0.01 + 0.1 * chance.random(size), chance.normal(size=size)


def test_predictions_are_scikit_learns() -> None:
    x, covariance, noise, y = problem()
    new = np.random.default_rng(1).random((7, 2))
    theirs = GaussianProcessRegressor(RBF(0.4), alpha=noise + 1e-8, optimizer=None).fit(x, y)
    process = GaussianProcess.fit(covariance, noise, y)
    mean, variance = process.predict(RBF(0.4)(new, x), np.ones(7))
    wanted_mean, wanted_sd = theirs.predict(new, return_std=True)
    np.testing.assert_allclose(mean, wanted_mean, rtol=1e-8)
    np.testing.assert_allclose(variance, wanted_sd**2, atol=1e-8)
    wanted = theirs.log_marginal_likelihood(theirs.kernel_.theta)
    assert process.log_likelihood == pytest.approx(wanted)


def test_the_likelihood_is_the_density() -> None:
    _, covariance, noise, y = problem()
    process = GaussianProcess.fit(covariance, noise, y)
    wanted = multivariate_normal(np.zeros(len(y)), covariance + np.diag(noise)).logpdf(y)
    assert process.log_likelihood == pytest.approx(wanted, rel=1e-6)


def test_leaving_one_out_is_fitting_without_it() -> None:
    _, covariance, noise, y = problem()
    mean, variance = GaussianProcess.fit(covariance, noise, y).left_out()
    for out in range(len(y)):
        rest = np.delete(np.arange(len(y)), out)
        less = GaussianProcess.fit(covariance[np.ix_(rest, rest)], noise[rest], y[rest])
        m, v = less.predict(covariance[[out]][:, rest], covariance[[out], [out]])
        assert mean[out] == pytest.approx(m[0], rel=1e-6)
        assert variance[out] == pytest.approx(v[0] + noise[out], rel=1e-6)


def parts_of(size: int) -> np.ndarray:
    chance = np.random.default_rng(2)
    return np.stack([RBF(length)(chance.random((size, 2))) for length in (0.1, 0.2, 0.5, 1.0, 2.0)])


def test_the_gradient_is_the_slope() -> None:
    parts, (_, _, noise, y) = parts_of(12), problem()

    def value(steps: np.ndarray) -> float:
        return negative_log_posterior(steps, parts, noise, y)[0]

    def slope(steps: np.ndarray) -> np.ndarray:
        return negative_log_posterior(steps, parts, noise, y)[1]

    for steps in (np.zeros(6), np.array([0.5, -1.0, 0.3, 2.0, 0.1, -0.7])):
        assert check_grad(value, slope, steps) < 1e-4


def test_no_weights_nearby_are_likelier() -> None:
    parts, (_, _, _, y) = parts_of(12), problem()
    found = likeliest(parts, np.zeros(12), y)
    steps = np.log(np.append(found.terms, found.noise) / np.append(PRIOR.terms, PRIOR.noise)) / 1.2
    best = negative_log_posterior(steps, parts, np.zeros(12), y)[0]
    for move in np.vstack((np.eye(6), -np.eye(6))):
        assert negative_log_posterior(steps + 0.1 * move, parts, np.zeros(12), y)[0] > best
