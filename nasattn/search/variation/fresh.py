"""Seeds that a search has not seen."""

from nasattn.seeding import derive_seed

_SEEDS = 1_000_000  # short enough to be read and typed


def fresh_seed(seed: int, purpose: str) -> int:
    """Return a study seed that is not ``seed``, the same whenever it is asked for.

    What a retraining showed may lead to an ablation: each purpose has its own, so that this one
    does not repeat the luck of that one. Repeats of different study seeds have different seeds.

    Args:
        seed: Of the study that chose.
        purpose: ``ablate``, ``retrain``, …
    """
    candidates = (derive_seed(seed, purpose, number) % _SEEDS for number in range(_SEEDS))
    return next(found for found in candidates if found != seed)
