import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from nasattn.attention import (
    OrthogonalAttention,
    SqueezeExcitation,
    create,
    orthonormal_filters,
    resolve_options,
)
from nasattn.errors import UserError
from nasattn.testing.attention import (
    AttentionSuite,
    Case,
    Values,
    assert_equals_reference,
    scramble,
)

# Channels below, equal to and above the pixels; the last three leave a remainder.
SHAPES = [(3, (4, 4)), (16, (4, 4)), (32, (4, 4)), (20, (3, 4)), (7, (1, 3)), (10, (2, 2))]


class TestOrtho(AttentionSuite):
    @pytest.fixture(params=[{}, {"filter_size": 3, "seed": 7}, {"ratio": 3, "filter_size": 9}])
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case("ortho", channels=12, options={"ratio": 2, **request.param})


def gram_schmidt(rows: Tensor) -> Tensor:
    """Modified Gram-Schmidt as the authors do it, one filter after the other."""
    done: list[Tensor] = []
    for row in rows:
        rest = row.clone()
        for earlier in done:
            rest = rest - (rest @ earlier) * earlier
        done.append(rest / rest.square().sum().sqrt())
    return torch.stack(done)


@pytest.mark.parametrize(("channels", "size"), SHAPES)
@pytest.mark.parametrize("seed", [0, 11])
def test_filters_are_gram_schmidt_of_uniform_draws(
    channels: int, size: tuple[int, int], seed: int
) -> None:
    pixels = size[0] * size[1]
    generator = torch.Generator().manual_seed(seed)
    draws = torch.rand(channels, pixels, dtype=torch.float64, generator=generator)
    groups = [gram_schmidt(draws[i : i + pixels]) for i in range(0, channels, pixels)]
    filters = orthonormal_filters(channels, size, seed)
    assert filters.dtype == torch.float64
    expected = torch.cat(groups).view(channels, *size)
    torch.testing.assert_close(filters, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("channels", "size"), [*SHAPES, (192, (7, 7)), (128, (7, 7))])
def test_filters_are_orthonormal_within_groups(channels: int, size: tuple[int, int]) -> None:
    pixels = size[0] * size[1]
    groups = orthonormal_filters(channels, size).flatten(1).split(pixels)
    remainder = channels % pixels
    assert [len(group) for group in groups] == [pixels] * (channels // pixels) + (
        [remainder] if remainder else []
    )
    for group in groups:
        gram = group @ group.T
        torch.testing.assert_close(gram, torch.eye(len(group)).double(), rtol=0, atol=1e-10)


def test_only_the_first_filter_is_close_to_the_mean() -> None:
    filters = orthonormal_filters(64, (16, 16)).flatten(1)
    cosine = filters.sum(1).abs() / 16  # with the constant filter of norm 1
    assert cosine[0].item() == pytest.approx(3**0.5 / 2, abs=0.03)
    assert cosine[8:].max() < 0.25


def test_groups_have_own_draws() -> None:
    first, second = orthonormal_filters(8, (2, 2)).split(4)
    assert not torch.allclose(first, second)


def formula(x: Tensor, values: Values) -> Tensor:
    filters = values["constant_filter"]
    pooled = _pooled(x, filters.shape[1:])
    z = torch.stack([(filters[c] * pooled[:, c]).flatten(1).sum(1) for c in range(len(filters))], 1)
    inner = z @ values["squeeze.weight"].T
    outer = torch.where(inner > 0, inner, 0.0) @ values["excite.weight"].T
    return x / (1 + torch.exp(-outer)).unsqueeze(2).unsqueeze(3)


def _pooled(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Average over the windows floor(i H / h) to ceil((i + 1) H / h), as adaptive pooling does."""
    if x.shape[2:] == size:
        return x
    rows, columns = (
        [(i * full // part, -(-(i + 1) * full // part)) for i in range(part)]
        for full, part in zip(x.shape[2:], size, strict=True)
    )
    cells = [[x[:, :, a:b, c:d].mean((2, 3)) for c, d in columns] for a, b in rows]
    return torch.stack([torch.stack(line, -1) for line in cells], -2)


@pytest.mark.parametrize("size", [(4, 4), (3, 5), (1, 1), (1, 2)])
@pytest.mark.parametrize("filter_size", ["site", 2, 3, 6])
def test_equals_the_formula(size: tuple[int, int], filter_size: int | str) -> None:
    case = Case("ortho", 10, size, {"ratio": 3, "filter_size": filter_size, "seed": 5})
    module = scramble(case.build())
    assert_equals_reference(module, formula, case.maps())


def test_another_size_is_pooled_to_the_filters() -> None:
    module = scramble(Case("ortho", 12, (4, 4), {"ratio": 2}).build())
    x = Case("ortho", 12, (8, 8)).maps()
    small = F.avg_pool2d(x, 2)
    torch.testing.assert_close(F.avg_pool2d(module(x), 2), module(small))


def test_on_maps_of_one_pixel_it_is_squeeze_and_excitation() -> None:
    ours = OrthogonalAttention(12, (1, 1), ratio=3)
    theirs = SqueezeExcitation(12, ratio=3)
    theirs.load_state_dict({k: v for k, v in ours.state_dict().items() if "filter" not in k})
    x = Case("ortho", 12, (1, 1)).maps()
    torch.testing.assert_close(ours(x), theirs(x))


def test_seed_alone_decides_the_filters() -> None:
    def filters(seed: int | None) -> Tensor:
        torch.rand(3)  # the global generator has no say
        return create("ortho", 12, (4, 4), seed=seed).constant_filter

    assert torch.equal(filters(None), filters(0))
    assert torch.equal(filters(0), orthonormal_filters(12, (4, 4), 0).float())
    assert torch.equal(filters(9), filters(9))
    assert not torch.equal(filters(9), filters(10))


def test_filters_are_saved_and_not_trained() -> None:
    module = create("ortho", 12, (4, 5))
    assert module.state_dict()["constant_filter"].shape == (12, 4, 5)
    assert "constant_filter" not in dict(module.named_parameters())
    assert module.constant_filter.dtype == torch.get_default_dtype()


@pytest.mark.parametrize(
    ("channels", "ratio", "hidden"),
    [(64, 16, 4), (24, 16, 2), (40, 16, 2), (56, 16, 4), (9, 16, 1), (12, 16, 1)],
)
def test_hidden_channels_are_rounded_halves_to_even(channels: int, ratio: int, hidden: int) -> None:
    assert create("ortho", channels, (2, 2), ratio=ratio).squeeze.out_features == hidden


@pytest.mark.parametrize(("channels", "limit"), [(8, 15), (4, 7), (1, 1)])
def test_ratio_without_hidden_channels_is_refused(channels: int, limit: int) -> None:
    rule = rf"ortho.ratio = 16: leaves no hidden channel of {channels}; .* from 1 to {limit}$"
    with pytest.raises(UserError, match=rule):
        create("ortho", channels, (4, 4))
    create("ortho", channels, (4, 4), ratio=limit)
    with pytest.raises(UserError):
        create("ortho", channels, (4, 4), ratio=limit + 1)


def test_filters_of_the_sites_size_need_the_size() -> None:
    for make in (create, lambda _, *args: OrthogonalAttention(*args)):
        with pytest.raises(UserError, match=r'ortho\.filter_size = "site": needs the size'):
            make("ortho", 64)
    assert create("ortho", 64, filter_size=3).constant_filter.shape == (64, 3, 3)


@pytest.mark.parametrize(
    ("options", "size", "resolved"),
    [
        ({}, (8, 8), {"ratio": 16, "filter_size": 8}),
        ({"filter_size": 8}, None, {"ratio": 16, "filter_size": 8}),
        ({}, (8, 6), {"ratio": 16, "filter_size": "site"}),
        ({"seed": None}, (8, 8), {"ratio": 16, "filter_size": 8}),
        ({"seed": 3}, (8, 8), {"ratio": 16, "filter_size": 8, "seed": 3}),
    ],
)
def test_canonical_options(
    options: dict[str, object], size: tuple[int, int] | None, resolved: dict[str, object]
) -> None:
    assert resolve_options("ortho", options, 64, size) == resolved


def test_trainable_parameters() -> None:
    module = create("ortho", 64, (32, 32))
    assert sum(p.numel() for p in module.parameters()) == 2 * 64 * 4
