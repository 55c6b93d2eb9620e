"""Architectures that were never trained and that promise a study's front most, by its model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from nasattn.cost import Totals
from nasattn.errors import UserError
from nasattn.records import Study
from nasattn.search.ledger.attempt import Attempt, Proposal
from nasattn.search.ledger.rebuild import what_to_do
from nasattn.search.opening import open_ledger
from nasattn.search.proposing.choosers import GivenChooser, distributions_of
from nasattn.search.proposing.cost_aware.candidates import Candidate, Candidates
from nasattn.search.proposing.cost_aware.choosing import Outlook, Unseen
from nasattn.search.proposing.cost_aware.past import Past, Tried
from nasattn.search.proposing.cost_aware.telling import observed
from nasattn.search.proposing.problem import Problem, problem_of
from nasattn.search.study.catalogue import catalogue_of
from nasattn.search.study.settings import Settings
from nasattn.seeding import derive_seed
from nasattn.space import Space, decide, intervals, size
from nasattn.surrogate.arrays import Array
from nasattn.surrogate.belief import FEWEST_RESULTS, MANY_ROWS, Fit
from nasattn.surrogate.candidates import climbed, pool
from nasattn.surrogate.front import Front, attained
from nasattn.surrogate.improvement import NOTHING, expected_improvement

# A space with more architectures is not gone through: so many times what a proposal looks at is.
_MOST_LISTED, _NUM_POOLS = 20_000, 8
_AT_ONCE = 2_000
_LEAST_SD = 1e-12


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An architecture that was never trained.

    Attributes:
        proposal: What would be trained.
        totals: Its exact costs.
        latency_ms: What it would measure, where latency is an objective.
        mean: The accuracy to be expected of it, over seeds.
        sd: The standard deviation of that mean.
        chance: That its mean is on the front: above a half, it is expected there.
        gain: By how much it is expected to enlarge the front's hypervolume, after those before
            it; the front's accuracies count from the reference that the sampler uses.
    """

    proposal: Proposal
    totals: Totals
    latency_ms: float | None
    mean: float
    sd: float
    chance: float
    gain: float


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What a study's trials suggest.

    Attributes:
        chosen: The most promising first.
        fit: How the model was fitted.
        num_considered: Architectures that were looked at.
        is_whole_space: Whether these are all that are within the budget and were never trained.
    """

    chosen: tuple[Suggestion, ...]
    fit: Fit
    num_considered: int
    is_whole_space: bool


class _Promise(NamedTuple):
    mean: float
    sd: float
    chance: float
    gain: float


def suggest(study: Study, count: int, storage: str | None) -> Suggestions:
    """Return the untrained architectures within the budget that promise the front most.

    Args:
        study: The study.
        count: How many at most.
        storage: Its storage's URL, where that needs a password.

    Raises:
        UserError: the study has no search space, or too few complete trials.
        WriteError: the storage cannot be read.
    """
    settings = Settings.load(study.path)
    catalogue = catalogue_of(settings)
    if catalogue.space is None:
        raise UserError(f'study "{study.name}" lists variants: it has no space to suggest from')
    with what_to_do(study.path, settings):
        attempts = open_ledger(study.path, settings, storage).attempts()
    problem = problem_of(catalogue.space, catalogue.model, settings)
    past = _past(problem, attempts)
    if len(past.results) < FEWEST_RESULTS:
        raise UserError(
            f'suggest: needs {FEWEST_RESULTS} complete trials to learn from, study "{study.name}" '
            f"has {len(past.results)}"
        )
    outlook = Outlook(past, MANY_ROWS)
    is_whole = not intervals(catalogue.space) and size(catalogue.space) <= _MOST_LISTED
    found = _everything(past) if is_whole else _some(past, outlook, settings.seed)
    chosen = tuple(
        _suggestion(catalogue.space, past, one, promise)
        for one, promise in _best(outlook, found, count)
    )
    return Suggestions(chosen, outlook.known.belief.fit, len(found), is_whole)


def _past(problem: Problem, attempts: Sequence[Attempt]) -> Past:
    candidates = Candidates(problem)
    trials = tuple(
        Tried(
            attempt.record.trial,
            candidates.read(attempt.frozen.params),
            observed(attempt.record, problem.epochs),
        )
        for attempt in attempts
        if not attempt.is_set_aside
    )
    return Past(problem, candidates, trials)


def _everything(past: Past) -> list[Candidate]:
    return list(filter(Unseen(past).may_be, past.candidates.all()))


def _some(past: Past, outlook: Outlook, seed: int) -> list[Candidate]:
    """Return what several proposals would look at."""
    near, found = Unseen(past), dict[Candidate, None]()
    for number in range(_NUM_POOLS):
        chance = Random(derive_seed(seed, "suggest", number))
        if start := pool(near, outlook.parents, chance):
            found |= dict.fromkeys(climbed(near, start, outlook.gains, chance)[0])
    return list(found)


def _best(
    outlook: Outlook, found: Sequence[Candidate], count: int
) -> Iterator[tuple[Candidate, _Promise]]:
    """Yield the candidates of largest gain, with mean, deviation, chance of the front and gain.

    Each but the first is weighed against a front on which those before it have come out as
    expected.
    """
    if not found:
        return
    costs = outlook.points(found).costs
    mean, sd = _predicted(outlook, found)
    known = outlook.known
    chance = ndtr((mean - attained(costs, known.front)) / np.maximum(sd, _LEAST_SD))
    for _ in range(count):
        values = expected_improvement(mean, sd, costs, known.front, known.reference)
        best = int(values.argmax())
        if values[best] <= NOTHING:
            return
        told = (float(column[best]) for column in (mean, sd, chance, values))
        yield found[best], _Promise(*told)
        # It is proposed once, however uncertain it is.
        sd[best] = 0.0
        grown = np.append(known.front.accuracies, mean[best])
        known = known._replace(front=Front(grown, np.vstack((known.front.costs, costs[best]))))


def _predicted(outlook: Outlook, found: Sequence[Candidate]) -> tuple[Array, Array]:
    predict = outlook.known.belief.predict
    parts = [
        predict(outlook.points(found[first : first + _AT_ONCE]))
        for first in range(0, len(found), _AT_ONCE)
    ]
    mean, sd = zip(*parts, strict=True)
    return np.concatenate(mean), np.concatenate(sd)


def _suggestion(space: Space, past: Past, one: Candidate, promise: _Promise) -> Suggestion:
    architecture = decide(space, GivenChooser(one.params))
    domains = distributions_of(space, one.params)
    return Suggestion(
        Proposal(architecture, one.params, domains, {}),
        past.problem.model.cost(architecture),
        past.latency_ms(one) if "latency_ms" in past.problem.costs else None,
        *promise,
    )
