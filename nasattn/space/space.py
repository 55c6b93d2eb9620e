"""The search space: the architectures that a file denotes, as a list of decisions."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nasattn.backbones import default_input_shape
from nasattn.errors import UnknownNameError, UserError
from nasattn.placement import Architecture, Placement, Site, Sites, backbone_sites, canonical
from nasattn.placement.architecture import Shape
from nasattn.space.decision import Decision, check_option
from nasattn.space.domains import Scalar
from nasattn.space.govern import check_disjoint, governed_sites, group_sites
from nasattn.space.options import Option, parse_options
from nasattn.space.schema import Choice, SpaceFile, read_space_file


@dataclass(frozen=True, slots=True)
class Space:
    """The architectures that differ in the outcomes of ``decisions`` only.

    Attributes:
        backbone: Name of the backbone.
        backbone_args: What its factory takes besides, sorted by name.
        input_shape: ``(C, H, W)``.
        decisions: In the order of the file; no site is governed by two of them.
    """

    backbone: str
    backbone_args: tuple[tuple[str, Scalar], ...]
    input_shape: Shape
    decisions: tuple[Decision, ...]

    @classmethod
    def from_file(cls, file: SpaceFile, place: str) -> Self:
        """Find the sites that the choices of ``file`` govern and check every option at each.

        Args:
            file: The file's content.
            place: The file's name, for errors.

        Raises:
            UnknownNameError: an unknown backbone, module, key or hyperparameter.
            UserError: the space is empty, a choice governs no site, two choices govern one
                site or share a name, or a value is illegal at a site.
        """
        _check_choices(file.choice, place)
        places = [f"{place} [choice {number + 1}]" for number in range(len(file.choice))]
        options = list(map(parse_options, file.choice, places))
        shape, found = find_sites_of(file, place)
        governed = [
            governed_sites(choice, found, file.backbone, at)
            for choice, at in zip(file.choice, places, strict=True)
        ]
        check_disjoint(file.choice, governed, place)
        decisions = [
            decision
            for parts in zip(file.choice, governed, options, places, strict=True)
            for decision in _decisions(*parts)
        ]
        return cls(file.backbone, _sorted_items(file), shape, tuple(decisions))

    def architecture(self, placements: Iterable[Placement]) -> Architecture:
        """Return the canonical architecture of this backbone with ``placements``."""
        return canonical(self.backbone, dict(self.backbone_args), self.input_shape, placements)


def load_space(path: Path | str) -> Space:
    """Read a search-space file and check it against its backbone.

    Raises:
        UserError: as `read_space_file` and `Space.from_file` do.
    """
    return Space.from_file(read_space_file(Path(path)), str(path))


def find_sites_of(file: SpaceFile, place: str) -> tuple[Shape, Sites]:
    """Return the input shape of a file's backbone and its sites at that shape.

    Raises:
        UnknownNameError: there is no such backbone.
        UserError: it does not take these arguments or this input shape.
    """
    try:
        shape = file.input_shape or default_input_shape(file.backbone)
        return shape, backbone_sites(file.backbone, dict(_sorted_items(file)), shape)
    except UnknownNameError as error:
        raise UnknownNameError(error.kind, error.name, error.known, place) from None
    except UserError as error:
        raise UserError(f"{place}: {error}") from None


def _sorted_items(file: SpaceFile) -> tuple[tuple[str, Scalar], ...]:
    return tuple(sorted(file.backbone_args.items()))


def _check_choices(choices: tuple[Choice, ...], place: str) -> None:
    if not choices:
        raise UserError(f"{place}: the search space is empty: it has no [[choice]] table")
    counts = Counter(choice.name for choice in choices)
    for name, count in counts.items():
        if count > 1:
            raise UserError(f'{place}: {count} choices have the name "{name}"; give each its own')


def _decisions(
    choice: Choice, sites: tuple[Site, ...], options: tuple[Option, ...], place: str
) -> Iterator[Decision]:
    for option in options:
        check_option(option, sites, f'{place} "{choice.name}"')
    for name, group in group_sites(choice, sites).items():
        yield Decision(name, choice.name, choice.slot, group, options)
