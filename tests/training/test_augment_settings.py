import tomllib
from itertools import permutations

import pytest
import tomli_w

from nasattn.errors import UserError
from nasattn.schema import validate
from nasattn.training import Recipe
from nasattn.training.augment import Augmentation, Jitter, ResizedCrop, Rotation

PLACE = "study.toml [recipe]"


def read(text: str) -> Recipe:
    return validate(Recipe, tomllib.loads(text), PLACE)


def message(text: str) -> str:
    with pytest.raises(UserError) as caught:
        read(text)
    return str(caught.value).removeprefix(f"{PLACE}: ")


def test_names_and_tables_stand_side_by_side() -> None:
    recipe = read("""
        augment = [
          "flip",
          { name = "jitter", brightness = 0.1, contrast = 0.2, saturation = 0.3 },
          { name = "rotation", degrees = 10 },
          { name = "resized_crop", scale = [0.6, 1] },
        ]
        mixup = 0.2
    """)
    assert recipe.augment == (
        Jitter(brightness=0.1, contrast=0.2, saturation=0.3),
        ResizedCrop(scale=(0.6, 1.0)),
        "flip",
        Rotation(degrees=10.0),
    )
    assert recipe.mixup == 0.2


def test_the_order_in_the_file_means_nothing() -> None:
    names = ("crop", "flip", "jitter", "rotation")
    recipes = {Recipe(augment=augment) for augment in permutations(names)}  # type: ignore[arg-type]  # a name is read as its default settings
    assert len(recipes) == 1
    assert read('augment = ["flip", "crop", "flip"]').augment == ("crop", "flip")


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("jitter", Jitter(brightness=0.2, contrast=0.2, saturation=0.2)),
        ("resized_crop", ResizedCrop(scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3))),
        ("rotation", Rotation(degrees=20.0)),
    ],
)
def test_a_name_alone_has_the_stated_defaults(name: str, settings: Augmentation) -> None:
    assert read(f'augment = ["{name}"]').augment == (settings,)
    assert read(f'augment = [{{ name = "{name}" }}]').augment == (settings,)


def test_parts_of_jitter_that_are_left_out_beside_others_are_off() -> None:
    (jitter,) = read('augment = [{ name = "jitter", contrast = 0.4 }]').augment
    assert jitter == Jitter(brightness=0.0, contrast=0.4, saturation=0.0)


def test_a_frozen_recipe_reads_back_as_itself() -> None:
    recipe = read('augment = ["crop", "flip", "jitter", "rotation"]\nmixup = 1')
    values = recipe.model_dump(mode="json", exclude_none=True)
    assert values["augment"][1:3] == ["crop", "flip"]
    assert read(tomli_w.dumps(values)) == recipe
    assert Recipe.model_validate(recipe.model_dump()) == recipe


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'augment = ["crop", "rotate"]',
            'augment[2]: no augmentation "rotate"; known: crop, flip, jitter, resized_crop, '
            'rotation; did you mean "rotation"?',
        ),
        (
            'augment = [{ name = "rotation", degree = 5 }]',
            'augment[1]: no setting of rotation "degree"; known: degrees, name; '
            'did you mean "degrees"?',
        ),
        (
            'augment = [{ name = "crop", pad = 3 }]',
            'augment[1]: crop has no settings: write "crop"',
        ),
        (
            "augment = [{ degrees = 5 }]",
            "augment[1]: {'degrees': 5} must be a name or a table with a name; known: crop, flip, "
            "jitter, resized_crop, rotation",
        ),
        (
            'augment = ["rotation", { name = "rotation", degrees = 3 }]',
            "augment: rotation is there twice, with different settings",
        ),
        (
            'augment = ["crop", "resized_crop"]',
            "augment: crop and resized_crop both cut a window; name one of them",
        ),
        (
            'augment = [{ name = "resized_crop", scale = [0.9, 0.2] }]',
            "augment[1]: scale = [0.9, 0.2], but must be [low, high] with 0 < low ≤ high ≤ 1",
        ),
        (
            'augment = [{ name = "resized_crop", ratio = [0.0, 0.2] }]',
            "augment[1]: ratio = [0.0, 0.2], but must be [low, high] with 0 < low ≤ high",
        ),
    ],
)
def test_what_is_wrong_is_named(text: str, expected: str) -> None:
    assert message(text) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('augment = [{ name = "rotation", degrees = -5 }]', "[augment 1].degrees = -5"),
        ('augment = [{ name = "rotation", degrees = "5" }]', "[augment 1].degrees = '5'"),
        ('augment = ["flip", { name = "jitter", contrast = -1 }]', "[augment 2].contrast = -1"),
        ('augment = "crop"', "augment = 'crop'"),
        ("mixup = 0", "mixup = 0"),
        ("mixup = true", "mixup = True"),
    ],
)
def test_values_out_of_range_are_named(text: str, place: str) -> None:
    assert message(text).startswith(f"{place}: ")
