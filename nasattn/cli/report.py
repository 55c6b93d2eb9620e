"""A study as one page to show to others."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasattn.cli.options import RUNS, RunsDir, Storage
from nasattn.cli.read import StudyName, numbered

if TYPE_CHECKING:
    from nasattn.records import Study, Trial
    from nasattn.report.gallery import Gallery


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
    checklist: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also write the checklist of good practice, as .md or .tex."
        ),
    ] = None,
    shown: Annotated[int, typer.Option(min=1, max=100, help="Images in the gallery.")] = 24,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
) -> None:
    """Write a study's report: one HTML file that needs no network.

    Front, learning curves, trials, settings and good practice; to be sorted, hovered over, printed.
    """
    from nasattn.records import load_study, load_trials
    from nasattn.report.checklist import check_checklist, write_checklist
    from nasattn.report.html import write_report
    from nasattn.report.html.choosing import report_of
    from nasattn.report.ink import print_page
    from nasattn.report.units import human

    if checklist is not None:
        check_checklist(checklist)
    study = load_study(runs_dir, name, storage=storage)
    trials = load_trials(study, curves=False)
    pictures = _gallery(study, trials, gallery, shown) if gallery is not None else None
    file = to or study.path / "report.html"
    content = report_of(study, trials, pictures)
    size = write_report(content, file)
    lines = [f"{file}: {human(size)} bytes, opens in any browser"]
    if checklist is not None:
        lines.append(f"{checklist}: {write_checklist(study, content.practice, checklist)}")
    print_page(lambda width: lines)


def _gallery(study: "Study", trials: "tuple[Trial, ...]", number: int, shown: int) -> "Gallery":
    """Classify held-out images with the weights that a trial kept."""
    from nasattn.cli.predict import gallery_of, judged
    from nasattn.prediction import check_kept, load_network
    from nasattn.training import resolve_device

    trial = numbered(trials, number, study)
    folder = study.weights_file(number).parent
    check_kept(folder, study, trial)
    kept = load_network(folder, resolve_device("auto"))
    return gallery_of(study, trial, judged(kept, study, study.evaluated, shown))
