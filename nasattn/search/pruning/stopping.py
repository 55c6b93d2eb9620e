"""Early stopping in a search: when the pruner is asked, and what follows."""

from collections.abc import Sequence

from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.ledger.book import Book
from nasattn.search.ledger.pruned import PrunedError, WaitsError
from nasattn.search.pruners import Pause, Stop
from nasattn.search.pruning.standings import Standings, is_spared, waits
from nasattn.search.study.settings import Settings


class Stopping:
    """Asks a study's pruner, of what is recorded alone.

    Args:
        settings: The frozen study.
        ledger: Its trials.
    """

    def __init__(self, settings: Settings, ledger: Book) -> None:
        self._settings, self._ledger = settings, ledger
        self._pruner = settings.search.pruner
        self._epochs = settings.recipe.epochs
        self._standings = Standings(settings)

    def judge(self, record: Trial) -> bool:
        """Ask about a running trial after the last epoch of its curve, which is recorded and kept.

        A trial that goes on from a checkpoint has been asked about already where an earlier
        attempt came further, or was promoted from there: it is not asked again. One that was
        continued by hand is never asked about.

        Returns:
            Whether it would end or wait here, had it not been drawn to be trained to its end.

        Raises:
            PrunedError: the trial ends here.
            WaitsError: it waits here for promotion.
        """
        if record.by_hand or not self._pruner.looks_at(len(record.curve), self._epochs):
            return False
        earlier = self._ledger.history(record.trial)[:-1] if record.attempt > 1 else []
        if record.epochs <= max(map(_passed, earlier), default=0):
            return False
        race = self._standings.race(self._ledger.attempts())
        if is_spared(record, self._settings):
            asked = race.without_exemption(record.trial)
            return self._pruner.verdict(asked, record.trial) is not None
        match self._pruner.verdict(race, record.trial):
            case Stop(reason):
                raise PrunedError(reason)
            case Pause(reason):
                raise WaitsError(reason)
        return False

    def promoted(self, attempts: Sequence[Attempt]) -> Attempt | None:
        """Return the waiting trial that goes on next, or None: a new one is begun."""
        if not any(waits(attempt.record) for attempt in attempts):
            return None
        trial = self._pruner.promoted(self._standings.race(attempts))
        return next((a for a in attempts if a.record.trial == trial), None)


def unpromoted(record: Trial) -> str:
    """Say why a waiting trial ends when none is left that could be compared with it."""
    return (
        f"waited at epoch {record.waits_at} for promotion until all trials of the study were begun"
    )


def _passed(record: Trial) -> int:
    """Return the last epoch at which an earlier attempt was let go on."""
    return max(record.waits_at or 0, len(record.curve) - 1)
