"""The trials of a ledger as pruners see them."""

from collections.abc import Sequence

from nasattn.records import Trial
from nasattn.records.exempt import is_drawn
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.pruners import Contender, Race
from nasattn.search.study.settings import Settings

# They will never be on the front, and must not keep others from it.
_NOT_IN_THE_RACE = {"failed", "invalid"}


class Standings:
    """Turns records into races; what has ended is turned once.

    Args:
        settings: The frozen study.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._epochs = settings.recipe.epochs
        self._costs = tuple(name for name in settings.objectives if name != "accuracy")
        self._ended: dict[int, Contender] = {}

    def race(self, attempts: Sequence[Attempt]) -> Race:
        """Return the latest attempts at all trials as a race.

        A trial of more epochs than the recipe's is not in it: its curve is of another schedule.
        """
        found = (
            self._contender(attempt)
            for attempt in attempts
            if attempt.record.state not in _NOT_IN_THE_RACE and attempt.record.extended_to is None
        )
        return Race(self._epochs, self._costs, tuple(c for c in found if c is not None))

    def _contender(self, attempt: Attempt) -> Contender | None:
        number = attempt.frozen._trial_id
        if number in self._ended:
            return self._ended[number]
        found = self._read(attempt.record)
        if found is not None and attempt.frozen.state.is_finished():
            self._ended[number] = found
        return found

    def _read(self, record: Trial) -> Contender | None:
        """Return a record as a contender, or None while a cost of it is not measured."""
        costs = tuple(getattr(record, name) for name in self._costs)
        if None in costs:
            return None
        return Contender(
            record.trial,
            tuple(map(float, costs)),
            tuple(epoch["accuracy"] for epoch in record.curve),
            exempt=is_exempt(record) or is_spared(record, self._settings),
            waits=waits(record),
        )


def waits(record: Trial) -> bool:
    """Tell whether a trial waits for promotion."""
    return record.state == "paused" and record.waits_at is not None


def is_exempt(record: Trial) -> bool:
    """Tell whether a trial is trained to its end whatever the others reach.

    A repeat is: its architecture has come through already, and a mean over lucky seeds alone
    would be too high. Variants are: they were asked for by name. So is what a person has trained
    further.
    """
    return record.repeat > 0 or record.variant is not None or record.by_hand


def is_spared(record: Trial, settings: Settings) -> bool:
    """Tell whether a trial is of the share that is trained to its end to judge the pruner by."""
    return is_drawn(settings.seed, settings.search.exempt, record.trial) and not is_exempt(record)
