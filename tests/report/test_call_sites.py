import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.report.call_sites import fold, natural

parts = st.sampled_from(["layer1", "layer2", "layer10", "0", "1", "2", "conv1", "relu", "relu_1"])
names = st.lists(st.lists(parts, min_size=1, max_size=3).map(".".join), min_size=1, max_size=12)


def unfold(text: str) -> set[str]:
    """Expand what `fold` wrote, by a grammar written independently of it."""
    found = re.findall(r"(?:[^,{}]|\{[^}]*\})+", text)
    return {name for one in found for name in expand(one.strip())}


def expand(pattern: str) -> set[str]:
    segments = re.findall(r"(?:[^.{}]|\{[^}]*\})+", pattern)
    return {".".join(choice) for choice in product(*map(alternatives, segments))}


def alternatives(segment: str) -> list[str]:
    braced = re.fullmatch(r"(.*)\{(.*)\}", segment)
    stem, inner = (braced[1], braced[2].split(",")) if braced else ("", [segment])
    return [stem + name for one in inner for name in counted(one)]


def counted(text: str) -> list[str]:
    found = re.fullmatch(r"(\D*)(\d+)-(\d+)", text)
    if not found:
        return [text]
    return [f"{found[1]}{number}" for number in range(int(found[2]), int(found[3]) + 1)]


@given(names)
def test_nothing_is_lost_and_nothing_added(found: list[str]) -> None:
    assert unfold(fold(found)) == set(found)


@given(names)
def test_order_and_duplicates_do_not_matter(found: list[str]) -> None:
    assert fold([*reversed(found), found[0]]) == fold(found)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (["layer1.0"], "layer1.0"),
        (["layer1.0", "layer1.1", "layer1.2"], "layer1.0-2"),
        (["layer2.0", "layer10.0", "layer3.0"], "layer{2-3,10}.0"),
        (["layer1.0.relu", "layer1.0.relu_1"], "layer1.0.{relu,relu_1}"),
        (["conv1", "layer1.0.conv1", "layer1.0.conv2"], "conv1, layer1.0.conv1-2"),
        (["features.0", "features.3"], "features.{0,3}"),
        (["a.01", "a.02"], "a.{01,02}"),
        (["a.0.x", "a.1.y"], "a.0.x, a.1.y"),
        (
            [f"layer{s}.{b}.conv{c}" for s in (1, 2, 3) for b in (0, 1) for c in (1, 2)],
            "layer1-3.0-1.conv1-2",
        ),
    ],
)
def test_examples(found: list[str], text: str) -> None:
    assert fold(found) == text


def test_natural_order() -> None:
    assert sorted(["layer10", "layer2", "layer1.10", "layer1.9"], key=natural) == [
        "layer1.9",
        "layer1.10",
        "layer2",
        "layer10",
    ]
