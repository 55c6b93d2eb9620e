"""The reading commands: studies, trials, show, pareto.

They import what they need when they run, and none of them imports torch or optuna.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from nasattn.cli.options import RUNS, AsCsv, AsJson, RunsDir, Storage, runs_dir_words
from nasattn.errors import UnknownTrialError, UserError

if TYPE_CHECKING:
    from nasattn.analysis import Front
    from nasattn.records import Study, Trial
    from nasattn.report.documents import Document

StudyName = Annotated[
    str, typer.Argument(metavar="NAME", help="The study: the name of its folder.")
]
Plot = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Also draw the learning curve into FILE.png or FILE.svg."),
]
TrialNumber = Annotated[
    int | None, typer.Argument(metavar="TRIAL", help="The trial's number.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the reading commands to ``app``."""
    for command in (studies, trials, show, pareto):
        app.command()(command)


def studies(*, runs_dir: RunsDir = RUNS, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List the studies and how far they are."""
    from nasattn.report.overview import OVERVIEW_FIELDS, overview_dict, overviews, studies_page

    check_one_form(as_json=as_json, as_csv=as_csv)
    found = overviews(runs_dir)
    rows = [overview_dict(overview) for overview in found]
    if as_json:
        from nasattn.report.documents import print_json

        print_json({"studies": rows})
    elif as_csv:
        print_csv(OVERVIEW_FIELDS, rows)
    else:
        from nasattn.report.ink import print_page

        print_page(lambda width: studies_page(runs_dir, found, width))
        if found:
            _suggest(f"trials {found[0].name}", runs_dir)


def trials(  # noqa: PLR0913 - one argument for each option of the command
    name: StudyName,
    *,
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Show the running trials until the study is done."),
    ] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the trials of a study, what they reached and cost; with --watch as they change.

    Into a pipe --watch prints one line for each change of a trial, with --json a JSON object.
    """
    from nasattn.records import load_trials

    check_one_form(as_json=as_json, as_csv=as_csv)
    if watch:
        from nasattn.cli.watching import watch_trials

        if as_csv:
            raise UserError("--watch and --csv: changes are printed as lines, or with --json")
        watch_trials(name, runs_dir, storage, as_json=as_json)
        return
    study = opened(name, runs_dir, storage)
    if as_json:
        _print_trials(study)
        return
    found = load_trials(study, curves=False)
    if as_csv:
        from nasattn.report.documents import TRIAL_FIELDS

        print_csv(TRIAL_FIELDS, [trial.to_dict() for trial in found])
    else:
        from nasattn.report.ink import print_page
        from nasattn.report.trials_page import trials_page

        print_page(lambda width: trials_page(study, found, width))
        if found:
            _suggest(f"pareto {name}", runs_dir)


def _print_trials(study: "Study") -> None:
    """Print all that is known of all trials."""
    from nasattn.records import load_texts, load_trials
    from nasattn.report.documents import print_json, trials_document, trials_text

    if sys.stdout.isatty():
        print_json(trials_document(study, load_trials(study, curves=True)))
    else:
        sys.stdout.writelines(trials_text(study, load_texts(study)))


def show(  # noqa: PLR0913 - one argument for each option of the command
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The study, or an architecture's .json.")
    ],
    trial: TrialNumber = None,
    *,
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Show one trial: costs, the network with what sits where, learning curve.

    Of an architecture's .json it shows the network.
    """
    from nasattn.analysis import baseline
    from nasattn.records import load_trials, load_whole
    from nasattn.records.outline import load_outline

    if trial is None:
        _show_file(name, as_json=as_json)
        return
    if plot:
        _check_plot(plot)
    study = opened(name, runs_dir, storage)
    found = load_trials(study, curves=False)
    chosen = load_whole(study, [numbered(found, trial, study).trial])[trial]
    outline = load_outline(study.path)
    if plot:
        from nasattn.report.curve_picture import draw_curve

        draw_curve(study, chosen, plot)
    if as_json:
        from nasattn.report.documents import print_json, show_document

        print_json(show_document(study, chosen, outline))
    else:
        from nasattn.report.ink import print_page
        from nasattn.report.show_page import show_page

        print_page(lambda width: show_page(study, chosen, baseline(found), width, outline))
        if not study.is_of_one_network:
            _suggest(f"pareto {name}", runs_dir)


def _show_file(file: str, *, as_json: bool) -> None:
    """Show the network of an architecture's file, which is built for that.

    Raises:
        UserError: it is none.
    """
    if not file.endswith(".json"):
        raise UserError(f"show {file}: give the trial's number too, or an architecture's .json")
    from nasattn.cli.answer import answer
    from nasattn.placement import read_architecture
    from nasattn.placement.describing import describe_placed
    from nasattn.report.network_picture import architecture_page

    def describe() -> "Document":
        return describe_placed(read_architecture(Path(file)))

    answer(describe, architecture_page, f"nasattn cost {file}", as_json=as_json)


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
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show the front, against the bare backbone; with --csv --history its growth instead."""
    from nasattn.analysis import filled
    from nasattn.records import load_outcomes, load_whole

    check_one_form(as_json=as_json, as_csv=as_csv)
    study = opened(name, runs_dir, storage)
    limits = (max_params, max_flops, max_latency, min_accuracy)
    asked = Asked(*limits, cost, history, steadiness)
    if posterior:
        if any(asked):
            raise UserError(
                "--posterior: is a front of its own; it takes none of the other options"
            )
        _print_believed(study, runs_dir, as_json=as_json, as_csv=as_csv)
        return
    found = load_outcomes(study)
    best, view = asked.look(study, found)
    best = filled(best, load_whole(study, [result.trial.trial for result in best.listed]))
    if as_json:
        from nasattn.report.documents import pareto_document, print_json

        print_json(pareto_document(study, best, view))
    elif as_csv:
        from nasattn.report.documents import pareto_table

        print_csv(*pareto_table(best, view))
    else:
        from nasattn.report.ink import print_page
        from nasattn.report.pareto_page import pareto_page

        print_page(lambda width: pareto_page(study, found, best, width, view))
        if found:
            _suggest(_after_pareto(name, best), runs_dir)


def _print_believed(study: "Study", runs_dir: Path, *, as_json: bool, as_csv: bool) -> None:
    from nasattn.analysis.believed import believed_front
    from nasattn.records import load_trials
    from nasattn.report import believed_page as report

    found = load_trials(study, curves=True)
    best = believed_front(study, found)
    if as_json:
        from nasattn.report.documents import print_json

        print_json(report.believed_document(study, best))
    elif as_csv:
        print_csv(report.BELIEVED_FIELDS, report.believed_rows(best))
    else:
        from nasattn.report.ink import print_page

        print_page(lambda width: report.believed_page(study, found, best, width))
        _suggest(f"suggest {study.name}", runs_dir)


def _check_plot(file: Path) -> None:
    from nasattn.report.curve_picture import SUFFIXES
    from nasattn.report.picture import check_suffix

    check_suffix(file, SUFFIXES, "--plot")


def opened(name: str, runs_dir: Path, storage: str | None) -> "Study":
    """Return a study; say so where its trials are not where they should be."""
    from nasattn.records import load_study

    study = load_study(runs_dir, name, storage=storage)
    if study.has_lost_its_database:
        from nasattn.report.ink import tell

        again = f"`nasattn resume {name}{runs_dir_words(runs_dir)}` rebuilds it"
        tell([f"note: {study.storage} is gone: read from the trials' folders; {again}"])
    return study


def check_one_form(*, as_json: bool, as_csv: bool) -> None:
    """Refuse two forms of output at once.

    Raises:
        UserError: both were asked for.
    """
    if as_json and as_csv:
        raise UserError("--json and --csv: only one of them can be printed")


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


def print_csv(heads: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Print ``rows`` under ``heads`` as comma-separated values."""
    from nasattn.report.documents import csv_text

    sys.stdout.write(csv_text(heads, rows))


def _suggest(command: str, runs_dir: Path) -> None:
    from nasattn.report.ink import suggest

    suggest(f"nasattn {command}{runs_dir_words(runs_dir)}")
