"""How far a study is, in words."""

from collections import Counter
from collections.abc import Iterable

from nasattn.records import STATES, Study, Trial

STATE_STYLES = {
    "running": "cyan",
    "waiting": "cyan",
    "pruned": "yellow",
    "paused": "yellow",
    "failed": "magenta",
    "invalid": "magenta",
}
_COUNTED = {"complete", "pruned", "failed"}


def counts(trials: Iterable[Trial]) -> dict[str, int]:
    """Return how many trials are in each state that has any, in the order of ``STATES``."""
    found = Counter(trial.state for trial in trials)
    return {state: found[state] for state in STATES if found[state]}


def done(trials: Iterable[Trial]) -> int:
    """Return how many trials count towards the wanted ones: complete, pruned or failed."""
    return sum(trial.state in _COUNTED for trial in trials)


def progress_words(study: Study, trials: Iterable[Trial]) -> str:
    """Write ``18 of 20 trials done: 17 complete, 1 failed; 1 running``."""
    states = counts(trials)
    of = f"{sum(states.get(state, 0) for state in _COUNTED)} of {study.trials} trials done"
    ended = ", ".join(f"{n} {state}" for state, n in states.items() if state in _COUNTED)
    others = ", ".join(f"{n} {state}" for state, n in states.items() if state not in _COUNTED)
    return of + (f": {ended}" if ended else "") + (f"; {others}" if others else "")
