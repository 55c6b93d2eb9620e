import pytest
import torch

from nasattn.data import DataSpec, Images, Splits, load
from nasattn.training import Recipe
from nasattn.training.augment import Normalise
from nasattn.training.batches import epoch_batches, num_steps

CPU = torch.device("cpu")
PLAIN = Normalise((0.0,), (1 / 255,), CPU, channels_last=False)


def numbered_images(count: int) -> Splits:
    """Images whose every pixel and label is their number."""
    numbers = torch.arange(count)
    pixels = numbers.to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 4, 4).contiguous()
    images = Images(pixels, numbers)
    classes = tuple(map(str, range(count)))
    return Splits(images, images, images, classes, (0.0,), (1.0,))


@pytest.mark.parametrize(
    ("count", "sizes"), [(12, [4, 4, 4]), (14, [4, 4, 4, 2]), (13, [4, 4, 4]), (3, [3])]
)
def test_every_image_is_seen_once_but_a_last_one_alone(count: int, sizes: list[int]) -> None:
    recipe = Recipe(batch_size=4, epochs=1)
    batches = list(epoch_batches(numbered_images(count), PLAIN, recipe, seed=0, epoch=1))
    assert [len(labels) for _, labels in batches] == sizes
    assert num_steps(count, 4) == len(sizes)
    seen = torch.cat([labels for _, labels in batches]).tolist()
    assert len(set(seen)) == len(seen) == sum(sizes)
    for images, labels in batches:
        assert torch.equal(images[:, 0, 1, 1].round().long(), labels)


def test_order_depends_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int, **recipe: object) -> list[int]:
        settings = Recipe(epochs=9, **recipe)  # type: ignore[arg-type]  # a test's shorthand
        batches = epoch_batches(numbered_images(64), PLAIN, settings, seed, epoch)
        return [int(label) for _, labels in batches for label in labels]

    assert order(0, 1) == order(0, 1, batch_size=8, augment=("crop", "flip"), ema_decay=0.5)
    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)


def test_augmentation_changes_pixels_and_nothing_else() -> None:
    splits = load(DataSpec(name="fake"), (1, 16, 16))
    normalise = Normalise(splits.mean, splits.std, CPU, channels_last=False)
    plain, cropped, again = (
        list(epoch_batches(splits, normalise, Recipe(augment=augment), 0, 1))
        for augment in ((), ("crop",), ("crop",))
    )
    for one, two, three in zip(plain, cropped, again, strict=True):
        assert torch.equal(one[1], two[1])
        assert not torch.equal(one[0], two[0])
        assert torch.equal(two[0], three[0])
