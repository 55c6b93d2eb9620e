"""One trial: build the architecture, train it or go on with it, keep what it needs to go on."""

import hashlib
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

from nasattn.placement import Architecture, build
from nasattn.search.study.environment import differences, environment
from nasattn.search.study.freeze import Material
from nasattn.search.study.session import Session
from nasattn.search.trial.kept import keep_network, usage_of
from nasattn.training import (
    Checkpoints,
    Epoch,
    FolderShelf,
    Shelf,
    Training,
    deterministic,
    is_open_ended,
    seed_of,
)


def train_architecture(  # noqa: PLR0913 - all that a training depends on
    material: Material,
    architecture: Architecture,
    repeat: int,
    session: Session,
    folder: Path,
    *,
    shelf: Shelf | None = None,
    judge: Callable[[], None] = lambda: None,
) -> Generator[tuple[Epoch, ...]]:
    """Train an architecture with the seed of one repeat, from its newest checkpoint if it has one.

    Args:
        material: The study.
        architecture: What to train.
        repeat: Which seed of the study; all architectures of a repeat share the backbone's
            initial weights, the order of the images and their augmentation. Weights from a
            file are the same in all repeats.
        session: Where to train; its check is called at every step, and what that raises ends the
            training. Its observer hears of checkpoints that are not usable.
        folder: The trial's: its weights are there in the end where the study keeps them.
        shelf: Where its checkpoints are; None is its folder.
        judge: Called before each epoch, when all before it is recorded and kept; what it raises
            ends the training there.

    Yields:
        The learning curve up to now: first as far as the checkpoint has it, empty without one;
        then after each epoch. An epoch's checkpoint is written after the caller has taken it.

    Raises:
        WriteError: a checkpoint or the weights cannot be written.
        FailedError: a loss is not finite.
    """
    settings = material.settings
    seed, note = seed_of(settings.seed, repeat), session.observer.note
    identity = _identity(material, architecture, seed)
    here = environment(session.device)
    with (
        deterministic(settings.execution.threads),
        Checkpoints(shelf or FolderShelf(folder), identity, here) as checkpoints,
    ):
        weights = material.weights.state if material.weights else None
        training = Training(
            build(architecture, settings.num_classes, seed, weights),
            material.splits,
            settings.recipe,
            seed=seed,
            device=session.device,
            check=session.check,
        )
        checkpoint = checkpoints.restore(training, refused=note)
        if checkpoint is not None:
            _note_differences(checkpoint.made_with, here, session)
        yield training.curve
        while not training.is_done:
            judge()
            training.train_epoch()
            yield training.curve
            # Only now: no checkpoint knows an epoch that the record does not.
            checkpoints.keep(training)
        if settings.execution.keep_weights:
            usage = usage_of(settings, material.splits)
            keep_network(training.evaluated, usage, folder)


def _identity(material: Material, architecture: Architecture, seed: int) -> dict[str, str | int]:
    """Return what a checkpoint must agree in with the training that goes on from it."""
    settings = material.settings
    # Where nothing done yet depends on how many epochs follow, more of them may.
    apart = {"epochs"} if is_open_ended(settings.recipe.schedule) else set()
    recipe = settings.recipe.model_dump_json(exclude_none=True, exclude=apart)
    return {
        "architecture": architecture.digest,
        "recipe": hashlib.sha256(recipe.encode()).hexdigest()[:12],
        "data": settings.data_digest,
        "seed": seed,
    }


def _note_differences(
    made_with: Mapping[str, str], here: Mapping[str, str], session: Session
) -> None:
    changed = differences(made_with, here)
    if changed:
        session.observer.note(f"not bit-equal to its epochs before: {'; '.join(changed)}")
