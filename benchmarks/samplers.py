"""How long a proposal of `cost-aware` takes, and how samplers do on a made-up truth.

Usage: python benchmarks/samplers.py                 (times; seconds of the processor, one thread)
       python benchmarks/samplers.py compare [N]     (N repeats, 10 unless given)

Times: the sampler alone, with a study in memory of 100, 1,000 and 10,000 trials, half of which
came to their end, and before it what tells it of them. Comparison (see `synthetic.py`): 60 trials
without early stopping; the hypervolume of the true means of the architectures on the observed
front after 15, 30 and 60, as a share of the best there is; how many trials until it is that of
random search after 60; and for `cost-aware` the same of its believed front, with what that front
claims.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import mean, median, quantiles, stdev
from time import process_time

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import optuna
from synthetic import BEDS, EPOCHS, TRIALS, Bed, Truth

from nasattn.search.ledger.attempt import Attempt
from nasattn.search.proposing.choosers import SamplerChooser, bare_params, distributions_of
from nasattn.search.proposing.cost_aware.choosing import Outlook
from nasattn.search.proposing.cost_aware.observed import Observed
from nasattn.search.proposing.cost_aware.past import Past, Tried
from nasattn.search.proposing.cost_aware.telling import Observing
from nasattn.search.proposing.samplers import make_sampler
from nasattn.seeding import derive_seed
from nasattn.space import decide
from nasattn.surrogate.front import nondominated
from tests.studies import make_trial

SIZES, PROPOSALS, BAR_SECONDS = (100, 1000, 10_000), 9, 0.3
SAMPLERS, SHOWN = ("random", "tpe", "nsga2", "cost-aware"), (15, 30, 60)


def attempts_of(truth: Truth, size: int) -> Iterator[Attempt]:
    """Make a study up: random architectures, half of them stopped after a third."""
    chance, space = Random(size), truth.problem.space
    for number in range(size):
        one = truth.candidates.draw(chance)
        curve = truth.curve(truth.place(one), number)[: EPOCHS if number % 2 else EPOCHS // 3]
        state = "complete" if number % 2 else "pruned"
        epochs = tuple({"epoch": e, "accuracy": a} for e, a in enumerate(curve, 1))
        params = one.params
        frozen = optuna.trial.create_trial(
            params=params,
            distributions=distributions_of(space, params),
            state=optuna.trial.TrialState.FAIL,
        )
        yield Attempt(make_trial(number, state=state, curve=epochs), frozen)


def time_proposals() -> None:
    truth = Truth(BEDS[0], 0)
    for size in SIZES:
        attempts = list(attempts_of(truth, size))
        telling, thinking = [], []
        for seed in range(PROPOSALS):
            began = process_time()
            sampler = make_sampler("cost-aware", seed, truth.problem)
            study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)
            study.add_trials(Observing(EPOCHS).trials(attempts))
            told = process_time()
            decide(truth.problem.space, SamplerChooser(study.ask()))
            telling.append(told - began)
            thinking.append(process_time() - told)
        judged = "meets" if median(thinking) < BAR_SECONDS else "MISSES"
        bar = f", {judged} the bar of {BAR_SECONDS:g} s" if size == 1000 else ""
        print(
            f"{size:6,} trials: {_seconds(thinking)}{bar}; to be told of them {_seconds(telling)}"
        )


def _seconds(times: list[float]) -> str:
    low, middle, high = quantiles(times, n=4)
    return f"{middle:.3f} s [{low:.3f} to {high:.3f}]"


class Run:
    """One search without early stopping; every proposal has a sampler of its own, as in a study."""

    def __init__(self, truth: Truth, name: str, seed: int) -> None:
        self._truth, self._name, self._seed = truth, name, seed
        self._found: dict[int, float] = {}
        self._tried: list[Tried] = []
        self.shares: list[float] = []
        directions = ["maximize", *["minimize"] * len(truth.bed.costs)]
        self._study = optuna.create_study(directions=directions)
        self._study.enqueue_trial(bare_params(truth.problem.space) or {})

    def go(self) -> None:
        for number in range(TRIALS):
            self._train(*self._propose(number))
            places = np.array(list(self._found))
            observed = np.array(list(self._found.values()))
            best = places[nondominated(observed, self._truth.costs[places])]
            self.shares.append(self._truth.hypervolume(best))

    def _propose(self, number: int) -> tuple[optuna.Trial, int]:
        """Ask up to ten times for an unseen architecture, then draw at random."""
        problem = self._truth.problem
        for attempt in range(1000):
            name = self._name if attempt < 10 else "random"
            seed = derive_seed(self._seed, number, attempt)
            self._study.sampler = make_sampler(name, seed, problem)
            trial = self._study.ask()
            decide(problem.space, SamplerChooser(trial))
            place = self._truth.place(self._truth.candidates.read(trial.params))
            if place not in self._found:
                break
        return trial, place

    def _train(self, trial: optuna.Trial, place: int) -> None:
        curve = self._truth.curve(place, self._seed)
        told = Observed(curve)
        for key, value in told.attribute().items():
            trial.set_user_attr(key, value)
        self._study.tell(trial, [curve[-1], *self._truth.costs[place]])
        self._found[place] = curve[-1]
        candidate = self._truth.candidates.read(trial.params)
        self._tried.append(Tried(trial.number, candidate, told))

    def believed(self) -> tuple[float, float]:
        """Return the share of the believed front by its true means, and by those it claims."""
        truth = self._truth
        past = Past(truth.problem, truth.candidates, tuple(self._tried))
        candidates = [tried.candidate for tried in self._tried]
        outlook = Outlook(past)
        means, _ = outlook.known.belief.predict(outlook.points(candidates))
        places = np.array([truth.place(one) for one in candidates])
        best = nondominated(means, truth.costs[places])
        return truth.hypervolume(places[best]), truth.claimed(places[best], means[best])


def compare(bed: Bed, repeats: int) -> None:
    print(f"{bed.name}: {repeats} repeats, hypervolume after {', '.join(map(str, SHOWN))} trials")
    goal: list[float] = []
    for name in SAMPLERS:
        runs, began = [], process_time()
        for seed in range(repeats):
            run = Run(Truth(bed, 1000 + seed), name, seed)
            run.go()
            runs.append(run)
        goal = goal or [run.shares[-1] for run in runs]
        wanted = mean(goal)
        reach = [_reach(run.shares, wanted) for run in runs]
        columns = "  ".join(_mean([run.shares[n - 1] for run in runs]) for n in SHOWN)
        seconds = (process_time() - began) / repeats
        print(
            f"  {name:10} {columns}  random's 60 after {median(reach):g}  ({seconds:.1f} s a run)"
        )
        if name == "cost-aware":
            true, claimed = zip(*(run.believed() for run in runs), strict=True)
            print(f"  believed front: true {_mean(true)}, claimed {_mean(claimed)}")


def _reach(shares: list[float], wanted: float) -> float:
    return next((n for n, share in enumerate(shares, 1) if share >= wanted), float("inf"))


def _mean(values: "list[float] | tuple[float, ...]") -> str:
    return f"{mean(values):.3f} ± {stdev(values) / len(values) ** 0.5:.3f}"


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if sys.argv[1:2] == ["compare"]:
        for bed in BEDS:
            compare(bed, int(sys.argv[2]) if sys.argv[2:] else 10)
    else:
        time_proposals()


if __name__ == "__main__":
    main()
