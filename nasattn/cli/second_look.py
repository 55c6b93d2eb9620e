"""Making and running the studies of variants that ablate and retrain ask for."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nasattn.cli.answer import results_alone
from nasattn.cli.crews import Wanted, Workers, hire
from nasattn.cli.forms import in_forms
from nasattn.cli.options import RUNS, Figure, RunsDir, Storage, check_figure
from nasattn.cli.read import numbered
from nasattn.cli.search import (
    Data,
    Device,
    Epochs,
    Set,
    Timeout,
    overrides_of,
    run_watched,
)
from nasattn.cli.variants import MARGIN, Shown, check_before, show_what_there_is
from nasattn.errors import UserError

if TYPE_CHECKING:
    from nasattn.search.study.study_file import StudyFile
    from nasattn.search.variation.making import Look
    from nasattn.search.variation.source import Source
    from nasattn.search.variation.variations import Variants
    from nasattn.search.working.running import OpenStudy, Outcome


Seeds = Annotated[
    int | None,
    typer.Option(min=2, max=1000, help="Seeds of each variant. [default: 6; retrain: 5]"),
]
NewName = Annotated[
    str | None, typer.Option("--name", help="The new study's name. [default: made of the source's]")
]
OwnSeed = Annotated[
    int | None, typer.Option(help="The study's seed. [default: a fresh one, always the same]")
]
RecipeFile = Annotated[
    Path | None, typer.Option("--recipe", metavar="FILE", help="Take [recipe] of this study file.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be trained.")]
Write = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Only write the study, to be searched later.")
]
Against = Annotated[
    str | None, typer.Option(metavar="VARIANT", help="What the others are compared with.")
]
Margin = Annotated[
    float, typer.Option(help="Points of accuracy within which a variant counts as free.")
]
Wilcoxon = Annotated[
    bool, typer.Option("--wilcoxon", help="The signed-rank test in place of the t-test.")
]


@dataclass(frozen=True, slots=True)
class How:
    """How a study of variants is made, run and shown: the options that two commands share.

    Attributes:
        making: Those that have nothing to do with a study that is there, by flag.
    """

    name: str | None
    seeds: int | None
    seed: int | None
    overrides: Mapping[str, Any]
    dry_run: bool
    write: Path | None
    device: str
    workers: int | None
    timeout: str | None
    storage: str | None
    runs_dir: Path
    shown: Shown
    making: Mapping[str, Any]


@in_forms
def how_of(  # noqa: PLR0913 - one argument for each option
    *,
    new_name: NewName = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    seed: OwnSeed = None,
    data: Data = None,
    recipe: RecipeFile = None,
    settings: Set = None,
    dry_run: DryRun = False,
    write: Write = None,
    device: Device = "auto",
    workers: Workers = None,
    timeout: Timeout = None,
    against: Against = None,
    margin: Margin = MARGIN,
    wilcoxon: Wilcoxon = False,
    figure: Figure = None,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    form: str = "",
) -> How:
    """Return what the options say."""
    check_figure(figure)
    making = {
        "--name": new_name,
        "--seeds": seeds,
        "--seed": seed is not None,
        "--dry-run": dry_run,
        "--write": write,
        "--epochs": epochs,
        "--data": data,
        "--recipe": recipe,
        "--set": settings,
    }
    return How(
        new_name,
        seeds,
        seed,
        overrides_of(settings, {"recipe.epochs": epochs}, data, recipe),
        dry_run,
        write,
        device,
        workers,
        timeout,
        storage,
        runs_dir,
        Shown(against, margin, wilcoxon, form, figure),
        making,
    )


def is_name(source: str) -> bool:
    """Tell whether a source is the name of a study alone.

    Raises:
        UserError: it is a study file, which does not say which variant is meant.
    """
    if source.endswith(".toml"):
        raise UserError(f"{source}: say which: {source}:VARIANT, or --variant VARIANT, twice")
    return not source.endswith(".json") and ":" not in source


def trials_of(name: str, numbers: Mapping[str, int], how: How) -> "Source":
    """Return trials of a study as what a second look is taken at.

    Args:
        name: The study's.
        numbers: The trials', by the names that they are to have as variants.
        how: Where the study is, and what replaces its settings.

    Raises:
        UserError: there is no such study or trial, or an override does not fit.
    """
    from nasattn.records import load_study, load_trials

    study = load_study(how.runs_dir, name, storage=how.storage)
    found = load_trials(study, curves=False)
    chosen = {named: numbered(found, number, study) for named, number in numbers.items()}
    from nasattn.search.variation.source import trials_source

    return trials_source(study, found, chosen, how.overrides)


def front_of(name: str, how: How) -> list[int]:
    """Return the trials on a study's front, without the bare backbone.

    Raises:
        UserError: there is no such study, or nothing else is on its front.
    """
    from nasattn.analysis import front
    from nasattn.records import load_study, load_trials

    study = load_study(how.runs_dir, name, storage=how.storage)
    best = front(load_trials(study, curves=False), study.objectives, study.cost_range)
    found = [member.trial.trial for member in best.members if member.trial.placements]
    if not found:
        raise UserError(
            f'study "{name}": its front has nothing but the bare backbone, or nothing at all'
        )
    return found


def carry_out(source: "Source", variants: "Variants", look: "Look", how: How) -> None:
    """Make the study that answers a question, run it and show its table, as far as is asked.

    Raises:
        UserError: the study cannot be made, or another of its name is there.
        FailedError: the storage, the disk or a training failed.
        StoppedError: the user asked to stop.
    """
    from nasattn.search.variation.making import study_of, study_text

    look = replace(
        look, name=how.name, seed=how.seed, seeds=look.seeds if how.seeds is None else how.seeds
    )
    check_before(how.shown, list(variants), look.seeds)
    text = study_text(source, variants, look)
    study = study_of(tomllib.loads(text), source.words)
    if how.write is not None:
        _write(how.write, text)
    elif how.dry_run:
        _show_plan(study, source, how)
    else:
        _run(study, text, source, how)
        show_what_there_is(study.name or "", how.runs_dir, None, how.shown)


def _write(file: Path, text: str) -> None:
    from nasattn.files import write_atomic
    from nasattn.report.ink import suggest

    if file.exists() and file.read_text(encoding="utf-8", errors="replace") != text:
        raise UserError(f"--write {file}: exists with other contents; give another name")
    write_atomic(file, text)
    suggest(f"nasattn search {file}")


def _show_plan(study: "StudyFile", source: "Source", how: How) -> None:
    from nasattn.report.ink import print_page
    from nasattn.report.live import make_observer
    from nasattn.report.plan_page import plan_page
    from nasattn.search.study.freeze import freeze
    from nasattn.search.study.session import Session
    from nasattn.search.variation.making import plan
    from nasattn.training import resolve_device

    session = Session(how.runs_dir, resolve_device(how.device), make_observer(), lambda: None)
    with results_alone():
        planned = plan(freeze(study, Path(), source.words, session, None), source.pace, ended=0)
    if how.shown.form == "json":
        from nasattn.report.documents import print_json

        print_json(planned)
    elif asked := how.shown.form or (how.shown.figure and "figure"):
        raise UserError(f"--dry-run and --{asked}: what is planned has no such form")
    else:
        print_page(lambda width: plan_page(planned, width))


def _run(study: "StudyFile", text: str, source: "Source", how: How) -> None:
    from nasattn.files import write_atomic
    from nasattn.report.plan_page import plan_words, seed_words
    from nasattn.search.opening import search
    from nasattn.search.variation.making import VARIANTS_FILE, plan

    train = hire(Wanted(how.workers, how.device), None).work()

    def work(opened: "OpenStudy") -> "Outcome":
        write_atomic(opened.folder / VARIANTS_FILE, text)
        ended = sum(attempt.has_ended for attempt in opened.ledger.attempts())
        planned = plan(opened.material, source.pace, ended)
        for words in (plan_words(planned), seed_words(planned)):
            opened.session.observer.note(words)
        return train(opened)

    with results_alone():
        run_watched(
            lambda session: search(study, Path(), source.words, session, work),
            study.name or "",
            how.device,
            how.runs_dir,
            timeout=how.timeout,
            tensorboard=False,
        )
