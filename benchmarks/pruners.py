"""How long a pruner thinks, and what an epoch pays for it with the storage read.

Usage: python benchmarks/pruners.py      (medians of repeats, and their range; one thread)

A study of 1,000 trials and up to 100 epochs with two costs: half of the trials came to their end,
half stopped on the way (with promotion a third came to a rung last, and most of them wait).
First the verdict alone, at epochs at which a pruner looks, each time on a study that it has not
seen (seconds of the processor); for the promotion type also who is promoted next when a trial
more waits. Then what a search does after such an epoch of a running trial: it reads what has
changed out of an SQLite storage, and asks (seconds of the clock). The first time it reads all.
"""

import os
import random
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parent.parent))

from nasattn.search.pruners import (
    PRUNERS,
    Contender,
    FreezeThawPruner,
    MoAshaPromotionPruner,
    Pruner,
    Race,
)
from nasattn.search.pruners.rung import sorted_points
from tests.studies import add_trials, make_trial

TRIALS, EPOCHS, REPEATS = 1000, 100, 9
BAR_VERDICT_MS, BAR_EPOCH_MS = 5.0, 30.0
COSTS = ("params", "flops")
PAUSING = (MoAshaPromotionPruner, FreezeThawPruner)


def looks(pruner: Pruner) -> list[int]:
    """Return epochs at which a pruner has to think, not more than eight."""
    found = [epoch for epoch in range(EPOCHS) if pruner.looks_at(epoch, EPOCHS)]
    return found[:: len(found) // 8 + 1] or [EPOCHS // 2]


def make_race(seed: int, pruner: Pruner) -> Race:
    """Return trials that are the more accurate the dearer they are, and so a wide front."""
    chance = random.Random(seed)
    promotes = isinstance(pruner, PAUSING)
    drawn = []
    for trial in range(TRIALS):
        params, flops = (float(chance.randrange(10**6, 2 * 10**6)) for _ in COSTS)
        final = 0.6 + 0.1 * (params + flops) / 4e6 + chance.gauss(0, 0.02)
        means = (final - 0.3 * (1 - e / EPOCHS) ** 2 for e in range(1, EPOCHS + 1))
        curve = tuple(mean + chance.gauss(0, 0.01) for mean in means)
        waits = promotes and chance.random() < 1 / 3
        early = chance.choice(looks(pruner)) if waits else chance.randrange(1, EPOCHS)
        end = early if waits or chance.random() < 0.5 else EPOCHS
        drawn.append(Contender(trial, (params, flops), curve[:end], waits=waits))
    # As a search leaves them: nobody waits who may be promoted.
    waiting = {contender.trial: contender for contender in drawn if contender.waits}
    while (trial := pruner.promoted(Race(EPOCHS, COSTS, tuple(drawn)))) is not None:
        drawn[trial] = replace(waiting[trial], waits=False)
    return Race(EPOCHS, COSTS, tuple(drawn))


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return how long work takes without what other programs take of the processor."""
    started = process_time()
    work()
    return process_time() - started


def report(name: str, times: list[float], bar: float) -> None:
    low, middle, high = (1e3 * f(times) for f in (min, median, max))
    words = f"{low:.2f} to {high:.2f}, n = {len(times)}"
    judged = "meets" if middle < bar else "MISSES"
    print(f"  {name:9} {middle:6.2f} ms ({words}), {judged} the bar of {bar:g} ms")


def time_verdicts(pruner: Pruner) -> list[float]:
    found = []
    for repeat in range(REPEATS):
        race = make_race(repeat, pruner)
        for epoch in looks(pruner):
            # No twin of another: its rung is one that has not been sorted yet.
            some = next(c for c in race.reached(epoch) if c.trial)
            asked = replace(
                some, trial=TRIALS, costs=(1.5e6, 1.5e6), accuracies=some.accuracies[:epoch]
            )
            before = replace(asked, accuracies=asked.accuracies[:-1])
            sorted_points.cache_clear()
            # As a search has asked before it began the trial.
            pruner.promoted(replace(race, contenders=(*race.contenders, before)))
            now = replace(race, contenders=(*race.contenders, asked))
            found.append(cpu_seconds(lambda now=now: pruner.verdict(now, TRIALS)))
    return found


def time_promotions(pruner: Pruner) -> list[float]:
    found = []
    for repeat in range(REPEATS):
        race = make_race(repeat, pruner)
        sorted_points.cache_clear()
        pruner.promoted(replace(race, contenders=race.contenders[:-1]))
        found.append(cpu_seconds(lambda race=race: pruner.promoted(race)))
    return found


def curve_of(contender: Contender, epochs: int) -> tuple[dict[str, float], ...]:
    keys = ("loss", "train_accuracy", "validation_loss", "lr", "seconds")
    return tuple(
        {"epoch": epoch, "accuracy": accuracy} | dict.fromkeys(keys, accuracy / 3)
        for epoch, accuracy in enumerate(contender.accuracies[:epochs], 1)
    )


def time_epochs(folder: Path, pruner: Pruner) -> tuple[float, list[float]]:
    """Return the seconds of the first reading, and after each epoch of a trial."""
    from nasattn.placement import Architecture
    from nasattn.search.ledger.ledger import Ledger, Proposal
    from nasattn.search.ledger.pruned import PrunedError, WaitsError
    from nasattn.search.pruning.stopping import Stopping
    from nasattn.search.storage import open_storage
    from nasattn.search.study.settings import Settings

    settings = Settings.model_validate(
        {
            "name": "bench",
            "objectives": ("accuracy", *COSTS),
            "trials": TRIALS,
            "repeats": 1,
            "seed": 0,
            "evaluate": "validation",
            "backbone": "resnet8",
            "input_shape": (1, 8, 8),
            "num_classes": 10,
            "data_digest": "",
            "num_images": {},
            "data": {"name": "digits"},
            "recipe": {"epochs": EPOCHS},
            "search": {"sampler": "tpe", "pruner": pruner},
            "execution": {"threads": 1},
            "cost_range": {},
            "environment": {},
        }
    )
    database = folder / "study.db"
    storage = open_storage(f"sqlite:///{database}", str(database))
    ledger = Ledger(storage, settings, folder, str(database), begun=False)
    race = make_race(0, pruner)
    with closing(sqlite3.connect(database)) as connection, connection:
        add_trials(connection, [_trial(contender) for contender in race.contenders])
    whole = next(c for c in race.contenders if c.epoch == EPOCHS and c.trial)
    record = replace(_trial(whole), trial=TRIALS, state="running", curve=())
    bare = Architecture("resnet8", (), (1, 8, 8), ())
    attempt = ledger.start(record, Proposal(bare, {}, {}, {}))
    stopping, found = Stopping(settings, ledger), []
    for epochs in looks(pruner):
        curve = curve_of(whole, epochs)
        now = replace(record, curve=curve, epochs=epochs)
        for _ in range(REPEATS):
            ledger.add_epoch(attempt, curve)
            started = perf_counter()
            with suppress(PrunedError, WaitsError):
                stopping.judge(now)
            found.append(perf_counter() - started)
    storage.engine.dispose()
    first, *others = found
    return first, others


def _trial(contender: Contender) -> "object":
    params, flops = map(int, contender.costs)
    state = "complete" if contender.epoch == EPOCHS else "pruned"
    return make_trial(
        contender.trial,
        params=params,
        flops=flops,
        epochs=contender.epoch,
        state="paused" if contender.waits else state,
        waits_at=contender.epoch if contender.waits else None,
        curve=curve_of(contender, contender.epoch),
    )


def main() -> None:
    print(f"{TRIALS:,} trials, up to {EPOCHS} epochs, accuracy against {' and '.join(COSTS)}")
    for kind in PRUNERS.values():
        pruner = kind().resolved(EPOCHS)
        print(pruner.name)
        report("verdict", time_verdicts(pruner), BAR_VERDICT_MS)
        if isinstance(pruner, PAUSING):
            report("promotion", time_promotions(pruner), BAR_VERDICT_MS)
        with TemporaryDirectory() as folder:
            first, times = time_epochs(Path(folder), pruner)
        report("epoch", times, BAR_EPOCH_MS)
        print(f"            (and once, when a search begins, {first:.2f} s of reading)")


if __name__ == "__main__":
    main()
