import math

import pytest
import torch
from torch import Tensor

from nasattn.attention import (
    FrequencyAttention,
    SqueezeExcitation,
    create,
    frequency_filters,
    resolve_options,
)
from nasattn.errors import UserError
from nasattn.testing.attention import AttentionSuite, Case, assert_equals_reference, scramble
from tests.attention.test_ortho import formula

# The authors' lists of 32 frequencies, vertical and horizontal.
VERTICAL = [int(digit) for digit in "00600114513000324635526553342261"]
HORIZONTAL = [int(digit) for digit in "01052020060463526333511242113053"]


class TestFca(AttentionSuite):
    @pytest.fixture(params=[{}, {"filter_size": 9, "num_frequencies": 3}])
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case("fca", channels=12, options={"ratio": 2, **request.param})


def cosine(frequency: int, point: int, length: int) -> float:
    value = math.cos(math.pi * frequency * (point + 0.5) / length) / math.sqrt(length)
    return value if frequency == 0 else value * math.sqrt(2)


def basis(frequency: int, size: tuple[int, int]) -> Tensor:
    """Return the filter of the authors' frequency of that rank, point by point."""
    height, width = size
    u, v = VERTICAL[frequency] * (height // 7), HORIZONTAL[frequency] * (width // 7)
    rows = [
        [cosine(u, i, height) * cosine(v, j, width) for j in range(width)] for i in range(height)
    ]
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize("size", [(7, 7), (14, 14), (8, 17)])
@pytest.mark.parametrize("num_frequencies", [1, 2, 16, 32])
def test_filters_are_the_authors_for_groups_of_equal_size(
    num_frequencies: int, size: tuple[int, int]
) -> None:
    filters = frequency_filters(64, size, num_frequencies)
    expected = [basis(channel * num_frequencies // 64, size) for channel in range(64)]
    torch.testing.assert_close(filters, torch.stack(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("channels", "groups"),
    [(24, [2] * 8 + [1] * 8), (40, [3] * 8 + [2] * 8), (5, [1] * 5), (16, [1] * 16)],
)
def test_the_first_groups_take_what_does_not_divide(channels: int, groups: list[int]) -> None:
    expected = [basis(rank, (7, 7)) for rank, count in enumerate(groups) for _ in range(count)]
    torch.testing.assert_close(frequency_filters(channels, (7, 7)), torch.stack(expected))


@pytest.mark.parametrize("side", [7, 8, 14, 32, 56])
def test_frequencies_are_orthonormal(side: int) -> None:
    filters = frequency_filters(32, (side, side), 32).flatten(1)
    torch.testing.assert_close(filters @ filters.T, torch.eye(32).double(), rtol=0, atol=1e-10)


def test_a_pattern_stays_what_it_is_on_larger_maps() -> None:
    small, large = frequency_filters(32, (7, 7), 32), frequency_filters(32, (14, 14), 32)
    torch.testing.assert_close(2 * large[:, :7, :7], small)


@pytest.mark.parametrize("size", [(7, 8), (4, 4), (14, 7), (1, 2)])
@pytest.mark.parametrize("filter_size", ["site", 7, 9])
def test_equals_the_formula(size: tuple[int, int], filter_size: int | str) -> None:
    options = {"ratio": 3, "filter_size": filter_size, "num_frequencies": 4}
    case = Case("fca", 10, size, options)
    assert_equals_reference(scramble(case.build()), formula, case.maps())


def test_of_constant_maps_only_the_first_group_says_anything() -> None:
    module = create("fca", 32, (7, 7), num_frequencies=4).double()
    seen: list[Tensor] = []
    module.squeeze.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    module(torch.full((1, 32, 7, 7), 3.0, dtype=torch.float64))
    expected = torch.zeros(1, 32, dtype=torch.float64)
    expected[:, :8] = 3.0 * 7  # the mean times the root of the number of pixels
    torch.testing.assert_close(seen[0], expected, rtol=1e-6, atol=1e-6)  # of single precision


@pytest.mark.parametrize("size", [(7, 7), (8, 10)])
def test_with_the_lowest_frequency_alone_it_is_squeeze_and_excitation(
    size: tuple[int, int],
) -> None:
    ours = FrequencyAttention(12, size, ratio=3, num_frequencies=1).double()
    theirs = SqueezeExcitation(12, ratio=3).double()
    height, width = ours.constant_filter.shape[1:]
    state = {key: value for key, value in ours.state_dict().items() if "filter" not in key}
    state["squeeze.weight"] = state["squeeze.weight"] * math.sqrt(height * width)
    theirs.load_state_dict(state)
    x = Case("fca", 12, size).maps(dtype=torch.float64)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-6, atol=1e-6)  # of single precision


def test_filters_are_saved_and_not_trained() -> None:
    module = create("fca", 16, (8, 10))
    assert module.state_dict()["constant_filter"].shape == (16, 8, 10)
    assert "constant_filter" not in dict(module.named_parameters())


@pytest.mark.parametrize(
    ("options", "channels", "size", "resolved"),
    [
        ({}, 64, (8, 8), {"ratio": 16, "filter_size": 8, "num_frequencies": 16}),
        ({"filter_size": 8}, 64, None, {"ratio": 16, "filter_size": 8, "num_frequencies": 16}),
        ({}, 64, (4, 2), {"ratio": 16, "filter_size": 7, "num_frequencies": 16}),
        ({}, 64, (8, 6), {"ratio": 16, "filter_size": "site", "num_frequencies": 16}),
        ({"ratio": 2}, 10, (7, 7), {"ratio": 2, "filter_size": 7, "num_frequencies": 10}),
    ],
)
def test_canonical_options(
    options: dict[str, object],
    channels: int,
    size: tuple[int, int] | None,
    resolved: dict[str, object],
) -> None:
    assert resolve_options("fca", options, channels, size) == resolved


def test_filters_of_the_sites_size_need_the_size() -> None:
    for make in (create, lambda _, *args: FrequencyAttention(*args)):
        with pytest.raises(UserError, match=r'fca\.filter_size = "site": needs the size'):
            make("fca", 64)


def test_ratio_without_hidden_channels_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"fca.ratio = 16: leaves no hidden channel of 8; .* 1 to 8$"
    ):
        create("fca", 8, (7, 7))


def test_trainable_parameters() -> None:
    module = create("fca", 64, (32, 32))
    assert sum(p.numel() for p in module.parameters()) == 2 * 64 * 4
