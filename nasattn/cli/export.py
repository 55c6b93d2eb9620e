"""A trained network as a folder of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasattn.cli.answer import answer
from nasattn.cli.options import RUNS, AsJson, RunsDir, Storage
from nasattn.cli.read import StudyName, numbered

if TYPE_CHECKING:
    from nasattn.records import Study, Trial
    from nasattn.report.documents import Document


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(export)


def export(  # noqa: PLR0913 - one argument for each option of the command
    name: StudyName,
    trial: Annotated[int, typer.Argument(metavar="TRIAL", help="The trial's number.")],
    *,
    to: Annotated[Path, typer.Option(metavar="DIR", help="A new folder, or an empty one.")],
    kind: Annotated[
        str | None,
        typer.Option(
            "--format", help="Also a program that needs no nasattn: torch-export or onnx."
        ),
    ] = None,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    as_json: AsJson = False,
) -> None:
    """Write a trial's network to a folder: weights, architecture, model card.

    The weights are a safetensors file; nasattn.load(DIR) in Python gives the network back, and
    nasattn predict DIR classifies pictures with it.
    """
    from nasattn.report.export_page import export_page

    def describe() -> "Document":
        from nasattn.records import load_study, load_trials

        study = load_study(runs_dir, name, storage=storage)
        trials = load_trials(study, curves=False)
        return _write(study, trials, numbered(trials, trial, study), to, kind)

    answer(describe, export_page, f"nasattn predict {to} IMAGE", as_json=as_json)


def _write(
    study: "Study", trials: "tuple[Trial, ...]", trial: "Trial", to: Path, kind: str | None
) -> "Document":
    from nasattn.export import make_program, read_network, write_folder
    from nasattn.export.folder import check_free
    from nasattn.export.safe_weights import SAFE_WEIGHTS_FILE, safe_bytes
    from nasattn.prediction import check_kept
    from nasattn.records import ARCHITECTURE_FILE
    from nasattn.report.model_card import model_card
    from nasattn.training import USAGE_FILE

    folder = study.weights_file(trial.trial).parent
    check_free(to)
    check_kept(folder, study, trial)
    kept = read_network(folder)
    network = kept.network.eval()
    program = make_program(network, kept.usage.input_shape, kind) if kind else None
    words = "" if program is None else _program_words(program.file, program.largest_difference)
    backbone, used = kept.architecture.backbone, kept.usage.model_dump()
    card = model_card(study, trials, trial, backbone=backbone, usage=used, program=words)
    files = {
        SAFE_WEIGHTS_FILE: safe_bytes(network, trial.digest),
        ARCHITECTURE_FILE: (folder / ARCHITECTURE_FILE).read_bytes(),
        USAGE_FILE: (folder / USAGE_FILE).read_bytes(),
        "README.md": card.encode(),
        **({program.file: program.content} if program else {}),
    }
    write_folder(to, files)
    return {
        "study": study.name,
        "trial": trial.trial,
        "digest": trial.digest,
        "folder": str(to),
        "files": {name: len(content) for name, content in files.items()},
        "format": kind,
        "largest_difference": program.largest_difference if program else None,
    }


def _program_words(file: str, difference: float) -> str:
    return (
        f"`{file}` takes the same input and needs no nasattn. Run once on five random images, its "
        f"logits differed from the network's by at most {difference:.2g}."
    )
