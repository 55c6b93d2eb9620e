"""Which sites a choice governs."""

from typing import Any

import pytest

from nasattn.space import Decision, Space, SpaceFile


def load(backbone: str, shape: tuple[int, int, int], **choice: Any) -> Space:
    values = {"name": "c", "options": ["none", "eca"], **choice}
    file = SpaceFile.model_validate(
        {"backbone": backbone, "input_shape": shape, "choice": [values]}
    )
    return Space.from_file(file, "x.toml")


def resnet(**choice: Any) -> dict[str, Decision]:
    space = load("resnet20", (3, 32, 32), **choice)
    return {decision.name: decision for decision in space.decisions}


@pytest.mark.parametrize(
    ("scope", "first", "num_sites"),
    [
        ("network", "c", 19),
        ("stage", "c.stage1", 7),
        ("block", "c.conv1", 1),
        ("site", "c.conv1", 1),
    ],
)
def test_the_scope_names_the_decisions(scope: str, first: str, num_sites: int) -> None:
    decisions = resnet(slot="before_conv", scope=scope)
    assert next(iter(decisions)) == first
    assert len(decisions[first].sites) == num_sites


def test_a_block_has_one_decision_for_all_its_sites() -> None:
    decisions = resnet(slot="before_conv", scope="block")
    assert [site.at for site in decisions["c.layer1.0"].sites] == [
        "layer1.0.conv1",
        "layer1.0.conv2",
    ]


def test_after_conv_governs_block_ends_that_follow_a_convolution() -> None:
    decisions = resnet(slot="after_conv", scope="site")
    assert len(decisions) == 19
    (site,) = decisions["c.layer1.0.conv2"].sites
    assert site.name == "block_end:layer1.0.add"
    (site,) = decisions["c.layer1.0.conv1"].sites
    assert site.name == "after_conv:layer1.0.conv1"


@pytest.mark.parametrize("where", ["layer2.1.conv2", "layer2.1.add"])
def test_such_an_end_answers_to_both_its_names(where: str) -> None:
    (decision,) = resnet(slot="after_conv", scope="site", where=where).values()
    assert [site.name for site in decision.sites] == ["block_end:layer2.1.add"]


def test_where_filters_by_call_site() -> None:
    decisions = resnet(slot="before_conv", scope="network", where="layer[23].*.conv1")
    assert [site.at for site in decisions["c"].sites] == [
        f"layer{stage}.{block}.conv1" for stage in (2, 3) for block in (0, 1, 2)
    ]


def test_each_call_of_an_activation_is_governed() -> None:
    decisions = resnet(slot="activation", scope="block", options=["keep", "atac"])
    assert [site.at for site in decisions["c.layer3.2"].sites] == [
        "layer3.2.relu",
        "layer3.2.relu_1",
    ]


def test_two_choices_may_share_a_slot_kind_if_where_parts_them() -> None:
    common = {"slot": "before_conv", "scope": "network", "options": ["none", "gct"]}
    choices = [
        {"name": "early", "where": "layer1.*", **common},
        {"name": "late", "where": "layer3.*", **common},
    ]
    file = SpaceFile.model_validate({"backbone": "resnet8", "choice": choices})
    space = Space.from_file(file, "x.toml")
    assert [decision.name for decision in space.decisions] == ["early", "late"]


def test_the_input_shape_is_the_backbones_own_unless_given() -> None:
    file = SpaceFile.model_validate(
        {
            "backbone": "alexnet",
            "choice": [{"name": "c", "slot": "after_conv", "options": ["eca"]}],
        }
    )
    assert Space.from_file(file, "x.toml").input_shape == (3, 128, 128)
