"""What early stopping saved, on a terminal and as JSON."""

from nasattn.analysis.savings import FEWEST, Estimate, Savings
from nasattn.records import Study
from nasattn.report.documents import Document
from nasattn.report.ink import folded, headline
from nasattn.report.units import counted, duration


def savings_document(study: Study, found: Savings) -> Document:
    """Return ``nasattn savings --json``."""
    estimates = ("per_trial", "seconds_per_trial", "missed_share")
    values = found._asdict() | {name: getattr(found, name)._asdict() for name in estimates}
    return {
        "study": study.name,
        **values,
        "missed": list(found.missed),
        "is_enough": found.is_enough,
        "fewest": FEWEST,
    }


def savings_page(study: Study, found: Savings, width: int | None) -> list[str]:
    """Return the lines of ``nasattn savings``; ``width`` as for `pareto_page`."""
    lines = [
        f"{counted(found.stopped, 'trial')} stopped early: {counted(found.epochs, 'epoch')} not "
        f"trained, about {duration(found.seconds)} at each trial's own pace",
        _exempt(found),
    ]
    if found.exempt:
        lines += [_saved(found), _missed(found)]
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
