"""The first trials: spread over the costs, since only they are known."""

from collections.abc import Sequence
from random import Random

import numpy as np

from nasattn.search.proposing.cost_aware.candidates import Candidate
from nasattn.search.proposing.cost_aware.past import Past
from nasattn.surrogate.arrays import Array, Indices

_NUM_DRAWN = 500
_FEWEST, _MOST, _PART = 4, 8, 6


def num_start(trials: int) -> int:
    """Return how many trials beside the baseline begin a study of so many in all."""
    return max(_FEWEST, min(_MOST, trials // _PART))


def start(past: Past, chance: Random) -> Candidate | None:
    """Return an unseen architecture from the part of the costs that has the fewest trials.

    The parts are the quantiles, one for each trial of the start, of the sum of scaled costs over
    500 architectures drawn at random.

    Returns:
        None where none of them is unseen and within the budget.
    """
    seen = {tried.candidate for tried in past.trials}
    drawn = [past.candidates.draw(chance) for _ in range(_NUM_DRAWN)]
    unseen = [one for one in dict.fromkeys(drawn) if one not in seen]
    unseen = [one for one in unseen if past.candidates.is_affordable(one)]
    if not unseen:
        return None
    sums = past.costs(drawn).sum(axis=1)
    parts = num_start(past.problem.trials)
    inner = np.quantile(sums, np.arange(1, parts) / parts)
    counts = np.bincount(_parts(past, [t.candidate for t in past.begun], inner), minlength=parts)
    where = _parts(past, unseen, inner)
    fewest = counts[where].min()
    open_ = [one for one, part in zip(unseen, where, strict=True) if counts[part] == fewest]
    return open_[chance.randrange(len(open_))]


def _parts(past: Past, candidates: Sequence[Candidate], inner: Array) -> Indices:
    return np.asarray(np.searchsorted(inner, past.costs(candidates).sum(axis=1), side="right"))
