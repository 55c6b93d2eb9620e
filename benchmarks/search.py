"""How much of random search's training do engines need? Ours beside others, on recorded trainings.

Usage: python benchmarks/search.py [TABLE…] [--seeds report|tune] [--repeats 50] [--jobs 1] …

TABLE is a file of `nasattn table`, `made-up`, `made-up-noisy`, or `cells:cifar10` (or cifar100,
imagenet) for NAS-Bench-201; left out, the committed table (a made-up one where none is there) and
cells:cifar10. Each engine searches each bed with a budget of 60 whole trainings, one worker, with
the same seeds: odd ones for what is reported, even ones for choosing settings. What was found is
measured by the true (mean over seeds) accuracies of the architectures on the front that was
observed. Results are kept in a file as they come, so that a run may be cut off and goes on; those
of other code than today's are made anew.
"""

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parent.parent))

import optuna
from comparing import beds, engines, outcome, picture, verdict
from comparing.bed import Bed
from comparing.outcome import Outcome

from nasattn.errors import UserError
from nasattn.files import write_atomic
from nasattn.report.counting import counting

Job = tuple[str, str, int]


def main() -> None:
    asked = _arguments()
    tables = asked.table or [beds.usual_table(), "cells:cifar10"]
    if beds.MADE_UP in tables:
        print("no recorded table: accuracies of a made-up one", file=sys.stderr)
    for number, name in enumerate(tables):
        bed = beds.open_bed(name)
        runs = _run(bed, list(_jobs(name, asked)), asked)
        _report(bed, runs, asked)
        if asked.picture and number == 0:
            title = f"{bed.name}: medians of {asked.repeats} searches (GP: {asked.slow_repeats})"
            picture.draw(runs, asked.ours, title, asked.picture)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", nargs="*")
    parser.add_argument("--seeds", choices=("report", "tune"), default="report")
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--slow-repeats", type=int, default=10, help="of Optuna's GP")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--engines",
        nargs="+",
        help="only these, and random: 'cost-aware, { name = \"median\", first_epoch = 3 }' too",
    )
    parser.add_argument("--ours", default="cost-aware, none", help="who is to meet the bars")
    parser.add_argument("--delta", type=float, default=0.1, help="share of false stops allowed")
    parser.add_argument("--results", type=Path, default=Path("runs/bench-search.jsonl"))
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="of the first")
    return parser.parse_args()


def _jobs(name: str, asked: argparse.Namespace) -> Iterator[Job]:
    """Go through what is to be searched, seed by seed, so that a part of it tells something."""
    known = engines.names(beds.open_bed(name))
    chosen = [e for e in asked.engines or known if engines.can_search(beds.open_bed(name), e)]
    for repeat in range(asked.repeats):
        for engine in dict.fromkeys((engines.RANDOM, *chosen)):
            if engine not in engines.SLOW or repeat < asked.slow_repeats:
                yield name, engine, 2 * repeat + (asked.seeds == "report")


def _run(
    bed: Bed, wanted: Sequence[Job], asked: argparse.Namespace
) -> Mapping[str, Sequence[Outcome]]:
    """Search what was not searched yet, and return all that is wanted."""
    kept = outcome.read_outcomes(asked.results)
    asked.results.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(asked.results, "".join(one.line() for one in kept))
    known = {(o.engine, o.seed): o for o in kept if o.code == outcome.code(bed)}
    left = [job for job in wanted if job[1:] not in known]
    with asked.results.open("a", encoding="utf-8") as file:
        for one in counting(_searched(left, asked.jobs), len(left), "run"):
            file.write(one.line())
            file.flush()
            known[one.engine, one.seed] = one
    runs: dict[str, list[Outcome]] = defaultdict(list)
    for _, engine, seed in wanted:
        runs[engine].append(known[engine, seed])
    return runs


def _searched(jobs: Sequence[Job], processes: int) -> Iterator[Outcome]:
    if processes == 1:
        yield from map(_search, jobs)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_search, job) for job in jobs]):
            yield future.result()


def _search(job: Job) -> Outcome:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    name, engine, seed = job
    return outcome.search(beds.open_bed(name), engine, seed)


def _report(bed: Bed, runs: Mapping[str, Sequence[Outcome]], asked: argparse.Namespace) -> None:
    level = verdict.level_of(runs[engines.RANDOM])
    found = {engine: verdict.sums(several, level) for engine, several in runs.items()}
    print(
        f"\n{bed.name}: {bed.budget} epochs, seeds to {asked.seeds}; random ends at {level:.4f}\n"
    )
    print("\n".join(verdict.markdown([verdict.row(one) for one in found.values()])))
    others = [one for engine, one in found.items() if not engines.is_ours(engine)]
    if asked.ours in found and len(others) > 1:
        print(f"\n{asked.ours}:")
        for line in verdict.bars(found[asked.ours], others, runs, asked.delta):
            print(f"  {line}")


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
