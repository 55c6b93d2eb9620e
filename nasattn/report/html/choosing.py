"""What of a study its report shows."""

from collections.abc import Iterator, Sequence

from nasattn.analysis import Front, front
from nasattn.analysis.variants import MARGIN, Comparison, compare_variants, variants_of
from nasattn.errors import UserError
from nasattn.records import Study, Trial, load_whole
from nasattn.records.kin import kin_of
from nasattn.records.outline import load_outline
from nasattn.report.gallery import Gallery
from nasattn.report.html.charts import drawn_curves
from nasattn.report.html.report import Drawn, Report
from nasattn.report.importance_page import importance_page
from nasattn.report.network_picture import network_picture
from nasattn.report.variants_page import own_reference
from nasattn.report.weighing import weigh

_COLUMNS = 116
"""Of what is drawn with characters."""


def report_of(study: Study, trials: Sequence[Trial], gallery: Gallery | None) -> Report:
    """Return the report of a study, with what stands beside it.

    Args:
        study: The study.
        trials: All of it; the learning curves that are drawn are read here.
        gallery: Pictures that one of its networks classified; None without.
    """
    found = front(trials, study.objectives, study.cost_range)
    drawn = (*_network(study, found), *_effects(study, trials))
    curves = tuple(load_whole(study, drawn_curves(trials, found)).values())
    compared = _comparison(study, trials)
    return Report(study, trials, found, curves, gallery, compared, drawn, kin_of(study))


def _network(study: Study, found: Front) -> Iterator[Drawn]:
    """Yield the network at the front's knee, or its most accurate one."""
    chosen = found.knee or (found.members[-1] if found.members else None)
    outline = load_outline(study.path)
    if chosen is not None and outline is not None:
        lines = network_picture(outline.sites, chosen.trial.placements, _COLUMNS)
        yield Drawn("network", f"The network of trial {chosen.trial.trial}", lines)


def _effects(study: Study, trials: Sequence[Trial]) -> Iterator[Drawn]:
    """Yield the map of effects, or why there is none."""
    if study.settings.get("variant"):
        return
    try:
        lines = importance_page(weigh(study, trials), _COLUMNS)
    except UserError as error:
        lines = [str(error)]
    yield Drawn("effects", "What each choice does", lines)


def _comparison(study: Study, trials: Sequence[Trial]) -> Comparison | None:
    """Compare the variants of a study that has any."""
    variants = variants_of(trials) if study.settings.get("variant") else ()
    if not any(variant.by_seed for variant in variants):
        return None
    return compare_variants(variants, against=own_reference(study, variants), margin=MARGIN)
