from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from nasattn.analysis import front
from nasattn.analysis.growth import Moment, growth
from nasattn.records import Trial
from nasattn.report.documents import GROWTH_FIELDS
from tests.studies import make_trial

OBJECTIVES = ("accuracy", "flops")
RANGE = {"flops": (1.0, 100.0)}

few = st.integers(1, 8)
studies = st.lists(
    st.builds(
        make_trial,
        st.just(0),
        accuracy=few.map(lambda n: n / 8),
        flops=few,
        digest=few.map(str),  # repeats of one architecture among them
        state=st.sampled_from(("complete", "complete", "pruned", "failed", "running", "invalid")),
        epochs=few,
        finished=st.integers(10, 30).map(lambda second: f"2026-01-02T03:04:{second}+00:00"),
    ),
    max_size=12,
).map(lambda found: [replace(trial, trial=n, repeat=n) for n, trial in enumerate(found)])


def ended(trials: list[Trial]) -> list[Trial]:
    found = [trial for trial in trials if trial.state in ("complete", "pruned", "failed")]
    return sorted(found, key=lambda trial: (str(trial.finished), trial.trial))


@given(studies)
def test_each_moment_is_the_front_of_what_had_ended_by_then(trials: list[Trial]) -> None:
    moments = growth(trials, front(trials, OBJECTIVES, RANGE))
    order = ended(trials)
    assert [moment.trial for moment in moments] == [trial.trial for trial in order]
    for count, moment in enumerate(moments, start=1):
        so_far = order[:count]
        assert moment.trials == count
        assert moment.epochs == sum(trial.epochs for trial in so_far)
        assert moment.hypervolume == front(so_far, OBJECTIVES, RANGE).hypervolume


def test_what_a_limit_leaves_out_spends_epochs_and_adds_nothing() -> None:
    trials = [make_trial(0, accuracy=0.5, flops=10), make_trial(1, accuracy=0.9, flops=90)]
    limited = front(trials, OBJECTIVES, RANGE, lambda result: result.trial.flops < 50)
    first, second = growth(trials, limited)
    assert first.hypervolume == second.hypervolume == limited.hypervolume
    assert second.epochs == 8


def test_a_moment_has_the_columns_of_the_table() -> None:
    assert Moment._fields == GROWTH_FIELDS
