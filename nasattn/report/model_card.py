"""A model card: what an exported network is, what was measured of it, how it is used."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasattn.records import Study, Trial
from nasattn.report.conditions import conditions
from nasattn.report.placements import BARE, options_words, summarize
from nasattn.report.units import counted, percent


def model_card(  # noqa: PLR0913 - all that a card tells
    study: Study,
    trials: Sequence[Trial],
    trial: Trial,
    *,
    backbone: str,
    usage: Mapping[str, Any],
    program: str,
) -> str:
    """Return the card of a trial's network as Markdown.

    Args:
        study: Where the trial belongs.
        trials: All of its trials: how many the network was chosen from.
        trial: The network's.
        backbone: Its name.
        usage: What ``usage.json`` holds.
        program: What is said of the program file; empty where there is none.
    """
    lines = [
        f"# {_code(study.name)}, trial {trial.trial}",
        "",
        f"{_code(backbone)} with {_code(summarize(trial.placements))}"
        if trial.placements
        else f"{_code(backbone)}, the {BARE}",
        "",
        "## Measured",
        "",
        *_table(study, trial),
        "",
        f"Conditions: {_plain(conditions(study, [trial]))}. Repeat {trial.repeat}.",
        "",
        _caution(study, trials),
        "",
        "## Use",
        "",
        *_use(usage),
        *(["", program] if program else []),
    ]
    if trial.placements:
        lines += ["", "## Placements", "", *_placements(trial)]
    return "\n".join([*lines, "", f"Architecture {_code(trial.digest)}.", ""])


def _table(study: Study, trial: Trial) -> Iterable[str]:
    yield "| | |"
    yield "|---|---|"
    if trial.accuracy is not None:
        yield f"| accuracy | {percent(trial.accuracy)} % on {study.evaluated} images |"
    yield f"| trainable parameters | {trial.params:,} |"
    yield f"| FLOPs of one image | {trial.flops:,} (fvcore's stock count: {trial.flops_stock:,}) |"
    yield f"| trained for | {counted(trial.epochs, 'epoch')} |"


def _caution(study: Study, trials: Sequence[Trial]) -> str:
    """Say what the accuracy is not."""
    chosen = sum(trial.is_result for trial in trials)
    if study.evaluated == "test":
        return "The accuracy is of one training on one seed."
    return (
        f"The accuracy is one training's, on the validation images that {counted(chosen, 'trial')} "
        "of the study were compared on: of a network chosen for it, it is too high."
    )


def _use(usage: Mapping[str, Any]) -> Iterable[str]:
    channels, height, width = usage["input_shape"]
    yield f"Input: `(N, {channels}, {height}, {width})` float, each channel from 0 to 1, then"
    mean, std = _numbers(usage["mean"]), _numbers(usage["std"])
    yield f"`(x - mean) / std` with mean {mean} and std {std}."
    classes = len(usage["classes"])
    yield f"Output: `(N, {classes})` logits, the classes in the order of `usage.json`."
    yield f"Its accuracy was measured in {_code(str(usage['precision']))}."
    yield from ("", "```python", "import nasattn", "", 'network = nasattn.load("DIR")', "```", "")
    yield "`nasattn predict DIR IMAGE…` prepares and classifies picture files."


def _placements(trial: Trial) -> Iterable[str]:
    yield "| slot | at | module | hyperparameters |"
    yield "|---|---|---|---|"
    for placed in trial.placements:
        cells = (placed["slot"], placed["at"], placed["module"], options_words(placed))
        yield f"| {' | '.join(_code(cell) if cell else '' for cell in cells)} |"


def _numbers(values: Iterable[float]) -> str:
    return f"({', '.join(f'{value:.6g}' for value in values)})"


def _code(words: str) -> str:
    """Set words as code: names from files are then no Markdown."""
    plain = " ".join(words.replace("`", "'").replace("|", "/").split())
    return f"`{plain}`"


def _plain(words: str) -> str:
    """Take the meaning from characters that Markdown and HTML know."""
    for character in "\\`*_[]<>|":
        words = words.replace(character, f"\\{character}")
    return words
