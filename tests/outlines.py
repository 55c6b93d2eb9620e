"""Outlines of made-up studies, for tests of what reads them."""

from collections.abc import Sequence
from typing import Any

from nasattn.records.outline import KeptDecision, KeptOption, KeptSite, Outline


def make_outline(stages: int = 3, options: Sequence[str] = ("none", "gct")) -> Outline:
    """Return an outline of one block a stage, each with a decision before its convolution."""
    sites = tuple(
        KeptSite("before_conv", f"layer{n}.0.conv1", n, f"layer{n}.0", 16 * n, (32 // n, 32 // n))
        for n in range(1, stages + 1)
    )
    decisions = tuple(
        KeptDecision(
            f"gate.stage{site.stage}",
            "gate",
            "before_conv",
            (site.name,),
            tuple(make_option(word) for word in options),
            {"params": 4.0 * site.stage, "flops": 9.0},
        )
        for site in sites
    )
    return Outline(sites, decisions)


def make_option(word: str) -> KeptOption:
    """Return an option; an eca has kernel sizes, a nam an interval of penalties."""
    domains: dict[str, Any] = {
        "eca": {"kernel_size": [3, 5]},
        "nam": {"penalty": {"low": 1e-5, "high": 1e-2, "log": True}},
    }
    most = 0 if word == "none" else 100
    module = None if word == "none" else word
    return KeptOption(module, domains.get(word, {}), {"params": (0, 0), "flops": (most, most)})


def placed(*stages: int, module: str = "gct", **options: Any) -> tuple[dict[str, Any], ...]:
    """Return placements before the convolutions of these stages."""
    return tuple(
        {"slot": "before_conv", "at": f"layer{n}.0.conv1", "module": module, "options": options}
        for n in stages
    )
