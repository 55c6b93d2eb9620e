"""The commands that train: search, resume and train."""

import math
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nasattn.cli.crews import Address, Chosen, Engine, Wanted, Workers, hire
from nasattn.cli.options import RUNS, RunsDir, Storage, runs_dir_words, seconds_of
from nasattn.cli.steer import chosen_trials
from nasattn.errors import StoppedError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nasattn.search.study.session import Session
    from nasattn.search.working.running import Outcome

Text = str | None
Name = Annotated[Text, typer.Option(help="The study's name. [default: the file's]")]
Epochs = Annotated[int | None, typer.Option(help="Epochs of each trial.")]
Seed = Annotated[int | None, typer.Option(help="The study's seed.")]
Data = Annotated[
    Text, typer.Option(metavar="KIND[:PATH]", help="Data set: digits, imagefolder:DIR, …")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any setting: recipe.batch_size=64."),
]
Profile = Annotated[Text, typer.Option(help="One of the study file's profiles, such as reduced.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda:N or mps.")]
Tensorboard = Annotated[
    bool,
    typer.Option("--tensorboard", help="Also write TensorBoard's event files."),
]
Timeout = Annotated[
    Text, typer.Option(metavar="DURATION", help="Stop after 90s, 30m, 2h, …; resume goes on.")
]
KeepCheckpoints = Annotated[
    bool,
    typer.Option("--keep-checkpoints", help="Keep the last two of each trial when it has ended."),
]


Artifacts = Annotated[
    Text,
    typer.Option(
        metavar="DIR|s3://BUCKET/PREFIX",
        help="Keep checkpoints where all machines reach them.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(search)
    app.command()(resume)
    app.command()(train)


def search(  # noqa: PLR0913 - one argument for each option of the command
    file: Annotated[Path, typer.Argument(help="A study file, or a search-space file.")],
    *,
    name: Name = None,
    profile: Profile = None,
    trials: Annotated[int | None, typer.Option(help="Trials in all, baseline included.")] = None,
    epochs: Epochs = None,
    seed: Seed = None,
    data: Data = None,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch cifar10 or cifar100 into its folder first.")
    ] = False,
    sampler: Annotated[
        Text, typer.Option(help="tpe, nsga2, gp, cost-aware, random, grid or variants.")
    ] = None,
    pruner: Annotated[
        Text,
        typer.Option(help="none, median, mo-asha, mo-asha-promotion, dominance or freeze-thaw."),
    ] = None,
    settings: Set = None,
    keep_checkpoints: KeepCheckpoints = False,
    artifacts: Artifacts = None,
    device: Device = "auto",
    workers: Workers = None,
    engine: Engine = None,
    address: Address = None,
    timeout: Timeout = None,
    tensorboard: Tensorboard = False,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
) -> None:
    """Search a study, or go on with it where it was left."""
    from nasattn.data import download as fetch
    from nasattn.records import load_study
    from nasattn.records.database import environment_url
    from nasattn.search.opening import search as run_search
    from nasattn.search.study.study_file import read_study_file

    named = {
        "name": name,
        "trials": trials,
        "recipe.epochs": epochs,
        "seed": seed,
        "search.sampler": sampler,
        "search.pruner": pruner,
        "execution.keep_checkpoints": keep_checkpoints or None,
        "storage": storage,
        "artifacts": artifacts,
    }
    study, folder = read_study_file(file, overrides_of(settings, named, data), profile)
    begun = (runs_dir / (study.name or "") / "study.toml").is_file()
    if study.storage is None and not begun:
        study = study.model_copy(update={"storage": environment_url()})
    if download:
        fetch(study.data)
    wanted = Wanted(workers, device, engine, address, tensorboard)
    kept = load_study(runs_dir, study.name or "").storage if begun else study.storage
    team = hire(wanted, study.storage, kept)
    run_watched(
        lambda session: run_search(study, folder, str(file), session, team.work()),
        study.name or "",
        team.device,
        runs_dir,
        timeout=timeout,
        tensorboard=team.tensorboard,
    )
    show_front(study.name or "", storage, runs_dir)


def resume(  # noqa: PLR0913 - as above
    name: Annotated[str, typer.Argument(metavar="NAME", help="The study's name.")],
    *,
    trials: Annotated[int | None, typer.Option(min=1, help="A new total of trials.")] = None,
    trial: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Train only this trial further (pruned, failed, complete); repeatable.",
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="With --trial: to more epochs than the recipe's.")
    ] = None,
    best: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Train only the N paused and pruned trials that promise the front most.",
        ),
    ] = None,
    device: Device = "auto",
    workers: Workers = None,
    engine: Engine = None,
    address: Address = None,
    timeout: Timeout = None,
    tensorboard: Tensorboard = False,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
) -> None:
    """Go on with a study where it was left."""
    from nasattn.records import load_study

    study = load_study(runs_dir, name, storage=storage)
    chosen = chosen_trials(study, trial, best, epochs, trials)
    from nasattn.search.opening import resume as run_resume

    again = None if chosen is None else Chosen(chosen, epochs)
    team = hire(Wanted(workers, device, engine, address, tensorboard), storage, study.storage)
    run_watched(
        lambda session: run_resume(name, trials, storage, session, team.work(again)),
        name,
        team.device,
        runs_dir,
        timeout=timeout,
        tensorboard=team.tensorboard,
    )
    if study.is_of_one_network:
        _show_training(name, runs_dir)
    elif trial:
        _show_trial(name, trial[-1], storage, runs_dir)
    else:
        show_front(name, storage, runs_dir)


def train(  # noqa: PLR0913 - one argument for each option of the command
    network: Annotated[
        str,
        typer.Argument(
            metavar="FILE.json|STUDY:VARIANT",
            help="An architecture, or a variant of a study (its file, or its name once run).",
        ),
    ],
    *,
    name: Name = None,
    profile: Profile = None,
    epochs: Epochs = None,
    seed: Seed = None,
    data: Data = None,
    settings: Set = None,
    keep_checkpoints: KeepCheckpoints = False,
    device: Device = "auto",
    tensorboard: Tensorboard = False,
    runs_dir: RunsDir = RUNS,
) -> None:
    """Train one network outside any search, or go on where it was left; its weights are kept."""
    from nasattn.search.opening import search as run_search
    from nasattn.search.study.single import read_single

    named = {
        "name": name,
        "recipe.epochs": epochs,
        "seed": seed,
        "execution.keep_checkpoints": keep_checkpoints or None,
    }
    study, folder = read_single(network, overrides_of(settings, named, data), runs_dir, profile)
    run_watched(
        lambda session: run_search(study, folder, network, session),
        study.name or "",
        device,
        runs_dir,
        tensorboard=tensorboard,
    )
    _show_training(study.name or "", runs_dir)


def run_watched(  # noqa: PLR0913 - as above
    run: "Callable[[Session], Outcome]",
    name: str,
    device: str,
    runs_dir: Path,
    *,
    timeout: str | None = None,
    tensorboard: bool,
) -> None:
    """Run a search with progress on standard error."""
    from nasattn.report.live import make_observer
    from nasattn.search.crew.interrupt import TimeUpError, stop_after, stop_on_signals
    from nasattn.search.study.session import Session
    from nasattn.search.trial.event_files import EventFiles
    from nasattn.training import resolve_device

    observer = make_observer()
    check_time = stop_after(seconds_of("--timeout", timeout) if timeout else math.inf)
    on = f"to go on: nasattn resume {name}{runs_dir_words(runs_dir)}"
    try:
        with observer, stop_on_signals(observer.stopping) as check_signals:

            def check() -> None:
                check_signals()
                check_time()

            told = EventFiles(observer, runs_dir / name) if tensorboard else observer
            session = Session(runs_dir, resolve_device(device), told, check)
            outcome = run(session)
    except TimeUpError:
        observer.note(f"stopped after {timeout}; {on}")
        return
    except StoppedError:
        raise StoppedError(f"stopped; {on}") from None
    if outcome == "exhausted":
        observer.note("every architecture within the budget has been trained")


def show_front(name: str, storage: str | None, runs_dir: Path) -> None:
    """Show the front, or of variants that come from another study how they compare."""
    from nasattn.cli.read import pareto
    from nasattn.cli.variants import Shown, show_what_there_is
    from nasattn.records import load_study

    if load_study(runs_dir, name, storage=storage).table("origin"):
        show_what_there_is(name, runs_dir, storage, Shown())
        return
    pareto(name, runs_dir=runs_dir, storage=storage)


def _show_training(name: str, runs_dir: Path) -> None:
    _show_trial(name, 0, None, runs_dir)


def _show_trial(name: str, trial: int, storage: str | None, runs_dir: Path) -> None:
    from nasattn.cli.read import show

    show(name, trial, runs_dir=runs_dir, storage=storage)


def overrides_of(
    settings: list[str] | None,
    named: dict[str, Any],
    data: str | None,
    recipe: Path | None = None,
) -> dict[str, Any]:
    """Return what the command line sets, by key; an option of its own before ``--set``."""
    overrides: dict[str, Any] = {"recipe": _recipe_of(recipe)} if recipe else {}
    overrides |= dict(_parse_setting(item) for item in settings or [])
    overrides |= {key: value for key, value in named.items() if value is not None}
    if data is not None:
        kind, root = _split_data(data)
        overrides |= {"data.name": kind, "data.root": root}
    return overrides


def _recipe_of(file: Path) -> dict[str, Any]:
    from nasattn.schema import read_toml

    table = read_toml(file).get("recipe")
    if isinstance(table, dict):
        return table
    raise UserError(f"--recipe {file}: the file has no table [recipe]")


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
