"""Many replays of one engine, here or in several processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from nasattn.records.replay import Replay
from nasattn.records.table import Table
from nasattn.search.replay.simulation import Simulation
from nasattn.search.replay.tabled import Engine, searchable, tabled
from nasattn.search.study.catalogue import Catalogue

_PARTS = 4


def replay(
    table: Table, catalogue: Catalogue, engine: Engine, seed: int, check: Callable[[], None]
) -> Replay:
    """Replay one search.

    Args:
        table: What was trained.
        catalogue: What its study may train, from ``searchable``.
        engine: How to search.
        seed: Of the proposals and of which recorded training each architecture has.
        check: Called between trials; what it raises ends the replay.
    """
    return Simulation(tabled(table, catalogue, engine, seed), engine, check).run()


def replays(
    table: Table, engines: Sequence[Engine], seeds: Sequence[int], jobs: int = 1
) -> Iterator[tuple[Replay, ...]]:
    """Replay engines side by side, one seed after the other.

    Args:
        table: What was trained.
        engines: How to search.
        seeds: Of the replays.
        jobs: Processes; results do not depend on how many.

    Yields:
        A replay of each engine, for each seed in its order.
    """
    if jobs == 1:
        catalogue = searchable(table)
        for seed in seeds:
            yield tuple(replay(table, catalogue, e, seed, _go_on) for e in engines)
        return
    # Several for each process: what is done is told on the way.
    share = -(-len(seeds) // (_PARTS * jobs))
    parts = [seeds[start : start + share] for start in range(0, len(seeds), share)]
    # Forking would copy torch's threads in the middle of whatever they are at.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for found in pool.map(partial(_replays_here, table, tuple(engines)), parts):
            yield from found


def _replays_here(
    table: Table, engines: Sequence[Engine], seeds: Sequence[int]
) -> list[tuple[Replay, ...]]:
    return list(replays(table, engines, seeds))


def _go_on() -> None:
    """End nothing: an interrupt ends the whole process."""
