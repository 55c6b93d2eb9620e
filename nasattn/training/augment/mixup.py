"""Mixup: images and their targets blended with those of another image."""

import torch
from torch import Tensor
from torch.nn import functional as F


def draw_shares(num_images: int, alpha: float, generator: torch.Generator) -> Tensor:
    """Draw ``(N,)`` shares in [½, 1], float32, from a CPU generator.

    They are the larger of λ and 1 - λ with λ from Beta(α, α). Since a mixture of two images is the
    same with the two exchanged, mixtures are distributed as with λ itself, and each image is the
    larger part of exactly one. As α goes to 0 nothing is mixed.

    Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization", section 2.
    """
    from scipy.special import betaincinv  # half a second, needed by nothing else

    ranks = 0.5 + 0.5 * torch.rand(num_images, dtype=torch.float64, generator=generator)
    return torch.from_numpy(betaincinv(alpha, alpha, ranks.numpy())).float()


def mixed(
    images: Tensor, labels: Tensor, shares: Tensor, num_classes: int
) -> tuple[Tensor, Tensor]:
    """Blend each image of a batch with the one before it, the first with the last.

    Args:
        images: ``(N, C, H, W)``, float32, in random order.
        labels: ``(N,)``, int64.
        shares: ``(N,)``: weight of the image itself.
        num_classes: Length of a target.

    Returns:
        The images, and the targets ``(N, num_classes)``, float32, each of which sums to 1; the
        largest is the label of the image itself.
    """
    targets = F.one_hot(labels, num_classes).float()
    memory = torch.channels_last if _channels_last(images) else torch.contiguous_format
    blended = _blended(images, shares.view(-1, 1, 1, 1)).contiguous(memory_format=memory)
    return blended, _blended(targets, shares.view(-1, 1))


def _blended(values: Tensor, shares: Tensor) -> Tensor:
    return torch.lerp(values.roll(1, 0), values, shares)


def _channels_last(images: Tensor) -> bool:
    return images.is_contiguous(memory_format=torch.channels_last)
