"""What early stopping saved, on a terminal and as JSON."""

from typing import Any

from nasattn.analysis.savings import FEWEST, Estimate, Savings
from nasattn.records import Study
from nasattn.report.documents import Document
from nasattn.report.ink import folded, headline
from nasattn.report.table import Row, Table
from nasattn.report.units import counted, duration

_ESTIMATES = ("per_trial", "seconds_per_trial", "missed_share")


def savings_document(study: Study, found: Savings) -> Document:
    """Return ``nasattn savings --json``."""
    values = found._asdict() | {name: getattr(found, name)._asdict() for name in _ESTIMATES}
    return {
        "study": study.name,
        **values,
        "missed": list(found.missed),
        "is_enough": found.is_enough,
        "fewest": FEWEST,
    }


SAVINGS_FIELDS = ("quantity", "value", "low", "high")
"""The columns of ``nasattn savings --csv``."""


def savings_rows(found: Savings) -> list[dict[str, Any]]:
    """Return the rows of ``nasattn savings --csv``: counts, then estimates with their intervals."""
    counts = ("stopped", "epochs", "seconds", "judged", "exempt", "spared")
    values = [(name, getattr(found, name), None, None) for name in counts]
    values += [(name, *getattr(found, name)) for name in _ESTIMATES]
    return [dict(zip(SAVINGS_FIELDS, row, strict=True)) for row in values]


def savings_table(found: Savings) -> Table:
    """Return what was saved and missed as a table."""
    estimates = (
        ("epochs saved per trial", found.per_trial, 1),
        ("seconds saved per trial", found.seconds_per_trial, 1),
        ("% of trials on the front that are stopped", found.missed_share, 100),
    )
    rows = [
        Row(("trials stopped early", str(found.stopped), "")),
        Row(("epochs not trained", str(found.epochs), "")),
        Row(("exempt trials at their end", str(found.exempt), "")),
        *(Row((name, *_cells(estimate, scale))) for name, estimate, scale in estimates),
    ]
    return Table(("<", "value", "95 % interval"), "", tuple(rows))


def _cells(found: Estimate, scale: int) -> tuple[str, str]:
    if found.value is None:
        return "–", ""
    value = f"{scale * found.value:.1f}"
    if found.low is None or found.high is None:
        return value, ""
    return value, f"{scale * found.low:.1f} to {scale * found.high:.1f}"


def savings_page(study: Study, found: Savings, width: int | None) -> list[str]:
    """Return the lines of ``nasattn savings``; ``width`` as for `pareto_page`."""
    lines = [
        f"{counted(found.stopped, 'trial')} stopped early: {counted(found.epochs, 'epoch')} not "
        f"trained, about {duration(found.seconds)} at each trial's own pace",
        _exempt(found),
    ]
    if found.exempt:
        lines += [_saved(found), _missed(found)]
    if found.exempt and found.is_at_most:
        lines.append("both at most: a trial that this pruner lets wait may go on")
    if not found.is_enough:
        lines.append(
            f"too few to answer: {found.exempt} of the {FEWEST} exempt trials that it takes; more "
            "trials, or a larger [search] exempt in the next study"
        )
    return headline(f"{study.name}: what early stopping saved", width) + folded(lines, width)


def _exempt(found: Savings) -> str:
    if not found.share:
        return "no trial was exempt ([search] exempt = 0): what stopping missed cannot be told"
    return (
        f"{counted(found.exempt, 'exempt trial')} of {found.judged} came to the end "
        f"({100 * found.share:g} % are drawn); of {found.spared} the pruner would have ended or "
        "paused the training"
    )


def _saved(found: Savings) -> str:
    epochs, seconds = found.per_trial, found.seconds_per_trial
    return (
        f"from these: stopping saves {_words(epochs)} of {found.whole} epochs of a trial, "
        f"{_words(seconds)} seconds"
    )


def _missed(found: Savings) -> str:
    numbers = ", ".join(map(str, found.missed))
    named = f" (trials {numbers})" if found.missed else ""
    share = found.missed_share
    scaled = Estimate(*(None if value is None else 100 * value for value in share))
    return (
        f"and {len(found.missed)} of the {found.spared} ended on the front{named}: of all trials "
        f"{_words(scaled)} % would be on the front and are stopped before"
    )


def _words(found: Estimate) -> str:
    if found.value is None:
        return "an unknown number"
    if found.low is None or found.high is None:
        return f"{found.value:.1f}"
    return f"{found.value:.1f} (95 % interval {found.low:.1f} to {found.high:.1f})"
