"""Placements in short words."""

from collections.abc import Mapping, Sequence
from typing import Any

from nasattn.records import Trial
from nasattn.report.call_sites import fold, natural
from nasattn.report.table import Row, Table

_SHORT = {
    "kernel_size": "k",
    "ratio": "r",
    "penalty": "p",
    "filter_size": "size",
    "spatial_kernel": "k",
}
# A report must not import the attention modules (torch): a test compares these with them.
_UNSAID: Mapping[tuple[str, str], object] = {
    ("atac", "bias"): False,
    ("bam", "dilation"): 4,
    ("fca", "num_frequencies"): 16,
    ("gct", "after_relu"): False,
    ("gct", "eps"): 1e-5,
    ("gct", "mode"): "l2",
    ("nam", "attend"): "channel",
    ("nam", "penalty"): 1e-4,
    ("ortho", "seed"): 0,
    ("simam", "e_lambda"): 1e-4,
}
# ATAC stands at activations only and the names of block ends say what they are.
_WHERE = {"before_conv": "before ", "after_conv": "after ", "activation": "", "block_end": ""}

BARE = "bare backbone"


def describe(trial: Trial) -> str:
    """Write what ``trial`` trained: its variant's name, then its placements."""
    words = summarize(trial.placements)
    return f"{trial.variant}: {words}" if trial.variant else words


def summarize(placements: Sequence[Mapping[str, Any]]) -> str:
    """Write placements as ``eca(k=5) @ layer1.0-2; gct @ before layer3.0.conv1``.

    Hyperparameters at their defaults are left out, except ratios and kernel sizes.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for placement in sorted(placements, key=lambda placement: natural(placement["at"])):
        where = _WHERE.get(placement["slot"], f"{placement['slot']} ")
        groups.setdefault((module_words(placement), where), []).append(placement["at"])
    texts = (f"{module} @ {where}{fold(ats)}" for (module, where), ats in groups.items())
    return "; ".join(texts) or BARE


def module_words(placement: Mapping[str, Any]) -> str:
    """Write the module with what is not usual about it: ``eca(k=5)``, ``gct(l1)``."""
    module = placement["module"]
    said = (
        _option(name, value)
        for name, value in placement["options"].items()
        if _UNSAID.get((module, name), ...) != value
    )
    words = ", ".join(said)
    return f"{module}({words})" if words else str(module)


def option_word(option: Mapping[str, Any], slot: str) -> str:
    """Write an option as a search-space file does; one without a module leaves ``slot`` alone."""
    return option["module"] or ("keep" if slot == "activation" else "none")


def options_words(placement: Mapping[str, Any]) -> str:
    """Write all hyperparameters of a placement."""
    return ", ".join(f"{name}={_plain(value)}" for name, value in placement["options"].items())


PLACEMENT_FIELDS = ("slot", "at", "module", "options")
"""What a placement is, in the order in which an architecture's file has it."""


def placements_table(placements: Sequence[Mapping[str, Any]]) -> Table:
    """List what stands where with all hyperparameters, in the order of the network's names."""
    ordered = sorted(placements, key=lambda p: (natural(p["at"]), p["slot"]))
    rows = tuple(Row((p["at"], p["slot"], p["module"]), options_words(p)) for p in ordered)
    return Table(("<at", "<slot", "<module"), "hyperparameters", rows, "Placements")


def _option(name: str, value: object) -> str:
    if value is True:
        return name
    if isinstance(value, str):
        return value
    return f"{_SHORT.get(name, name)}={_plain(value)}"


def _plain(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value).lower()
