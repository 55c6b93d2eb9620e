"""The variants of a study against one of them, on a terminal."""

from collections.abc import Sequence

from nasattn.analysis.main_effects import MainEffect, main_effects
from nasattn.analysis.paired import ALPHA, CONFIDENCE, Interval
from nasattn.analysis.variants import Compared, Comparison, Variant, missing_seeds, overstatement
from nasattn.records import Study, Trial
from nasattn.report.conditions import conditions
from nasattn.report.ink import folded, paint, plain
from nasattn.report.placements import summarize
from nasattn.report.progress import progress_words
from nasattn.report.table import Row, Table
from nasattn.report.units import counted, human, percent, points, relative

_STYLES = {"better": "green", "worse": "magenta", "free": "cyan"}
_TEST_WORDS = {"t": "paired t-test", "wilcoxon": "Wilcoxon's signed-rank test, exact"}


def variants_page(
    study: Study, trials: Sequence[Trial], found: Comparison, width: int | None
) -> list[str]:
    """Return the lines of ``nasattn ablate NAME``; ``width`` as for `pareto_page`."""
    question = study.table("origin").get("asks")
    head = f"{paint(study.name, 'bold')}  {question}" if question else paint(study.name, "bold")
    page = [head, progress_words(study, trials), ""]
    page += _fitting(accuracy_table(found), width)
    page += ["", *_fitting(cost_table(found), width)]
    if effects := effects_of(study, found):
        page += ["", *_fitting(_effects_table(effects), width)]
    if gaps := overstatements(study, found):
        page += ["", *_fitting(_gap_table(study, gaps), width)]
    return [*page, "", *folded(variants_notes(study, trials, found), width)]


def own_reference(study: Study, variants: Sequence[Variant]) -> str | None:
    """Return what the study says its variants are compared with, where that was begun."""
    own = study.table("origin").get("against")
    return next((variant.name for variant in variants if variant.name == own), None)


def accuracy_table(found: Comparison) -> Table:
    """Return what each variant reached, and how it differs from the reference."""
    heads = ("<variant", "n", "accuracy %", "Δ points", "95 % interval", "p", "g", "<")
    return Table(heads, "", tuple(accuracy_row(row, found) for row in found.rows))


def cost_table(found: Comparison) -> Table:
    """Return what each variant costs against the reference, and what it is."""
    heads = ("<variant", "params", "Δ %", "flops", "Δ %", "images/s")
    return Table(heads, "placements", tuple(cost_row(row, found) for row in found.rows))


def accuracy_row(row: Compared, found: Comparison) -> Row:
    """Return a row of `accuracy_table`."""
    variant = row.variant
    spread = f" ± {percent(variant.accuracy_sd)}" if variant.accuracy_sd is not None else ""
    cells = (variant.name, str(len(variant.by_seed)), percent(variant.accuracy) + spread)
    verdict = row.verdict
    if row.difference is None:
        verdict = "reference" if variant is found.against else "no common seed"
    return Row((*cells, *_difference_cells(row), verdict), "", _STYLES.get(verdict, ""))


def cost_row(row: Compared, found: Comparison) -> Row:
    """Return a row of `cost_table`."""
    trial, base = row.variant.trial, found.against.trial
    speed = row.variant.eval_images_per_second
    cells = (
        row.variant.name,
        human(trial.params),
        relative(trial.params, base.params),
        human(trial.flops),
        relative(trial.flops, base.flops),
        "" if speed is None else f"{speed:,.0f}",
    )
    return Row(cells, summarize(trial.placements))


def _fitting(table: Table, width: int | None) -> list[str]:
    """Return a table's lines; names that do not fit beside the numbers stand under them."""
    lines = table.lines(width)
    if width is None or max(len(plain(line)) for line in lines) <= width:
        return lines
    rows = (
        Row(row.cells[1:], ": ".join(filter(None, (row.cells[0], row.words))), row.style)
        for row in table.rows
    )
    return Table(table.heads[1:], table.words or "variant", tuple(rows)).lines(width)


def effects_of(study: Study, found: Comparison) -> tuple[MainEffect, ...]:
    """Return what each part of a factorial does; nothing where the study is none."""
    parts = study.table("origin").get("parts", {})
    return main_effects([row.variant for row in found.rows], parts)


def _effects_table(effects: Sequence[MainEffect]) -> Table:
    rows = (
        Row((effect.part, str(effect.difference.n), *_difference_cells(effect)))
        for effect in effects
    )
    return Table(("<part", "n", "effect points", "95 % interval", "p", "g"), "", tuple(rows))


def _difference_cells(found: Compared | MainEffect) -> tuple[str, ...]:
    """Return difference, interval, p and size of a comparison that was made."""
    if found.difference is None:
        return ("", "", "", "")
    interval, size = found.difference.interval, found.difference.g
    return points(interval.mean, 0.0), _ends(interval), p_words(found.p_holm), _size(size)


def overstatements(study: Study, found: Comparison) -> list[tuple[Compared, float, Interval]]:
    """Return the variants that a search had a score for, with the score and the gap."""
    scores = study.table("origin").get("scores", {})
    pairs = ((row, scores.get(row.variant.name)) for row in found.rows)
    gaps = (
        (row, score, overstatement(score, row.variant)) for row, score in pairs if score is not None
    )
    return [(row, score, gap) for row, score, gap in gaps if gap is not None]


def _gap_table(study: Study, gaps: Sequence[tuple[Compared, float, Interval]]) -> Table:
    score_head = f"{study.table('origin').get('study')} said %"
    rows = (
        Row(
            (
                row.variant.name,
                percent(score),
                percent(row.variant.accuracy),
                points(gap.mean, 0.0),
                _ends(gap),
            )
        )
        for row, score, gap in gaps
    )
    heads = ("<variant", score_head, "trained anew %", "gap points", "95 % interval")
    return Table(heads, "", tuple(rows))


def variants_notes(study: Study, trials: Sequence[Trial], found: Comparison) -> list[str]:
    """Return what the columns mean, and under which conditions their numbers were measured."""
    tests = sum(row.p_holm is not None for row in found.rows)
    margin = f"{100 * found.margin:g} points"
    notes = [
        f"Δ: against {found.against.name}, the mean of the differences seed by seed; interval: "
        f"Student's t, {CONFIDENCE:.0%}, of each difference alone; p: {_TEST_WORDS[found.test]}, "
        f"two-sided, Holm-adjusted for {counted(tests, 'comparison')}; g: the mean difference in "
        "standard deviations of the differences (Cohen's dz), with Hedges' correction",
        f"better, worse: p < {ALPHA:g}; free: not so, and within ±{margin} (two one-sided t-tests, "
        f"Holm-adjusted p < {ALPHA:g}); open: neither is shown",
    ]
    if effects_of(study, found):
        notes.append(
            "effect: the mean of all variants with the part less that of all without it, seed by "
            "seed; p Holm-adjusted for these parts"
        )
    if overstatements(study, found):
        notes.append(_gap_words(study))
    if missing := missing_seeds(found.rows):
        lacking = (f"{name} lacks {_seeds(seeds)}" for name, seeds in missing.items())
        notes.append(f"only seeds that both sides have are compared: {'; '.join(lacking)}")
    if any(row.difference and row.p is None for row in found.rows):
        notes.append("no p: one seed, or differences that are all equal, have no spread")
    notes.append(
        f"images/s: of the evaluations after each epoch, median of the seeds{_batch(study)}"
    )
    return [*notes, f"conditions: {conditions(study, trials)}"]


def _gap_words(study: Study) -> str:
    origin = study.table("origin")
    measured = f"{origin.get('evaluated', 'validation')} images"
    return (
        f"gap: what {origin.get('study')} said (on {measured}) less the mean of the fresh seeds: "
        "a score that was chosen for being high is too high (the winner's curse); the bare "
        "backbone, which nobody chose, shows how much of the gap is due to other images, to more "
        "of them to train on and to another recipe, where there is one"
    )


def _batch(study: Study) -> str:
    recipe, execution = study.table("recipe"), study.table("execution")
    words = (
        f"batch {2 * int(recipe['batch_size'])}" if "batch_size" in recipe else "",
        str(recipe.get("precision", "")),
        counted(int(execution["threads"]), "thread") if "threads" in execution else "",
    )
    said = ", ".join(filter(None, words))
    return f" ({said})" if said else ""


def _seeds(seeds: Sequence[int]) -> str:
    return f"repeat{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"


def _ends(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return "–"
    return f"{points(interval.low, 0.0)} to {points(interval.high, 0.0)}"


def p_words(p: float | None) -> str:
    """Write a p-value: ``0.031``, ``<0.001``; a dash where there is none."""
    if p is None:
        return "–"
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def _size(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"
