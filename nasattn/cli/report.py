"""A study as one page to show to others."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasattn.cli.options import RUNS, RunsDir, Storage
from nasattn.cli.read import StudyName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nasattn.analysis import Front
    from nasattn.analysis.variants import Comparison
    from nasattn.records import Study, Trial
    from nasattn.report.gallery import Gallery
    from nasattn.report.html import Drawn

_COLUMNS = 116
"""Of what is drawn with characters."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(report)


def report(  # noqa: PLR0913 - one argument for each option of the command
    name: StudyName,
    *,
    to: Annotated[
        Path | None,
        typer.Option("-o", "--to", metavar="FILE", help="[default: report.html in its run folder]"),
    ] = None,
    gallery: Annotated[
        int | None,
        typer.Option(metavar="TRIAL", help="Also show pictures that this trial's network took."),
    ] = None,
    shown: Annotated[int, typer.Option(min=1, max=100, help="Images in the gallery.")] = 24,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
) -> None:
    """Write a study's report: one HTML file that needs no network.

    Front, learning curves, trials, settings and good practice; to be sorted, hovered over, printed.
    """
    from nasattn.analysis import front
    from nasattn.records import load_study, load_trials, load_whole
    from nasattn.report.html import Report, drawn_curves, write_report
    from nasattn.report.ink import print_page
    from nasattn.report.units import human

    study = load_study(runs_dir, name, storage=storage)
    trials = load_trials(study, curves=False)
    pictures = _gallery(study, trials, gallery, shown) if gallery is not None else None
    file = to or study.path / "report.html"
    found = front(trials, study.objectives, study.cost_range)
    curves = load_whole(study, drawn_curves(trials, found)).values()
    drawn = tuple(_drawn(study, trials, found))
    content = Report(
        study, trials, found, tuple(curves), pictures, _comparison(study, trials), drawn
    )
    size = write_report(content, file)
    print_page(lambda width: [f"{file}: {human(size)} bytes, opens in any browser"])


def _drawn(study: "Study", trials: "tuple[Trial, ...]", found: "Front") -> "Iterator[Drawn]":
    """Yield the network at the front's knee, or its most accurate one, and the map of effects."""
    from nasattn.cli.weigh import weighed_of
    from nasattn.errors import UserError
    from nasattn.records.outline import load_outline
    from nasattn.report.html import Drawn
    from nasattn.report.importance_page import importance_page
    from nasattn.report.network_picture import network_picture

    chosen = found.knee or (found.members[-1] if found.members else None)
    outline = load_outline(study.path)
    if chosen is not None and outline is not None:
        lines = network_picture(outline.sites, chosen.trial.placements, _COLUMNS)
        yield Drawn("network", f"The network of trial {chosen.trial.trial}", lines)
    try:
        weighed = weighed_of(study, trials, with_importances=False)
    except UserError as error:
        lines = [] if study.settings.get("variant") else [str(error)]
    else:
        lines = importance_page(weighed, _COLUMNS)
    if lines:
        yield Drawn("effects", "What each choice does", lines)


def _comparison(study: "Study", trials: "tuple[Trial, ...]") -> "Comparison | None":
    """Compare the variants of a study that has any."""
    from nasattn.analysis.variants import compare_variants, variants_of
    from nasattn.cli.variants import MARGIN, own_reference

    if not study.settings.get("variant"):
        return None
    variants = variants_of(trials)
    if not any(variant.by_seed for variant in variants):
        return None
    return compare_variants(variants, against=own_reference(study, variants), margin=MARGIN)


def _gallery(study: "Study", trials: "tuple[Trial, ...]", number: int, shown: int) -> "Gallery":
    """Classify held-out images with the weights that a trial kept."""
    from nasattn.cli.read import numbered
    from nasattn.prediction import check_kept, held_out, judge, load_network
    from nasattn.report.gallery import make_gallery
    from nasattn.search.study.settings import Settings
    from nasattn.training import resolve_device

    trial = numbered(trials, number, study)
    folder = study.weights_file(number).parent
    check_kept(folder, study, trial)
    images = held_out(Settings.load(study.path), study.evaluated)
    kept = load_network(folder, resolve_device("auto"))
    seen = judge(kept, images, study.evaluated, shown)
    return make_gallery(study, trial, (seen.split, seen.num_images, seen.accuracy), seen.sample)
