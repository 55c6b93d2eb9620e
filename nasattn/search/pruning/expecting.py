"""What samplers learn from a trial."""

from nasattn.records import Trial
from nasattn.search.pruners import Race, calibrate
from nasattn.search.pruners.calibration import Calibration

# Fewer relate an epoch to the end too loosely.
_FEWEST = 4


class Expectations:
    """The accuracies that trials have or, where they were stopped, would probably have ended with.

    The final accuracy to be expected is the regression's of final accuracies on those at the
    trial's last epoch; while too few trials have come to their end it is the last epoch's, which
    is mostly too low. Left out, or told as failed, stopped trials would be proposed again in all
    but their details; told as pruned, Optuna's samplers ignore them or refuse.

    Args:
        race: The trials so far.
    """

    def __init__(self, race: Race) -> None:
        self._race = race
        self._calibrations: dict[int, Calibration | None] = {}

    def accuracy(self, record: Trial) -> float | None:
        """Return a trial's accuracy as samplers are told of it.

        Returns:
            None where nothing is known: it failed, or was stopped before its first epoch.
        """
        if record.state == "failed" or record.accuracy is None:
            return None
        epoch = len(record.curve)
        if record.state == "complete" or not 0 < epoch < self._race.epochs:
            return record.accuracy
        calibration = self._at(epoch)
        if calibration is None or calibration.num < _FEWEST:
            return record.accuracy
        return min(max(calibration.expected(record.accuracy), 0.0), 1.0)

    def _at(self, epoch: int) -> Calibration | None:
        if epoch not in self._calibrations:
            self._calibrations[epoch] = calibrate(self._race, epoch)
        return self._calibrations[epoch]
