import subprocess
import sys
from itertools import pairwise

import pytest
import torch
from torch import nn

from nasattn.backbones import OWN, create, default_input_shape
from nasattn.backbones.resolve import complete_arguments
from nasattn.errors import UnknownNameError, UserError
from nasattn.placement import backbone_sites


def num_params(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


@pytest.mark.parametrize(
    ("name", "params"),
    # The CIFAR networks: 6n + 2 layers without biases, batch norms, one linear layer.
    # The MobileNets: 4,231,976 and 3,504,872 with 1000 classes, less 990 rows of the linear layer.
    [
        ("resnet20", 269_722),
        ("resnet32", 464_154),
        ("resnet56", 853_018),
        ("alexnet", 7_524_042),
        ("mobilenet", 4_231_976 - 990 * 1025),
        ("mobilenet_v2", 3_504_872 - 990 * 1281),
    ],
)
def test_sizes_are_the_published_ones(name: str, params: int) -> None:
    assert num_params(create(name)) == params


def separable(before: int, after: int) -> int:
    """Count a depthwise separable layer: 9 weights a channel, the 1×1, and two batch norms."""
    return 9 * before + before * after + 2 * before + 2 * after


@pytest.mark.parametrize("width", [1, 0.5, 0.25])
def test_mobilenet_has_the_parameters_of_its_table(width: float) -> None:
    full = [32, 64, 128, 128, 256, 256, *6 * [512], 1024, 1024]
    channels = [int(width * number) for number in full]
    body = sum(separable(*pair) for pair in pairwise(channels))
    stem, head = (27 + 2) * channels[0], 10 * channels[-1] + 10
    assert num_params(create("mobilenet", width=width)) == stem + body + head


@pytest.mark.parametrize(("name", "end"), [("mobilenet", 2), ("mobilenet_v2", 4)])
def test_mobilenets_keep_maps_large_enough_for_small_images(name: str, end: int) -> None:
    found = backbone_sites(name, {"width": 0.25}, (3, 32, 32))
    assert found.sites[0].size == (32, 32)
    assert found.sites[-1].size == (end, end)


def test_mobilenet_v2_is_torchvisions_but_for_strides() -> None:
    ours, theirs = create("mobilenet_v2"), create("torchvision:mobilenet_v2")
    assert {key: value.shape for key, value in ours.state_dict().items()} == {
        key: value.shape for key, value in theirs.state_dict().items()
    }
    differing = [
        path
        for path, module in ours.named_modules()
        if isinstance(module, nn.Conv2d) and module.stride != theirs.get_submodule(path).stride
    ]
    assert differing == ["features.0.0", "features.2.conv.1.0"]


@pytest.mark.parametrize("name", sorted(OWN))
def test_own_backbones_take_classes_channels_and_their_default_shape(name: str) -> None:
    channels, *size = default_input_shape(name)
    net = create(name, num_classes=7, in_channels=channels + 1).eval()
    small = [64, 64] if name == "alexnet" else [16, 16]
    assert all(default >= used for default, used in zip(size, small, strict=True))
    with torch.no_grad():
        assert net(torch.randn(2, channels + 1, *small)).shape == (2, 7)


@pytest.mark.parametrize(("name", "last"), [("resnet8", 16), ("resnet18", 32), ("resnet50", 128)])
def test_width_scales_every_stage(name: str, last: int) -> None:
    net = create(name, width=4)
    assert [net.conv1.out_channels, net.fc.in_features] == [4, last]
    assert net(torch.zeros(2, 3, 16, 16)).shape == (2, 10)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("alexnet", (3, 128, 128)),
        ("resnet20", (3, 32, 32)),
        ("torchvision:resnet18", (3, 224, 224)),
        ("torchvision:inception_v3", (3, 299, 299)),
        ("timm:inception_v3", (3, 299, 299)),
        ("timm:test_resnet", (3, 160, 160)),
        ("a.b:c", (3, 32, 32)),
    ],
)
def test_default_shapes(name: str, shape: tuple[int, int, int]) -> None:
    assert default_input_shape(name) == shape


def test_torchvision_takes_arguments_and_other_channels() -> None:
    net = create("torchvision:squeezenet1_1", num_classes=5, in_channels=1, dropout=0.1).eval()
    assert net.classifier[0].p == 0.1
    assert (net.features[0].stride, net.features[0].bias is None) == ((2, 2), False)
    with torch.no_grad():
        assert net(torch.randn(1, 1, 64, 64)).shape == (1, 5)


def test_timm_takes_arguments_classes_and_channels() -> None:
    net = create("timm:test_resnet", num_classes=5, in_channels=1, drop_rate=0.25).eval()
    assert net.drop_rate == 0.25
    with torch.no_grad():
        assert net(torch.randn(1, 1, 64, 64)).shape == (1, 5)


def test_of_many_names_only_the_nearest_are_listed() -> None:
    with pytest.raises(UnknownNameError) as caught:
        create("timm:resnet19")
    assert len(str(caught.value)) < 200
    assert len(caught.value.known) > 1000


def test_without_timm_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)  # an import then raises ImportError
    with pytest.raises(UserError) as caught:
        create("timm:resnet18")
    assert "backbone timm:resnet18 needs timm" in str(caught.value)
    assert str(caught.value).endswith("pip install 'nasattn[timm]'")


WITHOUT_TIMM = """
import sys
sys.modules["timm"] = None
from nasattn.cli.main import main
main()
"""


@pytest.mark.slow
def test_ours_need_no_timm() -> None:
    words = [sys.executable, "-c", WITHOUT_TIMM, "cost", "resnet8"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("resnet9", {}, ['no backbone "resnet9"', "known: alexnet", 'did you mean "resnet']),
        ("torchvision:resnet19", {}, ['classification network "resnet19"', "did you mean"]),
        ("resnet20", {"widht": 8}, ["resnet20 takes no argument 'widht'", "it takes: width"]),
        ("alexnet", {"width": 8}, ["alexnet takes no argument 'width'", "it takes: none"]),
        ("resnet20", {"width": 0}, ["resnet20: width = 0", "must be a positive integer"]),
        ("resnet20", {"width": True}, ["width = True", "must be a positive integer"]),
        ("resnet20", {"width": 2**40}, ["positive integer from 1 to 1024"]),
        ("resnet20", {"width": 0.5}, ["width = 0.5", "positive integer"]),
        ("mobilenet", {"width": 0.001}, ["mobilenet: width = 0.001", "from 0.01 to 8.0"]),
        ("mobilenet_v2", {"width": 10**400}, ["must be a number from 0.01 to 8.0"]),
        ("mobilenet_v2", {"width": "half"}, ["width = 'half'", "must be a number"]),
        ("torchvision:resnet18", {"width_per_group": 2**40}, ["torchvision:resnet18 with"]),
        ("torchvision:resnet18", {"depth": 3}, ["torchvision:resnet18", "'depth'"]),
        ("timm:resnet19", {}, ['no timm network "resnet19"', "resnet18", "others; did you mean"]),
        ("timm:resnet18.a1_in1k", {}, ['no timm network "resnet18.a1_in1k"', '"resnet18"?']),
        ("timm:hf-hub:timm/resnet18", {}, ['no timm network "hf-hub:timm/resnet18"']),
        ("timm:test_resnet", {"depth": 3}, ["timm:test_resnet with {'depth': 3}", "'depth'"]),
        ("timm:test_resnet", {"pretrained": True}, ["pretrained is no argument to give"]),
        ("tests.conformance.networks:missing", {}, ["cannot be imported", "missing"]),
        ("no.such.package:make", {}, ["no.such.package:make cannot be imported"]),
        (":make", {}, [":make cannot be imported"]),
        ("json:", {}, ["json: cannot be imported"]),
        ("tests.conformance.networks:failing", {}, ["its factory failed", "no weights on this"]),
        ("tests.conformance.networks:functional", {"depth": 3}, ["its factory failed", "'depth'"]),
        ("tests.conformance.networks:nothing", {}, ["returned NoneType, not nn.Module"]),
        ("tests.conformance.networks:F", {}, ["networks:F: module, but must be a function"]),
    ],
)
def test_bad_names_and_arguments_are_one_line(
    name: str, arguments: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(UserError) as caught:
        create(name, **arguments)
    message = str(caught.value)
    assert "\n" not in message
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(("classes", "channels"), [(0, 3), (10**14, 3), (10, 0), (10, 10**8)])
@pytest.mark.parametrize(
    "name", ["resnet20", "torchvision:resnet18", "tests.conformance.networks:F"]
)
def test_classes_and_channels_are_bounded(name: str, classes: int, channels: int) -> None:
    with pytest.raises(UserError, match=r"must be from 1 to [\d,]+$"):
        create(name, num_classes=classes, in_channels=channels)


@pytest.mark.parametrize("shape", [(3, 0, 8), (3, 10**8, 10**8), (10**8, 8, 8), (1, 1, 2**25)])
def test_input_shapes_are_bounded(shape: tuple[int, int, int]) -> None:
    with pytest.raises(UserError, match="C at most 1,024 and C×H×W at most 16,777,216"):
        backbone_sites("resnet8", {}, shape)


def test_an_unknown_backbone_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError) as caught:
        create("resnet-20")
    assert set(OWN) < set(caught.value.known)


@pytest.mark.parametrize("key", ["num_classes", "in_channels"])
@pytest.mark.parametrize("name", ["resnet20", "torchvision:resnet18", "a.b:c"])
def test_what_follows_from_the_data_is_no_argument(name: str, key: str) -> None:
    with pytest.raises(UserError, match=f"backbone {name}: {key} = 5 is no argument to give"):
        complete_arguments(name, {key: 5})


@pytest.mark.parametrize("name", sorted(OWN))
def test_completing_arguments_changes_no_network(name: str) -> None:
    complete = complete_arguments(name, {})
    assert complete_arguments(name, complete) == complete
    assert num_params(create(name, **complete)) == num_params(create(name))


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_a_resnet_with_small_stem_computes_what_torchvisions_does(name: str) -> None:
    ours, theirs = create(name).eval(), create(f"torchvision:{name}").eval()
    theirs.conv1, theirs.maxpool = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Identity()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict(), strict=True)
    images = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(ours(images), theirs(images))
