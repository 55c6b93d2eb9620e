from nasattn.analysis.decided import decided, decision_of, intervals, parameters
from nasattn.analysis.evidence import evidence
from tests.outlines import make_outline, placed
from tests.studies import make_trial

OUTLINE = make_outline(options=("none", "eca", "nam"))


def test_what_was_decided_is_told_from_the_placements() -> None:
    trial = make_trial(1, placements=placed(2, module="eca", kernel_size=5))
    assert decided(OUTLINE, trial) == {
        "gate.stage1": "none",
        "gate.stage2": "eca",
        "gate.stage3": "none",
    }
    assert parameters(OUTLINE, trial) == {
        "gate.stage1": "none",
        "gate.stage2": "eca",
        "gate.stage2.eca.kernel_size": 5,
        "gate.stage3": "none",
    }


def test_other_modules_sites_and_mixtures_are_not_of_the_space() -> None:
    elsewhere = {**placed(1)[0], "slot": "after_conv"}
    for placements in (placed(1, module="se"), (elsewhere,)):
        assert decided(OUTLINE, make_trial(1, placements=placements)) is None
    must = make_outline(options=("eca", "nam"))
    assert decided(must, make_trial(0)) is None


def test_an_interval_keeps_its_ends() -> None:
    assert intervals(OUTLINE)["gate.stage1.nam.penalty"]["high"] == 1e-2
    assert "gate.stage1.eca.kernel_size" not in intervals(OUTLINE)


def test_a_parameter_belongs_to_the_decision_of_the_longest_name() -> None:
    assert decision_of("gate.stage2.eca.kernel_size", OUTLINE) == "gate.stage2"
    assert decision_of("gate.stage2", OUTLINE) == "gate.stage2"


def test_evidence_says_what_it_leaves_out() -> None:
    trials = [
        make_trial(0),
        make_trial(1, placements=placed(1, module="nam", penalty=1e-3)),
        make_trial(2, placements=placed(1, module="nam", penalty=1e-3), digest=f"{1:012x}"),
        make_trial(3, state="pruned"),
        make_trial(4, placements=placed(1, module="se")),
        make_trial(5, state="failed"),
        make_trial(6, extended_to=9),
    ]
    said = evidence(OUTLINE, trials)
    assert [run.architecture for run in said.runs] == [trials[n].digest for n in (0, 1, 2)]
    assert len(said.samples) == 2
    assert (said.stopped, said.outside) == (1, 1)
    assert said.options["gate.stage1"] == ("none", "eca", "nam")
    assert said.parameters["gate.stage1"] == ("gate.stage1", "gate.stage1.nam.penalty")
    assert said.cost_shares["params"] == {
        "gate.stage1": 4 / 24,
        "gate.stage2": 8 / 24,
        "gate.stage3": 12 / 24,
    }
