"""The variants of a study against one of them: as plain values, and for papers."""

from collections.abc import Mapping
from typing import Any

from nasattn.analysis.paired import CONFIDENCE, Difference, Interval
from nasattn.analysis.variants import Compared, Comparison
from nasattn.records import Study
from nasattn.report.table import Row, Table
from nasattn.report.variants_page import accuracy_row, cost_row, effects_of, overstatements

_MARKUP_HEADS = (
    *("<variant", "n", "accuracy %", "Δ points", "95 % interval", "p (Holm)", "g"),
    *("params", "Δ %", "flops", "Δ %", "images/s", "verdict"),
)


def variants_table(found: Comparison) -> Table:
    """Return the table for a paper, all in one."""
    rows = (
        (*accuracy_row(row, found).cells[:-1], *cost_row(row, found).cells[1:], row.verdict)
        for row in found.rows
    )
    return Table(_MARKUP_HEADS, "", tuple(map(Row, rows)), f"Against {found.against.name}")


def variants_document(study: Study, found: Comparison) -> Mapping[str, Any]:
    """Return ``nasattn ablate NAME --json``: accuracies and differences as fractions."""
    origin = study.table("origin")
    return {
        "study": study.name,
        "asks": origin.get("asks"),
        "evaluated": study.evaluated,
        "against": found.against.name,
        "baseline": found.baseline.name if found.baseline else None,
        "test": found.test,
        "confidence": CONFIDENCE,
        "margin": found.margin,
        "variants": variants_rows(study, found),
        "effects": [
            {"part": effect.part, **_difference(effect.difference), "p_holm": effect.p_holm}
            for effect in effects_of(study, found)
        ],
    }


def variants_rows(study: Study, found: Comparison) -> list[dict[str, Any]]:
    """Return one flat mapping a variant: the rows of ``--csv`` and of ``--json``."""
    scored = {row.variant.name: (score, gap) for row, score, gap in overstatements(study, found)}
    return [_row(row, found, *scored.get(row.variant.name, (None, None))) for row in found.rows]


def _row(
    row: Compared, found: Comparison, score: float | None, gap: Interval | None
) -> dict[str, Any]:
    variant, base = row.variant, found.against.trial
    return {
        "variant": variant.name,
        "digest": variant.trial.digest,
        "trials": [trial.trial for trial in variant.by_seed.values()],
        "n": len(variant.by_seed),
        "accuracy": variant.accuracy,
        "accuracy_sd": variant.accuracy_sd,
        "accuracies": [variant.accuracies[seed] for seed in variant.by_seed],
        **_difference(row.difference),
        "p": row.p,
        "p_holm": row.p_holm,
        "p_equivalent_holm": row.p_equivalent,
        "verdict": row.verdict,
        "params": variant.trial.params,
        "params_difference": variant.trial.params - base.params,
        "flops": variant.trial.flops,
        "flops_difference": variant.trial.flops - base.flops,
        "eval_images_per_second": variant.eval_images_per_second,
        "search_score": score,
        "gap": gap.mean if gap else None,
        "gap_low": gap.low if gap else None,
        "gap_high": gap.high if gap else None,
        "placements": [dict(placement) for placement in variant.trial.placements],
    }


def _difference(found: Difference | None) -> dict[str, Any]:
    interval = found.interval if found else None
    return {
        "pairs": found.n if found else 0,
        "difference": interval.mean if interval else None,
        "difference_low": interval.low if interval else None,
        "difference_high": interval.high if interval else None,
        "p": found.p if found else None,
        "cohens_dz": found.dz if found else None,
        "hedges_g": found.g if found else None,
    }
