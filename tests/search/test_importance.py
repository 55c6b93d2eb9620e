"""PED-ANOVA as Optuna has it, on what a study's trials say."""

import random
import warnings
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import create_trial

from nasattn.analysis.importance import Sample
from nasattn.search.importance import PedAnova

LOW, HIGH = 1e-5, 1e-2


def samples(count: int) -> list[Sample]:
    """Return architectures of which one decision matters; one parameter is conditional."""
    chance = random.Random(0)
    found = []
    for _ in range(count):
        parameters: dict[str, Any] = {
            "gate": chance.choice(("none", "gct")),
            "attend": chance.choice(("none", "nam", "eca")),
        }
        if parameters["attend"] == "nam":
            parameters["attend.nam.penalty"] = 10 ** chance.uniform(-5, -2)
        value = 0.8 + 0.1 * (parameters["gate"] == "gct") + 0.01 * chance.random()
        found.append(Sample(parameters, value))
    return found


@pytest.mark.parametrize("quantile", [0.1, 0.4])
def test_importances_are_those_of_an_ordinary_study(quantile: float) -> None:
    data = samples(40)
    distributions = {
        "gate": CategoricalDistribution(("gct", "none")),
        "attend": CategoricalDistribution(("eca", "nam", "none")),
        "attend.nam.penalty": FloatDistribution(LOW, HIGH, log=True),
    }
    study = optuna.create_study(direction="maximize")
    for sample in data:
        own = {name: distributions[name] for name in sample.parameters}
        study.add_trial(
            create_trial(value=sample.value, params=dict(sample.parameters), distributions=own)
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna warns of conditions that few meet
        expected = PedAnovaImportanceEvaluator(target_quantile=quantile).evaluate(study)
    evaluate = PedAnova(data, {"attend.nam.penalty": {"low": LOW, "high": HIGH, "log": True}})
    assert evaluate(data, quantile) == pytest.approx(expected)
    if quantile == 0.4:  # of the best four, chance has made another one the clearest
        assert max(expected, key=expected.__getitem__) == "gate"
