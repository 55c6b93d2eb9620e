from collections import Counter

import pytest

from nasattn.backbones import create
from nasattn.errors import UserError
from nasattn.placement import Site, backbone_sites, find_sites

SMALL = (3, 64, 64)


def sites(backbone: str, shape: tuple[int, int, int]) -> dict[str, Site]:
    return {site.name: site for site in backbone_sites(backbone, {}, shape).sites}


@pytest.mark.parametrize(
    ("backbone", "shape", "counts"),
    [
        ("resnet18", (3, 16, 16), {"before_conv": 20, "activation": 17, "block_end": 8}),
        ("resnet50", (3, 16, 16), {"before_conv": 53, "activation": 49, "block_end": 16}),
        pytest.param(
            "torchvision:googlenet",
            SMALL,
            {"before_conv": 57, "activation": 57},
            marks=pytest.mark.slow,
        ),
        ("torchvision:mobilenet_v2", SMALL, {"activation": 35, "block_end": 17}),
        ("alexnet", SMALL, {"before_conv": 5, "activation": 5, "after_conv": 5}),
    ],
)
def test_published_counts(
    backbone: str, shape: tuple[int, int, int], counts: dict[str, int]
) -> None:
    found = Counter(str(site.slot) for site in backbone_sites(backbone, {}, shape).sites)
    assert {slot: found[slot] for slot in counts} == counts


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "activations", "ends"), [("resnet50", 49, 16), ("resnet18", 17, 8)]
)
def test_published_counts_of_torchvision(name: str, activations: int, ends: int) -> None:
    found = Counter(str(s.slot) for s in backbone_sites(f"torchvision:{name}", {}, SMALL).sites)
    assert (found["activation"], found["block_end"]) == (activations, ends)


def test_a_cifar_resnet_has_its_papers_stages_and_blocks() -> None:
    found = sites("resnet20", (3, 32, 32)).values()
    stem = [site for site in found if not site.at.startswith("layer")]
    assert {(site.stage, site.block) for site in stem} == {(1, "conv1")}
    for site in found:
        if site.at.startswith("layer"):
            assert site.block == ".".join(site.at.split(".")[:2])
            assert site.stage == int(site.at[len("layer")])
    assert len({site.block for site in found}) == 10


def test_a_site_has_the_map_that_its_module_will_see() -> None:
    found = sites("resnet20", (3, 32, 32))
    # The stage is that of the block; what enters its first convolution is still larger.
    entering = found["before_conv:layer2.0.conv1"]
    assert (entering.stage, entering.channels, entering.size) == (2, 16, (32, 32))
    leaving = found["after_conv:layer2.0.conv1"]
    assert (leaving.stage, leaving.channels, leaving.size) == (2, 32, (16, 16))
    assert found["before_conv:conv1"].channels == 3


def test_maps_that_are_not_square() -> None:
    found = sites("resnet8", (1, 8, 12))
    assert found["block_end:layer2.0.add"].size == (4, 6)


def test_every_call_of_a_shared_activation_is_a_site_of_its_own() -> None:
    block = [s.at for s in sites("resnet50", (3, 16, 16)).values() if s.block == "layer1.0"]
    calls = [at for at in block if "relu" in at]
    assert calls == ["layer1.0.relu", "layer1.0.relu_1", "layer1.0.relu_2"]


def test_a_plain_network_has_one_block_a_convolution_and_a_stage_a_size() -> None:
    found = sites("alexnet", (3, 128, 128))
    stages = {site.block: site.stage for site in found.values()}
    convolutions = ["features.0", "features.3", "features.6", "features.8", "features.10"]
    assert stages == dict(zip(convolutions, (1, 2, 3, 3, 3), strict=True))
    assert found["activation:features.1"].block == "features.0"
    assert found["after_conv:features.10"].size == (7, 7)


@pytest.mark.parametrize("backbone", ["resnet8", "resnet18"])
def test_the_end_of_a_branch_governs_for_the_convolution_before_it(backbone: str) -> None:
    found = sites(backbone, (3, 16, 16))
    ends = [site for site in found.values() if site.slot == "block_end"]
    assert {site.follows for site in ends} == {f"{site.block}.conv2" for site in ends}
    assert not [site for site in ends if f"after_conv:{site.follows}" in found]
    assert "after_conv:layer1.0.conv1" in found


def test_projections_belong_to_their_block() -> None:
    found = sites("resnet18", (3, 16, 16))
    for slot in ("before_conv", "after_conv"):
        site = found[f"{slot}:layer2.0.downsample.0"]
        assert (site.block, site.stage) == ("layer2.0", 2)


def test_blocks_without_an_addition_have_an_end_where_their_class_has_one() -> None:
    found = sites("torchvision:mobilenet_v2", SMALL)
    # features.2 changes the size and adds nothing; its norm is its last module.
    assert found["block_end:features.2.conv"].follows == "features.2.conv.2"
    assert found["block_end:features.3.add"].follows == "features.3.conv.2"
    assert "block_end:features.0" not in found


def test_an_end_lies_before_the_activation_of_a_block_without_addition() -> None:
    net = create("tests.conformance.networks:blocks")
    ends = [s.at for s in find_sites(net, (3, 8, 8)).sites if s.slot == "block_end"]
    assert ends == ["down.norm", "again.add"]


def test_additions_that_join_two_branches_have_no_end() -> None:
    net = create("tests.conformance.networks:residuals")
    found = find_sites(net, (3, 8, 8)).sites
    ends = {site.at: site.follows for site in found if site.slot == "block_end"}
    # `left + projection` (add_4) and `maps + 1` are not among them.
    assert ends == {"add": "inplace", "add_1": "method", "add_2": "function", "add_3": "right.1"}


def test_a_block_that_runs_twice_is_one_site_with_two_calls() -> None:
    found = find_sites(create("tests.conformance.networks:blocks"), (3, 8, 8)).sites
    assert {site.at: site.calls for site in found if site.slot == "activation"} == {
        "down.relu": 1,
        "again.relu": 2,
    }


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 4, 4)])
def test_images_that_do_not_fit_are_one_line(
    shape: tuple[int, int, int], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match=r"AlexNet does not take images of .* \(C×H×W\)") as caught:
        find_sites(create("alexnet"), shape)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
