"""Many replays of one engine, here or in several processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from nasattn.records import Replay, Table
from nasattn.search.replay.simulation import Simulation
from nasattn.search.replay.tabled import Engine, searchable, tabled
from nasattn.search.study.catalogue import Catalogue


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
    # Forking would copy torch's threads in the middle of whatever they are at.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        chunk = -(-len(seeds) // (4 * jobs))
        yield from pool.map(partial(_elsewhere, table, tuple(engines)), seeds, chunksize=chunk)


_known: dict[str, Catalogue] = {}


def _elsewhere(table: Table, engines: Sequence[Engine], seed: int) -> tuple[Replay, ...]:
    """Replay in a process of the pool, which finds the search space's sites once."""
    catalogue = _known.setdefault("", searchable(table)) if not _known else _known[""]
    return tuple(replay(table, catalogue, engine, seed, _go_on) for engine in engines)


def _go_on() -> None:
    """End nothing: an interrupt ends the whole process."""
