"""Trials that a person has trained further: which of their epochs still count, and what is said."""

from collections.abc import Sequence
from dataclasses import dataclass

from nasattn.errors import UnknownTrialError, UserError
from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt
from nasattn.training import Recipe, is_open_ended


@dataclass(frozen=True, slots=True)
class Again:
    """A further attempt at a trial.

    Attributes:
        attempt: The latest so far.
        extended_to: The epochs of the new one where they are more than the recipe's.
        from_its_beginning: Whether what was trained so far cannot be gone on from.
        notes: What the user should know before it begins.
    """

    attempt: Attempt
    extended_to: int | None
    from_its_beginning: bool
    notes: tuple[str, ...]


def plan_again(
    attempts: Sequence[Attempt],
    numbers: Sequence[int],
    epochs: int | None,
    recipe: Recipe,
    *,
    has_baseline: bool,
) -> list[Again]:
    """Plan a further attempt at each of some trials.

    A training of so many epochs is what the recipe makes with ``epochs = N`` from the start.
    Where its schedule leaves the first epochs as they are (``multistep``), a longer training goes
    on from the checkpoint. A ``cosine`` or ``one-cycle`` has another rate at every step then, and
    has come to its end in the shorter one: the longer one begins anew. A complete trial without
    more epochs begins anew too, since nothing is left to train; equal bits must come out.

    Args:
        attempts: The latest attempt at every trial.
        numbers: The trials.
        epochs: For all of them; None for the recipe's, or those that an interrupted trial has.
        recipe: The study's.
        has_baseline: Whether trial 0 is what all others are compared with.

    Raises:
        UserError: there is no such trial, it is set aside, or so many epochs are no more than the
            recipe's or than it has, or would leave the study without a baseline.
    """
    if epochs is not None and epochs <= recipe.epochs:
        raise UserError(
            f"--epochs {epochs}: must be more than the recipe's {recipe.epochs}; "
            "leave it out to go on to these"
        )
    if epochs is not None and has_baseline and 0 in numbers:
        raise UserError(
            "trial 0 is the baseline that all are compared with: it keeps the recipe's epochs; "
            "`nasattn train` trains the bare backbone for more"
        )
    chosen = [attempt_at(number, attempts) for number in dict.fromkeys(numbers)]
    return [again_at(attempt, epochs, recipe) for attempt in chosen]


def attempt_at(number: int, attempts: Sequence[Attempt]) -> Attempt:
    """Return the latest attempt at a trial.

    Raises:
        UserError: there is no such trial.
    """
    for attempt in attempts:
        if attempt.record.trial == number:
            return attempt
    raise UnknownTrialError(number, [attempt.record.trial for attempt in attempts])


def again_at(attempt: Attempt, epochs: int | None, recipe: Recipe) -> Again:
    """Plan a further attempt at one trial; see `plan_again`.

    Raises:
        UserError: the trial is set aside, or has so many epochs.
    """
    record = attempt.record
    _check(record, epochs)
    complete = record.state == "complete"
    wanted = epochs if epochs or complete else record.extended_to
    before, after = record.extended_to or recipe.epochs, wanted or recipe.epochs
    if complete and wanted is None:
        note = "is complete: trained again as the recipe says, the same bits must come out"
        words = (f"trial {record.trial} {note}",)
        return Again(attempt, None, from_its_beginning=True, notes=words)
    other = before != after and not is_open_ended(recipe.schedule)
    return Again(attempt, wanted, other, tuple(_notes(record, wanted, recipe, other=other)))


def _check(record: Trial, epochs: int | None) -> None:
    if record.state == "invalid":
        raise UserError(
            f"trial {record.trial} is invalid ({record.reason}); "
            "`nasattn invalidate … --undo` puts it back"
        )
    if epochs is not None and epochs <= record.epochs:
        raise UserError(
            f"--epochs {epochs}: trial {record.trial} has {record.epochs} epochs already"
        )


def _notes(record: Trial, wanted: int | None, recipe: Recipe, *, other: bool) -> list[str]:
    if wanted is None:
        return []
    trial = f"trial {record.trial}"
    notes = [
        f"{trial} is trained for {wanted} epochs, more than the recipe's {recipe.epochs}: it is "
        "listed and marked, not on the front, and samplers do not learn from it"
    ]
    if other and record.epochs:
        notes.append(
            f"{trial} begins anew: a {recipe.schedule.name} schedule over {wanted} epochs has "
            f"another learning rate at every step than in the {record.epochs} epochs trained"
        )
    return notes
