"""The commands that train: search and resume."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nasattn.cli.options import RUNS, RunsDir, Storage, runs_dir_words
from nasattn.errors import StoppedError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nasattn.search.running import Outcome
    from nasattn.search.session import Session

Text = str | None
Device = Annotated[str, typer.Option(help="auto, cpu, cuda:N or mps.")]
Tensorboard = Annotated[
    bool,
    typer.Option("--tensorboard", help="Also write TensorBoard's event files."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(search)
    app.command()(resume)


def search(  # noqa: PLR0913 - one argument for each option of the command
    file: Annotated[Path, typer.Argument(help="A study file, or a search-space file.")],
    *,
    name: Annotated[Text, typer.Option(help="The study's name. [default: the file's]")] = None,
    trials: Annotated[int | None, typer.Option(help="Trials in all, baseline included.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of each trial.")] = None,
    seed: Annotated[int | None, typer.Option(help="The study's seed.")] = None,
    data: Annotated[
        Text, typer.Option(metavar="KIND[:PATH]", help="Data set: digits, imagefolder:DIR, …")
    ] = None,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch cifar10 or cifar100 into its folder first.")
    ] = False,
    sampler: Annotated[Text, typer.Option(help="tpe, nsga2, gp, random, grid or variants.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any setting: recipe.batch_size=64."),
    ] = None,
    device: Device = "auto",
    tensorboard: Tensorboard = False,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
) -> None:
    """Search a study, or go on with it where it was left."""
    from nasattn.data import download as fetch
    from nasattn.search.opening import search as run_search
    from nasattn.search.study_file import read_study_file

    named = {
        "name": name,
        "trials": trials,
        "recipe.epochs": epochs,
        "seed": seed,
        "search.sampler": sampler,
        "storage": storage,
    }
    overrides = dict(_parse_setting(item) for item in settings or [])
    overrides |= {key: value for key, value in named.items() if value is not None}
    if data is not None:
        kind, root = _split_data(data)
        overrides |= {"data.name": kind, "data.root": root}
    study, folder = read_study_file(file, overrides)
    if download:
        fetch(study.data)
    _watch(
        lambda session: run_search(study, folder, str(file), session),
        study.name or "",
        device,
        storage,
        runs_dir,
        tensorboard=tensorboard,
    )


def resume(  # noqa: PLR0913 - as above
    name: Annotated[str, typer.Argument(metavar="NAME", help="The study's name.")],
    *,
    trials: Annotated[int | None, typer.Option(min=1, help="A new total of trials.")] = None,
    device: Device = "auto",
    tensorboard: Tensorboard = False,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
) -> None:
    """Go on with a study where it was left."""
    from nasattn.records import load_study

    load_study(runs_dir, name)
    from nasattn.search.opening import resume as run_resume

    _watch(
        lambda session: run_resume(name, trials, storage, session),
        name,
        device,
        storage,
        runs_dir,
        tensorboard=tensorboard,
    )


def _watch(  # noqa: PLR0913 - what the two commands share
    run: "Callable[[Session], Outcome]",
    name: str,
    device: str,
    storage: str | None,
    runs_dir: Path,
    *,
    tensorboard: bool,
) -> None:
    """Run a search with progress on standard error, then print the front."""
    from nasattn.cli.read import pareto
    from nasattn.report.live import make_observer
    from nasattn.search.event_files import EventFiles
    from nasattn.search.interrupt import stop_on_signals
    from nasattn.search.session import Session
    from nasattn.training import resolve_device

    observer = make_observer()
    try:
        with observer, stop_on_signals(observer.stopping) as check:
            told = EventFiles(observer, runs_dir / name) if tensorboard else observer
            session = Session(runs_dir, resolve_device(device), told, check)
            outcome = run(session)
    except StoppedError:
        where = runs_dir_words(runs_dir)
        raise StoppedError(f"stopped; to go on: nasattn resume {name}{where}") from None
    if outcome == "exhausted":
        observer.note("every architecture within the budget has been trained")
    pareto(name, runs_dir=runs_dir, storage=storage)


def _parse_setting(item: str) -> tuple[str, Any]:
    """Read ``recipe.epochs=5``: the value is TOML, or a string where it is none."""
    key, equals, text = item.partition("=")
    if not equals or not key.strip():
        raise UserError(f"--set {item}: must be KEY=VALUE, such as recipe.epochs=5")
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        read = {}
    # A line break in the text would begin another key.
    return key.strip(), read["value"] if read.keys() == {"value"} else text


def _split_data(text: str) -> tuple[str, str | None]:
    """Split ``imagefolder:photos``; ``package.module:function`` stays whole."""
    from nasattn.data import KINDS

    kind, _, root = text.partition(":")
    if kind not in KINDS and root:
        return text, None
    return kind, root or None
