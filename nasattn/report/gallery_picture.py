"""A gallery as a PNG picture."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from nasattn.report.gallery import Gallery, Shown, caption
from nasattn.report.picture import RIGHT, SMALL, WRONG, folded_for, new_figure, write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 8
_SIDE, _TEXT = 1.3, 0.35  # inches of a picture, and of the words under it
_HEADER = 1.1  # inches of title, summary and conditions


def draw_gallery(gallery: Gallery, file: Path) -> None:
    """Draw ``gallery``.

    Raises:
        UserError: matplotlib is not installed.
        WriteError: the file cannot be written.
    """
    columns = min(_COLUMNS, len(gallery.pictures))
    rows = -(-len(gallery.pictures) // columns)
    width = max(columns * _SIDE, 4 * _SIDE)
    figure = new_figure(width, rows * (_SIDE + _TEXT) + _HEADER, "--gallery")
    words = (folded_for(gallery.title, width, 10), folded_for(gallery.summary, width, 9))
    figure.suptitle("\n".join(words), fontsize=9)
    figure.supxlabel(folded_for(gallery.conditions, width, SMALL), fontsize=SMALL)
    places = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in places:
        axes.axis("off")
    for axes, picture in zip(places, gallery.pictures, strict=False):
        _draw(axes, picture)
    write_figure(figure, file)


def _draw(axes: "Axes", picture: Shown) -> None:
    from matplotlib.image import imread

    colour = RIGHT if picture.is_right else WRONG
    axes.imshow(imread(io.BytesIO(picture.png)), interpolation="nearest")
    axes.axis("on")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=colour, linewidth=3, linestyle="-" if picture.is_right else "--")
    lines = caption(picture).split("\n")
    words = "\n".join(folded_for(line, _SIDE, SMALL) for line in lines)
    axes.set_xlabel(words, color=colour, fontsize=SMALL)
