"""Laws of size, enumeration, choosing and cost over small random spaces."""

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nasattn import space as sp
from nasattn.cost import CostModel
from nasattn.space import Interval, Scalar, Space, SpaceFile

few = settings(max_examples=60, deadline=None)

BACKBONE = {"backbone": "resnet8", "input_shape": [1, 8, 8], "backbone_args": {"width": 16}}
SCOPES = ("network", "stage", "block", "site")
COSTS = CostModel("resnet8", {"width": 16}, (1, 8, 8))

# Some of these come to the same: an adaptive kernel and 3, ratios 9 and 16 of 16 channels.
VALUES: dict[str, dict[str, list[Scalar]]] = {
    "gct": {"mode": ["l2", "l1"], "after_relu": [True, False]},
    "atac": {"ratio": [2, 9, 16], "bias": [False, True]},
    "eca": {"kernel_size": ["adaptive", 1, 3, 5]},
    "nam": {"penalty": [1e-4, 1e-3], "attend": ["channel", "spatial"]},
    "se": {"ratio": [1, 9, 16]},
}
MODULES = {
    "before_conv": ("gct", "eca"),
    "activation": ("atac",),
    "block_end": ("eca", "nam", "se"),
    "after_conv": ("gct", "se"),
}


SLOTS = [(slot,) for slot in MODULES] + [("activation", "block_end"), ("before_conv", "activation")]
LIMIT = 7**3  # three stages, each without or with one of two modules of up to three values


@st.composite
def tables(draw: st.DrawFn, module: str) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(VALUES[module])))
    values = st.lists(st.sampled_from(VALUES[module][name]), max_size=3, min_size=1, unique=True)
    return draw(st.sampled_from([{}, {name: draw(values)}]))


@st.composite
def choices(draw: st.DrawFn, slot: str, scopes: Sequence[str]) -> dict[str, Any]:
    modules = draw(st.lists(st.sampled_from(MODULES[slot]), min_size=1, max_size=2, unique=True))
    nothing = draw(st.sampled_from([[], ["none"], ["keep"]]))
    return {
        "name": slot,
        "slot": slot,
        "scope": draw(st.sampled_from(scopes)),
        "options": draw(st.permutations([*nothing, *modules])),
        **{module: draw(tables(module)) for module in modules},
    }


@st.composite
def files(draw: st.DrawFn) -> SpaceFile:
    """Draw a space of at most ``LIMIT`` architectures."""
    slots = draw(st.sampled_from(SLOTS))
    scopes = ("network", "stage") if len(slots) == 1 else ("network",)
    drawn = [draw(choices(slot, scopes)) for slot in slots]
    return SpaceFile.model_validate({**BACKBONE, "choice": drawn})


def load(file: SpaceFile) -> Space:
    return Space.from_file(file, "x.toml")


class Odometer:
    """Answers by a list of positions and notes how many answers there were at each question."""

    def __init__(self, positions: Sequence[int]) -> None:
        self.positions = list(positions)
        self.asked: dict[str, Sequence[Scalar]] = {}
        self.taken: list[tuple[int, int]] = []

    def categorical(self, name: str, values: Sequence[Scalar]) -> Scalar:
        assert name not in self.asked
        self.asked[name] = values
        position = self.positions[len(self.taken)] if len(self.taken) < len(self.positions) else 0
        self.taken.append((position, len(values)))
        return values[position]

    def number(self, name: str, interval: Interval) -> float:
        raise AssertionError(f"{name} is asked for as {interval}")


def all_decided(space: Space) -> Iterator[tuple[str, Odometer]]:
    positions: list[int] | None = []
    while positions is not None:
        odometer = Odometer(positions)
        yield sp.decide(space, odometer).digest, odometer
        positions = _next(odometer.taken)


def _next(taken: list[tuple[int, int]]) -> list[int] | None:
    while taken and taken[-1][0] + 1 == taken[-1][1]:
        taken = taken[:-1]
    return [*(at for at, _ in taken[:-1]), taken[-1][0] + 1] if taken else None


@few
@given(file=files())
def test_the_size_is_the_number_of_different_architectures(file: SpaceFile) -> None:
    space = load(file)
    digests = [architecture.digest for architecture in sp.enumerate_architectures(space)]
    assert len(digests) == len(set(digests)) == sp.size(space) <= LIMIT


@few
@given(file=files())
def test_choosing_reaches_what_enumeration_lists_and_nothing_else(file: SpaceFile) -> None:
    space = load(file)
    decided = {digest for digest, _ in all_decided(space)}
    assert decided == {architecture.digest for architecture in sp.enumerate_architectures(space)}


@few
@given(file=files())
def test_every_question_is_a_parameter_of_the_space_and_open(file: SpaceFile) -> None:
    space = load(file)
    asked = {name: tuple(vs) for _, o in all_decided(space) for name, vs in o.asked.items()}
    assert all(len(values) > 1 for values in asked.values())
    domains = {name: sp.Categorical(values) for name, values in asked.items()}
    assert domains == sp.parameters(space)


@few
@given(file=files())
def test_costs_lie_in_the_range_and_both_ends_are_attained(file: SpaceFile) -> None:
    space = load(file)
    totals = [COSTS.cost(architecture) for architecture in sp.enumerate_architectures(space)]
    for cost, ends in sp.cost_range(space, COSTS).items():
        values = [getattr(total, cost) for total in totals]
        assert (min(values), max(values)) == ends


@few
@given(file=files())
def test_the_cheapest_and_the_dearest_cost_what_the_range_says(file: SpaceFile) -> None:
    space = load(file)
    for cost, found in sp.cost_extremes(space, COSTS).items():
        ends = (found.cheapest, found.dearest)
        assert tuple(getattr(COSTS.cost(end), cost) for end in ends) == found.range


@few
@given(file=files())
def test_what_the_options_add_bounds_the_range(file: SpaceFile) -> None:
    space = load(file)
    added: dict[str, list[sp.OptionCost]] = {}
    for cost in sp.option_costs(space, COSTS):
        added.setdefault(cost.choice, []).append(cost)
    low, high = sp.cost_range(space, COSTS)["flops"]
    # Options may differ from decision to decision, so the space reaches at least as far.
    least = sum(min(cost.flops[0] for cost in costs) for costs in added.values())
    most = sum(max(cost.flops[1] for cost in costs) for costs in added.values())
    assert low <= COSTS.base.flops + least <= COSTS.base.flops + most <= high


@few
@given(file=files())
def test_a_space_written_down_and_read_again_is_the_same(file: SpaceFile) -> None:
    written = file.model_dump(mode="json", exclude_none=True)
    assert load(SpaceFile.model_validate(written)) == load(file)


@few
@given(file=files())
def test_a_narrower_scope_keeps_the_sites_and_adds_decisions(file: SpaceFile) -> None:
    spaces = [_scoped(file, scope) for scope in SCOPES]
    governed = [_governed(space) for space in spaces]
    assert all(sites == governed[0] for sites in governed)
    assert len(governed[0]) == len(set(governed[0]))
    counts = [len(space.decisions) for space in spaces]
    assert counts == sorted(counts)
    assert counts[-1] == len(governed[0])
    for space in spaces:
        names = [decision.name for decision in space.decisions]
        assert len(names) == len(set(names))


def _scoped(file: SpaceFile, scope: str) -> Space:
    update = {"scope": sp.Scope(scope)}
    choices = tuple(choice.model_copy(update=update) for choice in file.choice)
    return load(file.model_copy(update={"choice": choices}))


def _governed(space: Space) -> list[str]:
    return sorted(site.name for decision in space.decisions for site in decision.sites)
