import re

import pytest

from nasattn.backbones import default_input_shape
from nasattn.placement.describing import describe_sites
from nasattn.records.outline import KeptSite, kept_site
from nasattn.report.ink import plain
from nasattn.report.network_picture import network_picture
from tests.outlines import make_outline, placed

NETWORKS = [
    "resnet8",
    "alexnet",
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in ("resnet56", "mobilenet_v2", "torchvision:googlenet")
    ),
]
MODULES = {
    "before_conv": ("gct", {"mode": "l1"}),
    "activation": ("atac", {"ratio": 4, "bias": False}),
    "after_conv": ("se", {"ratio": 16}),
    "block_end": ("eca", {"kernel_size": 5}),
}


def sites_of(backbone: str) -> list[KeptSite]:
    document = describe_sites(backbone, {}, default_input_shape(backbone))
    return [kept_site(site) for site in document["sites"]]


def filled(sites: list[KeptSite]) -> list[dict[str, object]]:
    return [
        {
            "slot": site.slot,
            "at": site.at,
            "module": MODULES[site.slot][0],
            "options": MODULES[site.slot][1],
        }
        for site in sites
    ]


@pytest.mark.parametrize("width", [80, 160, None])
@pytest.mark.parametrize("backbone", NETWORKS)
def test_every_placement_and_every_block_is_drawn(backbone: str, width: int | None) -> None:
    sites = sites_of(backbone)
    blocks = len({site.block for site in sites})
    for step in (1, 3, 7, len(sites) + 1):
        placements = filled(sites[::step]) if step <= len(sites) else []
        lines = [plain(line) for line in network_picture(sites, placements, width)]
        assert all(line == line.rstrip() for line in lines)
        assert width is None or all(len(line) <= width for line in lines)
        assert sum(line.startswith("stage ") for line in lines) == len({s.stage for s in sites})
        assert drawn_blocks(lines) == blocks
        assert drawn_modules(lines) == len(placements)


def drawn_blocks(lines: list[str]) -> int:
    """Count the blocks that the rows of a picture stand for."""
    text = joined(lines)
    return sum(
        int(found or 1) for found in re.findall(r"\n  │ \S[^\n]*? {2,}(?:(\d+) blocks?,)?", text)
    )


def drawn_modules(lines: list[str]) -> int:
    """Count the modules of a picture; those of joined blocks as often as there are blocks."""
    rows = re.findall(r"\n  │ \S[^\n]*", joined(lines))
    times = [re.search(r"(\d+) blocks, each", row) for row in rows]
    return sum(row.count("[") * int(t[1] if t else 1) for row, t in zip(rows, times, strict=True))


def joined(lines: list[str]) -> str:
    """Put the lines that a row was folded into behind each other."""
    text = "\n" + "\n".join(lines[:-1])
    return re.sub(r" *\n  │ {3,}", "  ", text)


def test_modules_stand_where_they_are_in_the_forward_pass() -> None:
    sites = [site for site in sites_of("resnet8") if site.block == "layer2.0"]
    lines = [plain(line) for line in network_picture(sites, filled(sites), None)]
    assert lines[1].split("  ")[-1] == (
        "[gct(l1)] · conv1 · [se(r=16)] · [atac(r=4)] · [gct(l1)] · conv2 · [eca(k=5)] · add · "
        "[atac(r=4)]"
    )


def test_the_bare_network_says_that_nothing_is_placed() -> None:
    lines = network_picture(make_outline().sites, (), 80)
    assert sum("1 block, nothing placed" in line for line in lines) == 3
    (line,) = [
        line
        for line in network_picture(make_outline().sites, placed(2), 80)
        if "│ " in line and "nothing" not in line
    ]
    assert plain(line) == "  │ layer2.0  [gct] · conv1"
