"""``nasattn space new``: from options to a file that loads."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from nasattn.cli import space as command
from nasattn.errors import UserError
from nasattn.space import (
    Categorical,
    Interval,
    Option,
    Space,
    load_space,
    read_space_file,
)
from nasattn.space.requests import parse_requests, parse_values

APP = typer.Typer()
command.register(APP)


def new(*arguments: object) -> Result:
    return CliRunner().invoke(APP, ["space", "new", *map(str, arguments)])


def options(space: Space) -> dict[str, tuple[Option, ...]]:
    return {decision.choice: decision.options for decision in space.decisions}


def test_the_options_of_the_design(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    words = (
        "--backbone resnet20 --scope stage --gct before_conv --atac-ratio 2,4,8 "
        "--eca-kernel adaptive,3,5,7 --nam-penalty 1e-5:1e-2 --se --ortho --input-shape 3,32,32"
    )
    result = new(path, *words.split())
    assert result.exit_code == 0, result.output
    assert result.stdout == f"wrote {path}: 175,616 architectures in 9 decisions\n"
    space = load_space(path)
    assert (space.backbone, space.input_shape) == ("resnet20", (3, 32, 32))
    found = options(space)
    assert [[option.word for option in offered] for offered in found.values()] == [
        ["none", "gct"],
        ["none", "atac"],
        ["none", "eca", "nam", "se", "ortho"],
    ]
    assert found["attend"][2].hyperparameters == (("penalty", Interval(1e-5, 1e-2, log=True)),)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Which attention modules may stand where in resnet20.\n")
    assert 'options = ["keep", "atac"]  # keep: the backbone\'s own\n' in text


def test_a_plain_network_gets_its_attention_after_convolutions(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    assert new(path, "--backbone", "alexnet", "--eca", "--scope", "site").exit_code == 0
    assert [choice.slot.value for choice in read_space_file(path).choice] == ["after_conv"]


def test_a_module_of_another_library_is_written_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    words = "--backbone resnet8 --timm:gc-rd-ratio 0.0625,0.25 --timm:ese before_conv"
    assert new(path, *words.split()).exit_code == 0
    assert '"timm:gc".rd_ratio = [0.0625, 0.25]' in path.read_text(encoding="utf-8")
    found = options(load_space(path))
    assert [option.word for option in found["gate"]] == ["none", "timm:ese"]
    assert found["attend"][1] == Option("timm:gc", (("rd_ratio", Categorical((0.0625, 0.25))),))
    unknown = new(tmp_path / "b.toml", "--backbone", "resnet8", "--timm:gc-foo", "3")
    assert isinstance(unknown.exception, UserError)
    assert 'no timm:gc hyperparameter "foo"' in str(unknown.exception)


def test_a_backbones_arguments_are_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    words = "--backbone resnet8 --backbone-arg width=32 --gct --input-shape 1,8,8"
    assert new(path, *words.split()).exit_code == 0
    assert load_space(path).backbone_args == (("width", 32),)


def test_a_file_is_replaced_only_if_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("precious")
    words = (path, "--backbone", "resnet8", "--gct")
    assert f"{path}: exists; --force replaces it" == str(new(*words).exception)
    assert path.read_text() == "precious"
    assert new(*words, "--force").exit_code == 0
    assert load_space(path).backbone == "resnet8"


BACKBONE = ("--backbone", "resnet8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "no attention module is named; add options such as --gct before_conv"),
        (("--gtc",), 'no option "--gtc" in nasattn space new; known: '),
        (("--force-it",), 'did you mean "--force"?'),
        (("--gct", "before"), 'no slot "before" in --gct; known: '),
        (("--gct", "--scope", "stages"), 'no scope "stages" in --scope; known: '),
        (("--gct-mod", "l3"), "gct.mode = 'l3': must be"),
        (("--gct-no", "l3"), 'no gct hyperparameter "no" in --gct-no; known: '),
        (("--eca-kernel",), "--eca-kernel needs a value, such as 3 or 3,5,7"),
        (("--eca-kernel", "4"), "eca.kernel_size = 4: must be"),
        (("--nam-penalty", "1:2:3"), "--nam-penalty 1:2:3: an interval is LOW:HIGH"),
        (("--nam-penalty", "a:b"), "--nam-penalty a:b: an interval is LOW:HIGH"),
        (("--nam-penalty", "2:1"), "low = 2 must be below high = 1"),
        (("--atac", "block_end"), '"atac" cannot stand in block_end, only in activation'),
        (("--gct", "after_conv", "--se"), 'choices "refine" and "attend" both govern block_end:'),
        (("--gct", "block_end", "odd"), 'unexpected argument "odd"'),
        (("--gct", "--input-shape", "3,32"), "--input-shape 3,32: must be C,H,W"),
        (("--gct", "--input-shape", "3,x,3"), "--input-shape 3,x,3: must be C,H,W"),
        (("--gct", "--backbone-arg", "width"), "--backbone-arg width: must be KEY=VALUE"),
        (("--gct", "--backbone-arg", "depth=3"), "takes no argument 'depth'"),
        (("--gct", "--backbone", "resnet7"), 'no backbone "resnet7" in '),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    result = new(tmp_path / "a.toml", *BACKBONE, *words)
    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_the_file_comes_first(tmp_path: Path) -> None:
    result = new("--gct", tmp_path / "a.toml", *BACKBONE)
    assert "--gct: FILE comes first" in str(result.exception)


texts = st.text("abcdefghij_", min_size=1).filter(lambda text: text not in ("inf", "nan"))
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
values = st.one_of(numbers, st.booleans(), texts)


@given(written=st.lists(values, min_size=1))
def test_values_written_with_commas_are_read_as_they_were(written: list[Any]) -> None:
    text = ",".join(str(v).lower() if isinstance(v, bool) else str(v) for v in written)
    expected = written if len(written) > 1 else written[0]
    assert parse_values(text, "--x") == expected


@given(ends=st.tuples(numbers, numbers))
def test_an_interval_is_read_as_it_was_written(ends: tuple[float, float]) -> None:
    table = parse_values(f"{ends[0]}:{ends[1]}", "--x")
    assert (table["low"], table["high"]) == ends
    assert table.get("log", False) == (0 < ends[0] <= ends[1] / 10)


SPOKEN = (("--gct", "before_conv"), ("--gct-mode", "l1"), ("--eca-kernel", "3,5"), ("--se",))


@pytest.mark.parametrize("order", list(itertools.permutations(SPOKEN)))
def test_options_may_come_in_any_order(order: tuple[tuple[str, ...], ...]) -> None:
    requests = parse_requests([word for words in order for word in words])
    tables = {request.module: (request.slot, request.table) for request in requests}
    assert tables == {
        "gct": ("before_conv", {"mode": "l1"}),
        "eca": (None, {"kernel_size": [3, 5]}),
        "se": (None, {}),
    }
