"""The command that judges a study's pruner."""

import typer

from nasattn.cli.options import RUNS, AsJson, RunsDir, Storage
from nasattn.cli.read import StudyName


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(savings)


def savings(
    name: StudyName,
    *,
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Estimate what early stopping saved and missed, from the trials that were exempt from it."""
    from nasattn.analysis.savings import savings as judge
    from nasattn.records import load_study, load_trials

    study = load_study(runs_dir, name, storage=storage)
    found = judge(study, load_trials(study, curves=True))
    if as_json:
        from nasattn.report.documents import print_json
        from nasattn.report.savings_page import savings_document

        print_json(savings_document(study, found))
        return
    from nasattn.report.ink import print_page
    from nasattn.report.savings_page import savings_page

    print_page(lambda width: savings_page(study, found, width))
