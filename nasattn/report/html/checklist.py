"""Good practice in architecture search, as far as a study shows it.

Source: Lindauer and Hutter, "Best Practices for Scientific Research on Neural Architecture
Search", JMLR 21(243), 2020; the questions in our words, those that a study can answer.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nasattn.analysis import Front
from nasattn.records import Study, Trial
from nasattn.report.units import counted, duration

_ENOUGH_SEEDS = 5


class Item(NamedTuple):
    """A question, and what the study says to it.

    Args:
        question: What is asked.
        answer: ``yes``, ``partly``, ``no``, or ``yours`` where only the authors can answer.
        evidence: Why.
    """

    question: str
    answer: str
    evidence: str


def checklist(study: Study, trials: Sequence[Trial], front: Front) -> Iterator[Item]:
    """Yield the items."""
    sampler = str(study.table("search").get("sampler", ""))
    yield Item(
        "All architectures are trained by one recipe, which is published",
        "yes",
        "the recipe below is frozen with the study; no architecture has another",
    )
    yield Item(
        "Search space and data splits are stated in full",
        "yes",
        "study.toml in the run folder holds the space; the validation images follow from its keys",
    )
    yield _split(study)
    yield _seeds(front)
    yield Item(
        "The bare backbone is trained as the others are",
        "yes" if front.baseline else "no",
        f"trial {front.baseline.trial.trial}" if front.baseline else "it is not complete",
    )
    yield Item(
        "Compared with random search in the same space",
        "yes" if sampler == "random" else "no",
        f'this study\'s sampler is "{sampler}"; another with sampler = "random" would compare',
    )
    yield _confounders(study, trials)
    yield Item(
        "Time and hardware of the whole search are told",
        "yes",
        f"{duration(sum(trial.seconds for trial in trials))} of training and evaluation in "
        f"{counted(len(trials), 'trial')}; hardware below",
    )
    yield Item(
        "How the search's own settings were chosen, and at what cost",
        "yours",
        "trials and time spent on earlier studies are not in this one",
    )
    yield Item(
        "The parts of what is found are ablated",
        "yours",
        "nasattn ablate does it, with fresh seeds, on test images",
    )


def _split(study: Study) -> Item:
    question = "Test images played no part in the search"
    if study.evaluated == "test":
        return Item(question, "no", "this study is measured on them: it may confirm, not choose")
    return Item(question, "yes", "accuracy is of validation images; none was evaluated")


def _seeds(front: Front) -> Item:
    fewest = min((member.repeats for member in front.members), default=0)
    answer = "yes" if fewest >= _ENOUGH_SEEDS else "partly" if fewest > 1 else "no"
    evidence = f"members of the front have {counted(fewest, 'seed')} or more"
    if fewest < _ENOUGH_SEEDS:
        evidence += "; nasattn retrain gives them fresh ones"
    return Item("What is reported was trained with several seeds", answer, evidence)


def _confounders(study: Study, trials: Sequence[Trial]) -> Item:
    devices = sorted({trial.device for trial in trials if trial.device})
    made = study.table("environment")
    versions = ", ".join(f"{key} {made[key]}" for key in ("python", "torch") if key in made)
    return Item(
        "Hardware and versions are the same for all trials",
        "yes" if len(devices) <= 1 else "partly",
        f"trained on {', '.join(devices) or 'nothing yet'}; {versions}",
    )
