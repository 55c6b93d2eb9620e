"""What an export has written."""

from collections.abc import Mapping
from typing import Any

from nasattn.report.ink import folded, paint
from nasattn.report.units import human

_WHAT = {
    "weights.safetensors": "the weights, as tensors alone",
    "architecture.json": "backbone and placements",
    "usage.json": "classes, input shape, normalisation",
    "README.md": "the model card",
}


def export_page(document: Mapping[str, Any], width: int | None) -> list[str]:
    """Return the lines of ``nasattn export``."""
    page = [paint(f"{document['study']}, trial {document['trial']}: {document['folder']}", "bold")]
    longest = max(map(len, document["files"]))
    for name, size in document["files"].items():
        what = _WHAT.get(name, f"a program that needs no nasattn ({document['format']})")
        page.append(f"  {name:<{longest}}  {human(size):>7} bytes  {what}")
    if document["largest_difference"] is not None:
        said = (
            f"run once on five random images, the program's logits differed by at most "
            f"{document['largest_difference']:.2g}"
        )
        page += folded([said], width)
    return page
