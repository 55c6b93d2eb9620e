"""Printing the table of a study of variants."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nasattn.cli.forms import Answer
from nasattn.cli.options import runs_dir_words
from nasattn.errors import UnknownNameError, UserError

if TYPE_CHECKING:
    from nasattn.records import Study

MARGIN = 0.2
"""Points within which a variant counts as free, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How a table of variants is printed.

    Attributes:
        against: What the others are compared with; None is what the study says.
        margin: Points within which a variant counts as free.
        wilcoxon: The signed-rank test in place of the t-test.
        form: ``json``, ``csv``, ``markdown``, ``latex``, or nothing for a page.
        figure: Where the differences are drawn too.
    """

    against: str | None = None
    margin: float = MARGIN
    wilcoxon: bool = False
    form: str = ""
    figure: Path | None = None


def show_variants(
    name: str, runs_dir: Path, storage: str | None, shown: Shown, making: Sequence[str] = ()
) -> None:
    """Print the table of a study of variants.

    Args:
        name: The study's.
        runs_dir: Where it is.
        storage: Its storage's URL, where that needs a password.
        shown: How.
        making: Options that were given and are for making a study, not for showing one.

    Raises:
        UserError: there is no such study, it is of no variants, or nothing in it is complete.
    """
    from nasattn.analysis.variants import compare_variants, variants_of
    from nasattn.records import load_study, load_trials
    from nasattn.report import variants_document as report
    from nasattn.report import variants_page as page
    from nasattn.report.conditions import caption

    study = load_study(runs_dir, name, storage=storage)
    _check_variants(study, making)
    _check_margin(shown)
    trials = load_trials(study, curves=False)
    variants = variants_of(trials)
    if not any(variant.by_seed for variant in variants):
        raise UserError(f'study "{name}": no trial is complete yet; nasattn resume {name} goes on')
    found = compare_variants(
        variants,
        against=shown.against or page.own_reference(study, variants),
        margin=shown.margin / 100,
        test="wilcoxon" if shown.wilcoxon else "t",
    )
    if shown.figure:
        from nasattn.report.interval_picture import draw_ablation

        draw_ablation(study, trials, found, shown.figure)
    rows = report.variants_rows(study, found)
    answer = Answer(
        page=lambda width: page.variants_page(study, trials, found, width),
        document=lambda: report.variants_document(study, found),
        rows=lambda: (list(rows[0]), rows),
        tables=lambda: [report.variants_table(found)],
        caption=lambda: caption(study, trials),
    )
    answer.print(shown.form, f"nasattn trials {name}{runs_dir_words(runs_dir)}")


def show_what_there_is(name: str, runs_dir: Path, storage: str | None, shown: Shown) -> None:
    """Print the table of a study of variants after a run, which may have been cut short.

    Raises:
        UserError: as ``show_variants`` does, but for a study without a complete trial.
    """
    from nasattn.records import load_study, load_trials
    from nasattn.report.ink import tell

    study = load_study(runs_dir, name, storage=storage)
    if any(trial.is_result for trial in load_trials(study, curves=False)):
        show_variants(name, runs_dir, storage, shown)
    else:
        tell([f"{name}: no trial is complete yet"])


def check_before(shown: Shown, names: Sequence[str], seeds: int) -> None:
    """Refuse, before anything is trained, what could not be shown then.

    Args:
        shown: How the table is to be printed.
        names: The variants' names.
        seeds: How many each is trained with.

    Raises:
        UserError: there will be no such reference, or too few seeds for the signed-rank test.
    """
    from nasattn.analysis.variants import check_power

    _check_margin(shown)
    if shown.against is not None and shown.against not in names:
        raise UnknownNameError("variant", shown.against, names, "--against")
    if shown.wilcoxon:
        check_power(seeds, len(names) - 1)


def _check_margin(shown: Shown) -> None:
    if not shown.margin > 0:
        raise UserError(f"--margin {shown.margin:g}: must be above 0, in points of accuracy")


def _check_variants(study: "Study", making: Sequence[str]) -> None:
    name = study.name
    if not study.settings.get("variant"):
        raise UserError(
            f'study "{name}" is a search, whose scores chose its trials: nasattn ablate {name} '
            f"TRIAL and nasattn retrain {name} TRIAL train anew"
        )
    if study.is_of_one_network:
        raise UserError(f'study "{name}" is of one network alone: nothing to compare')
    if making:
        raise UserError(
            f"{', '.join(making)}: for variants to be made; {name} alone shows those that it has, "
            f"{name} TRIAL makes others"
        )
