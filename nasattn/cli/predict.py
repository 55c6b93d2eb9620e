"""What a trained network says of pictures, and how it does on those that were held out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from nasattn.cli.answer import results_alone
from nasattn.cli.forms import Answer, in_forms
from nasattn.cli.options import RUNS, RunsDir, Storage
from nasattn.cli.read import numbered
from nasattn.errors import UserError

if TYPE_CHECKING:
    from nasattn.prediction import HeldOut, KeptNetwork
    from nasattn.records import Study, Trial
    from nasattn.report.documents import Document
    from nasattn.report.gallery import Gallery


class Target(NamedTuple):
    """A trial's folder; study and trial where it is in a run folder."""

    folder: Path
    study: "Study | None"
    trial: "Trial | None"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(predict)


@in_forms
def predict(  # noqa: PLR0913 - one argument for each option of the command
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME TRIAL|DIR [IMAGE]...",
            help="A study and a trial's number, or a trial's folder; then picture files.",
        ),
    ],
    *,
    split: Annotated[
        str | None,
        typer.Option(help="Measure on all images of a split: validation or test."),
    ] = None,
    gallery: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Show some images of the split in FILE.png or FILE.html. [split: the study's]",
        ),
    ] = None,
    shown: Annotated[int, typer.Option(min=1, max=400, help="Images in the gallery.")] = 24,
    top: Annotated[int, typer.Option(min=1, help="Classes to name of each picture.")] = 3,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda:N or mps.")] = "auto",
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    form: str = "",
) -> None:
    """Classify pictures with the weights that a trial kept, prepared as its study's data were."""
    from nasattn.report import prediction_page as report
    from nasattn.report.gallery import check_gallery

    if gallery is not None:
        check_gallery(gallery)
    target, names = _target(words, runs_dir, storage)
    if not (names or split or gallery):
        raise UserError(f"{' '.join(words)}: name pictures to classify, or --split or --gallery")
    files = list(map(Path, names))

    def describe() -> "Document":
        from nasattn.prediction import check_kept, classify, load_network
        from nasattn.search.study.environment import device_name
        from nasattn.training import resolve_device

        check_kept(*target)
        kept = load_network(target.folder, resolve_device(device))
        found = zip(names, classify(kept, files, top), strict=True)
        held_out = _held_out(kept, target, split, gallery, shown) if split or gallery else None
        return {
            "study": target.study.name if target.study else None,
            "trial": target.trial.trial if target.trial else None,
            "folder": str(target.folder),
            "digest": kept.digest,
            "device": device_name(kept.device),
            "precision": kept.recipe.precision,
            "images": [{"image": name, **prediction.to_dict()} for name, prediction in found],
            "held_out": held_out,
        }

    with results_alone():
        document = describe()
    answered = Answer(
        page=lambda width: report.prediction_page(document, width),
        document=lambda: document,
        rows=lambda: report.prediction_rows(document),
        tables=lambda: report.prediction_tables(document),
        caption=lambda: report.prediction_caption(document),
    )
    answered.print(form)


def _target(words: list[str], runs_dir: Path, storage: str | None) -> tuple[Target, list[str]]:
    """Return the trial that a command line names, and the rest of the line."""
    from nasattn.records import ARCHITECTURE_FILE

    folder = Path(words[0])
    if (folder / ARCHITECTURE_FILE).is_file():
        return _in_folder(folder, storage), words[1:]
    if folder.name != words[0]:
        raise UserError(f"{folder}: no trial's folder: there is no {ARCHITECTURE_FILE} in it")
    if not words[1:]:
        raise UserError(f"{words[0]}: give the number of a trial too, or a trial's folder")
    return _of_study(runs_dir, words[0], words[1], storage), words[2:]


def _in_folder(folder: Path, storage: str | None) -> Target:
    """Return the trial of a folder, which may have been copied out of its study's."""
    trials = folder.absolute().parent
    if trials.name != "trials" or not (trials.parent / "study.toml").is_file():
        return Target(folder, None, None)
    return _of_study(trials.parent.parent, trials.parent.name, folder.name, storage)


def _of_study(runs_dir: Path, name: str, number: str, storage: str | None) -> Target:
    from nasattn.records import load_study, load_trials

    study = load_study(runs_dir, name, storage=storage)
    if not number.isdecimal():
        raise UserError(f'"{number}": must be the number of a trial of study "{name}"')
    trial = numbered(load_trials(study, curves=False), int(number), study)
    return Target(study.path / "trials" / number, study, trial)


def _held_out(
    kept: "KeptNetwork", target: Target, split: str | None, gallery: Path | None, shown: int
) -> "Document":
    """Measure a network on a split of its study's, and draw the gallery if one is asked for."""
    study, trial = target.study, target.trial
    if study is None or trial is None:
        raise UserError(f"{target.folder}: not in a run folder, whose study.toml names the images")
    chosen = split or study.evaluated
    found = judged(kept, study, chosen, shown if gallery else 0)
    if gallery is not None:
        from nasattn.report.gallery import write_gallery

        write_gallery(gallery_of(study, trial, found), gallery)
    return {
        "split": found.split,
        "num_images": found.num_images,
        "accuracy": found.accuracy,
        "recorded_accuracy": trial.accuracy if chosen == study.evaluated else None,
        "gallery": str(gallery) if gallery else None,
    }


def judged(kept: "KeptNetwork", study: "Study", split: str, shown: int) -> "HeldOut":
    """Measure a network on a split of a study's; keep so many images with what it said."""
    from nasattn.prediction import held_out, judge
    from nasattn.search.study.settings import Settings

    return judge(kept, held_out(Settings.load(study.path), split), split, shown)


def gallery_of(study: "Study", trial: "Trial", found: "HeldOut") -> "Gallery":
    """Return the gallery of the images that were kept."""
    from nasattn.report.gallery import make_gallery

    measured = (found.split, found.num_images, found.accuracy)
    return make_gallery(study, trial, measured, found.sample)
