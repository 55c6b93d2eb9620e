"""The kernel: positive semi-definite, by its formula, blind to what does not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasattn.surrogate.content import Content, coarse, similarity
from nasattn.surrogate.encoding import Encoding, Slot
from nasattn.surrogate.kernel import Points, own_terms, terms
from nasattn.surrogate.scale import scaled_costs
from tests.surrogate.made_up import ARCHITECTURES, CONTENTS, SLOTS

SEVERAL = st.lists(ARCHITECTURES, min_size=1, max_size=12)


def points_of(encoding: Encoding, architectures: list[tuple[Content, ...]]) -> Points:
    costs = np.array([[len(str(one)) / 50, len(one)] for one in architectures])
    return Points(encoding.encode(architectures), costs)


@settings(deadline=None, max_examples=25)
@given(SEVERAL)
def test_every_term_is_positive_semi_definite(architectures: list[tuple[Content, ...]]) -> None:
    encoding = Encoding(SLOTS)
    points = points_of(encoding, architectures)
    for term in terms(encoding, points, points):
        np.testing.assert_allclose(term, term.T, atol=1e-12)
        assert np.linalg.eigvalsh(term).min() > -1e-9
    np.testing.assert_allclose(
        own_terms(encoding, points),
        np.stack([np.diag(term) for term in terms(encoding, points, points)]),
        atol=1e-12,
    )


@settings(deadline=None, max_examples=25)
@given(st.lists(CONTENTS, min_size=1, max_size=20))
def test_similarity_is_positive_semi_definite_and_1_of_equals(contents: list[Content]) -> None:
    found = similarity([coarse(content) for content in contents])
    assert np.linalg.eigvalsh(found).min() > -1e-9
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()
    np.testing.assert_allclose(np.diag(found), 1.0)


def alike(first: Content, second: Content) -> float:
    return float(similarity([coarse(first), coarse(second)])[0, 1])


def test_near_hyperparameters_are_alike_and_other_modules_are_not() -> None:
    ratios = [("atac", (("bias", False), ("ratio", ratio))) for ratio in (2, 4, 8, 16)]
    found = [alike(ratios[0], other) for other in ratios]
    assert found[0] == 1.0
    assert found == sorted(found, reverse=True)
    assert found[1] == pytest.approx(0.5 + 0.5 * np.exp(-0.5 * (1 / 2) ** 2), abs=1e-3)
    # An interval over four powers of ten: an end says half of what it could about the other.
    ends = [("nam", (("penalty", value),)) for value in (1e-5, 1.1e-5, 1e-1)]
    assert alike(ends[0], ends[1]) > 0.99
    assert alike(ends[0], ends[2]) == pytest.approx(0.5, abs=1e-3)
    assert alike(("gct", (("mode", "l1"),)), ("gct", (("mode", "l2"),))) == 0.5
    assert alike(("gct", ()), ("se", ())) == alike(("gct", ()), None) == 0.0


def test_the_terms_are_their_formulas() -> None:
    slots = (Slot("block_end"), Slot("block_end", 2), Slot("activation"))
    a, b = ("se", ()), ("ortho", ())
    pair = [(a, b, None), (a, a, None)]
    encoding = Encoding(slots)
    codes = encoding.encode(pair)
    costs = np.array([[0.1, 0.5], [0.4, 0.5]])
    found = [term[0, 1] for term in terms(encoding, Points(codes, costs), Points(codes, costs))]
    # One of three block ends is the same, and the activation; each kind counts half.
    sites = (1 / 3 + 1) / 2
    # Shares at block ends: a third of a and two thirds of b against a alone.
    shared = (1 / 3 * 1 + 1) / 2
    np.testing.assert_allclose(found, [sites, sites**2, shared, np.exp(-0.5), 0.0], rtol=1e-12)


@settings(deadline=None, max_examples=15)
@given(SEVERAL)
def test_sites_that_always_hold_the_same_may_be_one_slot(
    architectures: list[tuple[Content, ...]],
) -> None:
    apart = [Slot(slot.kind) for slot in SLOTS for _ in range(slot.num_sites)]
    spread = [
        tuple(c for c, slot in zip(one, SLOTS, strict=True) for _ in range(slot.num_sites))
        for one in architectures
    ]
    joined, single = Encoding(SLOTS), Encoding(apart)
    first, second = points_of(joined, architectures), points_of(single, spread)
    second = Points(second.codes, first.costs)
    np.testing.assert_allclose(
        terms(joined, first, first), terms(single, second, second), atol=1e-12
    )


@given(st.floats(1e-3, 1e9))
def test_the_unit_of_a_cost_changes_nothing(unit: float) -> None:
    rows, ranges = [(3.0, 5.0), (7.0, 5.0)], [(3.0, 9.0), (5.0, 5.0)]
    scaled = scaled_costs(
        [tuple(unit * cost for cost in row) for row in rows],
        [(unit * low, unit * high) for low, high in ranges],
    )
    np.testing.assert_allclose(scaled, scaled_costs(rows, ranges), atol=1e-9)
    assert scaled_costs(rows, ranges)[0].tolist() == [0.0, 0.0]
