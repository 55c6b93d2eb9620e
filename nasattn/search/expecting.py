"""What samplers learn from a trial that was stopped before its end."""

from dataclasses import replace

from nasattn.records import Trial
from nasattn.search.pruners import Race, calibrate

# Fewer relate an epoch to the end too loosely.
_FEWEST = 4


def expected(record: Trial, race: Race) -> Trial:
    """Return a trial as it would probably have ended: with the final accuracy to be expected.

    It is the regression's of final accuracies on those at the trial's last epoch; while too few
    trials have come to their end it is the last epoch's, which is mostly too low. Left out, or
    told as failed, stopped trials would be proposed again and again in all but their details;
    told as pruned, Optuna's samplers ignore them or refuse.
    """
    calibration = calibrate(race, len(record.curve))
    if calibration is None or calibration.num < _FEWEST or record.accuracy is None:
        return record
    return replace(record, accuracy=min(max(calibration.expected(record.accuracy), 0.0), 1.0))
