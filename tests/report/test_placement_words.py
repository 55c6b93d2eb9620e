from typing import Any

import pytest

from nasattn.attention import ENTRIES
from nasattn.report.placements import _UNSAID, describe, options_words, summarize
from tests.studies import make_trial


def placed(module: str, at: str = "layer1.0", slot: str = "block_end", **options: Any) -> Any:
    return {"slot": slot, "at": at, "module": module, "options": options}


def test_what_is_left_unsaid_are_the_modules_own_defaults() -> None:
    defaults = {
        (entry.name, hyperparameter.name): hyperparameter.default
        for entry in ENTRIES.values()
        for hyperparameter in entry.hyperparameters
    }
    resolved = defaults | {("ortho", "seed"): 0}  # None means the run's seed 0
    assert {key: resolved[key] for key in _UNSAID} == dict(_UNSAID)


@pytest.mark.parametrize(
    ("placement", "words"),
    [
        (placed("eca", kernel_size=5), "eca(k=5) @ layer1.0"),
        (
            placed("gct", slot="before_conv", mode="l2", after_relu=False, eps=1e-5),
            "gct @ before layer1.0",
        ),
        (
            placed("gct", slot="before_conv", mode="l1", eps=1e-3),
            "gct(l1, eps=0.001) @ before layer1.0",
        ),
        (placed("atac", "relu", "activation", ratio=4, bias=True), "atac(r=4, bias) @ relu"),
        (
            placed("nam", "conv1", "after_conv", attend="both", penalty=0.00032),
            "nam(both, p=0.00032) @ after conv1",
        ),
        (placed("ortho", ratio=16, filter_size=32, seed=0), "ortho(r=16, size=32) @ layer1.0"),
        (placed("bam", ratio=16, dilation=4), "bam(r=16) @ layer1.0"),
        (
            placed("fca", ratio=16, filter_size=14, num_frequencies=8),
            "fca(r=16, size=14, num_frequencies=8) @ layer1.0",
        ),
        (placed("simam", e_lambda=1e-4), "simam @ layer1.0"),
    ],
)
def test_one_placement(placement: Any, words: str) -> None:
    assert summarize([placement]) == words


def test_sites_of_equal_modules_are_folded_and_different_ones_kept_apart() -> None:
    found = [placed("eca", f"layer{n}.0", kernel_size=3) for n in (3, 1, 2)]
    found.append(placed("eca", "layer4.0", kernel_size=5))
    assert summarize(found) == "eca(k=3) @ layer1-3.0; eca(k=5) @ layer4.0"


def test_the_same_module_before_and_after_is_told_apart() -> None:
    found = [placed("gct", "conv1", slot) for slot in ("before_conv", "after_conv", "block_end")]
    assert summarize(found) == "gct @ before conv1; gct @ after conv1; gct @ conv1"


def test_no_placements_are_the_bare_backbone() -> None:
    assert summarize([]) == "bare backbone"
    assert describe(make_trial(0, variant="plain")) == "plain: bare backbone"


def test_all_options_are_written_out() -> None:
    found = placed("gct", mode="l2", after_relu=False, eps=1e-5)
    assert options_words(found) == "mode=l2, after_relu=false, eps=1e-05"
