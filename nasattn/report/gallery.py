"""Pictures that a network has classified, right and wrong marked by sign and by colour."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from nasattn.records import Study, Trial
from nasattn.report.conditions import conditions
from nasattn.report.picture import check_suffix, import_plots
from nasattn.report.placements import describe
from nasattn.report.units import percent

_SUFFIXES = (".png", ".html")


class Shown(Protocol):
    """A picture, its class, and what a network took it for."""

    @property
    def png(self) -> bytes:
        """The picture as a PNG file."""

    @property
    def truth(self) -> str:
        """Its class."""

    @property
    def predicted(self) -> str:
        """The class that the network took it for."""

    @property
    def probability(self) -> float:
        """Of that class, from 0 to 1."""

    @property
    def is_right(self) -> bool:
        """Whether these classes are one."""


class Gallery(NamedTuple):
    """What a gallery shows.

    Attributes:
        title: The network.
        summary: How well it did on the whole split, and how the pictures were chosen.
        conditions: Under which it was trained.
        pictures: In the order of the drawing.
    """

    title: str
    summary: str
    conditions: str
    pictures: Sequence[Shown]


def check_gallery(file: Path) -> None:
    """Check that a gallery can be written to ``file``, before the work is done.

    Raises:
        UserError: its suffix is none of those possible, or matplotlib, which draws PNGs, is not
            installed.
    """
    check_suffix(file, _SUFFIXES, "--gallery")
    if file.suffix.lower() == ".png":
        import_plots("--gallery")


def make_gallery(
    study: Study,
    trial: Trial,
    measured: tuple[str, int, float],
    pictures: Sequence[Shown],
) -> Gallery:
    """Write the words of a gallery.

    Args:
        study: Whose trial.
        trial: Whose network.
        measured: The split, how many images it has, and the accuracy on all of them.
        pictures: Some of these images.
    """
    split, count, accuracy = measured
    right = round(accuracy * count)
    return Gallery(
        f"{study.name}, trial {trial.trial}: {describe(trial)}",
        f"{right:,} of {count:,} {split} images right ({percent(accuracy)} %). Shown are "
        f"{len(pictures)} of them: a fixed (seeded) sample in the proportions of the classes, the "
        "same for every trial on these data, whatever the network says.",
        f"conditions: {conditions(study, [trial])}",
        pictures,
    )


def caption(picture: Shown) -> str:
    """Write the sign, what the picture was taken for, and what it is where that is not the same."""
    said = f"{picture.predicted} ({100 * picture.probability:.1f} %)"
    return f"✓ {said}" if picture.is_right else f"✗ {said}\nis {picture.truth}"


def write_gallery(gallery: Gallery, file: Path) -> None:
    """Write a gallery as a PNG picture or as one HTML file, by the suffix of a checked file.

    Raises:
        WriteError: the file cannot be written.
    """
    if file.suffix.lower() == ".html":
        from nasattn.report.gallery_html import write_html

        return write_html(gallery, file)
    from nasattn.report.gallery_picture import draw_gallery

    return draw_gallery(gallery, file)
