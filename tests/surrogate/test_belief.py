"""What is believed: nothing that does not matter changes it, and truth is found."""

import numpy as np
import pytest

from nasattn.surrogate.belief import Belief, Observation
from nasattn.surrogate.measured import Measured
from nasattn.surrogate.targets import Targets, reference_accuracy
from tests.surrogate.made_up import EPOCHS, SLOTS, some_architectures, some_trials


def predicted(trials: list[Observation]) -> np.ndarray:
    belief = Belief(SLOTS, trials, EPOCHS)
    asked = some_architectures(12, np.random.default_rng(99))
    points = belief.points(asked, np.linspace(0, 1, 12)[:, None])
    return np.stack(belief.predict(points))


@pytest.mark.parametrize("lengths", [(EPOCHS,), (EPOCHS, EPOCHS, 4, 2)])
def test_the_order_of_the_trials_changes_nothing(lengths: tuple[int, ...]) -> None:
    trials = some_trials(40, 0, noise=0.005, lengths=lengths)
    shuffled = [trials[n] for n in np.random.default_rng(1).permutation(len(trials))]
    np.testing.assert_allclose(predicted(shuffled), predicted(trials), rtol=1e-9)


def test_the_unit_of_accuracy_changes_nothing() -> None:
    trials = some_trials(30, 0, noise=0.005, lengths=(EPOCHS, EPOCHS, 5))
    halved = [t._replace(curve=[a / 2 for a in t.curve]) for t in trials]
    np.testing.assert_allclose(2 * predicted(halved), predicted(trials), rtol=1e-5)


def test_a_trial_once_more_makes_its_architecture_surer() -> None:
    trials = some_trials(20, 3, noise=0.02)
    again = trials[5]._replace(number=20)

    def at_it(known: list[Observation]) -> tuple[float, float]:
        belief = Belief(SLOTS, known, EPOCHS)
        points = belief.points([again.contents], np.array([again.costs]))
        (mean,), (sd,) = belief.predict(points)
        return float(mean), float(sd)

    before, after = at_it(trials), at_it([*trials, again])
    assert after[1] < before[1]
    observed = again.curve[-1]
    assert abs(after[0] - observed) <= abs(before[0] - observed)


def test_an_architecture_that_nothing_explains_is_believed_after_repeats() -> None:
    trials = some_trials(30, 3, noise=0.002)
    odd = trials[4]
    better = odd.curve[-1] + 0.05
    repeats = [
        odd._replace(number=30 + n, curve=[*odd.curve[:-1], better + 0.002 * (-1) ** n])
        for n in range(10)
    ]
    belief = Belief(SLOTS, [*trials[:4], *trials[5:], *repeats], EPOCHS)
    points = belief.points([odd.contents], np.array([odd.costs]))
    assert belief.predict(points)[0][0] == pytest.approx(better, abs=0.003)


def test_effects_are_found_and_unseen_architectures_predicted() -> None:
    trials = some_trials(60, 0, noise=0.003)
    known = {trial.contents for trial in trials[:40]}
    belief = Belief(SLOTS, trials[:40], EPOCHS)
    unseen = [trial for trial in trials[40:] if trial.contents not in known]
    points = belief.points([t.contents for t in unseen], np.array([t.costs for t in unseen]))
    mean, sd = belief.predict(points)
    truth = np.array([t.curve[-1] for t in unseen])
    spread = np.std([t.curve[-1] for t in trials])
    assert np.sqrt(np.mean((mean - truth) ** 2)) < 0.4 * spread
    assert np.mean(np.abs(mean - truth) < 2 * np.hypot(sd, belief.fit.noise_sd)) > 0.8
    assert belief.fit.explained > 0.7
    assert belief.fit.num_results == 40


def test_of_results_enough_the_latest_predict() -> None:
    trials = some_trials(60, 0, noise=0.003)
    whole, latest = Belief(SLOTS, trials, EPOCHS, 60), Belief(SLOTS, trials, EPOCHS, 20)
    assert (whole.fit.num_results, latest.fit.num_results) == (60, 20)
    again = Belief(SLOTS, trials[40:], EPOCHS)
    points = [
        b.points([t.contents for t in trials], np.array([t.costs for t in trials]))
        for b in (latest, again)
    ]
    np.testing.assert_allclose(latest.predict(points[0])[0], again.predict(points[1])[0], atol=1e-3)


def test_where_there_is_nothing_to_tell_apart_it_says_so() -> None:
    chance = np.random.default_rng(0)
    trials = [
        t._replace(curve=[0.5] * (EPOCHS - 1) + [0.5 + 0.01 * chance.normal()])
        for t in some_trials(40, 0)
    ]
    fit = Belief(SLOTS, trials, EPOCHS).fit
    assert fit.explained < 0.15
    assert fit.noise_sd == pytest.approx(0.01, rel=0.4)


def test_learning_curves_tell_of_architectures_that_were_not_trained_to_their_end() -> None:
    trials = some_trials(60, 5, noise=0.002)
    truth = np.array([t.curve[-1] for t in trials[12:]])
    stopped = [t._replace(curve=t.curve[:5]) for t in trials[12:]]

    def error(known: list[Observation]) -> float:
        belief = Belief(SLOTS, known, EPOCHS)
        asked = belief.points([t.contents for t in stopped], np.array([t.costs for t in stopped]))
        return float(np.sqrt(np.mean((belief.predict(asked)[0] - truth) ** 2)))

    assert error([*trials[:12], *stopped]) < 0.6 * error(trials[:12])


def test_a_diverged_training_does_not_spoil_the_scale() -> None:
    finals = [0.80, 0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.1]
    targets = Targets.of(finals)
    assert 0.7 < targets.fence < 0.8
    assert targets.standardised(np.array([0.1])) == targets.standardised(np.array([targets.fence]))
    assert targets.fence - 0.05 < reference_accuracy(finals) < targets.fence


def test_a_measured_cost_is_extrapolated() -> None:
    trials = some_trials(60, 7)
    architectures = [t.contents for t in trials]
    costs = np.array([t.costs for t in trials])
    latencies = 2.0 * np.exp(costs[:, 0])
    model = Measured(SLOTS, architectures[:40], costs[:40], latencies[:40].tolist())
    found = model.expected(architectures[40:], costs[40:])
    assert np.median(np.abs(found / latencies[40:] - 1)) < 0.08
    same = Measured(SLOTS, architectures[:40], costs[:40], (1000 * latencies[:40]).tolist())
    np.testing.assert_allclose(
        same.expected(architectures[40:], costs[40:]) / 1000, found, rtol=1e-9
    )
