"""The reading commands: studies, trials, show, pareto.

They import what they need when they run, and none of them imports torch or optuna.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasattn.cli.forms import Answer, in_forms
from nasattn.cli.front import (
    Asked,
    Cost,
    History,
    MaxFlops,
    MaxLatency,
    MaxParams,
    MinAccuracy,
    Steady,
)
from nasattn.cli.options import RUNS, Figure, RunsDir, Storage, check_figure, runs_dir_words
from nasattn.errors import UnknownTrialError, UserError

if TYPE_CHECKING:
    from nasattn.analysis import Front
    from nasattn.records import Study, Trial

StudyName = Annotated[
    str, typer.Argument(metavar="NAME", help="The study: the name of its folder.")
]
TrialNumber = Annotated[
    int | None, typer.Argument(metavar="TRIAL", help="The trial's number.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the reading commands to ``app``."""
    for command in (studies, trials, show, pareto):
        app.command()(command)


@in_forms
def studies(*, runs_dir: RunsDir = RUNS, form: str = "") -> None:
    """List the studies and how far they are."""
    from nasattn.report import overview as report

    found = report.overviews(runs_dir)
    rows = list(map(report.overview_dict, found))
    answer = Answer(
        page=lambda width: report.studies_page(runs_dir, found, width),
        document=lambda: {"studies": rows},
        rows=lambda: (report.OVERVIEW_FIELDS, rows),
        tables=lambda: [report.studies_table(found)],
        caption=lambda: "Studies, how far they are, and their accuracies on validation images",
    )
    answer.print(form, _next(f"trials {found[0].name}", runs_dir) if found else "")


@in_forms
def trials(
    name: StudyName,
    *,
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Show the running trials until the study is done."),
    ] = False,
    form: str = "",
) -> None:
    """List the trials of a study, what they reached and cost; with --watch as they change.

    Into a pipe --watch prints one line for each change of a trial, with --json a JSON object.
    """
    if watch:
        from nasattn.cli.watching import watch_trials

        if form not in ("", "json"):
            raise UserError(f"--watch and --{form}: changes are printed as lines, or with --json")
        watch_trials(name, runs_dir, storage, as_json=form == "json")
        return
    from nasattn.records import load_texts, load_trials
    from nasattn.report import trials_page as report

    study = opened(name, runs_dir, storage)
    if form == "json" and not sys.stdout.isatty():
        sys.stdout.writelines(report.trials_text(study, load_texts(study)))
        return
    found = load_trials(study, curves=form == "json")
    answer = Answer(
        page=lambda width: report.trials_page(study, found, width),
        document=lambda: report.trials_document(study, found),
        rows=lambda: (report.TRIAL_FIELDS, [trial.to_dict() for trial in found]),
        tables=lambda: [report.trials_table(study, found)],
        caption=lambda: _caption(study, found),
    )
    answer.print(form, _next(f"pareto {name}", runs_dir) if found else "")


@in_forms
def show(  # noqa: PLR0913 - one argument for each option of the command
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The study, or an architecture's .json.")
    ],
    trial: TrialNumber = None,
    *,
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    figure: Figure = None,
    form: str = "",
) -> None:
    """Show one trial: costs, the network with what sits where, learning curve.

    Of an architecture's .json it shows the network. The figure is of the curve, or the network.
    """
    from nasattn.analysis import baseline
    from nasattn.records import load_trials, load_whole
    from nasattn.records.outline import load_outline

    check_figure(figure)
    if trial is None:
        _show_file(name, figure, form)
        return
    study = opened(name, runs_dir, storage)
    found = load_trials(study, curves=False)
    chosen = load_whole(study, [numbered(found, trial, study).trial])[trial]
    outline = load_outline(study.path)
    if figure:
        from nasattn.report.curve_picture import draw_curve

        draw_curve(study, chosen, figure)
    from nasattn.report import show_page as report
    from nasattn.report.documents import show_document

    answer = Answer(
        page=lambda width: report.show_page(study, chosen, baseline(found), width, outline),
        document=lambda: show_document(study, chosen, outline),
        rows=lambda: (report.EPOCH_FIELDS, report.epoch_rows(chosen)),
        tables=lambda: report.show_tables(study, chosen),
        caption=lambda: report.show_caption(study, chosen),
    )
    answer.print(form, "" if study.is_of_one_network else _next(f"pareto {name}", runs_dir))


def _show_file(file: str, figure: Path | None, form: str) -> None:
    """Show the network of an architecture's file, which is built for that.

    Raises:
        UserError: it is none.
    """
    if not file.endswith(".json"):
        raise UserError(f"show {file}: give the trial's number too, or an architecture's .json")
    from nasattn.cli.answer import results_alone
    from nasattn.placement import read_architecture
    from nasattn.placement.describing import describe_placed
    from nasattn.report.network_picture import architecture_caption, architecture_page
    from nasattn.report.placements import PLACEMENT_FIELDS, placements_table

    with results_alone():
        found = describe_placed(read_architecture(Path(file)))
    if figure:
        from nasattn.report.network_drawing import draw_network

        draw_network(found, figure)
    answer = Answer(
        page=lambda width: architecture_page(found, width),
        document=lambda: found,
        rows=lambda: (PLACEMENT_FIELDS, found["placements"]),
        tables=lambda: [placements_table(found["placements"])] if found["placements"] else [],
        caption=lambda: architecture_caption(found),
    )
    answer.print(form, f"nasattn cost {file}")


@in_forms
def pareto(  # noqa: PLR0913 - one argument for each option of the command
    name: StudyName,
    *,
    max_params: MaxParams = None,
    max_flops: MaxFlops = None,
    max_latency: MaxLatency = None,
    min_accuracy: MinAccuracy = None,
    cost: Cost = None,
    history: History = False,
    steadiness: Steady = False,
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    posterior: Annotated[
        bool,
        typer.Option("--posterior", help="The front as a model of all trials believes in it."),
    ] = False,
    figure: Figure = None,
    form: str = "",
) -> None:
    """Show the front, against the bare backbone; with --csv --history its growth instead."""
    from nasattn.analysis import filled
    from nasattn.records import load_outcomes, load_whole
    from nasattn.report.conditions import caption
    from nasattn.report.documents import pareto_document, pareto_table
    from nasattn.report.pareto_page import pareto_page, pareto_tables

    check_figure(figure)
    study = opened(name, runs_dir, storage)
    limits = (max_params, max_flops, max_latency, min_accuracy)
    asked = Asked(*limits, cost, history, steadiness)
    if posterior:
        if any(asked) or figure:
            raise UserError(
                "--posterior: is a front of its own; it takes none of the other options"
            )
        _print_believed(study, runs_dir, form)
        return
    found = load_outcomes(study)
    best, view = asked.look(study, found)
    best = filled(best, load_whole(study, [result.trial.trial for result in best.listed]))
    if figure:
        from nasattn.report.front_picture import draw_front

        draw_front(study, found, best, view, figure)
    answer = Answer(
        page=lambda width: pareto_page(study, found, best, width, view),
        document=lambda: pareto_document(study, best, view),
        rows=lambda: pareto_table(best, view),
        tables=lambda: pareto_tables(study, best, view),
        caption=lambda: caption(study, found),
    )
    answer.print(form, _next(_after_pareto(name, best), runs_dir) if found else "")


def _print_believed(study: "Study", runs_dir: Path, form: str) -> None:
    from nasattn.analysis.believed import believed_front
    from nasattn.records import load_trials
    from nasattn.report import believed_page as report
    from nasattn.report.conditions import caption

    found = load_trials(study, curves=True)
    best = believed_front(study, found)
    answer = Answer(
        page=lambda width: report.believed_page(study, found, best, width),
        document=lambda: report.believed_document(study, best),
        rows=lambda: (report.BELIEVED_FIELDS, report.believed_rows(best)),
        tables=lambda: [report.believed_table(best)],
        caption=lambda: f"{report.fit_words(best.fit)}; {caption(study, found)}",
    )
    answer.print(form, _next(f"suggest {study.name}", runs_dir))


def opened(name: str, runs_dir: Path, storage: str | None) -> "Study":
    """Return a study; say so where its trials are not where they should be."""
    from nasattn.records import load_study

    study = load_study(runs_dir, name, storage=storage)
    if study.has_lost_its_database:
        from nasattn.report.ink import tell

        again = f"`nasattn resume {name}{runs_dir_words(runs_dir)}` rebuilds it"
        tell([f"note: {study.storage} is gone: read from the trials' folders; {again}"])
    return study


def _caption(study: "Study", found: "tuple[Trial, ...]") -> str:
    from nasattn.report.conditions import caption  # for papers alone

    return caption(study, found)


def numbered(found: "tuple[Trial, ...]", number: int, study: "Study") -> "Trial":
    """Return the trial of a number.

    Raises:
        UserError: there is none.
    """
    trial = next((trial for trial in found if trial.trial == number), None)
    if trial is None:
        raise UnknownTrialError(number, [trial.trial for trial in found], study.name)
    return trial


def _after_pareto(name: str, best: "Front") -> str:
    """Return the command that looks into the knee, or else the most accurate member."""
    most_accurate = max(best.members, key=lambda m: m.trial.accuracy or 0.0, default=None)
    chosen = best.knee or most_accurate
    return f"show {name} {chosen.trial.trial}" if chosen else f"trials {name}"


def _next(command: str, runs_dir: Path) -> str:
    return f"nasattn {command}{runs_dir_words(runs_dir)}"
