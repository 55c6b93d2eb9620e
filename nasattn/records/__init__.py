"""Trials as plain values, read fast from a study's storage; knows neither torch nor optuna."""

from nasattn.records.exempt import is_drawn
from nasattn.records.mark import MARK_KEY, Mark, marked, marks_of
from nasattn.records.outline import (
    OUTLINE_FILE,
    KeptDecision,
    KeptOption,
    KeptSite,
    Outline,
    kept_site,
    load_outline,
    outline_of,
)
from nasattn.records.replay import Ended, Replay
from nasattn.records.signs import RECORD_KEY, SIGN_PREFIX, WORKER_KEY
from nasattn.records.storage import CURVE_KEY, load_running, load_trials
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
from nasattn.records.table import LeftOut, Table, export_table, left_out_words
from nasattn.records.table_file import SUFFIX as TABLE_SUFFIX
from nasattn.records.table_file import read_table, write_table
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
    "FIELDS",
    "HISTORY_FILE",
    "MARK_KEY",
    "OBJECTIVES",
    "OUTLINE_FILE",
    "RECORD_KEY",
    "SIGN_PREFIX",
    "STATES",
    "TABLE_SUFFIX",
    "TRIAL_FILE",
    "WEIGHTS_FILE",
    "WORKER_KEY",
    "Ended",
    "KeptDecision",
    "KeptOption",
    "KeptSite",
    "KeptTrial",
    "LeftOut",
    "Mark",
    "Outline",
    "Replay",
    "Study",
    "Table",
    "Trial",
    "check_name",
    "export_table",
    "has_trials",
    "history_text",
    "is_drawn",
    "kept_site",
    "left_out_words",
    "list_studies",
    "load_outline",
    "load_running",
    "load_study",
    "load_trials",
    "marked",
    "marks_of",
    "outline_of",
    "read_table",
    "read_trial",
    "study_names",
    "trial_folders",
    "trial_text",
    "without_curve",
    "write_table",
]
