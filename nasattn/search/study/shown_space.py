"""The search space that a file means to somebody who looks at it: its own, or its study's."""

from pathlib import Path
from typing import NamedTuple

from nasattn.backbones import default_input_shape
from nasattn.data import DataSpec, load
from nasattn.errors import UserError
from nasattn.schema import read_toml
from nasattn.search.study.study_file import read_study_file
from nasattn.space import Budget, SpaceFile, read_space_file

_CLASSES = 10
_OF_A_STUDY = frozenset({"search_space", "variant", "data", "recipe", "objectives"})


class ShownSpace(NamedTuple):
    """A search space with what its costs and the share within a budget depend on.

    Attributes:
        file: The content of the search-space file.
        place: Its name.
        budget: The study's; empty where the file is no study.
        num_classes: Outputs of the networks.
    """

    file: SpaceFile
    place: str
    budget: Budget
    num_classes: int


def read_shown_space(path: Path, num_classes: int | None) -> ShownSpace:
    """Read a search-space file, or a study file with the search space that it names.

    Args:
        path: The file.
        num_classes: Outputs of the networks; None asks the study's data set, and is 10 for a
            search space alone.

    Raises:
        UserError: a file or the data set is missing or wrong, or the study lists variants.
    """
    if not _OF_A_STUDY & read_toml(path).keys():
        return ShownSpace(read_space_file(path), str(path), Budget(), num_classes or _CLASSES)
    study, folder = read_study_file(path, {})
    if study.search_space is None:
        raise UserError(f"{path}: lists variants, not a search space")
    place = folder / study.search_space
    file = read_space_file(place)
    classes = num_classes or _count_classes(study.data, file)
    return ShownSpace(file, str(place), study.budget, classes)


def _count_classes(data: DataSpec, file: SpaceFile) -> int:
    try:
        shape = file.input_shape or default_input_shape(file.backbone)
        return len(load(data, shape).classes)
    except UserError as error:
        raise UserError(f"{error}; --classes N shows the space without the data") from None
