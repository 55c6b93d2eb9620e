"""The command ``suggest``: what a study's trials say should be trained next."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nasattn.cli.forms import Answer, in_forms
from nasattn.cli.options import RUNS, RunsDir, Storage, runs_dir_words
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


@in_forms
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
    form: str = "",
) -> None:
    """Name architectures never trained that promise the front most, by what all trials say.

    Each has the accuracy to be expected of it, its exact costs and its chance of the front. With
    --train the study goes on as by `resume --trials`: first those, then what it lacks itself.
    """
    from nasattn.records import load_study

    study = load_study(runs_dir, name, storage=storage)
    from nasattn.search.suggesting import suggest as run_suggest

    found = run_suggest(study, max(count, train or 0), storage)
    following = f"nasattn suggest {name} --train 1{runs_dir_words(runs_dir)}"
    _answer(study, found).print(form, following if found.chosen and train is None else "")
    if train is not None and found.chosen:
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
        if not form:
            show_front(name, storage, runs_dir)


def _answer(study: "Study", found: "Suggestions") -> Answer:
    from nasattn.records import load_trials
    from nasattn.report import suggestions_page as report
    from nasattn.report.believed_page import fit_words
    from nasattn.report.conditions import caption

    rows = list(map(_row, found.chosen))
    looked = (found.num_considered, found.is_whole_space)

    def conditions() -> str:
        words = (fit_words(found.fit), caption(study, load_trials(study, curves=False)))
        return f"Among {report.looked_words(*looked)}; {'; '.join(words)}"

    return Answer(
        page=lambda width: report.suggestions_page(study, rows, found.fit, looked, width),
        document=lambda: report.suggestions_document(study, rows, found.fit, looked),
        rows=lambda: (report.SUGGESTION_FIELDS, report.suggestion_rows(rows)),
        tables=lambda: [report.suggestions_table(study, rows)],
        caption=conditions,
    )


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
