"""Every search space that comes with the project loads and says what it asks."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from nasattn.space import decide, intervals, load_space, parameters, size
from nasattn.space.domains import Interval, Scalar

FOLDER = Path(__file__).parents[2] / "search_spaces"
FILES = sorted(FOLDER.glob("*.toml"))


def test_there_are_spaces() -> None:
    assert {path.stem for path in FILES} >= {
        "alexnet",
        "digits",
        "resnet18_placement",
        "resnet20_cifar10",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_asks_a_question_and_loads(path: Path) -> None:
    header = path.read_text(encoding="utf-8").split("\n\n")[0]
    assert all(line.startswith(("#", "backbone", "input_shape")) for line in header.splitlines())
    assert header.splitlines()[0].endswith("?")
    space = load_space(path)
    assert size(space) > 400


class First:
    """Chooses the first option and the low end."""

    def categorical(self, name: str, values: Sequence[Scalar]) -> Scalar:
        return values[0]

    def number(self, name: str, interval: Interval) -> float:
        return interval.low


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_first_options_are_the_bare_backbone(path: Path) -> None:
    assert decide(load_space(path), First()).placements == ()


def test_the_digits_space_can_be_searched_on_a_grid_and_uses_every_module() -> None:
    space = load_space(FOLDER / "digits.toml")
    assert intervals(space) == ()
    modules = {option.module for decision in space.decisions for option in decision.options}
    assert modules == {None, "gct", "atac", "eca", "nam", "ortho", "se"}
    assert len(space.decisions) == 9
    assert set(parameters(space)) >= {"gate.stage1", "attend.stage3.eca.kernel_size"}
