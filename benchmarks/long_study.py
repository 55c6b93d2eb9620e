"""Long studies as a search leaves them, made up but for their costs, and quickly."""

import random
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import cast

import torch
from optuna.trial import TrialState, create_trial

from nasattn.records import (
    ARCHITECTURE_FILE,
    HISTORY_FILE,
    TRIAL_FILE,
    Trial,
    history_text,
    trial_text,
)
from nasattn.report.live import make_observer
from nasattn.search.ledger.attempt import Proposal
from nasattn.search.ledger.sampler_part import sampler_part
from nasattn.search.proposing.choosers import RandomChooser, distributions_of
from nasattn.search.proposing.proposing import bare_proposal
from nasattn.search.study.freeze import Material, freeze
from nasattn.search.study.outline import keep_outline
from nasattn.search.study.session import Session
from nasattn.search.study.study_file import StudyFile
from nasattn.space import Space, decide
from nasattn.training import Epoch
from tests.studies import make_trial

EPOCHS = 30
SPACE = "resnet20_cifar10.toml"
STUDY = {
    "search_space": SPACE,
    "objectives": ["accuracy", "flops"],
    "data": {"name": "fake"},
    "recipe": {"epochs": EPOCHS, "precision": "fp32"},
    "execution": {"threads": 1},
}


def session_in(runs: Path) -> Session:
    """Return a search's surroundings, silent and never stopped."""
    return Session(runs, torch.device("cpu"), make_observer(), lambda: None)


def material_of(session: Session, name: str, trials: int, sampler: str = "random") -> Material:
    """Return a study of ResNet-20 with the space of `search_spaces`, frozen."""
    values = STUDY | {"name": name, "trials": trials, "search": {"sampler": sampler}}
    spaces = Path(__file__).parent.parent / "search_spaces"
    return freeze(StudyFile.model_validate(values), spaces, name, session, None)


def proposals(material: Material) -> Iterator[Proposal]:
    """Yield the bare backbone, and then architectures at random without end, each once."""
    space = cast("Space", material.space)
    first = bare_proposal(material)
    yield first
    seen, seed = {first.architecture.digest}, 0
    while True:
        chance = RandomChooser(seed)
        architecture, seed = decide(space, chance), seed + 1
        if architecture.digest not in seen:
            seen.add(architecture.digest)
            params = dict(chance.params)
            yield Proposal(architecture, params, distributions_of(space, params), {})


def make_record(material: Material, number: int, proposal: Proposal) -> Trial:
    """Return a complete trial that is the more accurate the dearer it is, with its curve."""
    chance = random.Random(number)
    costs, low_high = material.model.cost(proposal.architecture), material.settings.cost_range
    low, high = low_high["flops"]
    final = 0.86 + 0.04 * ((costs.flops - low) / (high - low)) ** 0.5 + chance.gauss(0, 0.006)
    record = make_trial(
        number,
        digest=proposal.architecture.digest,
        params=costs.params,
        flops=costs.flops,
        flops_stock=costs.flops_stock,
        placements=tuple(p.to_dict() for p in proposal.architecture.placements),
    )
    return record.with_curve([asdict(epoch) for epoch in _curve(final, chance)])


def _curve(final: float, chance: random.Random) -> Iterator[Epoch]:
    for epoch in range(1, EPOCHS + 1):
        left = (1 - epoch / EPOCHS) ** 2
        accuracy = final - 0.3 * left + chance.gauss(0, 0.004)
        loss = 2 * (1 - accuracy) + chance.gauss(0, 0.01)
        seconds, speed = 20 + chance.random(), 5000 + 500 * chance.random()
        yield Epoch(
            epoch,
            loss,
            accuracy + 0.02,
            1.1 * loss,
            accuracy,
            0.1 * (1 - (epoch - 1) / EPOCHS),
            seconds,
            128,
            512,
            speed,
        )


def write_folder(material: Material, folder: Path, trials: int) -> None:
    """Write a study's run folder but for its database, which the product makes of it."""
    material.settings.save(folder)
    keep_outline(material, folder)
    for number, proposal in zip(range(trials), proposals(material), strict=False):
        record = make_record(material, number, proposal)
        frozen = create_trial(
            state=TrialState.FAIL,
            params=dict(proposal.params),
            distributions=dict(proposal.distributions),
        )
        path = folder / "trials" / str(number)
        path.mkdir(parents=True)
        # As the ledger writes them, but for the fsync of each.
        (path / ARCHITECTURE_FILE).write_text(proposal.architecture.text + "\n")
        (path / HISTORY_FILE).write_text(history_text(record.curve))
        (path / TRIAL_FILE).write_text(trial_text(record, sampler_part(frozen), None))
