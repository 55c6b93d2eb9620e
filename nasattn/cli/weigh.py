"""The commands that weigh trials against each other: compare, importance.

As the reading commands they import neither torch nor optuna, but for ``importance``, whose
evaluator is Optuna's.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasattn.cli.forms import Answer, in_forms
from nasattn.cli.options import RUNS, Figure, RunsDir, Storage, check_figure, runs_dir_words
from nasattn.cli.read import StudyName, numbered, opened
from nasattn.errors import UserError

if TYPE_CHECKING:
    from nasattn.analysis.evidence import Evidence
    from nasattn.analysis.importance import Importances
    from nasattn.records.outline import Outline
    from nasattn.report.compare_page import Side

First = Annotated[
    str, typer.Argument(metavar="A", help="A trial's number; OTHER:N is trial N of another study.")
]
Second = Annotated[str, typer.Argument(metavar="B", help="Likewise.")]


def register(app: typer.Typer) -> None:
    """Add the weighing commands to ``app``."""
    for command in (compare, importance):
        app.command()(command)


@in_forms
def compare(  # noqa: PLR0913 - one argument for each option of the command
    name: StudyName,
    first: First,
    second: Second,
    *,
    figure: Figure = None,
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    form: str = "",
) -> None:
    """Show two trials side by side: sites, costs, curves, and what their difference is worth."""
    from nasattn.report import compare_page as report

    check_figure(figure)
    sides = (_side(name, first, runs_dir, storage), _side(name, second, runs_dir, storage))
    one = sides[1]
    if figure:
        from nasattn.report.curve_picture import draw_comparison

        draw_comparison(sides, figure)
    answer = Answer(
        page=lambda width: report.compare_page(sides, width),
        document=lambda: report.compare_document(sides),
        rows=lambda: (report.COMPARE_FIELDS, report.compare_rows(sides)),
        tables=lambda: report.compare_tables(sides),
        caption=lambda: report.sides_caption(sides),
    )
    command = f"nasattn show {one.study.name} {one.trial.trial}"
    answer.print(form, command + runs_dir_words(runs_dir))


@in_forms
def importance(  # noqa: PLR0913 - one argument for each option of the command
    name: StudyName,
    *,
    effects_alone: Annotated[
        bool, typer.Option("--map", help="Only the map of effects, which takes no time.")
    ] = False,
    figure: Figure = None,
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    form: str = "",
) -> None:
    """Show which decision drives accuracy and costs, and the effect of each option by stage."""
    from nasattn.records import load_trials
    from nasattn.report import importance_page as report
    from nasattn.report.conditions import caption
    from nasattn.report.weighing import weigh

    check_figure(figure)
    study = opened(name, runs_dir, storage)
    trials = load_trials(study, curves=False)
    weighed = weigh(study, trials, None if effects_alone else _rate)
    if figure:
        from nasattn.report.interval_picture import draw_effects

        draw_effects(weighed, figure)
    answer = Answer(
        page=lambda width: report.importance_page(weighed, width),
        document=lambda: report.importance_document(weighed),
        rows=lambda: report.importance_table(weighed),
        tables=lambda: report.importance_tables(weighed),
        caption=lambda: caption(weighed.study, weighed.trials),
    )
    answer.print(form, f"nasattn pareto {name}{runs_dir_words(runs_dir)}")


def _rate(said: "Evidence", outline: "Outline") -> "Importances":
    """Tell how important decisions are, by Optuna's evaluator."""
    from nasattn.analysis.decided import intervals
    from nasattn.analysis.importance import importances
    from nasattn.search.importance import PedAnova

    return importances(said.samples, said.parameters, PedAnova(said.samples, intervals(outline)))


def _side(name: str, text: str, runs_dir: Path, storage: str | None) -> "Side":
    """Return one of two trials to compare.

    Raises:
        UserError: there is no such study or trial.
    """
    from nasattn.records import load_trials
    from nasattn.records.outline import load_outline
    from nasattn.report.compare_page import Side

    other, colon, number = text.rpartition(":")
    if not number.isdecimal() or (colon and not other):
        raise UserError(f"{text}: must be a trial's number, or STUDY:NUMBER, such as quickstart:5")
    study = opened(other or name, runs_dir, storage)
    trials = load_trials(study, curves=True)
    return Side(study, numbered(trials, int(number), study), trials, load_outline(study.path))
