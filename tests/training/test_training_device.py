import pytest
import torch

from nasattn.errors import UserError
from nasattn.training import Recipe, resolve_device, resolve_recipe
from nasattn.training.device import available_devices

CPU = torch.device("cpu")


def test_every_device_that_is_there_resolves_to_itself() -> None:
    for name in available_devices():
        assert str(resolve_device(name)) == name
    assert str(resolve_device("auto")) in available_devices()


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "cpu:1", ""])
def test_a_device_that_is_not_there_is_answered_with_those_that_are(name: str) -> None:
    with pytest.raises(UserError) as caught:
        resolve_device(name)
    assert str(caught.value).startswith(f'no device "{name}"; known: auto, cpu')


def test_auto_is_resolved_once_and_for_all() -> None:
    resolved = resolve_recipe(Recipe(precision="auto"), CPU)
    assert resolved.precision in {"fp32", "bf16"}
    assert resolve_recipe(resolved, CPU) == resolved


def test_a_precision_that_is_named_stays() -> None:
    for precision in ("fp32", "bf16"):
        recipe = Recipe(precision=precision)
        assert resolve_recipe(recipe, CPU) == recipe


def test_a_precision_that_the_device_lacks_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        resolve_recipe(Recipe(precision="fp16"), CPU)
    assert str(caught.value) == (
        'recipe.precision = "fp16" is not possible on cpu; possible: auto, bf16, fp32'
    )
    with pytest.raises(UserError, match="is not possible on mps; possible: auto, fp32"):
        resolve_recipe(Recipe(precision="bf16"), torch.device("mps"))
