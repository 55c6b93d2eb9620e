"""The images of a study: which are trained on, which accuracy is measured on."""

import hashlib

from nasattn.data import DataSpec, Splits, load, normalisation
from nasattn.errors import UserError
from nasattn.search.study.settings import Settings


def frozen_splits(settings: Settings) -> Splits:
    """Return the images of a frozen study, see ``evaluated_splits``.

    Raises:
        UserError: they are not there any more, or are others.
    """
    data = settings.data
    splits = evaluated_splits(load(data, settings.input_shape), data, settings.evaluate)
    if data_digest(splits) != settings.data_digest:
        raise UserError(f'study "{settings.name}": the images of data set {data.name} have changed')
    return splits


def evaluated_splits(splits: Splits, data: DataSpec, evaluate: str) -> Splits:
    """Return the images with those that accuracy is measured on as the validation part.

    With ``evaluate = "test"`` these are the test images; the validation images are then
    trained on too, unless the data set's ``limit`` says how many to train on.
    """
    if evaluate == "validation":
        return splits
    train = splits.train
    if data.limit is None:
        train = train.joined(splits.validation)
    mean, std = normalisation(data, train)
    return Splits(train, splits.test, splits.test, splits.classes, mean, std)


def data_digest(splits: Splits) -> str:
    """Return twelve hex digits that change with any image or label of any split.

    Of streamed pictures they are made of names, lengths and first 4,096 bytes of the files, and
    of how they are fitted, in place of the pixels.
    """
    digest = hashlib.sha256()
    for part in (splits.train, splits.validation, splits.test):
        for piece in part.identity():
            digest.update(piece)
    return digest.hexdigest()[:12]


def num_images(splits: Splits) -> dict[str, int]:
    """Return the number of images of each split."""
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    return {name: len(part) for name, part in parts.items()}
