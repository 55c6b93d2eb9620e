"""The user's own attention modules, by their path and by an entry point."""

import json
from pathlib import Path

import pytest
import torch

from nasattn import Architecture, attention, build
from nasattn.attention.external import external_entry, installed
from nasattn.cost import cost_model, measure_cost
from nasattn.errors import UnknownNameError, UserError
from nasattn.testing.attention import AttentionSuite, Case

HOME = "tests.attention.users_modules"
GATE = f"{HOME}:ScaledGate"


class TestUsersModule(AttentionSuite):
    @pytest.fixture(params=["ScaledGate", "Pixelwise"])
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case(f"{HOME}:{request.param}")


def placed(module: str, slot: str = "block_end", at: str = "layer1.0.add") -> Architecture:
    placement = {"slot": slot, "at": at, "module": module}
    return Architecture.parse(
        json.dumps({"backbone": "resnet8", "input_shape": [3, 8, 8], "placements": [placement]})
    )


def test_hyperparameters_are_the_arguments_with_defaults() -> None:
    entry = attention.get(GATE)
    assert {item.name: item.default for item in entry.hyperparameters} == {
        "strength": 0.0,
        "repeats": 1,
        "inverted": False,
        "start": "half",
    }
    assert entry.slots == {"block_end", "after_conv"}
    assert entry.paper == "A gate of every channel, with an L1 term for its scales."
    assert entry.url == "https://example.org/scaled-gate"
    assert attention.get(f"{HOME}:Pixelwise").slots == {"before_conv", "after_conv", "block_end"}


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("strength", "much", "a number"),
        ("repeats", 1.5, "an integer"),
        ("inverted", 1, "true or false"),
        ("start", "full", '"zero" or "half"'),
    ],
)
def test_values_are_checked_by_the_kind_of_the_default(
    option: str, value: object, rule: str
) -> None:
    with pytest.raises(UserError) as caught:
        attention.resolve_options(GATE, {option: value}, 8, (4, 4))
    assert f"{GATE}.{option} = {value!r}: must be {rule}" in str(caught.value)


@pytest.mark.parametrize("name", ["ScaledGate", "Pixelwise", "Looking"])
def test_it_is_built_trained_and_counted(name: str) -> None:
    architecture = placed(f"{HOME}:{name}")
    net = build(architecture, seed=1)
    logits = net(torch.randn(2, 3, 8, 8))
    logits.sum().backward()
    total = cost_model(architecture).cost(architecture)
    counted = measure_cost(net, (3, 8, 8))
    assert (total.params, total.flops) == (counted.params, counted.flops)
    assert Architecture.parse(architecture.text).digest == architecture.digest


def test_an_activation_of_the_users_replaces_one() -> None:
    net = build(placed(f"{HOME}:Rectifier", "activation", "layer1.0.relu"))
    assert net(torch.randn(2, 3, 8, 8)).shape == (2, 10)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Halving", "changes the shape of maps of 16×8×8 (C×H×W) to 16×4×4: must keep it"),
        ("Demanding", "fails on maps of 16×8×8 (C×H×W): TypeError"),
        ("returns_none", f"{HOME}:returns_none makes NoneType, not an nn.Module"),
        ("Misplaced", f'no slot "blockend" in {HOME}:Misplaced.slots'),
        ("Missing", "cannot be imported"),
        ("torch", "module, but must be a function or class"),
    ],
)
def test_what_cannot_be_placed_is_refused_in_one_line(name: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        placed(f"{HOME}:{name}")
    message = str(caught.value)
    assert words in message
    assert "\n" not in message


def test_a_module_that_needs_a_size_says_so_without_one() -> None:
    with pytest.raises(UserError, match="Pixelwise fails on maps of 8×8×8"):
        attention.create(f"{HOME}:Pixelwise", 8)


def test_the_site_is_named_where_a_space_places_it(tmp_path: Path) -> None:
    from nasattn.space import load_space

    file = tmp_path / "x.toml"
    file.write_text(
        'backbone = "resnet8"\ninput_shape = [3, 8, 8]\n'
        '[[choice]]\nname = "a"\nslot = "block_end"\n'
        f'options = ["none", "{HOME}:Halving"]\n'
    )
    with pytest.raises(UserError) as caught:
        load_space(file)
    assert 'x.toml [choice 1] "a" at block_end:layer1.0.add' in str(caught.value)


def test_an_installed_package_adds_modules_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    information = tmp_path / "gates-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: gates\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[nasattn.attention]\nscaled = {GATE}\n")
    monkeypatch.syspath_prepend(tmp_path)
    installed.cache_clear()
    try:
        assert "scaled" in attention.known_names()
        assert attention.create("scaled", 8, (4, 4), repeats=2).repeats == 2
        with pytest.raises(UnknownNameError, match='did you mean "scaled"'):
            attention.get("scalde")
    finally:
        installed.cache_clear()
        external_entry.cache_clear()


def test_an_unknown_name_lists_the_forms_of_others() -> None:
    with pytest.raises(UnknownNameError) as caught:
        attention.get("gcu")
    assert {"package.module:Class", "timm:NAME"} < set(caught.value.known)
