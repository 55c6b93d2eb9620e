"""What each decision of a search space came to in a trial, told from its placements."""

from collections.abc import Mapping, Sequence
from typing import Any

from nasattn.records import Trial
from nasattn.records.outline import KeptDecision, Outline

Decided = Mapping[str, str]
"""The option's word by the decision's name."""


def decided(outline: Outline, trial: Trial) -> Decided | None:
    """Return what each decision came to; None where the trial is not of this space.

    The bare backbone is not where a decision must place something.
    """
    placed = _by_site(trial)
    found = dict[str, str]()
    for decision in outline.decisions:
        word = _word(decision, placed)
        if word is None or all(option.word != word for option in decision.options):
            return None
        found[decision.name] = word
    governed = {site for decision in outline.decisions for site in decision.sites}
    return found if placed.keys() <= governed else None


def parameters(outline: Outline, trial: Trial) -> dict[str, Any]:
    """Return the values of the free parameters of a trial that `decided` knows.

    A hyperparameter that comes to other values at other sites of its decision (an adaptive
    kernel) has them all as one value.
    """
    placed, found = _by_site(trial), dict[str, Any]()
    for decision in outline.decisions:
        word = _word(decision, placed)
        if len(decision.options) > 1:
            found[decision.name] = word
        here = [placed[site] for site in decision.sites if site in placed]
        for name, domain in _domains(decision, word).items():
            if _is_free(domain) and here:
                values = [placement["options"].get(name) for placement in here]
                found[f"{decision.name}.{word}.{name}"] = _one(values)
    return found


def intervals(outline: Outline) -> dict[str, Mapping[str, Any]]:
    """Return low, high and log of each parameter that ranges over an interval."""
    return {
        f"{decision.name}.{option.word}.{name}": domain
        for decision in outline.decisions
        for option in decision.options
        for name, domain in option.hyperparameters.items()
        if isinstance(domain, Mapping)
    }


def decision_of(parameter: str, outline: Outline) -> str:
    """Return the decision that a parameter belongs to."""
    names = [d.name for d in outline.decisions if f"{parameter}.".startswith(f"{d.name}.")]
    return max(names, key=len)


def _by_site(trial: Trial) -> dict[str, Mapping[str, Any]]:
    return {f"{p['slot']}:{p['at']}": p for p in trial.placements}


def _word(decision: KeptDecision, placed: Mapping[str, Mapping[str, Any]]) -> str | None:
    words = {placed[site]["module"] if site in placed else "none" for site in decision.sites}
    return words.pop() if len(words) == 1 else None


def _domains(decision: KeptDecision, word: str | None) -> Mapping[str, Any]:
    return next((o.hyperparameters for o in decision.options if o.word == word), {})


def _is_free(domain: Any) -> bool:
    return isinstance(domain, Mapping) or len(domain) > 1


def _one(values: Sequence[Any]) -> Any:
    distinct = list(dict.fromkeys(values))
    return distinct[0] if len(distinct) == 1 else ", ".join(map(str, distinct))
