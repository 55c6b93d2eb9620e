"""Trials as plain values, read fast from a study's storage; knows neither torch nor optuna."""

from nasattn.records.mark import EXHAUSTED_KEY, MARK_KEY, Mark, marked, marks_of
from nasattn.records.queries import CURVE_KEY
from nasattn.records.signs import RECORD_KEY, SIGN_PREFIX, WORKER_KEY
from nasattn.records.storage import (
    TrialText,
    is_exhausted,
    load_outcomes,
    load_running,
    load_texts,
    load_trials,
    load_whole,
)
from nasattn.records.study import (
    ARCHITECTURE_FILE,
    OBJECTIVES,
    WEIGHTS_FILE,
    Study,
    check_name,
    list_studies,
    load_study,
    study_names,
)
from nasattn.records.trial import FIELDS, STATES, Trial
from nasattn.records.trial_file import (
    HISTORY_FILE,
    TRIAL_FILE,
    KeptTrial,
    has_trials,
    history_text,
    read_trial,
    trial_folders,
    trial_text,
    without_curve,
)

__all__ = [
    "ARCHITECTURE_FILE",
    "CURVE_KEY",
    "EXHAUSTED_KEY",
    "FIELDS",
    "HISTORY_FILE",
    "MARK_KEY",
    "OBJECTIVES",
    "RECORD_KEY",
    "SIGN_PREFIX",
    "STATES",
    "TRIAL_FILE",
    "WEIGHTS_FILE",
    "WORKER_KEY",
    "KeptTrial",
    "Mark",
    "Study",
    "Trial",
    "TrialText",
    "check_name",
    "has_trials",
    "history_text",
    "is_exhausted",
    "list_studies",
    "load_outcomes",
    "load_running",
    "load_study",
    "load_texts",
    "load_trials",
    "load_whole",
    "marked",
    "marks_of",
    "read_trial",
    "study_names",
    "trial_folders",
    "trial_text",
    "without_curve",
]
