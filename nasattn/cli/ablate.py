"""The commands that take a second look: ablate and retrain."""

from dataclasses import replace
from typing import Annotated

import typer

from nasattn.cli.answer import results_alone
from nasattn.cli.gathered import gathered
from nasattn.cli.read import StudyName
from nasattn.cli.search import Profile
from nasattn.cli.second_look import How, carry_out, front_of, how_of, is_name, trials_of
from nasattn.cli.variants import show_variants
from nasattn.errors import UserError


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(ablate)
    app.command()(retrain)


@gathered("how", how_of)
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
    profile: Profile = None,
    how: How,
) -> None:
    """Take an architecture apart: which part earns its place, over 6 fresh seeds, on test images.

    All variants share the seeds, so that differences are paired. Six of them: with five the
    signed-rank test cannot reach p < .05. NAME alone shows the table of a study of variants.
    """
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
    if trial is None and not variant and is_name(source):
        making = {**how.making, "--by": by, "--profile": profile}
        given = [*asked, *(flag for flag, value in making.items() if value)]
        show_variants(source, how.runs_dir, how.storage, how.shown, given)
        return
    from nasattn.search.variation.asking import Asks, ablation, by_of, comparison
    from nasattn.search.variation.source import network_source

    if trial is not None and (profile is not None or variant):
        raise UserError("--profile and --variant: go with a study file, not with a trial")
    asks = Asks.FACTORIAL if factorial else Asks.ADD_ONE_IN if add_one_in else Asks.LEAVE_ONE_OUT
    with results_alone():
        if trial is None:
            found = network_source(source, variant or (), how.overrides, how.runs_dir, profile)
        else:
            found = trials_of(source, {"full": trial}, how)
        asked_for = comparison(found) if variant else ablation(found, asks, sweep or (), by_of(by))
    carry_out(found, *asked_for, how)


@gathered("how", how_of)
def retrain(
    name: StudyName,
    trials: Annotated[
        list[int] | None, typer.Argument(metavar="[TRIAL]…", help="The trials' numbers.")
    ] = None,
    *,
    front: Annotated[bool, typer.Option("--front", help="All trials on the front.")] = False,
    how: How,
) -> None:
    """Train trials anew beside the bare backbone: 5 fresh seeds, test images, weights kept."""
    from nasattn.search.variation.asking import retraining

    if bool(trials) == front:
        raise UserError("say which trials are trained anew: their numbers, or --front")
    if front and not how.name:
        how = replace(how, name=f"{name}-front-retrain")
    numbers = front_of(name, how) if front else trials or ()
    chosen = {f"trial {number}": number for number in numbers}
    with results_alone():
        found = trials_of(name, chosen, how)
        asked_for = retraining(found)
    carry_out(found, *asked_for, how)
