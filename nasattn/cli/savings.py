"""The command that judges a study's pruner."""

import typer

from nasattn.cli.forms import Answer, in_forms
from nasattn.cli.options import RUNS, RunsDir, Storage
from nasattn.cli.read import StudyName


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(savings)


@in_forms
def savings(
    name: StudyName,
    *,
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    form: str = "",
) -> None:
    """Estimate what early stopping saved and missed, from the trials that were exempt from it."""
    from nasattn.analysis.savings import savings as judge
    from nasattn.records import load_study, load_trials
    from nasattn.report import savings_page as report
    from nasattn.report.conditions import caption

    study = load_study(runs_dir, name, storage=storage)
    trials = load_trials(study, curves=True)
    found = judge(study, trials)
    answer = Answer(
        page=lambda width: report.savings_page(study, found, width),
        document=lambda: report.savings_document(study, found),
        rows=lambda: (report.SAVINGS_FIELDS, report.savings_rows(found)),
        tables=lambda: [report.savings_table(found)],
        caption=lambda: caption(study, trials),
    )
    answer.print(form)
