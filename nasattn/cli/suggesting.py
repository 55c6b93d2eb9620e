"""The command ``suggest``: what a study's trials say should be trained next."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nasattn.cli.options import RUNS, AsJson, RunsDir, Storage, runs_dir_words
from nasattn.cli.search import Device, run_watched, show_front

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nasattn.records import Study
    from nasattn.search.ledger.attempt import Proposal
    from nasattn.search.opening import Work
    from nasattn.search.suggesting import Suggestions


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(suggest)


def suggest(  # noqa: PLR0913 - one argument for each option of the command
    name: Annotated[str, typer.Argument(metavar="NAME", help="The study's name.")],
    *,
    count: Annotated[int, typer.Option("-n", min=1, max=100, help="How many to name.")] = 5,
    train: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            min=1,
            max=100,
            help="Train the first K in the study, whose total grows by as many.",
        ),
    ] = None,
    device: Device = "auto",
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    as_json: AsJson = False,
) -> None:
    """Name architectures never trained that promise the front most, by what all trials say.

    Each has the accuracy to be expected of it, its exact costs and its chance of the front. With
    --train the study goes on as by `resume --trials`: first those, then what it lacks itself.
    """
    from nasattn.records import load_study

    study = load_study(runs_dir, name, storage=storage)
    from nasattn.search.suggesting import suggest as run_suggest

    found = run_suggest(study, max(count, train or 0), storage)
    _print(study, found, as_json=as_json)
    if train is None:
        if found.chosen and not as_json:
            from nasattn.report.ink import suggest as name_next

            name_next(f"nasattn suggest {name} --train 1{runs_dir_words(runs_dir)}")
    elif found.chosen:
        from nasattn.search.opening import resume

        wanted = [suggestion.proposal for suggestion in found.chosen[:train]]
        total = study.trials + len(wanted) * int(study.settings.get("repeats", 1))
        run_watched(
            lambda session: resume(name, total, storage, session, _work(wanted)),
            name,
            device,
            runs_dir,
            tensorboard=False,
        )
        if not as_json:
            show_front(name, storage, runs_dir)


def _print(study: "Study", found: "Suggestions", *, as_json: bool) -> None:
    from nasattn.report.suggestions_page import suggestions_document, suggestions_page

    rows = list(map(_row, found.chosen))
    looked = (found.num_considered, found.is_whole_space)
    if as_json:
        from nasattn.report.documents import print_json

        print_json(suggestions_document(study, rows, found.fit, looked))
    else:
        from nasattn.report.ink import print_page

        print_page(lambda width: suggestions_page(study, rows, found.fit, looked, width))


def _row(suggestion: Any) -> Mapping[str, Any]:
    """Return a suggestion as reports take it."""
    architecture, totals = suggestion.proposal.architecture, suggestion.totals
    return {
        "digest": architecture.digest,
        "params": totals.params,
        "flops": totals.flops,
        "flops_stock": totals.flops_stock,
        "latency_ms": suggestion.latency_ms,
        "posterior_mean": suggestion.mean,
        "posterior_sd": suggestion.sd,
        "chance": suggestion.chance,
        "gain": suggestion.gain,
        "placements": [placement.to_dict() for placement in architecture.placements],
    }


def _work(wanted: "Sequence[Proposal]") -> "Work":
    """Return who trains: this process, and first what is wanted."""
    from nasattn.search.working.running import Runner

    return lambda opened: Runner(opened, wanted=wanted).run()
