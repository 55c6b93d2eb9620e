"""What samplers learn from a trial."""

from dataclasses import replace

from nasattn.records import Trial
from nasattn.search.pruners import Race, calibrate

# Fewer relate an epoch to the end too loosely.
_FEWEST = 4


def expected(record: Trial, race: Race) -> Trial | None:
    """Return a trial as it ended or, where it was stopped, as it would probably have ended.

    The final accuracy to be expected is the regression's of final accuracies on those at the
    trial's last epoch; while too few trials have come to their end it is the last epoch's, which
    is mostly too low. Left out, or told as failed, stopped trials would be proposed again in all
    but their details; told as pruned, Optuna's samplers ignore them or refuse.

    Returns:
        None where nothing is known: it failed, or was stopped before its first epoch.
    """
    if record.state == "failed" or record.accuracy is None:
        return None
    epoch = len(record.curve)
    if record.state == "complete" or not 0 < epoch < race.epochs:
        return record
    calibration = calibrate(race, epoch)
    if calibration is None or calibration.num < _FEWEST:
        return record
    return replace(record, accuracy=min(max(calibration.expected(record.accuracy), 0.0), 1.0))
