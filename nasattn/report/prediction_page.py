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
        page += [*_images(document["images"]).lines(width), ""]
    if document["held_out"] is not None:
        page += [*folded(_held_out(document["held_out"]), width), ""]
    return [*page, *folded([_how(document)], width)]


def prediction_rows(document: Document) -> tuple[tuple[str, ...], list[Document]]:
    """Return heads and rows of ``nasattn predict --csv``: a row for each class that is named.

    Without pictures it is the one row of what was measured on the split.
    """
    if not document["images"]:
        return ("split", "num_images", "accuracy", "recorded_accuracy"), [document["held_out"]]
    named = ((image, *one) for image in document["images"] for one in enumerate(image["top"], 1))
    fields = ("image", "place", "class", "probability")
    return fields, [{"image": i["image"], "place": place, **one} for i, place, one in named]


def prediction_tables(document: Document) -> list[Table]:
    """Return the tables of ``nasattn predict``: the pictures, and what a split came to."""
    images = _images(document["images"])._replace(title="Predictions")
    found = document["held_out"]
    measured = [] if found is None else [_measured(found)]
    return [table for table in (images, *measured) if table.rows]


def prediction_caption(document: Document) -> str:
    """Say of which network the predictions are, and how they were computed."""
    return f"{_of(document)}; {_how(document)}"


def _images(images: Iterable[Mapping[str, Any]]) -> Table:
    return Table(("<image", "<class", "%"), "then", tuple(map(_row, images)))


def _measured(found: Mapping[str, Any]) -> Table:
    recorded = found["recorded_accuracy"]
    cells = (
        found["split"],
        f"{found['num_images']:,}",
        percent(found["accuracy"]),
        "" if recorded is None else percent(recorded),
    )
    heads = ("<images", "number", "accuracy %", "recorded %")
    return Table(heads, "", (Row(cells),), "Accuracy on all images of a split")


def _how(document: Document) -> str:
    return f"computed on {document['device']} in {document['precision']}"


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
