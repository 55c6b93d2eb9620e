"""The commands for the workers of a search: join it, prune and stop from another terminal."""

from typing import TYPE_CHECKING, Annotated

import typer

from nasattn.cli.crews import Wanted, Workers, hire
from nasattn.cli.options import RUNS, AsJson, RunsDir, Storage, runs_dir_words, seconds_of
from nasattn.cli.search import (
    Artifacts,
    Device,
    Tensorboard,
    Timeout,
    run_watched,
)
from nasattn.errors import StoppedError, UserError

if TYPE_CHECKING:
    from nasattn.search.steering import Limit

Name = Annotated[str, typer.Argument(metavar="NAME", help="The study's name.")]
Wait = Annotated[
    str, typer.Option(metavar="DURATION", help="How long to wait until it is done: 30s, 5m, …")
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(prune)
    app.command()(stop)
    app.command()(worker)
    app.command(hidden=True)(member)


def prune(  # noqa: PLR0913 - one argument for each option of the command
    name: Name,
    trials: Annotated[list[int], typer.Argument(metavar="TRIAL...", help="Numbers of trials.")],
    *,
    wait: Wait = "1m",
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """End trials as pruned, wherever they run; their checkpoints stay."""
    from nasattn.search.steering import Steering

    limit = _limit(wait)
    ended = Steering(runs_dir, name, storage).prune(trials, limit)
    if as_json:
        from nasattn.report.documents import print_json

        keys = ("trial", "state", "reason", "epochs", "accuracy")
        rows = [{key: getattr(trial, key) for key in keys} for trial in ended]
        print_json({"study": name, "trials": rows})
        return
    for trial in ended:
        typer.echo(f"trial {trial.trial} pruned after {trial.epochs} epochs: {trial.reason}")


def stop(  # noqa: PLR0913 - as above
    name: Name,
    *,
    after_trial: Annotated[
        bool, typer.Option("--after-trial", help="Let the trials in progress end first.")
    ] = False,
    wait: Wait = "1m",
    runs_dir: RunsDir = RUNS,
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Let every worker leave; what it trains is paused, and goes on with resume."""
    from nasattn.search.steering import Steering

    limit = _limit(wait)
    left = Steering(runs_dir, name, storage).stop(limit, after_trial=after_trial)
    if as_json:
        from nasattn.report.documents import print_json

        print_json({"study": name, "stopped": left})
    elif left:
        on = f"to go on: nasattn resume {name}{runs_dir_words(runs_dir)}"
        typer.echo(f"{left} {'process has' if left == 1 else 'processes have'} left; {on}")
    else:
        typer.echo(f"no process is searching {name}")


def worker(  # noqa: PLR0913 - as above
    name: Name,
    *,
    data: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where this machine has the study's data.")
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Likewise the weights that its backbone starts from."),
    ] = None,
    artifacts: Artifacts = None,
    device: Device = "auto",
    workers: Workers = None,
    timeout: Timeout = None,
    tensorboard: Tensorboard = False,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
) -> None:
    """Join a study that is kept in a storage of its own, from any machine."""
    from nasattn.records.database import STORAGE_VARIABLE, environment_url
    from nasattn.search.joining import Places, join
    from nasattn.search.opening import resume

    address = storage or environment_url()
    if address is None:
        raise UserError(f"--storage: must say where study {name} is kept, or {STORAGE_VARIABLE}")
    join(name, address, runs_dir, Places(data, weights, artifacts))
    team = hire(Wanted(workers, device, tensorboard=tensorboard), storage)
    run_watched(
        lambda session: resume(name, None, storage, session, team.work()),
        name,
        team.device,
        runs_dir,
        timeout=timeout,
        tensorboard=team.tensorboard,
    )


def member() -> None:
    """Work in a crew; its keeper starts this command and tells it what to do."""
    from nasattn.search.crew.interrupt import SignalError
    from nasattn.search.crew.member import serve

    try:
        serve()
    except SignalError as error:
        error.end_by_it()
    except StoppedError as stopped:
        raise typer.Exit(stopped.exit_code) from None


def _limit(wait: str) -> "Limit":
    from nasattn.search.steering import Limit

    return Limit(seconds_of("--wait", wait))
