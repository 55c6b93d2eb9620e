import json
import sys

import pytest
import torch

from nasattn import Architecture, attention, build, measure_cost
from nasattn.attention.external import external_entry
from nasattn.errors import UserError
from nasattn.testing.attention import AttentionSuite, Case

CHANNELS, SIZE = 16, (8, 8)
KEEPING = (
    *("cbam", "ceca", "coord", "eca", "ecam", "ela", "ese", "gc", "gca", "lcbam", "nl", "scoord"),
    *("bottleneck", "halo", "lambda", "se", "sk", "splat", "strip"),
)


class TestTimmAttention(AttentionSuite):
    @pytest.fixture(params=["timm:gc", "timm:ese", "timm:se", "timm:coord"])
    def case(self, request: pytest.FixtureRequest) -> Case:
        # Fewer channels leave GlobalContext one hidden channel, which its norm makes zero.
        return Case(request.param, channels=32)


@pytest.mark.parametrize("name", KEEPING)
def test_modules_of_timm_are_placed_and_counted(name: str) -> None:
    options = attention.resolve_options(f"timm:{name}", {}, CHANNELS, SIZE)
    bare = Architecture.parse('{"backbone": "resnet8", "input_shape": [3, 8, 8]}')
    placement = {"slot": "block_end", "at": "layer1.0.add", "module": f"timm:{name}"}
    architecture = Architecture.parse(json.dumps({**bare.to_dict(), "placements": [placement]}))
    assert Architecture.parse(architecture.text).digest == architecture.digest
    assert dict(architecture.placements[0].options) == options
    net = build(architecture, seed=1).eval()
    assert net(torch.randn(2, 3, 8, 8)).shape == (2, 10)
    assert measure_cost(net, (3, 8, 8)).flops > measure_cost(build(bare), (3, 8, 8)).flops


def test_hyperparameters_are_the_constructors_numbers_and_flags() -> None:
    found = {item.name: item.default for item in attention.get("timm:gca").hyperparameters}
    # fuse_add and fuse_scale are what makes it gca, not gc.
    assert found == {"use_attn": True, "init_last_zero": False, "rd_ratio": 1 / 8, "rd_divisor": 1}
    assert attention.get("timm:gc").paper == "timm's GlobalContext"
    assert attention.create("timm:gc", 16, rd_ratio=0.25).mlp_scale.fc1.out_channels == 4


def test_an_option_without_effect_is_written_as_its_default() -> None:
    def resolved(name: str, **options: float) -> dict[str, object]:
        return dict(attention.resolve_options(f"timm:{name}", options, CHANNELS, SIZE))

    # timm's ECA finds its kernel size by itself; 8 is the fewest hidden channels of its SE.
    assert resolved("eca", kernel_size=7) == resolved("eca")
    assert resolved("se", rd_ratio=0.25) == resolved("se") != resolved("se", rd_ratio=1)
    # Only the initial weights differ.
    assert resolved("gc", init_last_zero=True) != resolved("gc")


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("timm:gx", {}, ['no timm attention module "gx"', "known: bat"]),
        ("tim:gc", {}, ["attention module tim:gc cannot be imported"]),
        ("gtc", {}, ['no attention module "gtc"', "timm:NAME", 'did you mean "gct"?']),
        ("timm:gc", {"ratio": 2}, ['no option of timm:gc "ratio"', "rd_ratio"]),
        ("timm:gc", {"rd_ratio": "x"}, ["timm:gc.rd_ratio = 'x': must be a number"]),
        ("timm:gc", {"use_attn": 1}, ["timm:gc.use_attn = 1: must be true or false"]),
        ("timm:sk", {"stride": 2}, ["timm:sk with stride = 2 changes the shape", "16×8×8"]),
        ("timm:bat", {}, ["timm:bat fails on maps of 16×8×8"]),
    ],
)
def test_bad_names_and_options_are_one_line(
    name: str, options: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(UserError) as caught:
        attention.resolve_options(name, options, CHANNELS, SIZE)
    assert "\n" not in str(caught.value)
    assert [word for word in words if word not in str(caught.value)] == []


def test_others_modules_are_not_among_the_registered() -> None:
    attention.get("timm:gc")
    assert not [name for name in attention.ENTRIES if ":" in name]


def test_without_timm_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)  # an import then raises ImportError
    external_entry.cache_clear()
    with pytest.raises(UserError) as caught:
        attention.get("timm:gc")
    assert str(caught.value).startswith("attention module timm:gc needs timm")
    assert str(caught.value).endswith("pip install 'nasattn[timm]'")
