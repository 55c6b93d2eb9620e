"""Whether those who run trials still show that they live, for people to read.

Clocks of several machines are compared here, so nothing is decided by it: the workers
themselves watch each other's heartbeats.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nasattn.records.rows import read_rows
from nasattn.records.study import Study
from nasattn.records.trial import Trial

RECORD_KEY = "nasattn:trial"
# Of a trial: the token of the worker that runs it. Of a study: a worker's sign, by its token.
WORKER_KEY = "nasattn:worker"
SIGN_PREFIX = f"{WORKER_KEY}:"

_LONG_SECONDS = 60.0
_OF_THE_STUDY = 0  # no trial of Optuna's has this number
_SIGNS = f"""
SELECT {_OF_THE_STUDY}, a.key, a.value_json
FROM studies s
JOIN study_user_attributes a ON a.study_id = s.study_id
WHERE s.study_name = :study AND a.key LIKE :signs
UNION ALL
SELECT t.trial_id, a.key, a.value_json
FROM studies s
JOIN trials t ON t.study_id = s.study_id
JOIN trial_user_attributes a ON a.trial_id = t.trial_id
WHERE s.study_name = :study AND t.state = 'RUNNING' AND a.key IN (:record, :worker)
"""  # noqa: S608 - made of constants alone


def with_signs(study: Study, trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """Return the trials, the running ones with the reason to doubt that they are, if there is one.

    Raises:
        UserError: the storage cannot be read.
        LostError: another process keeps the storage locked.
    """
    if not any(trial.state == "running" for trial in trials):
        return tuple(trials)
    keys = {"record": RECORD_KEY, "worker": WORKER_KEY, "signs": f"{SIGN_PREFIX}%"}
    rows = read_rows(study.storage, _SIGNS, {"study": study.name_in_storage, **keys})
    owners: dict[int, dict[str, Any]] = {}
    for owner, key, text in rows:
        owners.setdefault(owner, {})[key] = json.loads(text)
    signs = owners.pop(_OF_THE_STUDY, {})
    tokens = {
        (row[RECORD_KEY]["trial"], row[RECORD_KEY]["attempt"]): row.get(WORKER_KEY)
        for _, row in sorted(owners.items(), reverse=True)
        if RECORD_KEY in row
    }

    def doubt(trial: Trial) -> str:
        at = (trial.trial, trial.attempt)
        if at in tokens and tokens[at] is None:
            return ""  # nothing is known of who runs it
        return _doubt(signs.get(f"{SIGN_PREFIX}{tokens.get(at)}"))

    return tuple(
        replace(trial, reason=doubt(trial)) if trial.state == "running" else trial
        for trial in trials
    )


def _doubt(sign: Mapping[str, Any] | None) -> str:
    if sign is None:
        return "its worker is gone"
    quiet = (datetime.now(UTC) - datetime.fromisoformat(sign["at"])).total_seconds()
    return f"no sign of life for {quiet / 60:.0f} min" if quiet > _LONG_SECONDS else ""
