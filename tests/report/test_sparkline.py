from hypothesis import given
from hypothesis import strategies as st

from nasattn.report.sparkline import sparkline

values = st.lists(st.floats(0, 1), max_size=40)


@given(values, st.integers(1, 30))
def test_it_is_never_wider_and_a_character_an_epoch_where_there_is_room(
    curve: list[float], width: int
) -> None:
    assert len(sparkline(curve, width)) == min(len(curve), width)


@given(values, st.integers(1, 30))
def test_its_last_bar_is_the_last_value(curve: list[float], width: int) -> None:
    if len(curve) > 1 and len(set(curve[:-1])) == 1 and curve[-1] > curve[0] and width > 1:
        assert sparkline(curve, width)[-1] == "█"


def test_it_rises_where_the_curve_does() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline(list(range(16)), 4) == "▁▃▆█"
    assert sparkline([0.5, 0.5], 8) == "▅▅"
    assert sparkline([], 8) == ""
