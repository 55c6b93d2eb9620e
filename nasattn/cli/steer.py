"""The commands that steer a study: invalidate, and which trials `resume` trains further."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from nasattn.cli.options import RUNS, AsJson, RunsDir, Storage, runs_dir_words
from nasattn.errors import UserError

if TYPE_CHECKING:
    from nasattn.records import Study


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(invalidate)


def invalidate(  # noqa: PLR0913 - one argument for each option of the command
    name: Annotated[str, typer.Argument(metavar="NAME", help="The study's name.")],
    trials: Annotated[list[int], typer.Argument(metavar="TRIAL…", help="The trials' numbers.")],
    *,
    why: Annotated[str | None, typer.Option(help="The reason, in words.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Put the results back.")] = False,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    as_json: AsJson = False,
) -> None:
    """Set spoiled results aside: out of fronts and samplers, but kept; `resume` replaces them."""
    from nasattn.records import load_study, load_trials

    if undo == (why is not None):
        raise UserError('give either --why "…", or --undo to put a result back')
    study = load_study(runs_dir, name, storage=storage)
    from nasattn.search.invalidating import invalidate as set_aside
    from nasattn.search.invalidating import reinstate

    if why is None:
        reinstate(study, trials, storage)
    else:
        set_aside(study, trials, why, storage)
    found = [trial for trial in load_trials(study, curves=as_json) if trial.trial in trials]
    if as_json:
        from nasattn.report.documents import print_json
        from nasattn.report.trials_page import trials_document

        print_json(trials_document(study, found))
        return
    from nasattn.report.ink import suggest

    for trial in found:
        typer.echo(f"trial {trial.trial} is {trial.state}" + (trial.reason and f": {trial.reason}"))
    suggest(f"nasattn {'pareto' if undo else 'resume'} {name}{runs_dir_words(runs_dir)}")


def chosen_trials(
    study: "Study",
    trials: Sequence[int] | None,
    best: int | None,
    epochs: int | None,
    total: int | None,
) -> Sequence[int] | None:
    """Return the trials that `resume` is to train further; None for all that the study asks for.

    Raises:
        UserError: the options contradict each other, or ``best`` finds nothing to choose from.
    """
    given = {"--trial": bool(trials), "--best": best is not None, "--trials": total is not None}
    named = [name for name, is_given in given.items() if is_given]
    if len(named) > 1:
        raise UserError(f"{' and '.join(named)}: only one of them says what is trained")
    if epochs is not None and not trials:
        raise UserError(f"--epochs {epochs}: goes with --trial, which says what to train so long")
    if best is not None:
        return _best(study, best)
    return trials or None


def _best(study: "Study", count: int) -> Sequence[int]:
    from nasattn.analysis import promising
    from nasattn.records import load_trials
    from nasattn.report.ink import tell
    from nasattn.report.promotion_page import promotion_lines

    found = load_trials(study, curves=True)
    chosen = promising(found, study.objectives, study.epochs or 0, study.cost_range)
    tell(promotion_lines(chosen, count))
    return [candidate.trial.trial for candidate in chosen[:count] if candidate.gain > 0]
