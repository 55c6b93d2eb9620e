"""What is read of a study's trials, in SQL over the tables of Optuna 5.

They are those of ``optuna.storages._rdb.models``. The functions on JSON are SQLite's: other
databases are asked for whole records alone.
"""

import json
from collections.abc import Iterable
from enum import Enum

from nasattn.records.mark import MARK_KEY
from nasattn.records.signs import RECORD_KEY

CURVE_KEY = "nasattn:curve"

PLACEMENTS_TEXT, CURVE_TEXT = "placements as text", "curve as text"
"""What rows are called whose JSON is valid and not parsed."""

OF_THE_STUDY = 0
"""The owner of the study's own rows: no trial of Optuna's has this number."""

_MARKS = f"""
SELECT {OF_THE_STUDY}, a.key, a.value_json
FROM studies s
JOIN study_user_attributes a ON a.study_id = s.study_id
WHERE s.study_name = :study AND a.key LIKE :marks
"""  # noqa: S608 - made of constants alone
EXHAUSTED = f"""
SELECT {OF_THE_STUDY}, a.key, a.value_json
FROM studies s
JOIN study_user_attributes a ON a.study_id = s.study_id
WHERE s.study_name = :study AND a.key = :key
"""  # noqa: S608 - made of constants alone
_TRIALS = """
SELECT t.trial_id, {key}, {value}
FROM studies s
JOIN trials t ON t.study_id = s.study_id
JOIN trial_user_attributes a ON a.trial_id = t.trial_id
WHERE s.study_name = :study AND a.key = :{of} AND {which}
"""
# Trial 0 keeps its placements: without any it is the baseline. What is no JSON is named when
# it is parsed.
_WITHOUT_PLACEMENTS = """
CASE WHEN json_valid(a.value_json) AND json_extract(a.value_json, '$.trial') <> 0
THEN json_replace(a.value_json, '$.placements', NULL) ELSE a.value_json END
"""
_CHOSEN = """
t.trial_id IN (
  SELECT r.trial_id FROM trial_user_attributes r
  WHERE r.key = :record AND json_valid(r.value_json)
  AND json_extract(r.value_json, '$.trial') IN (SELECT value FROM json_each(:numbers))
)
"""


def _part(of: str, which: str = "1 = 1", *, key: str = "a.key", value: str = "a.value_json") -> str:
    return _TRIALS.format(key=key, value=value, of=of, which=which)


class Part(Enum):
    """A part of what is known of trials; the last five need SQLite."""

    RECORDS = _part("record")
    CURVES = _part("curve")
    RUNNING_CURVES = _part("curve", "t.state = 'RUNNING'")
    OUTCOMES = _part("record", value=_WITHOUT_PLACEMENTS)
    CHOSEN_RECORDS = _part("record", _CHOSEN)
    CHOSEN_CURVES = _part("curve", _CHOSEN)
    PLACEMENT_TEXTS = _part(
        "record",
        "json_valid(a.value_json)",
        key=":placements_text",
        value="json_extract(a.value_json, '$.placements')",
    )
    CURVE_TEXTS = _part(
        "curve",
        key="CASE WHEN json_valid(a.value_json) THEN :curve_text ELSE a.key END",
    )


def query_of(*parts: Part, numbers: Iterable[int] = ()) -> tuple[str, dict[str, str]]:
    """Return the query for parts of trials, and of the study its marks, with its values.

    Args:
        parts: Which.
        numbers: Of the chosen trials.
    """
    query = "UNION ALL".join([_MARKS, *(part.value for part in parts)])
    values = {
        "marks": f"{MARK_KEY}%",
        "record": RECORD_KEY,
        "curve": CURVE_KEY,
        "placements_text": PLACEMENTS_TEXT,
        "curve_text": CURVE_TEXT,
        "numbers": json.dumps(list(numbers)),
    }
    return query, {name: value for name, value in values.items() if f":{name}" in query}
