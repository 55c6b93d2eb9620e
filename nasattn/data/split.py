"""Stratified splits that belong to the data set, not to a study."""

from typing import Protocol, Self, TypeVar

import torch
from torch import Tensor

from nasattn.seeding import derive_seed

TEST_SHARE = 0.2


class Labelled(Protocol):
    """Things with a label each, on the CPU."""

    @property
    def labels(self) -> Tensor:
        """``(N,)``, int64."""

    def __len__(self) -> int: ...

    def take(self, indices: Tensor) -> Self:
        """Return those at ``indices``, in that order."""


Things = TypeVar("Things", bound=Labelled)


def stratified_order(labels: Tensor, purpose: str) -> Tensor:
    """Return a permutation of which every prefix holds the classes in proportion.

    In the first n places a class with the share s of all images has s · n, to within 1 + s · k / 2
    for k classes. The permutation depends on the labels and on ``purpose``, never on a study's
    seed.

    Args:
        labels: ``(N,)``, int64, on the CPU.
        purpose: A word that makes the permutations of different uses independent.
    """
    generator = torch.Generator().manual_seed(derive_seed("split", purpose))
    shuffled = torch.randperm(len(labels), generator=generator)
    position = torch.empty(len(labels), dtype=torch.float64)
    for label in set(labels.tolist()):
        of_class = (labels[shuffled] == label).nonzero().squeeze(1)
        position[of_class] = (torch.arange(len(of_class)) + 0.5).double() / len(of_class)
    return shuffled[position.argsort(stable=True)]


def split(images: Things, share: float, purpose: str) -> tuple[Things, Things]:
    """Split off ``share`` of the images (at least one): the rest, and the part.

    Both are stratified, disjoint and together hold every image; each keeps the set's order.
    """
    order = stratified_order(images.labels, purpose)
    count = max(1, round(share * len(images)))
    return images.take(order[count:].sort().values), images.take(order[:count].sort().values)


def first(images: Things, count: int | None) -> Things:
    """Return a stratified ``count`` of the images; all of them where it is None or larger."""
    if count is None or count >= len(images):
        return images
    order = stratified_order(images.labels, "limit")
    return images.take(order[:count].sort().values)
