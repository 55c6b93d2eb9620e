"""What a recorded trial trains, and whether the code still makes the same of it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from nasattn.errors import UserError
from nasattn.placement import canonical
from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt, Proposal
from nasattn.search.study.catalogue import Catalogue
from nasattn.search.study.study_file import VariantPlacement

_COSTS = ("params", "flops", "flops_stock")


def recorded_proposal(material: Catalogue, attempt: Attempt) -> Proposal:
    """Return what a trial trains, from its record alone.

    Raises:
        UserError: the code makes another architecture of its placements than it did.
    """
    frozen, record = attempt.frozen, attempt.record
    bare = material.settings.bare
    try:
        architecture = canonical(
            bare.backbone,
            dict(bare.backbone_args),
            bare.input_shape,
            [VariantPlacement.model_validate(p).placement(p["at"]) for p in record.placements],
        )
    except UserError as error:
        raise UserError(f"trial {record.trial}: {error}") from None
    if architecture.digest != record.digest:
        raise UserError(
            f"trial {record.trial} was trained as {record.digest}, but its placements now make "
            f"{architecture.digest}: the hyperparameters of {_words(_modules(record))} have changed"
        )
    notes = frozen.system_attrs
    return Proposal(architecture, frozen.params, frozen.distributions, notes, record.variant)


def check_unchanged(material: Catalogue, attempts: Sequence[Attempt]) -> None:
    """Refuse to go on where a recorded trial would have another cost than it was recorded with.

    Raises:
        UserError: the backbone or an attention module has changed since; the message names it, a
            trial and both costs.
    """
    changed = [found for found in (_difference(material, attempt) for attempt in attempts) if found]
    if not changed:
        return
    record, words = changed[0]
    backbone = f"backbone {material.settings.backbone}"
    trials = {trial.trial for trial, _ in changed}
    same = [attempt.record for attempt in attempts if attempt.record.trial not in trials]
    modules = _suspects([trial for trial, _ in changed], same)
    what = f"attention module {_words(modules)}" if record.placements and modules else backbone
    raise UserError(
        f"{what} has changed since the study was made: trial {record.trial} had {words}; "
        "undo the change, or give the study another --name"
    )


def _difference(material: Catalogue, attempt: Attempt) -> tuple[Trial, str] | None:
    """Return a trial with its costs then and now in words, where they are not equal."""
    record = attempt.record
    now = material.model.cost(recorded_proposal(material, attempt).architecture)
    for cost in _COSTS:
        old, new = getattr(record, cost), getattr(now, cost)
        if old != new:
            return record, f"{old:,} {cost}, and would have {new:,}"
    return None


def _suspects(changed: Iterable[Trial], same: Iterable[Trial]) -> list[str]:
    """Return the modules that most of the changed trials have and no other has, if there are."""
    innocent = {module for trial in same for module in _modules(trial)}
    counted = Counter(module for trial in changed for module in _modules(trial))
    suspects = {module: count for module, count in counted.items() if module not in innocent}
    most = max(suspects.values(), default=0)
    return sorted(module for module, count in suspects.items() if count == most)


def _modules(trial: Trial) -> list[str]:
    return sorted({placement["module"] for placement in trial.placements})


def _words(modules: Sequence[str]) -> str:
    return " or ".join(modules) or "the backbone"
