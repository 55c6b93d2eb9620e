"""Random architectures, for laws that hold for all of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from hypothesis import strategies as st

from nasattn.placement import Architecture, Placement, Site, backbone_sites, canonical
from nasattn.space import Interval, Scalar, Space, decide

Options = Mapping[str, object]
SHAPE = (3, 8, 8)
ARGUMENTS = {"width": 8}

SHIPPED = sorted((Path(__file__).parents[1] / "search_spaces").glob("*.toml"))
"""The search spaces that come with the project."""

_RATIOS = st.integers(1, 8)


def _some(**options: st.SearchStrategy[object]) -> st.SearchStrategy[Options]:
    """Draw options, each given or left out; a ratio is given: the default is too large here."""
    given = {name: options.pop(name) for name in ("ratio",) if name in options}
    return st.fixed_dictionaries(given, optional=options)


_OPTIONS: Mapping[str, st.SearchStrategy[Options]] = {
    "atac": _some(ratio=_RATIOS, bias=st.booleans()),
    "bam": _some(ratio=_RATIOS, dilation=st.integers(1, 9)),
    "cbam": _some(ratio=_RATIOS, kernel_size=st.sampled_from([1, 3, 7])),
    "coord": _some(ratio=st.integers(1, 40)),
    "eca": _some(kernel_size=st.sampled_from(["adaptive", 1, 3, 5])),
    "fca": _some(
        ratio=_RATIOS,
        filter_size=st.sampled_from(["site", 7, 8, 14]),
        num_frequencies=st.integers(1, 32),
    ),
    "gct": _some(mode=st.sampled_from(["l1", "l2"]), after_relu=st.booleans()),
    "nam": _some(
        attend=st.sampled_from(["channel", "spatial", "both"]), penalty=st.floats(1e-6, 1e-2)
    ),
    "ortho": _some(ratio=_RATIOS, seed=st.integers(0, 9)),
    "se": _some(ratio=_RATIOS),
    "simam": _some(e_lambda=st.floats(1e-6, 1)),
    "triplet": _some(kernel_size=st.sampled_from([1, 3, 7])),
}


def resnet8_sites() -> tuple[Site, ...]:
    """Return the sites of the small backbone that the laws are tried on."""
    return backbone_sites("resnet8", ARGUMENTS, SHAPE).sites


def resnet8(*placements: Placement) -> Architecture:
    """Return a canonical architecture over that backbone."""
    return canonical("resnet8", ARGUMENTS, SHAPE, placements)


@st.composite
def placements(draw: st.DrawFn, most: int = 6) -> list[Placement]:
    """Draw placements at different sites, with some hyperparameters left out."""
    sites = draw(st.lists(st.sampled_from(resnet8_sites()), unique=True, max_size=most))
    return [draw(_placement(site)) for site in sites]


def architectures(most: int = 6) -> st.SearchStrategy[Architecture]:
    """Draw canonical architectures."""
    return placements(most).map(lambda drawn: resnet8(*drawn))


class _Drawing:
    """Chooses what Hypothesis draws."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def categorical(self, name: str, values: Sequence[Scalar]) -> Scalar:
        return self._draw(st.sampled_from(values), label=name)

    def number(self, name: str, interval: Interval) -> float:
        low, high = interval.low, interval.high
        whole = st.integers(int(low), int(high))
        return self._draw(whole if interval.integer else st.floats(low, high), label=name)


@st.composite
def architectures_of(draw: st.DrawFn, space: Space) -> Architecture:
    """Draw architectures of a search space."""
    return decide(space, _Drawing(draw))


@st.composite
def _placement(draw: st.DrawFn, site: Site) -> Placement:
    fitting = ["atac"] if site.slot == "activation" else sorted(_OPTIONS.keys() - {"atac"})
    module = draw(st.sampled_from(fitting))
    options = dict(draw(_OPTIONS[module]))
    if "ratio" in options:
        options["ratio"] = min(int(str(options["ratio"])), site.channels)
    return Placement(
        site.slot, site.at, module, tuple(draw(st.permutations(list(options.items()))))
    )
