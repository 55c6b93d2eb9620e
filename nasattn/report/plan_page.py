"""What a study of variants will train, before it does."""

from collections.abc import Mapping
from typing import Any

from nasattn.report.ink import folded, paint
from nasattn.report.placements import summarize
from nasattn.report.table import Row, Table
from nasattn.report.units import counted, duration, human, relative


def plan_words(plan: Mapping[str, Any]) -> str:
    """Write how many trainings there are and how long they may take."""
    variants, left = counted(len(plan["variants"]), "variant"), plan["trainings_left"]
    words = (
        f"{variants} × {counted(plan['seeds'], 'seed')} = {counted(plan['trainings'], 'training')}"
    )
    if left < plan["trainings"]:
        words += f", {left} left"
    words += (
        f", {counted(plan['epochs'], 'epoch')} of {counted(plan['images']['train'], 'image')} each"
    )
    if plan["estimated_seconds"] is None:
        return f"{words}; how long that takes is not known: no such training is recorded"
    long = duration(plan["estimated_seconds"])
    return f"{words}; about {long} with one worker, judged by {plan['estimated_from']}"


def seed_words(plan: Mapping[str, Any]) -> str:
    """Write which seeds the trainings have."""
    words = f"study seed {plan['seed']}, the same repeats for every variant"
    chosen = plan["chosen_with_seed"]
    return (
        words
        if chosen is None
        else f"{words}; none was seen by the study that chose (seed {chosen})"
    )


def plan_page(plan: Mapping[str, Any], width: int | None) -> list[str]:
    """Return the lines of ``--dry-run``."""
    base = plan["variants"][0]
    rows = tuple(
        Row(
            (
                item["variant"],
                human(item["params"]),
                relative(item["params"], base["params"]),
                human(item["flops"]),
                relative(item["flops"], base["flops"]),
            ),
            summarize(item["placements"]),
        )
        for item in plan["variants"]
    )
    heads = ("<variant", "params", "Δ %", "flops", "Δ %")
    notes = (
        plan_words(plan),
        seed_words(plan),
        f"measured on {plan['images']['test']:,} test images",
    )
    page = [f"{paint(plan['study'], 'bold')}  {plan['asks']}", ""]
    return [*page, *Table(heads, "placements", rows).lines(width), "", *folded(notes, width)]
