"""The backbone of a study: which one, and whether it can be trained on the study's images."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nasattn.backbones import check_input_shape, create, default_input_shape
from nasattn.backbones.resolve import is_drawn
from nasattn.backbones.weights import Weights, load_weights
from nasattn.errors import UserError
from nasattn.search.study.study_file import StudyFile
from nasattn.space import SpaceFile
from nasattn.training import Recipe, chosen_output
from nasattn.user_code import guarded

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Backbone:
    """The backbone that a study names.

    Attributes:
        name: Its name.
        arguments: What its factory takes besides.
        input_shape: (C, H, W) of the images.
        weights: The file of its initial weights; None where they are drawn.
    """

    name: str
    arguments: Mapping[str, Any]
    input_shape: Shape
    weights: Path | None


def backbone_of(file: StudyFile | SpaceFile, folder: Path, place: str) -> Backbone:
    """Return the backbone that a study of variants, or a search space, names.

    Args:
        file: Either.
        folder: What the path of the weights is relative to.
        place: The file's name, for errors.

    Raises:
        UserError: the input shape is not positive, or too large.
    """
    name = file.backbone or ""
    try:
        shape = check_input_shape(file.input_shape or default_input_shape(name))
    except UserError as error:
        raise UserError(f"{place}: {error}") from None
    weights = folder / file.weights if file.weights is not None else None
    return Backbone(name, dict(file.backbone_args), shape, weights)


def check_start(backbone: Backbone, recipe: Recipe, place: str) -> None:
    """Refuse to keep weights that nobody has trained.

    Raises:
        UserError: the recipe freezes a backbone whose weights are drawn.
    """
    if recipe.freeze_epochs and backbone.weights is None and is_drawn(backbone.name):
        raise UserError(
            f"{place}: recipe.freeze_epochs = {recipe.freeze_epochs} keeps the weights of backbone "
            f"{backbone.name} as they are at the start, but these are drawn at random; give "
            "weights = FILE beside backbone, or leave freeze_epochs out"
        )


def check_trainable(backbone: Backbone, num_classes: int, weights: Weights | None) -> None:
    """Check that a backbone returns logits that can be trained, before a study is made of it.

    Raises:
        UserError: it changes from call to call, its parameters are not trainable float32, its
            weights are of another network, or it returns no logits (N, num_classes).
    """
    where = f"backbone {backbone.name}"
    with torch.random.fork_rng(devices=[]):
        net, again = (
            create(backbone.name, num_classes, backbone.input_shape[0], **backbone.arguments).cpu()
            for _ in range(2)
        )
        _check_equal(net, again, where)
        _check_parameters(net, where)
        if weights is not None:
            load_weights(net, weights.state, f"weights {weights.path} in {where}")
        for count in (2, 1):
            _check_logits(net.train(count == 2), (count, *backbone.input_shape), num_classes, where)


def _check_equal(net: nn.Module, again: nn.Module, where: str) -> None:
    first, second = (
        {name: tuple(value.shape) for name, value in made.named_parameters()}
        for made in (net, again)
    )
    for name in [*first, *second]:
        if first.get(name) != second.get(name):
            raise UserError(
                f"{where}: its factory made two different networks with the same arguments: {name} "
                f"was {_words(first.get(name))}, then {_words(second.get(name))}"
            )


def _words(shape: tuple[int, ...] | None) -> str:
    return "not there" if shape is None else f"of shape {shape}"


def _check_parameters(net: nn.Module, where: str) -> None:
    if not any(parameter.requires_grad for parameter in net.parameters()):
        raise UserError(f"{where} has no trainable parameters")
    for name, parameter in net.named_parameters():
        if parameter.dtype is not torch.float32:
            kind = str(parameter.dtype).removeprefix("torch.")
            raise UserError(
                f"{where}: its parameter {name} is {kind}, but must be float32; "
                "call .float() in its factory, and set recipe.precision for faster arithmetic"
            )


def _check_logits(
    net: nn.Module, images: tuple[int, int, int, int], num_classes: int, where: str
) -> None:
    mode = "training" if net.training else "evaluation"
    with torch.set_grad_enabled(net.training), guarded(f"{where} fails in {mode} on {images}"):
        outputs = net(torch.zeros(images))
    logits = chosen_output(outputs)
    wanted = (images[0], num_classes)
    legal = isinstance(logits, Tensor) and logits.is_floating_point()
    if not legal or tuple(logits.shape) != wanted:
        raise UserError(
            f"{where} returns {_described(logits)} for {images[0]} images in {mode}, but must "
            f"return logits of shape {wanted} (of several outputs: logits, out, else the first)"
        )
    if net.training and not logits.requires_grad:
        raise UserError(f"{where}: its logits in training do not depend on trainable parameters")


def _described(output: object) -> str:
    if isinstance(output, Tensor):
        return f"{str(output.dtype).removeprefix('torch.')} of shape {tuple(output.shape)}"
    return type(output).__name__
