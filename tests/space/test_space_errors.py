"""Every mistake in a search-space file is one line with the place, the value and the rule."""

import tomllib
from pathlib import Path

import pytest

from nasattn.errors import UnknownNameError, UserError
from nasattn.schema import validate
from nasattn.space import (
    Space,
    SpaceFile,
    enumerate_architectures,
    intervals,
    load_space,
    size,
)

HEAD = 'backbone = "resnet8"\ninput_shape = [1, 8, 8]\n'
CHOICE = '[[choice]]\nname = "{name}"\nslot = "{slot}"\nscope = "stage"\noptions = {options}\n'
GATE = CHOICE.format(name="gate", slot="before_conv", options='["none", "gct", "eca"]')


def choice(name: str = "a", slot: str = "before_conv", options: str = '["none", "gct"]') -> str:
    return CHOICE.format(name=name, slot=slot, options=options)


def load(text: str) -> Space:
    return Space.from_file(validate(SpaceFile, tomllib.loads(text), "x.toml"), "x.toml")


MISTAKES = {
    "unknown module": (
        HEAD + choice(options='["none", "gtc"]'),
        'no attention module "gtc" in x.toml [choice 1].options; known: atac, bam, cbam, coord, '
        "eca, fca, gct, keep, nam, none, ortho, package.module:Class, se, simam, timm:NAME, "
        'triplet; did you mean "gct"?',
    ),
    "unknown module of timm": (
        HEAD + choice(options='["none", "timm:gx"]'),
        'no timm attention module "gx" in x.toml [choice 1].options; known: bat, ',
    ),
    "unknown hyperparameter of timm's": (
        HEAD + choice(slot="block_end", options='["timm:gc"]') + '"timm:gc".ratio = 2\n',
        'no timm:gc hyperparameter "ratio" in x.toml [choice 1].timm:gc; known: fuse_add, ',
    ),
    "unknown slot": (
        HEAD + choice(slot="before_con"),
        'no slot "before_con" in x.toml [choice 1].slot; known: activation, after_conv, '
        'before_conv, block_end; did you mean "before_conv"?',
    ),
    "unknown scope": (
        HEAD + choice().replace('"stage"', '"stages"'),
        'no scope "stages" in x.toml [choice 1].scope; known: block, network, site, stage; '
        'did you mean "stage"?',
    ),
    "unknown backbone": (
        'backbone = "resnet9"\n' + GATE,
        'no backbone "resnet9" in x.toml; known: alexnet, ',
    ),
    "unknown argument of the backbone": (
        HEAD + "backbone_args = { widht = 8 }\n" + GATE,
        "x.toml: backbone resnet8 takes no argument 'widht'; it takes: width",
    ),
    "an argument that is no scalar": (
        HEAD + "backbone_args = { width = [8] }\n" + GATE,
        "x.toml: backbone_args: width = [8] must be a number, a string, true or false",
    ),
    "unknown key of a choice": (
        HEAD + GATE + 'wher = "layer1.*"\n',
        'no key "wher" in x.toml [choice 1]; known: channels, eca, gct, name, options, scope, '
        "slot, stages, unless, where; "
        'did you mean "where"?',
    ),
    "unknown key of the file": (
        HEAD + "choices = []\n",
        "x.toml: unknown key choices; known: backbone, backbone_args, choice, input_shape, "
        'weights; did you mean "choice"?',
    ),
    "unknown hyperparameter": (
        HEAD + GATE + 'gct.mod = ["l2"]\n',
        'no gct hyperparameter "mod" in x.toml [choice 1].gct; known: after_relu, eps, mode; '
        'did you mean "mode"?',
    ),
    "hyperparameters of a module that is no option": (
        HEAD + GATE + "se.ratio = 8\n",
        "x.toml [choice 1].se: \"se\" is not among the options ['gct', 'eca']",
    ),
    "hyperparameters that are no table": (
        HEAD + GATE + "gct = 3\n",
        "x.toml [choice 1].gct = 3: must be a table of hyperparameters, such as gct.mode = […]",
    ),
    "even kernel": (
        HEAD + GATE + "eca.kernel_size = [3, 4]\n",
        'x.toml [choice 1] "gate" at before_conv:conv1: eca.kernel_size = 4: must be "adaptive" '
        "or an odd integer",
    ),
    "ratio without hidden channel": (
        HEAD + choice(slot="activation", options='["keep", "atac"]') + "atac.ratio = [2, 32]\n",
        'x.toml [choice 1] "a" at activation:relu: atac.ratio = 32: leaves no hidden channel of 16',
    ),
    "illegal end of an interval": (
        HEAD + choice(options='["nam"]') + "nam.penalty = { low = -1.0, high = 1.0 }\n",
        'x.toml [choice 1] "a" at before_conv:conv1: nam.penalty = -1.0: must be ',
    ),
    "illegal number inside an interval of whole numbers": (
        HEAD + GATE + "eca.kernel_size = { low = 3, high = 5 }\n",
        'x.toml [choice 1] "gate" at before_conv:conv1: eca.kernel_size = 4: must be ',
    ),
    "two choices on one site": (
        HEAD + choice("first") + choice("second", options='["eca"]'),
        'x.toml: choices "first" and "second" both govern before_conv:conv1; narrow one of them',
    ),
    "after_conv and block_end on one site": (
        HEAD + choice("first", "after_conv") + choice("second", "block_end", '["eca"]'),
        'x.toml: choices "first" and "second" both govern block_end:layer1.0.add; narrow one',
    ),
    "where that matches nothing": (
        HEAD + GATE + 'where = "layer9.*"\n',
        'x.toml [choice 1]: no before_conv site passes where "layer9.*"; names there: conv1, '
        "layer1.0.conv1, layer1.0.conv2, layer2.0.conv1, layer2.0.conv2, … layer3.0.conv2 "
        "(7 names)",
    ),
    "no such site in a plain network": (
        'backbone = "alexnet"\n' + choice(slot="block_end"),
        "x.toml [choice 1].slot: alexnet has no block_end site; it has: before_conv (5), "
        "activation (5), after_conv (5); 2 places are refused; in a plain network use "
        'slot = "after_conv" with where = "features.0"',
    ),
    "module that cannot fill the slot": (
        HEAD + choice(options='["none", "atac"]'),
        'x.toml [choice 1].options: "atac" cannot stand in before_conv, only in activation; '
        "before_conv takes: ",
    ),
    "gate in an activation": (
        HEAD + choice(slot="activation", options='["keep", "gct"]'),
        'x.toml [choice 1].options: "gct" cannot stand in activation, only in before_conv, '
        "after_conv, block_end; activation takes: atac",
    ),
    "no choice": (HEAD, "x.toml: the search space is empty: it has no [[choice]] table"),
    "no options": (
        HEAD + choice(options="[]"),
        "x.toml [choice 1].options = []: names no attention module",
    ),
    "nothing but none": (
        HEAD + choice(options='["none"]'),
        "x.toml [choice 1].options = ['none']: names no attention module",
    ),
    "an option twice": (
        HEAD + choice(options='["gct", "none", "gct"]'),
        'x.toml [choice 1].options: "gct" stands there twice',
    ),
    "none and keep": (
        HEAD + choice(options='["none", "gct", "keep"]'),
        'x.toml [choice 1].options: "keep" stands there twice ("none" and "keep" mean the same)',
    ),
    "a choice twice": (
        HEAD + choice("a") + choice("a", "activation", '["atac"]'),
        'x.toml: 2 choices have the name "a"; give each its own',
    ),
    "a name that is no prefix": (
        HEAD + choice("a.b"),
        'x.toml: [choice 1].name: "a.b" must consist of letters, digits, _ and -',
    ),
    "a missing key": (
        HEAD + choice().replace('slot = "before_conv"\n', ""),
        "x.toml: [choice 1].slot is missing",
    ),
    "one table instead of an array": (
        HEAD + choice().replace("[[choice]]", "[choice]"),
        "must be an array of tables: write [[choice]]",
    ),
    "input shape": (
        'backbone = "resnet8"\ninput_shape = [1, 8]\n' + GATE,
        "x.toml: input_shape[3] is missing",
    ),
    "size of zero": (
        'backbone = "resnet8"\ninput_shape = [1, 0, 8]\n' + GATE,
        "x.toml: input_shape[2] = 0: input should be greater than 0",
    ),
    "a network that does not take the images": (
        'backbone = "alexnet"\ninput_shape = [3, 4, 4]\n' + GATE,
        "x.toml: ",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_that_names_it(name: str) -> None:
    text, message = MISTAKES[name]
    with pytest.raises(UserError) as caught:
        load(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_later_choice_is_named_by_its_number() -> None:
    with pytest.raises(UnknownNameError, match=r"x\.toml \[choice 2\]\.options"):
        load(HEAD + GATE + choice("b", "activation", '["relu"]'))


def test_a_value_is_checked_at_every_site_that_the_choice_governs() -> None:
    text = HEAD + choice(options='["none", "se"]') + "se.ratio = [1, 16]\n"
    with pytest.raises(UserError, match=r"at before_conv:conv1: se\.ratio = 16: leaves no hidden"):
        load(text)  # the grey image has one channel, all other maps have sixteen or more
    load(text + 'where = "layer*"\n')


def test_a_file_that_is_not_there_or_is_not_toml(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    with pytest.raises(UserError, match=r"x\.toml: no such file"):
        load_space(path)
    path.write_text("backbone = resnet8")
    with pytest.raises(UserError, match=r"x\.toml: not TOML: Invalid value \(at line 1"):
        load_space(path)


def test_enumeration_refuses_intervals_at_once_and_names_them() -> None:
    text = HEAD + choice("gate", options='["none", "nam"]')
    space = load(text + "nam.penalty = { low = 1e-5, high = 1e-2, log = true }\n")
    assert intervals(space) == ("gate.nam.penalty",)
    assert size(space) == size(load(text))
    with pytest.raises(UserError, match=r"gate\.nam\.penalty; give an array of values instead"):
        enumerate_architectures(space)
