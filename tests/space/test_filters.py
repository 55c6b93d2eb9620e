"""Filters of a choice: each narrows, and a site must pass all of them."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.attention import SlotKind
from nasattn.errors import UserError
from nasattn.placement import Site, backbone_sites
from nasattn.schema import validate
from nasattn.space.filters import Filters, filter_words, passing

SITES = backbone_sites("torchvision:mobilenet_v2", {}, (3, 64, 64)).sites
ENDS = tuple(site for site in SITES if site.slot is SlotKind.BLOCK_END)


def names(filters: dict[str, object], slot: SlotKind = SlotKind.BLOCK_END) -> list[str]:
    sites = [site for site in SITES if site.slot is slot]
    return [site.at for site in passing(validate(Filters, filters, "x.toml"), slot, sites)]


def test_without_filters_every_site_passes() -> None:
    assert passing(Filters(), SlotKind.BLOCK_END, ENDS) == ENDS


def test_channels_are_bounds_with_both_ends() -> None:
    # ECA in MobileNetV2: one kernel below 96 channels, another from 96 on.
    below = names({"channels": {"max": 95}})
    above = names({"channels": {"min": 96}})
    assert below + above == [site.at for site in ENDS]
    assert {site.channels for site in ENDS if site.at in above} == {96, 160, 320}


def test_patterns_are_one_or_several() -> None:
    both = names({"where": ["features.2.*", "features.3.*"]})
    assert both == names({"where": "features.2.*"}) + names({"where": "features.3.*"})


def test_unless_takes_away() -> None:
    everything = names({}, SlotKind.BEFORE_CONV)
    depthwise = names({"where": "*.conv.1.0"}, SlotKind.BEFORE_CONV)
    rest = names({"unless": "*.conv.1.0"}, SlotKind.BEFORE_CONV)
    assert sorted(depthwise + rest) == sorted(everything)
    assert len(depthwise) == 16


FILTERS = {
    "where": ["features.1*", ["features.2.*", "*.add"]],
    "unless": ["*.add", ["features.1?.*"]],
    "stages": [[1, 2], [3]],
    "channels": [{"min": 24}, {"min": 24, "max": 96}],
}


@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in FILTERS.items()}))
def test_a_site_passes_several_filters_if_it_passes_each(filters: dict[str, object]) -> None:
    each = [set(names({key: value})) for key, value in filters.items()]
    expected = [site.at for site in ENDS if all(site.at in passed for passed in each)]
    assert names(filters) == expected


def test_stages_are_those_of_the_sites() -> None:
    def stage(at: str) -> int:
        return next(site.stage for site in ENDS if site.at == at)

    assert {stage(at) for at in names({"stages": [2, 4]})} == {2, 4}


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"channels": {}}, "channels: needs min, max or both"),
        ({"channels": {"min": 9, "max": 8}}, "channels: min = 9 is above max = 8"),
        ({"channels": {"mn": 9}}, 'unknown key channels.mn; known: max, min; did you mean "min"?'),
        ({"channels": 96}, "channels = 96: must be a table"),
        ({"stages": [0]}, "stages[1] = 0: "),
        ({"stages": 2}, "stages = 2: must be an array"),
        ({"where": 3}, "where"),
        ({"unless": [3]}, "unless[1] = 3: must be a string"),
    ],
)
def test_a_wrong_filter_is_one_line(filters: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=r"x\.toml: ") as caught:
        validate(Filters, filters, "x.toml")
    assert words in str(caught.value)


def test_words_name_every_filter() -> None:
    for chosen in product(*([None, *values] for values in FILTERS.values())):
        filters = {k: v for k, v in zip(FILTERS, chosen, strict=True) if v is not None}
        words = filter_words(validate(Filters, filters, "x.toml").given())
        assert all(key in words for key in filters)
        assert bool(words) == bool(filters)


def test_a_site_answers_to_both_its_names() -> None:
    site = Site(SlotKind.BLOCK_END, "layer1.0.add", 1, "layer1.0", 8, (4, 4), "layer1.0.conv2")
    for pattern in ("*.add", "*.conv2"):
        assert passing(Filters(where=(pattern,)), SlotKind.AFTER_CONV, [site]) == (site,)
        assert passing(Filters(unless=(pattern,)), SlotKind.AFTER_CONV, [site]) == ()
