"""Images from a fixed seed, for trying things out in seconds."""

import torch
from torch import Tensor

from nasattn.data.images import Images, Shape, Source, shape_text
from nasattn.errors import UserError
from nasattn.seeding import derive_seed

NUM_TRAIN, NUM_TEST = 480, 120
_PERIOD = 4.0  # pixels of one stripe, light and dark
_MIN_WIDTH = 12
_AMPLITUDE = 40.0  # of 255
_NOISE = 30.0


def read_fake(input_shape: Shape) -> Source:
    """Return four classes of stripes in noise: none, upright, lying, both.

    A network of a few convolutions learns them; neither shifts nor mirroring change the class.
    """
    count = NUM_TRAIN + NUM_TEST
    labels = torch.arange(count) % 4
    generator = torch.Generator().manual_seed(derive_seed("data", "fake"))
    upright, lying = _stripes(count, input_shape, generator)
    present = torch.stack([labels % 2, labels // 2], 1).float().view(count, 2, 1, 1)
    pattern = present[:, 0] * upright + present[:, 1] * lying
    pixels = _noisy(pattern.unsqueeze(1), input_shape, generator)
    return _source(pixels, labels, ("noise", "upright", "lying", "plaid"), "data set fake")


def read_fake_context(input_shape: Shape) -> Source:
    """Return two classes that no patch of the image tells apart.

    The left third has upright or lying stripes, the right third is light or dark, and the class is
    whether upright goes with light. A network that sees less than a third of the width at once and
    then averages over the map cannot know; one with a gate that is fed by the whole map can.

    Raises:
        UserError: the images are too narrow for three thirds of stripes.
    """
    if input_shape[2] < _MIN_WIDTH:
        raise UserError(
            f"data set fake-context: input_shape is {shape_text(input_shape)}, but its width must "
            f"be at least {_MIN_WIDTH}"
        )
    count = 2 * (NUM_TRAIN + NUM_TEST)
    kind, light = torch.arange(count) % 2, torch.arange(count) // 2 % 2
    generator = torch.Generator().manual_seed(derive_seed("data", "fake-context"))
    upright, lying = _stripes(count, input_shape, generator)
    third = input_shape[2] // 3
    pattern = torch.where(kind.view(-1, 1, 1) == 0, lying, upright).clone()
    pattern[:, :, third:] = 0
    pattern[:, :, -third:] = (light.float() * 2 - 1).view(-1, 1, 1) * _AMPLITUDE
    pixels = _noisy(pattern.unsqueeze(1), input_shape, generator)
    return _source(pixels, kind ^ light, ("together", "apart"), "data set fake-context")


def _stripes(count: int, shape: Shape, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return upright and lying stripes of random phase, each ``(count, H, W)``."""
    _, height, width = shape
    phases = torch.rand(2, count, 1, generator=generator) * _PERIOD
    across = torch.sin((torch.arange(width) + phases[0]) * (2 * torch.pi / _PERIOD)) * _AMPLITUDE
    down = torch.sin((torch.arange(height) + phases[1]) * (2 * torch.pi / _PERIOD)) * _AMPLITUDE
    upright = across.view(count, 1, width).expand(count, height, width)
    return upright, down.view(count, height, 1).expand(count, height, width)


def _noisy(pattern: Tensor, shape: Shape, generator: torch.Generator) -> Tensor:
    noise = torch.randn(len(pattern), *shape, generator=generator) * _NOISE
    return (pattern + noise + 128).round().clamp(0, 255).to(torch.uint8)


def _source(pixels: Tensor, labels: Tensor, classes: tuple[str, ...], place: str) -> Source:
    num_test = len(labels) // 5
    train = Images(pixels[:-num_test], labels[:-num_test])
    test = Images(pixels[-num_test:], labels[-num_test:])
    return Source(train, None, test, classes, place)
