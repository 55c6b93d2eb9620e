"""Which decision drives accuracy and costs, and what each option does where, on a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nasattn.analysis.effects import Effect, Effects, to_dict
from nasattn.analysis.evidence import Evidence
from nasattn.analysis.importance import Importances
from nasattn.records import Study, Trial
from nasattn.report.conditions import conditions
from nasattn.report.documents import Document
from nasattn.report.effect_map import conclusions, effect_map, effect_table, effect_words
from nasattn.report.ink import folded, headline
from nasattn.report.table import Row, Table
from nasattn.report.units import counted

_ADAPTIVE = {"tpe", "nsga2", "gp", "cost-aware"}

_SHARES = "Share of each decision in accuracy (PED-ANOVA, bootstrap intervals) and in each cost"
_INTERVALS = "in points of accuracy, least squares, 95 % intervals"

_BY_CHOICE = (
    "each choice as a whole: the option at all of its places against none of them, as if it did "
    "the same at each"
)

IMPORTANCE_FIELDS = ("decision", "accuracy", "low", "high", "chance", "params", "flops")
"""The columns of ``nasattn importance --csv``."""

EFFECT_FIELDS = (
    *("decision", "option", "reference", "with", "without"),
    *("effect", "low", "high", "clear", "problem"),
)
"""The columns of ``nasattn importance --map --csv``."""


class Weighed(NamedTuple):
    """What a study's trials came to.

    Attributes:
        study: The study.
        trials: All of it.
        evidence: What they say of its decisions.
        effects: Of each option.
        by_choice: Of each option of a choice, at all of its places; None where each choice is one
            decision.
        importances: Of each decision; None where only the effects were asked for.
    """

    study: Study
    trials: Sequence[Trial]
    evidence: Evidence
    effects: Effects
    by_choice: Effects | None
    importances: Importances | None


def importance_page(weighed: Weighed, width: int | None) -> list[str]:
    """Return the lines of ``nasattn importance``; ``width`` as for `pareto_page`."""
    found, said = weighed.effects, weighed.evidence
    of = f"{counted(found.runs, 'trial')} of {counted(found.architectures, 'architecture')}"
    page = headline(f"{weighed.study.name}: {of}", width)
    if weighed.importances is not None:
        page += [*_table(weighed.importances, said).lines(width), ""]
        page += [*folded(_importance_notes(weighed.importances), width), ""]
    page += [*effect_map(found, said.outline, width), ""]
    page += folded(effect_words(found), width)
    if weighed.by_choice is not None:
        page += ["", *folded([_BY_CHOICE], width), ""]
        page += [*effect_map(weighed.by_choice, said.by_choice.outline, width), ""]
        page += folded(conclusions(weighed.by_choice), width)
    return [*page, *folded(_notes(weighed), width)]


def importance_document(weighed: Weighed) -> Document:
    """Return ``nasattn importance --json``."""
    found = weighed.importances
    document: dict[str, Any] = {
        "study": weighed.study.name,
        "runs": weighed.effects.runs,
        "architectures": weighed.effects.architectures,
        "degrees_of_freedom": weighed.effects.degrees,
        "stopped": weighed.evidence.stopped,
        "outside": weighed.evidence.outside,
        "cost_shares": weighed.evidence.cost_shares,
        "effects": _effects(weighed.effects, weighed.evidence),
        "effects_by_choice": _effects(weighed.by_choice, weighed.evidence.by_choice),
    }
    if found is not None:
        document["importance"] = {
            "quantile": found.quantile,
            "draws": found.draws,
            "decisions": [
                {**one._asdict(), "parameters": dict(one.parameters)} for one in found.decisions
            ],
        }
    return document


def importance_table(weighed: Weighed) -> tuple[Sequence[str], list[Mapping[str, Any]]]:
    """Return columns and rows of ``nasattn importance --csv``: the effects' where only they are."""
    if weighed.importances is None:
        return EFFECT_FIELDS, [to_dict(effect) for effect in weighed.effects.effects]
    shares = weighed.evidence.cost_shares
    rows: list[Mapping[str, Any]] = [
        {
            "decision": one.decision,
            "accuracy": one.share,
            "low": one.interval[0],
            "high": one.interval[1],
            "chance": one.chance,
            "params": shares["params"][one.decision],
            "flops": shares["flops"][one.decision],
        }
        for one in weighed.importances.decisions
    ]
    return IMPORTANCE_FIELDS, rows


def importance_tables(weighed: Weighed) -> list[Table]:
    """Return the tables of ``nasattn importance``: shares, then effects without their drawing."""
    said, found = weighed.evidence, weighed.importances
    tables = [] if found is None else [_table(found, said)._replace(title=_SHARES)]
    effects = effect_table(weighed.effects, said.outline, None)
    tables.append(effects._replace(title=f"Effect of each option, {_INTERVALS}"))
    if weighed.by_choice is not None:
        whole = effect_table(weighed.by_choice, said.by_choice.outline, None)
        tables.append(whole._replace(title=f"Effect of each choice as a whole, {_INTERVALS}"))
    return tables


def _effects(found: Effects | None, said: Evidence) -> list[dict[str, Any]] | None:
    return None if found is None else [_effect(effect, said) for effect in found.effects]


def _effect(effect: Effect, said: Evidence) -> dict[str, Any]:
    decision = next(d for d in said.outline.decisions if d.name == effect.decision)
    option = next(o for o in decision.options if o.word == effect.option)
    stages = list(said.outline.stages_of(decision))
    return {**to_dict(effect), "stages": stages, "costs": dict(option.costs)}


def _table(found: Importances, said: Evidence) -> Table:
    shares = said.cost_shares
    rows = tuple(
        Row(
            (
                one.decision,
                _percent(one.share),
                f"{_percent(one.interval[0])} to {_percent(one.interval[1])}",
                _percent(one.chance),
                *(_percent(shares[cost][one.decision]) for cost in shares),
            ),
            "",
            "green" if one.share > one.chance else "",
        )
        for one in sorted(found.decisions, key=lambda one: -one.share)
    )
    heads = ("<decision", "accuracy %", "95 %", "chance %", *(f"{cost} %" for cost in shares))
    return Table(heads, "", rows)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _importance_notes(found: Importances) -> Iterator[str]:
    good = round(100 * found.quantile)
    yield (
        f"accuracy: how much of what sets the best {good} % of {found.architectures} architectures "
        "apart is this decision (PED-ANOVA, hyperparameters included, shares of the sum); 95 %: "
        f"of {found.draws} draws of the architectures with replacement"
    )
    above = [one.decision for one in found.decisions if one.share > one.chance]
    yield (
        f"chance: what 95 % of {found.draws} shuffles of the accuracies stay below; "
        + (f"above it: {', '.join(above)}" if above else "no decision is above it")
    )
    yield (
        "params, flops: exact: the decision's share of the variance over the whole space, budget "
        "aside, each architecture once"
    )


def _notes(weighed: Weighed) -> Iterator[str]:
    said, sampler = weighed.evidence, str(weighed.study.table("search").get("sampler", ""))
    if said.stopped:
        yield (
            f"{counted(said.stopped, 'trial')} stopped early left out: what was stopped most "
            "looks better here than it is"
        )
    if said.outside:
        yield f"{counted(said.outside, 'trial')} outside the space left out (the baseline)"
    if sampler in _ADAPTIVE:
        yield (
            f"sampler {sampler}: it trained what looked good more often than the rest, so means "
            "are over its choice, not over the space; `--sampler random` would be even"
        )
    if "latency_ms" in weighed.study.objectives:
        yield "latency_ms is not weighed: it is measured and does not add up over decisions"
    yield f"conditions: {conditions(weighed.study, weighed.trials)}"
