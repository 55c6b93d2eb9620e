"""The commands that take a second look: ablate and retrain."""

from pathlib import Path
from typing import Annotated

import typer

from nasattn.cli.answer import results_alone
from nasattn.cli.forms import in_forms
from nasattn.cli.options import RUNS, RunsDir, Storage
from nasattn.cli.read import StudyName
from nasattn.cli.search import (
    Data,
    Device,
    Epochs,
    Profile,
    Set,
    Timeout,
    Workers,
    overrides_of,
)
from nasattn.cli.second_look import How, carry_out, front_of, is_name, trials_of
from nasattn.cli.variants import MARGIN, Shown, show_variants
from nasattn.errors import UserError

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


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(ablate)
    app.command()(retrain)


@in_forms
def ablate(  # noqa: PLR0913 - one argument for each option of the command
    source: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE.json|STUDY:VARIANT",
            help="A study that was run, an architecture, or a variant of a study.",
        ),
    ],
    trial: Annotated[
        int | None,
        typer.Argument(metavar="[TRIAL]", help="Which trial; none shows the table of variants."),
    ] = None,
    *,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="The default: all but one part each.")
    ] = False,
    add_one_in: Annotated[
        bool, typer.Option("--add-one-in", help="The bare backbone with one part each.")
    ] = False,
    factorial: Annotated[
        bool, typer.Option("--factorial", help="All combinations of parts, or of swept values.")
    ] = False,
    sweep: Annotated[
        list[str] | None,
        typer.Option(metavar="MODULE.KEY=VALUES", help="Such as atac.ratio=2,4,8."),
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(metavar="VARIANT", help="Compare these variants of STUDY as they are."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="site|stage|module",
            help="What one part is. [default: a decision of the search space; without one, "
            "a module at one kind of slot in a stage]",
        ),
    ] = None,
    name: NewName = None,
    profile: Profile = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    seed: OwnSeed = None,
    data: Data = None,
    recipe: RecipeFile = None,
    settings: Set = None,
    dry_run: DryRun = False,
    write: Write = None,
    device: Device = "auto",
    workers: Workers = 1,
    timeout: Timeout = None,
    against: Against = None,
    margin: Margin = 100 * MARGIN,
    wilcoxon: Wilcoxon = False,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    form: str = "",
) -> None:
    """Take an architecture apart: which part earns its place, over 6 fresh seeds, on test images.

    All variants share the seeds, so that differences are paired. Six of them: with five the
    signed-rank test cannot reach p < .05. NAME alone shows the table of a study of variants.
    """
    shown = Shown(against, margin, wilcoxon, form)
    flags = {
        "--leave-one-out": leave_one_out,
        "--add-one-in": add_one_in,
        "--factorial": factorial,
        "--sweep": bool(sweep),
        "--variant": bool(variant),
    }
    asked = [flag for flag, given in flags.items() if given]
    if len(asked) > 1 and set(asked) != {"--factorial", "--sweep"}:
        raise UserError(f"{' and '.join(asked)}: only one question at a time")
    if len(sweep or ()) > 1 and not factorial:
        raise UserError("--sweep twice: --factorial makes all combinations of their values")
    overrides = overrides_of(settings, {"recipe.epochs": epochs}, data, recipe)
    how = How(name, seeds, seed, dry_run, write, device, workers, timeout, runs_dir, shown)
    if trial is None and not variant and is_name(source):
        making = how.making | {"--by": by, "--profile": profile, "--epochs": epochs}
        making |= {"--data": data, "--recipe": recipe, "--set": settings}
        given = [*asked, *(flag for flag, value in making.items() if value)]
        show_variants(source, runs_dir, storage, shown, given)
        return
    from nasattn.search.variation.asking import Asks, ablation, by_of, comparison
    from nasattn.search.variation.source import network_source

    if trial is not None and (profile is not None or variant):
        raise UserError("--profile and --variant: go with a study file, not with a trial")
    asks = Asks.FACTORIAL if factorial else Asks.ADD_ONE_IN if add_one_in else Asks.LEAVE_ONE_OUT
    with results_alone():
        if trial is None:
            found = network_source(source, variant or (), overrides, runs_dir, profile)
        else:
            found = trials_of(source, {"full": trial}, overrides, runs_dir, storage)
        asked_for = comparison(found) if variant else ablation(found, asks, sweep or (), by_of(by))
    carry_out(found, *asked_for, how)


@in_forms
def retrain(  # noqa: PLR0913 - one argument for each option of the command
    name: StudyName,
    trials: Annotated[
        list[int] | None, typer.Argument(metavar="[TRIAL]…", help="The trials' numbers.")
    ] = None,
    *,
    front: Annotated[bool, typer.Option("--front", help="All trials on the front.")] = False,
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
    workers: Workers = 1,
    timeout: Timeout = None,
    against: Against = None,
    margin: Margin = 100 * MARGIN,
    wilcoxon: Wilcoxon = False,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    form: str = "",
) -> None:
    """Train trials anew beside the bare backbone: 5 fresh seeds, test images, weights kept."""
    from nasattn.search.variation.asking import retraining

    if bool(trials) == front:
        raise UserError("say which trials are trained anew: their numbers, or --front")
    shown = Shown(against, margin, wilcoxon, form)
    own_name = new_name or (f"{name}-front-retrain" if front else None)
    how = How(own_name, seeds, seed, dry_run, write, device, workers, timeout, runs_dir, shown)
    overrides = overrides_of(settings, {"recipe.epochs": epochs}, data, recipe)
    numbers = front_of(name, runs_dir, storage) if front else trials or ()
    chosen = {f"trial {number}": number for number in numbers}
    with results_alone():
        found = trials_of(name, chosen, overrides, runs_dir, storage)
        asked_for = retraining(found)
    carry_out(found, *asked_for, how)
