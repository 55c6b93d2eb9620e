"""Laws of canonical options: equal networks have equal options, and the other way round."""

from collections.abc import Callable
from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nasattn.attention import Size, adaptive_kernel_size, get, resolve_options
from nasattn.attention.hidden import at_least_eight, canonical_ratio, floored, rounded

OPTIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "gct": {
        "mode": st.sampled_from(["l1", "l2"]),
        "after_relu": st.booleans(),
        "eps": st.sampled_from([1, 1e-5, 0.5]),
    },
    "atac": {"ratio": st.integers(1, 12), "bias": st.booleans()},
    "eca": {
        "kernel_size": st.sampled_from(["adaptive", 1, 3, 5, 31]),
        "gamma": st.sampled_from([0.5, 1, 2]),
        "b": st.sampled_from([-3, 0, 1, 2.5]),
    },
    "nam": {
        "attend": st.sampled_from(["channel", "spatial", "both"]),
        "penalty": st.sampled_from([0, -0.0, 0.0, 1e-4]),
    },
    "ortho": {
        "ratio": st.integers(1, 12),
        "filter_size": st.sampled_from(["site", 1, 3, 4]),
        "seed": st.sampled_from([None, 0, 5]),
    },
    "se": {"ratio": st.integers(1, 12)},
    "cbam": {"ratio": st.integers(1, 12), "kernel_size": st.sampled_from([1, 3, 7])},
    "bam": {"ratio": st.integers(1, 12), "dilation": st.sampled_from([1, 2, 3, 4, 5, 9])},
    "triplet": {"kernel_size": st.sampled_from([1, 3, 7])},
    "fca": {
        "ratio": st.integers(1, 12),
        "filter_size": st.sampled_from(["site", 7, 8, 14]),
        "num_frequencies": st.sampled_from([1, 2, 16, 18, 32]),
    },
    "simam": {"e_lambda": st.sampled_from([1, 1e-4, 0.5])},
    "coord": {"ratio": st.sampled_from([1, 2, 3, 16, 32, 100])},
}
SITES = st.tuples(st.integers(16, 20), st.sampled_from([(4, 4), (3, 3), (2, 5)]))


@st.composite
def choices(draw: st.DrawFn) -> tuple[str, dict[str, Any], int, Size]:
    """Draw a module, some of its options, and a site with enough channels for all of them."""
    name = draw(st.sampled_from(sorted(OPTIONS)))
    options = draw(st.fixed_dictionaries({}, optional=OPTIONS[name]))
    return name, options, *draw(SITES)


@given(choices())
@settings(max_examples=100, deadline=None)
def test_resolving_twice_changes_nothing(choice: tuple[str, dict[str, Any], int, Size]) -> None:
    name, options, channels, size = choice
    once = resolve_options(name, options, channels, size)
    assert resolve_options(name, once, channels, size) == once
    assert repr(resolve_options(name, once, channels, size)) == repr(once)  # types and zeros too


@given(choices())
@settings(max_examples=100, deadline=None)
def test_canonical_options_denote_the_same_network(
    choice: tuple[str, dict[str, Any], int, Size],
) -> None:
    name, options, channels, size = choice
    canonical = resolve_options(name, options, channels, size)
    given_function = _outputs(name, channels, size, _unresolved(name, options, channels))
    assert torch.equal(given_function, _outputs(name, channels, size, canonical))


@given(st.sampled_from(sorted(OPTIONS)), SITES, st.data())
@settings(max_examples=60, deadline=None)
def test_equal_options_are_equal_networks(
    name: str, site: tuple[int, Size], data: st.DataObject
) -> None:
    several = st.lists(st.fixed_dictionaries({}, optional=OPTIONS[name]), min_size=3, max_size=3)
    networks: dict[str, Tensor] = {}
    for options in data.draw(several):
        key = repr(resolve_options(name, options, *site))
        outputs = _outputs(name, *site, _unresolved(name, options, site[0]))
        assert torch.equal(networks.setdefault(key, outputs), outputs)


@given(
    st.integers(1, 300), st.integers(1, 600), st.sampled_from([floored, rounded, at_least_eight])
)
def test_canonical_ratio_keeps_the_hidden_channels(
    channels: int, ratio: int, hidden: Callable[[int, int], int]
) -> None:
    ratio = min(ratio, channels)
    found = canonical_ratio("se", channels, ratio, hidden)
    assert hidden(channels, found) == hidden(channels, ratio)
    assert canonical_ratio("se", channels, found, hidden) == found


@given(st.integers(1, 64), st.integers(1, 64), st.sampled_from([floored, rounded]))
def test_ratio_that_divides_the_channels_stays_as_written(
    ratio: int, count: int, hidden: Callable[[int, int], int]
) -> None:
    assert canonical_ratio("se", ratio * count, ratio, hidden) == ratio


@given(st.integers(1, 300), st.integers(1, 300))
def test_canonical_ratio_that_rounds_down_is_the_largest(channels: int, ratio: int) -> None:
    ratio = min(ratio, channels)
    found = canonical_ratio("se", channels, ratio, floored)
    assert found == channels // (channels // ratio)
    assert floored(channels, found + 1) < floored(channels, ratio)


@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 200))
def test_ratios_are_one_exactly_when_their_networks_are(
    channels: int, first: int, second: int
) -> None:
    first, second = min(first, channels), min(second, channels)
    same = canonical_ratio("se", channels, first, rounded) == canonical_ratio(
        "se", channels, second, rounded
    )
    assert same == (round(channels / first) == round(channels / second))


def _unresolved(name: str, options: dict[str, Any], channels: int) -> dict[str, Any]:
    """Return options as the class takes them, which knows no "adaptive"."""
    if name != "eca":
        return options
    kernel = options.get("kernel_size", "adaptive")
    if kernel == "adaptive":
        kernel = adaptive_kernel_size(channels, options.get("gamma", 2), options.get("b", 1))
    return {"kernel_size": kernel}


def _outputs(name: str, channels: int, size: Size, options: dict[str, Any]) -> Tensor:
    """Return what the class computes with all its parameters drawn from one seed."""
    module = get(name).cls(channels, size, **options)
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        nn.init.normal_(parameter, generator=generator)
    return module(torch.randn(2, channels, *size, generator=generator)).detach()
