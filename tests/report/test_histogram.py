"""Histograms in characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.report.histogram import histogram
from nasattn.report.ink import plain

COUNTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=60).filter(any)
SHARES = COUNTS.map(lambda counts: [count / sum(counts) for count in counts])


def drawn(shares: list[float]) -> list[str]:
    """Return the rows of the bars, the lowest first, as wide as the axis."""
    lines = histogram("params", range(len(shares) + 1), shares, None)
    rows = [line.partition(line[8:9])[2].ljust(len(shares)) for line in lines[1:5]]
    return rows[::-1]


def heights(shares: list[float]) -> list[int]:
    rows = drawn(shares)
    return [sum(" ▁▂▃▄▅▆▇█".index(row[column]) for row in rows) for column in range(len(shares))]


@given(shares=SHARES)
def test_a_bar_is_as_high_as_its_share(shares: list[float]) -> None:
    for height, share in zip(heights(shares), shares, strict=True):
        exact = 32 * share / max(shares)
        assert height == pytest.approx(exact, abs=0.5) or (0 < exact < 1 and height == 1)
        assert (height > 0) == (share > 0)


@given(shares=SHARES)
def test_bars_have_no_holes(shares: list[float]) -> None:
    for above, below in zip(drawn(shares)[1:], drawn(shares), strict=False):
        for high, low in zip(above, below, strict=True):
            assert high == " " or low == "█"


def test_axis_unit_and_mark() -> None:
    lines = histogram("flops", [1e6, 2e6, 3e6], [0.25, 0.75], ("budget 3,000,000", 3e6))
    assert lines[0] == "flops (M)"
    assert lines[1].startswith("   75 % ┤")
    assert plain(lines[-1]) == " " * 10 + "▲ budget 3,000,000"


@pytest.mark.parametrize("place", [0.5, 3.5])
def test_a_mark_beyond_the_axis_is_left_out(place: float) -> None:
    lines = histogram("flops", [1, 2, 3], [0.5, 0.5], ("budget", place))
    assert not any("▲" in line for line in lines)
