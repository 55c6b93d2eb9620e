"""Gradients in the memory format of their maps."""

from contextlib import AbstractContextManager, nullcontext

import pytest
import torch
from torch import Tensor, nn

from nasattn.backbones import create
from nasattn.training.memory_format import channels_last_gradients


def backward(
    layout: AbstractContextManager[None], *, channels_last: bool = True
) -> tuple[list[bool], list[Tensor]]:
    """Return whether each map's gradient is in channels_last, and the weights' gradients."""
    torch.manual_seed(0)
    net = create("resnet8", 10, 3, width=4).double()
    images = torch.rand(6, 3, 8, 8, dtype=torch.float64)
    if channels_last:
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch leaves this form out
        images = images.to(memory_format=torch.channels_last)
    found: list[bool] = []

    def look(gradient: Tensor) -> None:
        found.append(gradient.is_contiguous(memory_format=torch.channels_last))

    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d | nn.ReLU):
            module.register_forward_hook(lambda _, __, out: out.register_hook(look) and None)
    with layout:
        outputs = net(images)
    nn.functional.cross_entropy(outputs, torch.arange(6)).backward()
    return found, [weight.grad for weight in net.parameters() if weight.grad is not None]


def test_all_are_in_it_and_no_gradient_is_another() -> None:
    mixed, expected = backward(nullcontext())
    laid_out, gradients = backward(channels_last_gradients())
    assert len(mixed) == len(laid_out)
    assert not all(mixed)
    assert all(laid_out)
    for one, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


def test_other_maps_are_left_as_they_are() -> None:
    before, expected = backward(nullcontext(), channels_last=False)
    after, gradients = backward(channels_last_gradients(), channels_last=False)
    assert before == after
    assert all(map(torch.equal, gradients, expected))


def test_it_ends_with_the_forward_pass() -> None:
    with pytest.raises(ZeroDivisionError), channels_last_gradients():
        raise ZeroDivisionError
    assert (
        backward(nullcontext())[0]
        == backward(nullcontext())[0]
        != backward(channels_last_gradients())[0]
    )
