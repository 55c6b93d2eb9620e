import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.report.costs import range_table, signed, span
from nasattn.report.placements import option_word
from nasattn.report.units import counted


@pytest.mark.parametrize(
    ("count", "words"), [(0, "+0"), (1, "+1"), (-64, "-64"), (1250, "+1.250k"), (-1250, "-1.250k")]
)
def test_what_is_added_has_its_sign(count: int, words: str) -> None:
    assert signed(count) == words


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_ends_that_read_the_same_are_told_once(low: int, more: int) -> None:
    words = span([low, low + more])
    assert words.split(" to ") == list(dict.fromkeys([signed(low), signed(low + more)]))


def test_a_range_is_exact_and_against_the_bare_backbone() -> None:
    rows = {"least": {"params": 100, "flops": 900}, "most": {"params": 150, "flops": 1000}}
    table = range_table({"params": 100, "flops": 1000}, rows)
    assert table.heads == ("<", "params", "Δ %", "flops", "Δ %")
    assert [row.cells for row in table.rows] == [
        ("bare backbone", "100", "", "1,000", ""),
        ("least", "100", "0", "900", "-10.00"),
        ("most", "150", "+50.00", "1,000", "0"),
    ]


def test_a_cost_that_the_backbone_has_none_of_has_no_percentage() -> None:
    _, row = range_table({"params": 0}, {"most": {"params": 5}}).rows
    assert row.cells == ("most", "5", "")


@pytest.mark.parametrize(
    ("module", "slot", "word"),
    [("gct", "after_conv", "gct"), (None, "after_conv", "none"), (None, "activation", "keep")],
)
def test_an_option_is_called_as_in_the_file(module: str | None, slot: str, word: str) -> None:
    assert option_word({"module": module}, slot) == word


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 seeds"), (1, "1 seed"), (2, "2 seeds"), (50_000, "50,000 seeds")]
)
def test_one_is_singular(number: int, words: str) -> None:
    assert counted(number, "seed") == words
