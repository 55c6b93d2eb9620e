"""Trials as plain values, read fast from a study's storage; knows neither torch nor optuna."""

from nasattn.records.signs import RECORD_KEY, SIGN_PREFIX, WORKER_KEY
from nasattn.records.storage import CURVE_KEY, load_trials
from nasattn.records.study import (
    OBJECTIVES,
    WEIGHTS_FILE,
    Study,
    check_name,
    list_studies,
    load_study,
    study_names,
)
from nasattn.records.trial import FIELDS, STATES, Trial

__all__ = [
    "CURVE_KEY",
    "FIELDS",
    "OBJECTIVES",
    "RECORD_KEY",
    "SIGN_PREFIX",
    "STATES",
    "WEIGHTS_FILE",
    "WORKER_KEY",
    "Study",
    "Trial",
    "check_name",
    "list_studies",
    "load_study",
    "load_trials",
    "study_names",
]
