import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.errors import UnknownNameError, UserError
from nasattn.placement import Architecture, Placement, canonical
from tests.architectures import ARGUMENTS, SHAPE, architectures, placements, resnet8


@given(architectures())
def test_parsing_the_text_gives_the_architecture(architecture: Architecture) -> None:
    assert Architecture.parse(architecture.text) == architecture
    assert Architecture.parse(architecture.text).text == architecture.text


@given(architectures())
def test_the_canonical_form_is_canonical(architecture: Architecture) -> None:
    again = canonical(
        architecture.backbone,
        dict(architecture.backbone_args),
        architecture.input_shape,
        architecture.placements,
    )
    assert again == architecture


@given(placements(), st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_the_order(
    drawn: list[Placement], shuffler: random.Random
) -> None:
    first = resnet8(*drawn)
    shuffler.shuffle(drawn)
    second = resnet8(*(replace(p, options=p.options[::-1]) for p in drawn))
    assert (first.digest, first.text) == (second.digest, second.text)


@given(architectures(), architectures())
def test_digests_tell_architectures_apart(first: Architecture, second: Architecture) -> None:
    assert (first == second) == (first.digest == second.digest) == (first.text == second.text)


@given(architectures())
def test_the_text_is_sorted_json_without_spaces(architecture: Architecture) -> None:
    values = json.loads(architecture.text)
    assert architecture.text == json.dumps(values, sort_keys=True, separators=(",", ":"))
    order = [(p["slot"], p["at"]) for p in values["placements"]]
    assert order == sorted(order)
    assert len(architecture.digest) == 12
    assert int(architecture.digest, 16) >= 0


def test_defaults_may_be_left_out_and_words_become_numbers() -> None:
    end = "block_end", "layer1.0.add"
    spoken = resnet8(Placement(*end, "eca", (("kernel_size", "adaptive"), ("gamma", 2))))
    assert spoken == resnet8(Placement(*end, "eca"))
    (placed,) = spoken.placements
    assert placed.options == (
        ("kernel_size", 3),
    )  # at 8 channels, by the rule of the paper's figure
    text = json.dumps({"backbone": "resnet8", "backbone_args": ARGUMENTS, "input_shape": SHAPE})
    assert Architecture.parse(text) == resnet8()


def test_arguments_of_our_own_backbones_are_complete() -> None:
    spoken, silent = (canonical("resnet20", args, (3, 8, 8), []) for args in ({"width": 16}, {}))
    assert spoken == silent
    assert silent.backbone_args == (("width", 16),)
    assert Architecture.parse('{"backbone": "resnet20"}').backbone_args == (("width", 16),)
    assert canonical("resnet20", {"width": 8}, (3, 8, 8), []).digest != silent.digest


def test_arguments_of_torchvisions_networks_stay_as_written() -> None:
    assert canonical("torchvision:resnet18", {}, (3, 32, 32), []).backbone_args == ()


def test_the_shape_defaults_to_the_backbones() -> None:
    assert Architecture.parse('{"backbone": "resnet8"}').input_shape == (3, 32, 32)


def test_a_point_with_two_names_is_one_site() -> None:
    by_convolution = Placement("after_conv", "layer1.0.conv2", "se", (("ratio", 2),))
    by_block = Placement("block_end", "layer1.0.add", "se", (("ratio", 2),))
    assert resnet8(by_convolution) == resnet8(by_block)
    with pytest.raises(UserError, match=r"two placements at block_end:layer1\.0\.add: se and eca"):
        resnet8(by_convolution, replace(by_block, module="eca", options=()))


@pytest.mark.parametrize(
    ("placement", "words"),
    [
        (Placement("before_conv", "layer1.0.conv", "gct"), ["layer1.0.conv1", "did you mean"]),
        (Placement("block_end", "conv1", "eca"), ['no site "block_end:conv1"', "resnet8"]),
        (Placement("before_conv", "conv1", "atac"), ["atac cannot stand at", "activation"]),
        (Placement("activation", "relu", "eca"), ["eca cannot stand at activation:relu"]),
        (Placement("after_conv", "conv1", "gtc"), ['"gtc"', 'did you mean "gct"?']),
        (
            Placement("after_conv", "conv1", "eca", (("kernel_size", 4),)),
            ["eca at after_conv:conv1 (8×8×8)", "kernel_size = 4", "odd"],
        ),
        (
            Placement("before_conv", "conv1", "se", (("ratio", 4),)),
            ["se at before_conv:conv1 (3×8×8)", "ratio = 4"],
        ),
        (Placement("after_conv", "conv1", "eca", (("kernel", 3),)), ['"kernel"', "kernel_size"]),
    ],
)
def test_what_cannot_be_placed_names_site_value_and_rule(
    placement: Placement, words: list[str]
) -> None:
    with pytest.raises(UserError) as caught:
        resnet8(placement)
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
    assert "\n" not in message


def test_a_refused_site_says_why() -> None:
    placement = Placement("activation", "classifier.1", "atac")
    with pytest.raises(UserError, match=r"at activation:classifier\.1: its input is no map"):
        canonical("alexnet", {}, (3, 64, 64), [placement])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["an architecture is JSON, but:"]),
        ("[]", ["JSON object, not []"]),
        ("{}", ["needs the key 'backbone'"]),
        ('{"backbone": 3}', ["backbone = 3 must be a str"]),
        ('{"backbone": "resnet8", "placement": []}', ['"placement"', 'did you mean "placements"?']),
        ('{"backbone": "resnet8", "input_shape": [3, 8]}', ["input_shape = [3, 8]", "three"]),
        ('{"backbone": "resnet8", "input_shape": [3, 8, true]}', ["input_shape", "integers"]),
        ('{"backbone": "resnet8", "input_shape": []}', ["input_shape = []", "three"]),
        ('{"backbone": "resnet8", "placements": [3]}', ["a placement is a JSON object, not 3"]),
        ('{"backbone": "resnet8", "placements": [{"slot": "after_conv"}]}', ["needs the key 'at'"]),
        (
            '{"backbone": "resnet8", "placements": [{"slot": "after", "at": "a", "module": "se"}]}',
            ['no slot "after"', "known: activation, after_conv"],
        ),
        (
            '{"backbone": "resnet8", "backbone_args": {"num_classes": 4}}',
            ["resnet8: num_classes = 4", "follows from the data"],
        ),
        (
            '{"backbone": "torchvision:resnet18", "backbone_args": {"in_channels": 1}}',
            ["torchvision:resnet18: in_channels = 1"],
        ),
        ('{"backbone": "resnet8", "backbone_args": {"name": 1}}', ["no argument 'name'"]),
        *(
            (
                f'{{"backbone": "resnet8", "backbone_args": {{"width": {value}}}}}',
                [f"backbone_args of resnet8: width = {value} must be a finite number"],
            )
            for value in ("[16]", "null", '{"a": 1}', "NaN", "Infinity")
        ),
        *(
            (
                '{"backbone": "resnet8", "placements": [{"slot": "after_conv", "at": "conv1", '
                f'"module": "eca", "options": {{"kernel_size": {value}}}}}]}}',
                [f"options of eca at after_conv:conv1: kernel_size = {value} must be"],
            )
            for value in ("[3]", "null", "{}")
        ),
    ],
)
def test_what_is_no_architecture_says_so(text: str, words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        Architecture.parse(text)
    assert [word for word in words if word not in str(caught.value)] == []


def test_an_unknown_site_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        resnet8(Placement("activation", "layer1.0.relu_2", "atac"))
    blocks = [f"layer{stage}.0.relu{call}" for stage in (1, 2, 3) for call in ("", "_1")]
    assert set(caught.value.known) == {f"activation:{at}" for at in ["relu", *blocks]}
    assert str(caught.value).endswith('did you mean "activation:layer1.0.relu_1"?')
