"""Good practice in architecture search, as far as a study and those beside it show it.

Source: Lindauer and Hutter, "Best Practices for Scientific Research on Neural Architecture
Search", JMLR 21(243), 2020; the questions in our words.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nasattn.analysis import Front
from nasattn.files import write_atomic
from nasattn.records import Study, Trial
from nasattn.records.kin import Kin
from nasattn.report.conditions import caption
from nasattn.report.markup import tables_markup
from nasattn.report.picture import check_suffix
from nasattn.report.table import Row, Table
from nasattn.report.units import counted, duration

TITLE = (
    "Checklist of good practice in architecture search, after Lindauer and Hutter, JMLR 21(243), "
    "2020, as far as the study's records answer it"
)
CODE, COMPARING, REPORTING = "releasing code", "comparing", "reporting"

_FORMS = {".md": "markdown", ".tex": "latex"}
_ENOUGH_SEEDS = 5
_OURS = ("timm:", "torchvision:")


class Item(NamedTuple):
    """A question, and what the study says to it.

    Args:
        part: Of the list.
        question: What is asked.
        answer: ``yes``, ``partly``, ``no``, or ``unknown`` where only the authors can answer.
        evidence: Why.
    """

    part: str
    question: str
    answer: str
    evidence: str


def checklist_table(items: Sequence[Item]) -> Table:
    """Return the list as a table."""
    rows = tuple(Row(item[:3], item.evidence) for item in items)
    return Table(("<part", "<question", "<answer"), "evidence", rows, TITLE)


def check_checklist(file: Path) -> None:
    """Check that a file's name says in which form the list is wanted.

    Raises:
        UserError: naming the forms that there are.
    """
    check_suffix(file, tuple(_FORMS), "--checklist")


def write_checklist(study: Study, items: Sequence[Item], file: Path) -> str:
    """Write the list as Markdown or LaTeX, by the file's suffix; say how many items are open.

    Raises:
        WriteError: the file cannot be written.
    """
    form = _FORMS[file.suffix.lower()]
    text = tables_markup(form, [checklist_table(items)], caption(study, []))
    write_atomic(file, text)
    counts = Counter(item.answer for item in items)
    return ", ".join(f"{number} {answer}" for answer, number in counts.items())


def checklist(study: Study, trials: Sequence[Trial], front: Front, kin: Kin) -> Iterator[Item]:
    """Yield the items.

    Args:
        study: Which is asked.
        trials: All of it.
        front: Theirs.
        kin: What stands beside it: ablations, retrainings, other searches of its space.
    """
    yield from _code(study)
    yield from _comparing(study, trials, front, kin)
    yield from _reporting(study, trials, kin)


def _code(study: Study) -> Iterator[Item]:
    made, search = study.table("environment"), study.table("search")
    own = sorted(set(_own_code(study)))
    versions = ", ".join(f"{key} {made[key]}" for key in ("nasattn", "optuna") if key in made)
    commit = made.get("commit", "")
    seed = study.settings.get("seed")
    yield Item(
        CODE,
        "Code that trains and evaluates the architectures",
        "unknown" if own or "with changes" in commit else "yes",
        f"{versions or 'nasattn'}{f', commit {commit}' if commit else ''}"
        + (f"; the authors' own must be released too: {', '.join(own)}" if own else ""),
    )
    yield Item(
        CODE,
        "Code of the search space",
        "yes",
        "study.toml in the run folder holds the space, or the variants, in full",
    )
    yield Item(
        CODE,
        "Hyperparameters and seeds of training",
        "yes",
        f"the recipe is frozen in study.toml, one for all architectures; seed {seed}, "
        f"{counted(_repeats(study), 'repeat')}",
    )
    yield Item(CODE, "Code of the search method", "yes", f"{_method(search)}; {versions}")
    yield Item(
        CODE,
        "Hyperparameters and seeds of the search method",
        "yes",
        f"[search] of study.toml; {_method(search)}, seed {seed}",
    )


def _comparing(study: Study, trials: Sequence[Trial], front: Front, kin: Kin) -> Iterator[Item]:
    digest = study.settings.get("data_digest")
    yield Item(
        COMPARING,
        "Same data, split, space and training for all that is compared",
        "yes",
        "one recipe and one split for all architectures"
        + (f", data {digest}" if digest else "")
        + (", the bare backbone's too" if front.baseline else ""),
    )
    yield Item(
        COMPARING,
        "The bare backbone is trained as the others are",
        "yes" if front.baseline else "no",
        f"trial {front.baseline.trial.trial}" if front.baseline else "it is not complete",
    )
    yield _confounders(study, trials)
    yield _ablations(kin)
    yield Item(
        COMPARING,
        "Same evaluation protocol for all",
        "yes",
        f"accuracy of the last epoch on {study.evaluated} images, whatever the architecture",
    )
    yield _split(study)
    yield Item(
        COMPARING,
        "Performance over time",
        "yes" if len(front.results) > 1 else "no",
        "nasattn pareto --history: hypervolume over trials and epochs, from the records",
    )
    yield _random(study, kin)
    yield _runs(study, kin)
    yield _seeds(front, kin)
    yield Item(
        COMPARING,
        "Tabular or surrogate benchmarks for in-depth evaluation",
        "unknown",
        "nasattn table and nasattn replay make them; whether they were is not in this study",
    )


def _reporting(study: Study, trials: Sequence[Trial], kin: Kin) -> Iterator[Item]:
    yield Item(
        REPORTING,
        "How hyperparameters were tuned, and at what cost",
        "unknown",
        "trials and time spent on earlier studies are not in this one",
    )
    parts = [(study, trials), *kin.derived]
    spent = [
        f"{other.name}: {duration(sum(trial.seconds for trial in found))} in "
        f"{counted(len(found), 'trial')}"
        for other, found in parts
    ]
    whole = duration(sum(trial.seconds for _, found in parts for trial in found))
    yield Item(
        REPORTING,
        "Time of the whole method, from end to end",
        "yes",
        f"{whole} of training and evaluation: {'; '.join(spent)}",
    )
    counts = study.table("num_images")
    images = ", ".join(f"{number:,} {part}" for part, number in counts.items())
    yield Item(
        REPORTING,
        "All details of the experimental setup",
        "yes" if counts and study.table("recipe") else "partly",
        f"study.toml: data ({images or 'not counted'} images), recipe, seeds, versions, hardware",
    )


def _method(search: Mapping[str, Any]) -> str:
    pruner = search.get("pruner", "none")
    name = pruner.get("name") if isinstance(pruner, Mapping) else pruner
    return f"sampler {search.get('sampler')}, pruner {name}"


def _repeats(study: Study) -> int:
    return int(study.settings.get("repeats", 1))


def _own_code(study: Study) -> Iterator[str]:
    """Yield what is called ``package.module:name``: code that came from the authors."""
    named = (study.settings.get(key) for key in ("backbone", "space", "variant"))
    for text in (*_texts(list(named)), str(study.table("data").get("name", ""))):
        if ":" in text and not text.startswith(_OURS):
            yield text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*value, *value.values()])
    elif isinstance(value, Sequence):
        for part in value:
            yield from _texts(part)


def _split(study: Study) -> Item:
    question = "Test images played no part in the search"
    if study.evaluated == "test":
        evidence = "this study is measured on them: it may confirm, not choose"
        return Item(COMPARING, question, "no", evidence)
    return Item(COMPARING, question, "yes", "accuracy is of validation images; none was evaluated")


def _ablations(kin: Kin) -> Item:
    question = "Ablations of what is found"
    found = [
        f"{study.name} ({counted(sum(t.is_result for t in trials), 'trial')} complete)"
        for study, trials in kin.derived
        if study.table("origin").get("asks") != "retrain" and any(t.is_result for t in trials)
    ]
    if found:
        return Item(COMPARING, question, "yes", ", ".join(found))
    why = "none beside this study; nasattn ablate does it, with fresh seeds, on test images"
    return Item(COMPARING, question, "no", why)


def _random(study: Study, kin: Kin) -> Item:
    question = "Compared with random search in the same space"
    if study.table("search").get("sampler") == "random":
        return Item(COMPARING, question, "yes", "this study is one")
    names = [o.name for o, _ in kin.rivals if o.table("search").get("sampler") == "random"]
    if names:
        return Item(COMPARING, question, "yes", ", ".join(names))
    why = 'no study beside it has its space, data and recipe, and sampler = "random"'
    return Item(COMPARING, question, "no", why)


def _runs(study: Study, kin: Kin) -> Item:
    again = [o for o, _ in kin.rivals if o.table("search") == study.table("search")]
    seeds = sorted({str(s.settings.get("seed")) for s in (study, *again)})
    return Item(
        COMPARING,
        "Several runs of the search, with their seeds",
        _enough(len(seeds)),
        f"{counted(len(seeds), 'run')} of the same settings: seed {', '.join(seeds)}",
    )


def _seeds(front: Front, kin: Kin) -> Item:
    question = "What is reported was trained with several seeds"
    trained = [
        (min(seeds), study.name)
        for study, trials in kin.derived
        if (seeds := _seeds_by_digest(trials).values())
    ]
    fewest, where = max(
        [(min((m.repeats for m in front.members), default=0), "the front"), *trained]
    )
    evidence = f"architectures of {where} have {counted(fewest, 'seed')} or more"
    if fewest < _ENOUGH_SEEDS:
        evidence += "; nasattn retrain gives them fresh ones"
    return Item(COMPARING, question, _enough(fewest), evidence)


def _seeds_by_digest(trials: Sequence[Trial]) -> dict[str, int]:
    seeds: dict[str, set[int]] = {}
    for trial in trials:
        if trial.is_result:
            seeds.setdefault(trial.digest, set()).add(trial.repeat)
    return {digest: len(found) for digest, found in seeds.items()}


def _enough(number: int) -> str:
    return "yes" if number >= _ENOUGH_SEEDS else "partly" if number > 1 else "no"


def _confounders(study: Study, trials: Sequence[Trial]) -> Item:
    devices = sorted({trial.device for trial in trials if trial.device})
    made = study.table("environment")
    versions = ", ".join(f"{key} {made[key]}" for key in ("python", "torch") if key in made)
    return Item(
        COMPARING,
        "Hardware and versions are the same for all trials",
        "yes" if len(devices) <= 1 else "partly",
        f"trained on {', '.join(devices) or 'nothing yet'}; {versions}",
    )
