"""What a study's trials say about its decisions, gathered for its page, its tables and reports."""

from collections.abc import Callable, Sequence

from nasattn.analysis.effects import effects
from nasattn.analysis.evidence import Evidence, evidence
from nasattn.analysis.importance import Importances
from nasattn.errors import UserError
from nasattn.records import Study, Trial
from nasattn.records.outline import Outline, load_outline
from nasattn.report.importance_page import Weighed

Rate = Callable[[Evidence, Outline], Importances]
"""Tells how important each decision is, from the evidence on it."""


def weigh(study: Study, trials: Sequence[Trial], rate: Rate | None = None) -> Weighed:
    """Return what the trials of a study say about its decisions.

    Args:
        study: The study.
        trials: All of it.
        rate: Where the decisions' importances are asked for too.

    Raises:
        UserError: it has no decisions or none recorded, or too few trials.
    """
    outline = _outline(study)
    said = evidence(outline, trials)
    if not said.runs:
        raise UserError(f'study "{study.name}" has no complete trial of its space yet')
    found = None if rate is None else rate(said, outline)
    whole = said.by_choice
    by_choice = None
    if len(whole.outline.decisions) < len(outline.decisions):
        by_choice = effects(whole.runs, whole.options)
    return Weighed(study, trials, said, effects(said.runs, said.options), by_choice, found)


def _outline(study: Study) -> Outline:
    if study.settings.get("variant"):
        raise UserError(
            f'study "{study.name}" lists variants, it decides nothing: `nasattn compare` sets two '
            "of them side by side"
        )
    outline = load_outline(study.path)
    if outline is None:
        raise UserError(
            f'study "{study.name}" was made by an older version, which did not record its '
            f"decisions: `nasattn resume {study.name}` records them"
        )
    return outline
