import json
import math
from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.records import FIELDS, STATES, Trial
from tests.studies import make_curve, make_trial

ECA = {"slot": "block_end", "at": "layer1.0", "module": "eca", "options": {"kernel_size": 3}}

trials = st.builds(
    make_trial,
    st.integers(0, 2000),
    state=st.sampled_from(STATES),
    reason=st.text(),
    accuracy=st.none() | st.floats(0, 1),
    latency_ms=st.none() | st.floats(0.001, 1e6),
    variant=st.none() | st.text(),
    placements=st.just(()) | st.just((ECA,)),
    curve=st.integers(0, 5).map(make_curve),
)


@given(trials)
def test_a_trial_survives_json(trial: Trial) -> None:
    assert Trial.from_dict(json.loads(json.dumps(trial.to_dict(), allow_nan=False))) == trial


def test_the_fields_are_the_vocabulary() -> None:
    assert tuple(make_trial(0).to_dict()) == FIELDS == tuple(f.name for f in fields(Trial))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_hold_becomes_none_at_any_depth(value: float) -> None:
    trial = make_trial(0, accuracy=value, curve=({"epoch": 1, "loss": value, "parts": [value]},))
    written = trial.to_dict()
    assert written["accuracy"] is None
    assert written["curve"] == [{"epoch": 1, "loss": None, "parts": [None]}]


def test_a_trial_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        make_trial(0).accuracy = 1.0  # type: ignore[misc]


def test_keys_of_later_versions_are_left_out() -> None:
    assert Trial.from_dict({**make_trial(3).to_dict(), "energy_joules": 5}) == make_trial(3)


@pytest.mark.parametrize("name", ["trial", "digest", "params", "placements"])
def test_a_missing_field_is_named(name: str) -> None:
    values = make_trial(0).to_dict()
    del values[name]
    with pytest.raises(ValueError, match=f"^without {name}$"):
        Trial.from_dict(values)


def test_an_unknown_state_is_named() -> None:
    with pytest.raises(ValueError, match="state 'asleep' is none of waiting, running"):
        Trial.from_dict({**make_trial(0).to_dict(), "state": "asleep"})
