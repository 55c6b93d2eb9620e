"""Which trials are trained to their end so that pruning can be judged by them."""

from nasattn.seeding import derive_seed


def is_drawn(seed: int, share: float, trial: int) -> bool:
    """Tell whether a trial belongs to the share of a study that no pruner stops.

    It follows from the study's seed and the trial's number alone: a resumed study draws the same
    ones. Trial 0 is never stopped anyhow, and does not belong to it.
    """
    return trial > 0 and derive_seed(seed, "exempt", trial) < share * 2**63
