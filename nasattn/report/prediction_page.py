"""What a network says of pictures, on a terminal."""

from collections.abc import Iterable, Mapping
from typing import Any

from nasattn.report.documents import Document
from nasattn.report.ink import folded, headline
from nasattn.report.table import Row, Table
from nasattn.report.units import percent


def prediction_page(document: Document, width: int | None) -> list[str]:
    """Return the lines of ``nasattn predict``; ``width`` as for `pareto_page`."""
    page = headline(_of(document), width)
    if document["images"]:
        rows = tuple(map(_row, document["images"]))
        page += [*Table(("<image", "<class", "%"), "then", rows).lines(width), ""]
    if document["held_out"] is not None:
        page += [*folded(_held_out(document["held_out"]), width), ""]
    how = f"computed on {document['device']} in {document['precision']}"
    return [*page, *folded([how], width)]


def _of(document: Document) -> str:
    if document["study"] is None:
        return f"{document['folder']}, architecture {document['digest']}"
    return f"{document['study']}, trial {document['trial']}: architecture {document['digest']}"


def _row(image: Mapping[str, Any]) -> Row:
    others = (f"{one['class']} ({percent(one['probability'])} %)" for one in image["top"][1:])
    cells = (image["image"], image["class"], percent(image["probability"]))
    return Row(cells, ", ".join(others))


def _held_out(found: Mapping[str, Any]) -> Iterable[str]:
    count, split = found["num_images"], found["split"]
    yield f"accuracy on all {count:,} {split} images: {percent(found['accuracy'])} %"
    if found["recorded_accuracy"] is not None:
        yield f"recorded when it was trained: {percent(found['recorded_accuracy'])} %"
    if found["gallery"] is not None:
        yield f"gallery: {found['gallery']}"
