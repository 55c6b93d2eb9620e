"""The study in optuna-dashboard."""

import sys
from typing import Annotated

import typer

from nasattn.cli.options import RUNS, RunsDir, Storage
from nasattn.cli.read import StudyName


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(dashboard)


def dashboard(  # noqa: PLR0913 - one argument for each option of the command
    name: StudyName,
    *,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any.")] = 8080,
    browser: Annotated[bool, typer.Option(help="Open a browser on it, from a terminal.")] = True,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
) -> None:
    """Show a study in optuna-dashboard until Ctrl-C; nothing can be changed there."""
    from nasattn.search.dashboard import Dashboard

    shown = Dashboard(runs_dir, name, storage, host=host, port=port)
    typer.echo(f"{shown.url}  (Ctrl-C ends it)")
    if browser and sys.stdout.isatty():
        import webbrowser

        webbrowser.open(shown.url)
    shown.serve()
