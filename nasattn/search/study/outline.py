"""Keeping a study's outline, which the reading commands read without building anything."""

import json
from pathlib import Path

from nasattn.cost import CostModel, Totals
from nasattn.files import write_atomic
from nasattn.placement.describing import Document, describe_site
from nasattn.records.outline import OUTLINE_FILE
from nasattn.search.study.freeze import Material
from nasattn.space import COSTS, Decision, Option
from nasattn.space.costs import Priced, price
from nasattn.space.describing import describe_domains
from nasattn.space.sums import cost_variances


def keep_outline(material: Material, folder: Path) -> None:
    """Write the outline of a study into its run folder, unless it is there.

    Raises:
        WriteError: it cannot be written.
    """
    if not (folder / OUTLINE_FILE).is_file():
        write_atomic(folder / OUTLINE_FILE, json.dumps(describe_outline(material)) + "\n")


def describe_outline(material: Material) -> Document:
    """Return the sites of a study's backbone and the decisions of its space in plain values."""
    model, space = material.model, material.space
    decisions = space.decisions if space else ()
    return {
        "sites": [describe_site(site) for site in model.sites.sites],
        "decisions": [_decision(decision, model) for decision in decisions],
    }


def _decision(decision: Decision, model: CostModel) -> Document:
    priced = price(decision, model)
    return {
        "name": decision.name,
        "choice": decision.choice,
        "slot": str(decision.slot),
        "sites": [site.name for site in decision.sites],
        "options": [_option(option, priced) for option in decision.options],
        "variance": cost_variances(decision, model),
    }


def _option(option: Option, priced: Priced) -> Document:
    own = [totals for outcome, totals in priced if outcome.option == option]
    return {
        "module": option.module,
        "hyperparameters": describe_domains(option),
        "costs": {cost: _span(own, cost) for cost in COSTS},
    }


def _span(totals: list[Totals], cost: str) -> tuple[int, int]:
    # Options that come to the placements of an earlier one ("none" twice) add what that adds.
    values = [getattr(total, cost) for total in totals] or [0]
    return min(values), max(values)
